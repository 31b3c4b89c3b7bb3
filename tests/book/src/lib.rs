//! Tests of what the book and the other pages say.
//!
//! Snippets of Rust in the pages below `docs/` and in the README are the doc tests of this crate. Snippets
//! that begin a pipeline file are read as one, by the tests.

#[cfg(doctest)]
mod pages {
    include!(concat!(env!("OUT_DIR"), "/pages.rs"));
}
