//! What is wrong with a pipeline: as pictures of the text for people, as lines for logs, as JSON for programs.

use std::fmt;
use std::io::{self, Write};

use console::Term;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceSpan};
use serde::Serialize;
use stepwell::plan::{Diagnostic, Label, Severity};

use super::text::safe;

/// Prints diagnostics to standard error: with the text they are about on a terminal, one after the other as plain text
/// elsewhere.
pub(crate) fn print(diagnostics: &[Diagnostic]) {
    let terminal = Term::stderr();
    let text = if terminal.is_term() {
        let theme = if console::colors_enabled_stderr() {
            GraphicalTheme::unicode()
        } else {
            GraphicalTheme::unicode_nocolor()
        };
        graphical(diagnostics, theme, super::width(&terminal))
    } else {
        plain(diagnostics)
    };
    // There is nowhere left to say that standard error cannot be written.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn plain(diagnostics: &[Diagnostic]) -> String {
    diagnostics
        .iter()
        .map(|diagnostic| format!("{}\n", safe(&diagnostic.to_string())))
        .collect()
}

fn graphical(diagnostics: &[Diagnostic], theme: GraphicalTheme, width: usize) -> String {
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width.clamp(40, 120))
        .with_links(false);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let report = Report::new(diagnostic);
        // Writing to a string cannot fail, and the spans of a diagnostic are those of its text.
        if handler.render_report(&mut text, &report).is_err() {
            text.push_str(&plain(std::slice::from_ref(diagnostic)));
        }
        text.push('\n');
    }
    text
}

/// A diagnostic with all labels of one text; those of other texts follow as reports of their own.
#[derive(Debug)]
struct Report {
    code: Option<String>,
    severity: miette::Severity,
    message: String,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    help: Option<String>,
    others: Vec<Report>,
}

impl Report {
    fn new(diagnostic: &Diagnostic) -> Self {
        let mut texts: Vec<Vec<&Label>> = Vec::new();
        for label in &diagnostic.labels {
            match texts
                .iter_mut()
                .find(|labels| labels[0].span.source == label.span.source)
            {
                Some(labels) => labels.push(label),
                None => texts.push(vec![label]),
            }
        }
        let mut texts = texts.into_iter();
        let main = texts.next().unwrap_or_default();
        let others = texts.map(|labels| Self {
            code: None,
            severity: miette::Severity::Advice,
            message: "and here".to_owned(),
            source: source(&labels),
            labels: labels.into_iter().map(labelled).collect(),
            help: None,
            others: Vec::new(),
        });
        Self {
            code: Some(diagnostic.code.to_string()),
            severity: match diagnostic.severity {
                Severity::Warning => miette::Severity::Warning,
                Severity::Error => miette::Severity::Error,
            },
            message: safe(&diagnostic.message),
            source: source(&main),
            labels: main.into_iter().map(labelled).collect(),
            help: diagnostic.help.as_deref().map(safe),
            others: others.collect(),
        }
    }
}

fn source(labels: &[&Label]) -> Option<NamedSource<String>> {
    let text = &labels.first()?.span.source;
    Some(NamedSource::new(&text.name, safe_text(&text.text)))
}

/// The text with control characters replaced one by one, so that positions stay true.
fn safe_text(text: &str) -> String {
    let replace = |character: char| match character {
        '\n' | '\t' | '\r' => character,
        character if character.is_control() && character.len_utf8() == 1 => '?',
        character => character,
    };
    text.chars().map(replace).collect()
}

fn labelled(label: &Label) -> LabeledSpan {
    let text = (!label.text.is_empty()).then(|| safe(&label.text));
    let span = SourceSpan::new(label.span.range.start.into(), label.span.range.len());
    LabeledSpan::new_with_span(text, span)
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|code| Box::new(code) as _)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(
            self.others
                .iter()
                .map(|other| other as &dyn miette::Diagnostic),
        ))
    }
}

/// A diagnostic as JSON.
#[derive(Debug, Serialize)]
pub(crate) struct JsonDiagnostic<'a> {
    severity: Severity,
    code: &'a str,
    message: &'a str,
    /// The first one is the main one.
    places: Vec<JsonPlace<'a>>,
    hint: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct JsonPlace<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    text: &'a str,
    note: &'a str,
}

impl<'a> From<&'a Diagnostic> for JsonDiagnostic<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        let places = diagnostic.labels.iter().map(|label| {
            let position = label.span.position();
            JsonPlace {
                file: &label.span.source.name,
                line: position.line,
                column: position.column,
                text: label.span.text(),
                note: &label.text,
            }
        });
        Self {
            severity: diagnostic.severity,
            code: &diagnostic.code,
            message: &diagnostic.message,
            places: places.collect(),
            hint: diagnostic.help.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use stepwell::plan::{SourceText, Span};

    use super::*;

    fn diagnostic() -> Diagnostic {
        let file = Arc::new(SourceText {
            name: "pipeline.toml".to_owned(),
            text: "[steps.clean]\nuses = \"std/inpute\"\ninput = \"customers\"\n".to_owned(),
        });
        let argument = Arc::new(SourceText {
            name: "--set".to_owned(),
            text: "steps.clean.input=custmers".to_owned(),
        });
        let message = "there is no step `std/inpute`; there are `std/impute` and one more";
        Diagnostic::error("unknown_step", message)
            .at(&Span {
                source: Arc::clone(&file),
                range: 21..33,
            })
            .at_with(
                &Span {
                    source: file,
                    range: 7..12,
                },
                "this step",
            )
            .at_with(
                &Span {
                    source: argument,
                    range: 18..26,
                },
                "is set here",
            )
            .help("did you mean `std/impute`?")
    }

    #[test]
    fn a_terminal_shows_the_text_and_points_at_it() {
        insta::assert_snapshot!(graphical(
            &[diagnostic()],
            GraphicalTheme::unicode_nocolor(),
            80
        ));
    }

    #[test]
    fn elsewhere_a_diagnostic_is_plain_text() {
        insta::assert_snapshot!(plain(&[diagnostic()]));
    }

    #[test]
    fn programs_get_every_place() {
        let diagnostic = diagnostic();
        insta::assert_snapshot!(
            serde_json::to_string_pretty(&JsonDiagnostic::from(&diagnostic)).unwrap()
        );
    }
}
