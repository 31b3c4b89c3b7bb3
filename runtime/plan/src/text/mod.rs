//! Texts that a person wrote, places in them, and what is wrong there.

mod diagnostic;
mod source;

pub(crate) use diagnostic::sort;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use source::{Located, Position, SourceText, Span};
