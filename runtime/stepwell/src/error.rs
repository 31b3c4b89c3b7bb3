//! What can go wrong, and whose fault it is.

use std::io;
use std::path::PathBuf;

use stepwell_connect::ConnectError;
use stepwell_engine::EngineError;
use stepwell_exec::RunError;
use stepwell_models::ModelError;
use stepwell_plan::{Diagnostic, PlanError, Subject};

use crate::blame::Blame;

/// Any error of this crate. [`code`](Self::code) is stable, [`hint`](Self::hint) says what to do, and
/// [`blame`](Self::blame) says who has to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The pipeline file cannot be read.
    #[error("cannot read the pipeline file `{}`", path.display())]
    ReadPipeline {
        /// The file as it was given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The pipeline cannot run as it is written. [`diagnostics`](Error::diagnostics) has everything that is
    /// wrong, with places.
    #[error(transparent)]
    InvalidPipeline(#[from] PlanError),
    /// A table in memory was given for a source or sink that the pipeline does not have.
    #[error("the pipeline has no {kind} `{name}`; it has {}", list(names, kind))]
    UnknownTable {
        /// `source` or `sink`.
        kind: &'static str,
        /// The name that was given.
        name: String,
        /// The names that there are.
        names: Vec<String>,
    },
    /// No folder of the step library holds any step.
    #[error("`{reference}` cannot be found: no steps are installed")]
    NoStepsInstalled {
        /// The step that was looked for, such as `std/impute`.
        reference: String,
        /// The folders that were looked into.
        searched: Vec<PathBuf>,
    },
    /// The step library has no such step.
    #[error(
        "there is no step `{reference}`; there are {}",
        list(alternatives, "step")
    )]
    UnknownStep {
        /// The step that was looked for, such as `std/impute`.
        reference: String,
        /// The steps that there are, those that are most like it first.
        alternatives: Vec<String>,
    },
    /// The step library has the step, but in no version that will do.
    #[error(
        "no version of `{step}` that is installed fits `{requirement}`; there are {}",
        list(versions, "version")
    )]
    NoMatchingVersion {
        /// The step, such as `std/impute`.
        step: String,
        /// The versions that will do, such as `0.2`.
        requirement: String,
        /// The versions that there are, the highest first.
        versions: Vec<String>,
    },
    /// A text that names no step: neither the file of a component nor `collection/name@version`.
    #[error("`{text}` names no step")]
    BadStepName {
        /// The text.
        text: String,
    },
    /// A component's file cannot be read.
    #[error("cannot read the step `{}`", path.display())]
    ReadStep {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A step cannot be loaded or opened, or failed, outside of a pipeline.
    #[error("step `{step}`: {error}")]
    Step {
        /// The step as it was named.
        step: String,
        /// What went wrong.
        error: Box<EngineError>,
    },
    /// A source could not be read or a sink could not be written. The message names it.
    #[error(transparent)]
    Connect(Box<ConnectError>),
    /// The run ended early for another reason than a source or a sink.
    #[error(transparent)]
    Run(Box<RunError>),
    /// A model's file cannot be used.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// A file of secrets cannot be read.
    #[error("cannot read the secrets `{}`", path.display())]
    ReadSecrets {
        /// The file as it was given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of secrets is not what it must be.
    #[error("line {line} of the secrets in `{}`: {problem}", path.display())]
    BadSecrets {
        /// The file as it was given.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there, without any text of the file but names.
        problem: String,
    },
    /// The record of what steps do cannot be written.
    #[error("cannot write the audit `{}`", path.display())]
    WriteAudit {
        /// The file as it was given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The record of what steps did could not be brought to its end.
    #[error("the audit could not be written to its end: {reason}")]
    FinishAudit {
        /// Why.
        reason: String,
    },
    /// The engine cannot be set up on this machine.
    #[error(transparent)]
    Engine(Box<EngineError>),
}

impl Error {
    /// A short, stable word for this kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ReadPipeline { .. } => "pipeline_not_readable",
            Self::InvalidPipeline(error) => error.code(),
            Self::UnknownTable { .. } => "unknown_table",
            Self::NoStepsInstalled { .. } => "no_steps_installed",
            Self::UnknownStep { .. } => "unknown_step",
            Self::NoMatchingVersion { .. } => "no_matching_version",
            Self::BadStepName { .. } => "bad_step_name",
            Self::ReadStep { .. } => "step_not_readable",
            Self::Step { error, .. } | Self::Engine(error) => error.code(),
            Self::Connect(error) => error.code(),
            Self::Run(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::ReadSecrets { .. } => "secrets_not_readable",
            Self::BadSecrets { .. } => "bad_secrets",
            Self::WriteAudit { .. } => "audit_not_writable",
            Self::FinishAudit { .. } => "audit_failed",
        }
    }

    /// What to do about it, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::ReadPipeline { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("give the path of a pipeline file, such as `pipeline.toml`".to_owned())
            }
            Self::NoStepsInstalled { searched, .. } => {
                let folders: Vec<String> =
                    searched.iter().map(|folder| format!("`{}`", folder.display())).collect();
                Some(format!(
                    "`cargo xtask steps` builds the standard steps in a checkout; elsewhere, set `STEPWELL_STEPS` to the \
                     folder that has `std/` in it; looked into {}",
                    folders.join(", ")
                ))
            }
            Self::UnknownStep { reference, alternatives } => {
                let closest = alternatives.first()?;
                let similarity = strsim::normalized_damerau_levenshtein(reference, closest);
                (similarity > 0.6).then(|| format!("did you mean `{closest}`?"))
            }
            Self::NoMatchingVersion { step, versions, .. } => {
                let highest = versions.first()?;
                Some(format!("ask for one that is installed: `{step}@{highest}`"))
            }
            Self::BadStepName { .. } => Some(
                "give the `.wasm` file of a component, or a step of a collection, such as `std/impute` or `std/impute@0.1`"
                    .to_owned(),
            ),
            Self::ReadStep { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("`stepwell build` makes the component of a step".to_owned())
            }
            Self::Step { error, .. } | Self::Engine(error) => error.hint(),
            Self::Connect(error) => error.hint(),
            Self::Run(error) => error.hint(),
            Self::Model(error) => error.hint().map(ToOwned::to_owned),
            Self::ReadSecrets { .. } | Self::BadSecrets { .. } => {
                Some("a file of secrets has one line for each: `NAME = \"value\"`".to_owned())
            }
            Self::WriteAudit { .. } => {
                Some("give the path of a file in a folder that is there".to_owned())
            }
            Self::FinishAudit { .. } => {
                Some("see that the audit's file can be written, and run it again".to_owned())
            }
            Self::ReadPipeline { .. }
            | Self::InvalidPipeline(_)
            | Self::UnknownTable { .. }
            | Self::ReadStep { .. } => None,
        }
    }

    /// All that is wrong with a pipeline, by place; empty for other errors.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::InvalidPipeline(error) => error.diagnostics(),
            _ => &[],
        }
    }

    /// Who has to do something about it.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::ReadPipeline { .. }
            | Self::InvalidPipeline(_)
            | Self::UnknownTable { .. }
            | Self::UnknownStep { .. }
            | Self::NoMatchingVersion { .. }
            | Self::BadStepName { .. }
            | Self::ReadStep { .. }
            | Self::ReadSecrets { .. }
            | Self::BadSecrets { .. }
            | Self::WriteAudit { .. }
            | Self::Model(_) => Blame::Pipeline,
            Self::NoStepsInstalled { .. } | Self::FinishAudit { .. } | Self::Engine(_) => {
                Blame::Environment
            }
            Self::Step { error, .. } => blame_for_step(error),
            Self::Connect(error) => blame_for_table(error),
            Self::Run(error) => match &**error {
                RunError::Source { error, .. } | RunError::Sink { error, .. } => {
                    blame_for_table(error)
                }
                RunError::Step { error, .. } => blame_for_step(error),
                RunError::Unstable { .. } => Blame::Step,
                RunError::TooManyRejects { .. } => Blame::Data,
                RunError::RejectsNotHeld { .. } => Blame::Environment,
                RunError::OutOfTime { .. } => Blame::Limit,
                RunError::Cancelled => Blame::Caller,
                _ => Blame::Bug,
            },
        }
    }
}

