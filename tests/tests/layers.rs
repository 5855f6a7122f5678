//! Dependencies inside `cached-runtime` point down only: a module uses modules of lower layers, and in its own layer only those listed before
//! it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// From the bottom to the top.
const LAYERS: &[&[&str]] = &[
    &["sync", "cause", "error", "clock", "observe"],
    &["key", "tag", "stats"],
    &["policy", "waits_for", "context", "flight"],
    // A store knows nothing of memory, and memory nothing of stores.
    &["shared", "redis"],
    &["memory"],
    &["remote"],
    &["invalidated", "config", "registry", "invalidation"],
    &["cache"],
    &["__private"],
];

fn position(module: &str) -> Option<usize> {
    LAYERS.iter().flat_map(|layer| *layer).position(|known| *known == module)
}

fn source_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory of sources") {
        let path = entry.expect("an entry").path();
        let tests = path.file_stem().is_some_and(|stem| stem == "tests");
        if path.is_dir() && !tests {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !tests {
            found.push(path);
        }
    }
}

/// The modules that a text names by `crate::`, outside comments and its own unit tests.
fn uses(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .take_while(|line| !line.starts_with("mod tests {"))
        .map(|line| line.split("//").next().unwrap_or(""))
        .collect::<Vec<_>>()
        .join("\n");
    let mut uses = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        // `crate::{a::b, c}` names several.
        match rest.strip_prefix('{') {
            Some(group) => {
                group.split('}').next().unwrap_or("").split(',').for_each(|item| uses.extend(first_word(item)))
            }
            None => uses.extend(first_word(rest)),
        }
    }
    uses
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

#[test]
fn no_module_uses_one_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("cached-runtime/src");
    let mut files = Vec::new();
    source_files(&source, &mut files);
    let (mut violations, mut seen) = (Vec::new(), BTreeSet::new());
    for file in files {
        let inside = file.strip_prefix(&source).expect("below the sources");
        let module = inside.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
        if module == "lib" {
            continue;
        }
        seen.insert(module.clone());
        let Some(own) = position(&module) else {
            violations.push(format!("`{module}` has no layer: give it one"));
            continue;
        };
        for used in uses(&fs::read_to_string(&file).expect("a source file")) {
            match position(&used) {
                Some(other) if other <= own => {}
                Some(_) => violations.push(format!("{} uses `{used}`, which is above it", inside.display())),
                None => violations.push(format!("{} uses `{used}`, which has no layer", inside.display())),
            }
        }
    }
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
    let known: BTreeSet<String> = LAYERS.iter().flat_map(|layer| *layer).map(ToString::to_string).collect();
    assert_eq!(seen, known, "every module has a layer, and every layer its modules");
}

#[test]
fn the_reader_of_uses_reads_them() {
    let text = "use crate::key::{A, B};\nuse crate::{tag, sync::Mutex};\n// crate::cache\nfn f() { crate::flight::g() }\nmod tests {\nuse crate::memory;";
    assert_eq!(uses(text).into_iter().collect::<Vec<_>>(), ["flight", "key", "sync", "tag"]);
}

/// Readers of the memory engine take no lock; the argument for that is in one module, and so is all that needs one.
#[test]
fn unsafe_code_is_in_one_module() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace").join("cached-runtime/src");
    let mut files = Vec::new();
    source_files(&source, &mut files);
    for file in files.iter().filter(|file| !file.starts_with(source.join("memory/table"))) {
        let text = fs::read_to_string(file).expect("a source file");
        let mut code = text.lines().map(|line| line.split("//").next().unwrap_or(""));
        let word = |line: &str| line.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == "unsafe");
        assert!(!code.any(word), "unsafe code in {}", file.display());
    }
}

/// The items that a root exports with a feature: feature and name.
fn exported_with_features(root: &str) -> BTreeSet<(String, String)> {
    let mut exported = BTreeSet::new();
    let mut feature = None;
    for line in root.lines() {
        if let Some(rest) = line.strip_prefix("#[cfg(feature = \"") {
            feature = rest.split('"').next();
        } else if !line.starts_with("#[") {
            let item = line.strip_prefix("pub use ").or_else(|| line.strip_prefix("pub mod "));
            if let (Some(feature), Some(item)) = (feature.take(), item) {
                let names = item.rsplit("::").next().unwrap_or(item).trim_matches(|c: char| "{};".contains(c));
                exported.extend(names.split(", ").map(|name| (feature.to_owned(), name.to_owned())));
            }
        }
    }
    exported
}

/// The compiler tells which feature a missing item comes with only if the item is re-exported by name.
#[test]
fn what_comes_with_a_feature_is_reexported_by_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie at the top");
    let read = |lib: &str| fs::read_to_string(root.join(lib)).expect("a root of a crate");
    let (runtime, core) = (read("cached-runtime/src/lib.rs"), read("cached-core/src/lib.rs"));
    let (ours, theirs) = (exported_with_features(&runtime), exported_with_features(&core));
    assert!(!ours.is_empty());
    let missing: Vec<_> = ours.difference(&theirs).collect();
    assert!(missing.is_empty(), "re-export these by name in cached-core: {missing:?}");
}
