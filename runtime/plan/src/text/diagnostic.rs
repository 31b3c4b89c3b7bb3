//! What is wrong with a pipeline, as plain data that any front end can render.

use std::borrow::Cow;
use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The pipeline can run, but probably does not do what its author meant.
    Warning,
    /// The pipeline cannot run.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that is wrong. [`Display`](fmt::Display) writes it as plain text, with file, line and
/// column; serialized, its places have lines and columns as well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// A short, stable word, such as `unknown_input`. Where a step complains, it is the step's own
    /// code.
    pub code: Cow<'static, str>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lowercase, no full stop, names in backticks.
    pub message: String,
    /// Where; the first place is the main one. Empty where the pipeline as a whole is meant.
    pub labels: Vec<Label>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// A place that a diagnostic points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is there; empty where the message says it all.
    pub text: String,
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let source = &self.span.source;
        let mut label = serializer.serialize_struct("Label", 4)?;
        label.serialize_field("file", &source.name)?;
        label.serialize_field("start", &source.position(self.span.range.start))?;
        label.serialize_field("end", &source.position(self.span.range.end))?;
        label.serialize_field("text", &self.text)?;
        label.end()
    }
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity: Severity::Error,
            message: printable(&message.into()),
            labels: Vec::new(),
            help: None,
        }
    }

    /// A warning without a place yet.
    pub fn warning(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// Adds a place; the first one that is added is the main one.
    #[must_use]
    pub fn at(self, span: &Span) -> Self {
        self.at_with(span, "")
    }

    /// Adds a place and what is there.
    #[must_use]
    pub fn at_with(mut self, span: &Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            span: span.clone(),
            text: printable(&text.into()),
        });
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        self.maybe_help(Some(help.into()))
    }

    /// Says what to do about it, where that is known.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.map(|help| printable(&help));
        self
    }

    /// Whether the pipeline cannot run because of it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}[{}]", self.severity, self.code)?;
        if let Some(main) = self.labels.first() {
            write!(
                formatter,
                " {}:{}",
                main.span.source.name,
                main.span.position()
            )?;
        }
        write!(formatter, ": {}", self.message)?;
        for (index, label) in self.labels.iter().enumerate() {
            if index > 0 || !label.text.is_empty() {
                let place = format_args!("{}:{}", label.span.source.name, label.span.position());
                write!(
                    formatter,
                    "\n  at {place}: `{}`",
                    one_line(label.span.text())
                )?;
                if !label.text.is_empty() {
                    write!(formatter, " {}", label.text)?;
                }
            }
        }
        if let Some(help) = &self.help {
            write!(formatter, "\n  hint: {help}")?;
        }
        Ok(())
    }
}

/// A text without control characters, which could do things to a terminal: names of columns come
/// from data, messages and names of parameters from steps.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// The first line of a text, shortened where there is more.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() > LONGEST || line.len() < text.trim_end().len() {
        let start: String = line.chars().take(LONGEST).collect();
        return format!("{}…", printable(&start));
    }
    printable(line)
}

/// Sorts by place: the pipeline file first, then the other texts, each from its start; what has no
/// place comes last. What is the same in every respect is kept once.
pub(crate) fn sort(diagnostics: &mut Vec<Diagnostic>, file: &super::SourceText) {
    let key = |diagnostic: &Diagnostic| {
        diagnostic
            .labels
            .first()
            .map_or((2, String::new(), 0), |label| {
                let source = &*label.span.source;
                if source == file {
                    (0, String::new(), label.span.range.start)
                } else {
                    (1, source.text.clone(), label.span.range.start)
                }
            })
    };
    diagnostics.sort_by_cached_key(key);
    diagnostics.dedup();
}
