//! The programs of section 2 of the design compile as they stand and behave as their comments say. `fresh_crate` builds the same file in a
//! crate of its own.

#[path = "fixtures/design.rs"]
#[allow(dead_code, reason = "what is public there is public in a crate of its own")]
mod program;

#[test]
fn the_programs_of_the_design_behave_as_their_comments_say() {
    program::run();
}
