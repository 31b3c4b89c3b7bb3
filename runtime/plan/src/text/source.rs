//! A text, and places in it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A text that a person wrote: a pipeline file, or an argument of the command line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceText {
    /// What to call the text: a file's name as the person gave it, or the name of an option
    /// (`--set`).
    pub name: String,
    /// The text itself.
    pub text: String,
}

impl SourceText {
    /// The line and the column of a byte offset. An offset beyond the end is the end; one within a
    /// character is that character's start.
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.line, self.column)
    }
}

/// A part of a text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Span {
    /// The text.
    pub source: Arc<SourceText>,
    /// The part, in bytes.
    pub range: Range<usize>,
}

impl Span {
    /// The part's text; empty where the range does not fit the text.
    pub fn text(&self) -> &str {
        self.source.text.get(self.range.clone()).unwrap_or_default()
    }

    /// Where the part starts.
    pub fn position(&self) -> Position {
        self.source.position(self.range.start)
    }
}

// The whole text in every span would bury what a debug print is for.
impl fmt::Debug for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{:?}", self.source.name, self.range)
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Located<T> {
    /// A value that was written at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_lines_and_characters_from_one() {
        let text = SourceText {
            name: "t".into(),
            text: "ab\nçé = 1\n".into(),
        };
        let at = |offset| text.position(offset).to_string();
        assert_eq!(at(0), "1:1");
        assert_eq!(at(2), "1:3");
        assert_eq!(at(3), "2:1");
        // Within `ç`, which is two bytes long.
        assert_eq!(at(4), "2:1");
        assert_eq!(at(7), "2:3");
        assert_eq!(at(999), "3:1");
    }
}
