use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use stepwell_connect::ConnectError;
use stepwell_engine::{Batch, EngineError};
use stepwell_plan::MaxRejects;

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
    /// More rows were rejected than the pipeline allows.
    #[error("{}", too_many(.step.as_deref(), *.most, *.counted, .first.as_deref()))]
    TooManyRejects {
        /// The step whose `max_rejects` it is; `None`: that of the pipeline.
        step: Option<String>,
        /// How many may be rejected.
        most: MaxRejects,
        /// How many were rejected, and of how many; `None` where the rest was not counted any more.
        counted: Option<(u64, u64)>,
        /// The first row that was rejected.
        first: Option<Box<FirstReject>>,
    },
    /// Rejected rows could not be held back until the end of the run.
    #[error("rejected rows cannot be kept: {reason}")]
    RejectsNotHeld {
        /// Why.
        reason: String,
    },
    /// The run took longer than its pipeline allows.
    #[error("the run went past its limit on time ({limit:?}): it was still running")]
    OutOfTime {
        /// How long it may take.
        limit: Duration,
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
            Self::TooManyRejects { .. } => "too_many_rejects",
            Self::RejectsNotHeld { .. } => "rejects_not_held",
            Self::OutOfTime { .. } => "limit_exceeded",
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
            Self::TooManyRejects { step, .. } => Some(format!(
                "put the data right, or raise `max_rejects` of {}: a run that ends well keeps rejected rows in `rejects` of \
                 the pipeline",
                match step {
                    Some(step) => format!("step `{step}`"),
                    None => "the pipeline".to_owned(),
                }
            )),
            Self::RejectsNotHeld { .. } => Some(
                "they are held in a temporary file: make room for it, or set `TMPDIR` to a folder that has room".to_owned(),
            ),
            Self::OutOfTime { .. } => Some(
                "raise `time` of the pipeline if it is right to need longer".to_owned(),
            ),
            Self::Cancelled => None,
            Self::Internal { .. } => {
                Some("this is a fault of Stepwell: please report it".to_owned())
            }
        }
    }
}

/// A row that was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstReject {
    /// The step that rejected it.
    pub step: String,
    /// The short word for why.
    pub code: String,
    /// The reason, for people.
    pub reason: String,
    /// The row; `None` where a step made it.
    pub row: Option<Origin>,
}

fn too_many(
    step: Option<&str>,
    most: MaxRejects,
    counted: Option<(u64, u64)>,
    first: Option<&FirstReject>,
) -> String {
    let who = match step {
        Some(step) => format!("step `{step}`"),
        None => "the pipeline".to_owned(),
    };
    let what = match counted {
        Some((rejected, rows)) => format!("rejected {rejected} of {rows} rows, more than {most}"),
        None => format!("rejected more than {most}"),
    };
    let first = first.map(|first| {
        let by = match step {
            Some(_) => String::new(),
            None => format!(" by step `{}`", first.step),
        };
        let row = first.row.as_ref();
        let row = row.map(|row| format!(", {row}")).unwrap_or_default();
        format!("; the first{by} as `{}`{row}: {}", first.code, first.reason)
    });
    format!("{who} {what}{}", first.unwrap_or_default())
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
    /// How many rows from there on; some of them may have gone another way.
    pub n_rows: u64,
}

impl Origin {
    /// Where the rows of a batch came from; `None` where that is not known.
    pub(crate) fn of(batch: &Batch) -> Option<Self> {
        let origins = batch.origins()?;
        let positions = origins.positions();
        let first = u64::from(*positions.iter().min()?);
        let last = u64::from(*positions.iter().max()?);
        let rows = origins.source_rows();
        Some(Self {
            source: Arc::clone(&rows.source),
            file: Arc::clone(&rows.file),
            first_row: rows.first_row + first,
            n_rows: last - first + 1,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = (self.first_row + 1, self.first_row + self.n_rows);
        if first == last {
            write!(formatter, "row {first}")?;
        } else {
            write!(formatter, "rows {first} to {last}")?;
        }
        write!(formatter, " of source `{}` (`{}`)", self.source, self.file)
    }
}