impl From<ConnectError> for Error {
    fn from(error: ConnectError) -> Self {
        Self::Connect(Box::new(error))
    }
}

impl From<RunError> for Error {
    /// What a source or sink says names it already.
    fn from(error: RunError) -> Self {
        match error {
            RunError::Source { error, .. } | RunError::Sink { error, .. } => Self::Connect(error),
            error => Self::Run(Box::new(error)),
        }
    }
}

impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        Self::Model(Box::new(error))
    }
}

fn blame_for_step(error: &EngineError) -> Blame {
    match error {
        EngineError::NotAStep { .. }
        | EngineError::ContractVersion { .. }
        | EngineError::UnknownImports { .. }
        | EngineError::NotGranted { .. }
        | EngineError::Grant { .. }
        | EngineError::UnknownSecret { .. }
        | EngineError::Refused(_) => Blame::Pipeline,
        EngineError::Failed { problem, .. } if problem.subject == Subject::Data => Blame::Data,
        EngineError::Failed { .. }
        | EngineError::Trapped { .. }
        | EngineError::Violation { .. } => Blame::Step,
        EngineError::Limit { .. } | EngineError::Component { .. } => Blame::Limit,
        EngineError::Engine { .. } | EngineError::Audit { .. } => Blame::Environment,
        _ => Blame::Bug,
    }
}

fn blame_for_table(error: &ConnectError) -> Blame {
    match error {
        ConnectError::EmptyFile { .. }
        | ConnectError::InvalidValue(_)
        | ConnectError::FieldCount { .. }
        | ConnectError::UnendingRecord { .. }
        | ConnectError::InvalidEncoding { .. }
        | ConnectError::InvalidJson { .. }
        | ConnectError::UnknownKey { .. }
        | ConnectError::Malformed { .. }
        | ConnectError::SchemaMismatch { .. }
        | ConnectError::TooManyPartitions { .. }
        | ConnectError::Encode { .. } => Blame::Data,
        ConnectError::PermissionDenied { .. }
        | ConnectError::StorageFull { .. }
        | ConnectError::FileTooLarge { .. }
        | ConnectError::OutputInUse { .. }
        | ConnectError::OutputLost { .. }
        | ConnectError::OutputChanged { .. }
        | ConnectError::CutShort { .. }
        | ConnectError::BrokenPipe { .. }
        | ConnectError::Io { .. }
        | ConnectError::Store { .. } => Blame::Environment,
        ConnectError::WrongBatch { .. } => Blame::Bug,
        _ => Blame::Pipeline,
    }
}

/// What an error says, with its causes, on one line and without the operating system's numbers.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        let text = text.split(" (os error ").next().unwrap_or_default();
        message = format!("{message}: {text}");
        cause = error.source();
    }
    message
}

/// `` `a`, `b` and 3 more ``, or that there is none of the kind.
fn list(names: &[String], kind: &str) -> String {
    const LISTED: usize = 12;
    if names.is_empty() {
        return format!("no {kind}");
    }
    let shown: Vec<String> = names
        .iter()
        .take(LISTED)
        .map(|name| format!("`{name}`"))
        .collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
