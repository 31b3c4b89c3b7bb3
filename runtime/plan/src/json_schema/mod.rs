//! Checks a JSON value against a JSON Schema and says what is wrong in terms that a person can act
//! on.
//!
//! This is not a general validator. It serves two kinds of schemas, those of steps' parameters and
//! that of the pipeline file, and what counts is the message: which key is meant, which values are
//! valid, which of several alternatives the author was after. A full validator brings two regular
//! expression engines and some forty crates, and says `is not valid under any of the given
//! schemas`. Keywords that are not known here (`pattern`, `format`, `if`, …) are left to the step,
//! which looks at its parameters again when it is opened.

mod check;
mod choice;
#[cfg(test)]
mod tests;
mod violation;

pub(crate) use check::check;
pub(crate) use violation::{Place, Violation, ViolationKind, type_of};
