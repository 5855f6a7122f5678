//! What the compiler says about each mistake, and what has to compile.
//!
//! A case is a file in `ui/<kind>/`, one mistake as a person would make it, beside the messages it gives. `TRYBUILD=overwrite` writes those
//! anew; read them as that person would: is what is meant underlined, is it said what to write, is there one message for one mistake?

/// The kind whose cases have no mistake.
const COMPILES: &str = "compiles";

/// The kind whose mistakes are none with the feature `digest`.
const DIGEST: &str = "digest";

#[test]
fn every_mistake_has_its_message() {
    let mut kinds: Vec<_> =
        std::fs::read_dir("ui").unwrap().map(|kind| kind.unwrap().file_name().into_string().unwrap()).collect();
    kinds.sort();
    assert!(kinds.len() > 10, "the cases are not where they were");
    let cases = trybuild::TestCases::new();
    for kind in kinds {
        let files = format!("ui/{kind}/*.rs");
        match kind.as_str() {
            COMPILES => cases.pass(files),
            DIGEST if cfg!(feature = "digest") => {}
            _ => cases.compile_fail(files),
        }
    }
}
