//! Texts that a person wrote, places in them, and what is wrong there.

mod diagnostic;
mod source;

pub use diagnostic::{Diagnostic, Label, Severity};
pub(crate) use diagnostic::{printable, sort};
pub use source::{Located, Position, SourceText, Span};
