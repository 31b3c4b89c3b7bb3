use std::fmt;
use std::sync::Arc;

use stepwell_connect::ConnectError;
use stepwell_engine::EngineError;

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A source could not be read; the error names it.
    #[error("{error}")]
    Source {
        /// The source's name in the pipeline.
        source_name: String,
        /// What went wrong.
        error: Box<ConnectError>,
    },
    /// A sink could not be written; the error names it.
    #[error("{error}")]
    Sink {
        /// The sink's name in the pipeline.
        sink_name: String,
        /// What went wrong.
        error: Box<ConnectError>,
    },
    /// A step failed.
    #[error("step `{step}`{}: {error}", .rows.as_ref().map(|rows| format!(" on {rows}")).unwrap_or_default())]
    Step {
        /// The step's name in the pipeline.
        step: String,
        /// The rows that it was working on, where they can be traced to a source.
        rows: Option<Origin>,
        /// What went wrong.
        error: Box<EngineError>,
    },
    /// A step answered differently when it was opened again: it is not the same for the same input.
    #[error("step `{step}` answered differently when it was opened a second time")]
    Unstable {
        /// The step's name in the pipeline.
        step: String,
    },
    /// The run was cancelled from outside.
    #[error("the run was cancelled")]
    Cancelled,
    /// A thread could not be started, or ended by a panic: a fault of ours.
    #[error("internal error: {what}")]
    Internal {
        /// What happened.
        what: String,
    },
}

impl RunError {
    /// A short, stable word for this kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source { error, .. } | Self::Sink { error, .. } => error.code(),
            Self::Step { error, .. } => error.code(),
            Self::Unstable { .. } => "unstable_step",
            Self::Cancelled => "cancelled",
            Self::Internal { .. } => "internal",
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Source { error, .. } | Self::Sink { error, .. } => error.hint(),
            Self::Step { error, .. } => error.hint(),
            Self::Unstable { .. } => Some(
                "a step must answer `open` by its parameters and schemas alone: tell its author"
                    .to_owned(),
            ),
            Self::Cancelled => None,
            Self::Internal { .. } => {
                Some("this is a fault of Stepwell: please report it".to_owned())
            }
        }
    }
}

/// The rows of a source that a batch came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source's name in the pipeline.
    pub source: Arc<str>,
    /// The file, as the pipeline names it.
    pub file: Arc<str>,
    /// The first row's position in the file, from 0.
    pub first_row: u64,
    /// How many rows the source gave at once.
    pub n_rows: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "rows {} to {} of source `{}` (`{}`)",
            self.first_row + 1,
            self.first_row + self.n_rows,
            self.source,
            self.file
        )
    }
}
