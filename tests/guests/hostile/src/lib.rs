//! A step that attacks its host in a way of your choice, by the bare contract and without an SDK.
//!
//! Compiled for WebAssembly it is the step; otherwise it is the list of the attacks, for the tests that run them. There
//! is one list, so that there is no attack without a test.

mod attack;
#[cfg(target_arch = "wasm32")]
mod guest;

pub use attack::{Attack, MARKER, marked};
