//! The sections of a case file and where they are in its text.

use std::fmt;
use std::ops::Range;

use crate::error::{LineError, did_you_mean};

/// The start of a line that opens a section.
const MARK: &str = "---";

/// What a section holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Parameters,
    Input(String),
    Output(String),
    Rejected(String),
    Error,
}

impl Kind {
    /// Whether the section says what is expected of the step.
    pub(crate) fn is_expected(&self) -> bool {
        matches!(self, Kind::Output(_) | Kind::Rejected(_) | Kind::Error)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Parameters => out.write_str("parameters"),
            Kind::Input(port) => write_with_port(out, "input", port, "input"),
            Kind::Output(port) => write_with_port(out, "output", port, "output"),
            Kind::Rejected(port) => write_with_port(out, "rejected", port, "input"),
            Kind::Error => out.write_str("error"),
        }
    }
}

fn write_with_port(
    out: &mut fmt::Formatter<'_>,
    keyword: &str,
    port: &str,
    usual_port: &str,
) -> fmt::Result {
    out.write_str(keyword)?;
    if port != usual_port {
        write!(out, " {port}")?;
    }
    Ok(())
}

/// A section of a case file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    pub(crate) kind: Kind,
    /// The line that opens it, counted from 1.
    pub(crate) line: usize,
    /// The whole section in the file's text, its opening line included.
    pub(crate) span: Range<usize>,
    /// What follows the opening line.
    pub(crate) body: Range<usize>,
}

impl Section {
    /// The body's lines with their numbers.
    pub(crate) fn lines<'t>(&self, text: &'t str) -> Vec<(usize, &'t str)> {
        let lines = text[self.body.clone()].lines();
        lines
            .enumerate()
            .map(|(at, line)| (self.line + 1 + at, line))
            .collect()
    }
}

/// Cuts a text into what stands before the first section, and its sections.
pub(crate) fn cut(text: &str) -> Result<(Range<usize>, Vec<Section>), LineError> {
    let mut sections: Vec<Section> = Vec::new();
    let mut preamble = 0..text.len();
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let end = start + line.len();
        if let Some(opening) = line.strip_prefix(MARK) {
            match sections.last_mut() {
                Some(last) => {
                    last.span.end = start;
                    last.body.end = start;
                }
                None => preamble.end = start,
            }
            let number = at + 1;
            let kind = parse_kind(opening).map_err(|message| LineError::new(number, message))?;
            if let Some(first) = sections.iter().find(|section| section.kind == kind) {
                return Err(LineError::new(
                    number,
                    format!(
                        "a second section `{kind}`, the first one is on line {}",
                        first.line
                    ),
                ));
            }
            sections.push(Section {
                kind,
                line: number,
                span: start..text.len(),
                body: end..text.len(),
            });
        }
        start = end;
    }
    Ok((preamble, sections))
}

fn parse_kind(opening: &str) -> Result<Kind, String> {
    let mut words = opening.split_whitespace();
    let keyword = words.next().unwrap_or_default();
    let port = words.next();
    if let Some(surplus) = words.next() {
        return Err(format!("`{surplus}` after the name of a section"));
    }
    let port_or = |usual: &str| port.unwrap_or(usual).to_owned();
    match (keyword, port) {
        ("parameters", None) => Ok(Kind::Parameters),
        ("error", None) => Ok(Kind::Error),
        ("parameters" | "error", Some(port)) => {
            Err(format!("`{port}` after the name of a section"))
        }
        ("input", _) => Ok(Kind::Input(port_or("input"))),
        ("output", _) => Ok(Kind::Output(port_or("output"))),
        ("rejected", _) => Ok(Kind::Rejected(port_or("input"))),
        _ => {
            const KEYWORDS: [&str; 5] = ["parameters", "input", "output", "rejected", "error"];
            Err(format!(
                "`{keyword}` is no section: there are `{}`{}",
                KEYWORDS.join("`, `"),
                did_you_mean(keyword, KEYWORDS)
            ))
        }
    }
}
