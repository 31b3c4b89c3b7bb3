//! How commands end when something is wrong.

use std::error::Error as StdError;
use std::io::{self, Write};
use std::process::ExitCode;

use console::style;
use stepwell::{Blame, ConnectError, Error};
use stepwell_build::BuildError;
use stepwell_cases::CaseError;

use super::diagnostics;
use super::text::{safe, without_error_number};
use crate::interrupt;

/// The exit code of a program whose reader went away, as shells have it: 128 and the signal's number.
const BROKEN_PIPE: u8 = 141;

/// An argument that cannot be used, in words of this crate.
#[derive(Debug)]
pub(crate) struct BadArgument {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl std::fmt::Display for BadArgument {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl StdError for BadArgument {}

/// Says what went wrong, on standard error, and gives the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let failure = Failure::new(error);
    if failure.exit_code != BROKEN_PIPE {
        match error.downcast_ref::<Error>() {
            Some(error) if !error.diagnostics().is_empty() => print_diagnostics(error),
            _ => print(&failure.message, failure.hint.as_deref()),
        }
    }
    ExitCode::from(failure.exit_code)
}

/// What went wrong, in words.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) blame: Blame,
    pub(crate) exit_code: u8,
}

impl Failure {
    pub(crate) fn new(error: &anyhow::Error) -> Self {
        let mut message = message(error.as_ref());
        let is_invalid = error
            .downcast_ref::<Error>()
            .is_some_and(|error| !error.diagnostics().is_empty());
        if is_invalid {
            // What follows are the diagnostics, which are told apart.
            message.truncate(message.find('\n').unwrap_or(message.len()));
        }
        if is_broken_pipe(error) {
            return Self {
                code: "broken_pipe",
                message,
                hint: None,
                blame: Blame::Environment,
                exit_code: BROKEN_PIPE,
            };
        }
        let (code, hint, blame) = if let Some(error) = error.downcast_ref::<Error>() {
            (error.code(), error.hint(), error.blame())
        } else if let Some(error) = error.downcast_ref::<BuildError>() {
            (error.code(), error.hint(), blame_for_build(error))
        } else if let Some(error) = error.downcast_ref::<CaseError>() {
            (error.code(), None, Blame::Pipeline)
        } else if let Some(error) = error.downcast_ref::<BadArgument>() {
            ("bad_argument", error.hint.clone(), Blame::Pipeline)
        } else {
            ("failed", None, Blame::Environment)
        };
        Self {
            code,
            message,
            hint,
            blame,
            exit_code: match blame {
                Blame::Caller => interrupt::exit_code().unwrap_or(blame.exit_code()),
                _ => blame.exit_code(),
            },
        }
    }
}

/// Prints an error and what to do about it.
fn print(message: &str, hint: Option<&str>) {
    let mut text = format!(
        "{} {}\n",
        style("error:").for_stderr().red().bold(),
        safe(message)
    );
    if let Some(hint) = hint {
        text.push_str(&format!(
            "{} {}\n",
            style("hint:").for_stderr().cyan().bold(),
            safe(hint)
        ));
    }
    // There is nowhere left to say that standard error cannot be written.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

fn print_diagnostics(error: &Error) {
    let found = error.diagnostics();
    diagnostics::print(found);
    let errors = found
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .count() as u64;
    if errors > 1 {
        print(
            &format!(
                "{} in this pipeline",
                super::units::counted(errors, "problem")
            ),
            None,
        );
    }
}

/// An error and its causes, on one line.
fn message(error: &(dyn StdError + 'static)) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        let text = without_error_number(&text);
        // Some errors say their cause themselves.
        if !message.ends_with(text) {
            message = format!("{message}: {text}");
        }
        cause = error.source();
    }
    message
}

/// Whether the reader of standard output went away, which is no reason to complain: `stepwell run … | head`.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let by_sink = match error.downcast_ref::<Error>() {
        Some(Error::Connect(error)) => {
            matches!(**error, ConnectError::BrokenPipe { ref path, .. } if path == "-")
        }
        _ => false,
    };
    let by_us = error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    by_sink || by_us
}

fn blame_for_build(error: &BuildError) -> Blame {
    match error {
        BuildError::Manifest { .. }
        | BuildError::NotAStep { .. }
        | BuildError::SeveralSteps { .. }
        | BuildError::Name { .. }
        | BuildError::NotEmpty { .. } => Blame::Pipeline,
        BuildError::Compile { .. } | BuildError::Component { .. } => Blame::Step,
        _ => Blame::Environment,
    }
}
