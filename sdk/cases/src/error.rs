//! What can be wrong with case files.

use std::io;
use std::path::PathBuf;

/// A case file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// A file or folder that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder without a single case.
    #[error("there is no case in `{}`: a case is a file named `NAME.case`", path.display())]
    NoCases {
        /// The folder.
        path: PathBuf,
    },
    /// A text that is not a case.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
}

impl CaseError {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            CaseError::Read { .. } => "case_not_readable",
            CaseError::Write { .. } => "case_not_writable",
            CaseError::NoCases { .. } => "no_cases",
            CaseError::Syntax { .. } => "bad_case",
        }
    }
}

/// Something wrong on a line of a case, before the file's name is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LineError {
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl LineError {
    pub(crate) fn new(line: usize, message: impl Into<String>) -> Self {
        Self {
            line,
            message: message.into(),
        }
    }
}

/// ` (did you mean …?)` for the alternative that is closest to a word, or nothing.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    alternatives: impl IntoIterator<Item = &'a str>,
) -> String {
    alternatives
        .into_iter()
        .map(|alternative| (strsim::jaro_winkler(word, alternative), alternative))
        .filter(|(similarity, _)| *similarity > 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, alternative)| format!("; did you mean `{alternative}`?"))
        .unwrap_or_default()
}
