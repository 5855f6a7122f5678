//! Expansions of typical functions, held against files that people read: `expand/*.in.rs` and `expand/*.out.rs`.
//!
//! `UPDATE_GOLDENS=1 cargo test -p cached-macros` rewrites the second kind; read the difference before you commit it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, File, ImplItem, Item, Meta, TraitItem};

use crate::context::Look;
use crate::expand::{cache, derive_key_part, invalidates};
use crate::features;
use crate::scan::Surroundings;

#[test]
fn expansions_are_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expand");
    let update = env::var_os("UPDATE_GOLDENS").is_some();
    let mut different = Vec::new();
    let inputs = inputs(&folder);
    assert!(inputs.len() >= 14, "only {} inputs in {}", inputs.len(), folder.display());
    for input in inputs {
        let output = output_of(&input);
        let expanded = expand_file(&fs::read_to_string(&input).expect("the input is readable"));
        let recorded = fs::read_to_string(&output).unwrap_or_default();
        if update {
            fs::write(&output, expanded).expect("the output is writable");
        } else if expanded != recorded {
            different.push(format!("{}:\n{}", output.display(), first_difference(&recorded, &expanded)));
        }
    }
    assert!(different.is_empty(), "not as recorded; look, then run with UPDATE_GOLDENS=1\n{}", different.join("\n"));
}

/// What is no golden file any more should not be read as one.
#[test]
fn every_recorded_expansion_has_its_input() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("expand");
    let expected: Vec<_> = inputs(&folder).iter().map(|input| output_of(input)).collect();
    for file in fs::read_dir(&folder).expect("the folder exists").map(|entry| entry.expect("an entry").path()) {
        if file.to_string_lossy().ends_with(".out.rs") {
            assert!(expected.contains(&file), "{} has no input", file.display());
        }
    }
}

fn inputs(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder exists").map(|entry| entry.expect("an entry").path());
    let mut inputs: Vec<_> = files.filter(|file| file.to_string_lossy().ends_with(".in.rs")).collect();
    inputs.sort();
    inputs
}

fn output_of(input: &Path) -> PathBuf {
    PathBuf::from(input.to_string_lossy().replace(".in.rs", ".out.rs"))
}

fn first_difference(recorded: &str, expanded: &str) -> String {
    let (mut left, mut right) = (recorded.lines(), expanded.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (left.next(), right.next()) {
            (None, None) => return "only line ends differ".to_owned(),
            (left, right) if left != right => {
                return format!(
                    "line {number}\n  recorded: {}\n  expanded: {}",
                    left.unwrap_or("(end)"),
                    right.unwrap_or("(end)")
                );
            }
            _ => {}
        }
    }
}

fn expand_file(source: &str) -> String {
    let mut file: File = syn::parse_file(source).expect("the input is Rust");
    file.items = file.items.into_iter().flat_map(expand_item).collect();
    prettyplease::unparse(&file)
}

fn expand_item(item: Item) -> Vec<Item> {
    match item {
        Item::Fn(mut function) => match take_macro(&mut function.attrs) {
            Some(attr) => {
                let tokens = attr.apply(function.to_token_stream(), |_| Some(Surroundings::Free));
                parse_items(tokens).into_iter().flat_map(expand_item).collect()
            }
            None => vec![Item::Fn(function)],
        },
        Item::Impl(mut block) => {
            block.items = block.items.into_iter().flat_map(expand_impl_item).collect();
            vec![Item::Impl(block)]
        }
        Item::Trait(mut definition) => {
            definition.items = definition.items.into_iter().flat_map(expand_trait_item).collect();
            vec![Item::Trait(definition)]
        }
        item @ (Item::Struct(_) | Item::Enum(_)) => {
            let tokens = item.to_token_stream();
            let derived =
                if tokens.to_string().contains("KeyPart") { parse_items(derive_key_part(tokens)) } else { Vec::new() };
            std::iter::once(item).chain(derived).collect()
        }
        other => vec![other],
    }
}

fn expand_impl_item(item: ImplItem) -> Vec<ImplItem> {
    let ImplItem::Fn(mut function) = item else { return vec![item] };
    let Some(attr) = take_macro(&mut function.attrs) else { return vec![ImplItem::Fn(function)] };
    let tokens = attr.apply(function.to_token_stream(), |_| Some(Surroundings::Inherent));
    let block: syn::ItemImpl = syn::parse2(quote!(impl Holder { #tokens })).expect("items of an `impl`");
    block.items.into_iter().flat_map(expand_impl_item).collect()
}

fn expand_trait_item(item: TraitItem) -> Vec<TraitItem> {
    let TraitItem::Fn(mut function) = item else { return vec![item] };
    let Some(attr) = take_macro(&mut function.attrs) else { return vec![TraitItem::Fn(function)] };
    let tokens = attr.apply(function.to_token_stream(), |_| Some(Surroundings::Inherent));
    let definition: syn::ItemTrait = syn::parse2(quote!(trait Holder { #tokens })).expect("items of a trait");
    definition.items.into_iter().flat_map(expand_trait_item).collect()
}

fn parse_items(tokens: TokenStream) -> Vec<Item> {
    let file: File = syn::parse2(tokens.clone())
        .unwrap_or_else(|error| panic!("expanded to something else than items: {error}\n{tokens}"));
    file.items
}

/// One of our attributes, taken off its function.
struct Macro {
    name: String,
    args: TokenStream,
}

impl Macro {
    fn apply(self, item: TokenStream, look: Look) -> TokenStream {
        if self.name == "cache" {
            cache(self.args, item, look, features::ALL)
        } else {
            invalidates(self.args, item, look)
        }
    }
}

/// Takes the outermost of our attributes, as the compiler would.
fn take_macro(attrs: &mut Vec<Attribute>) -> Option<Macro> {
    let name = |attr: &Attribute| attr.path().segments.last().map(|segment| segment.ident.to_string());
    let index = attrs.iter().position(|attr| matches!(name(attr).as_deref(), Some("cache" | "invalidates")))?;
    let attr = attrs.remove(index);
    let args = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some(Macro { name: name(&attr)?, args })
}
