//! What goes wrong outside of the program: disks, permissions, limits, signals, other programs.
//!
//! Each test injects one fault and holds what the user sees, how the command exits, and that every output is as it was
//! or whole. Faults that need a machine's help (a mount, another user, a limit) are made with the usual tools; where a
//! machine does not let a test have them, the test says on standard error that it was skipped.

#![cfg(target_os = "linux")]

// The module of the command's tests has more than is used here.
#[allow(dead_code, unused_macros, unused_imports)]
#[path = "../cli/support.rs"]
mod support;

mod clock;
mod disks;
mod handles;
mod inputs;
mod kills;
mod mounts;
mod outputs;
mod permissions;
mod signals;
mod tools;
