//! The code blocks of the README and the guide, compiled and run as documentation tests.

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/guide.md")]
pub struct Guide;
