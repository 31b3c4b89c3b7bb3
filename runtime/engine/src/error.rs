use std::time::Duration;

use stepwell_plan::StepProblem;

/// Why a component cannot be used, or why a call of a step ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The bytes are not a component that exports the step interface.
    #[error("not a step: {reason}")]
    NotAStep {
        /// What the bytes are instead.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// The component was built for another version of the contract.
    #[error("the step is built for version {found} of the contract, this host speaks {expected}")]
    ContractVersion {
        /// The version that the component exports.
        found: String,
        /// The version of this host.
        expected: &'static str,
    },
    /// The component imports something that this host has not.
    #[error("the step imports {}, which this host does not offer", list(.imports))]
    UnknownImports {
        /// The names of the interfaces.
        imports: Vec<String>,
    },
    /// The step was opened with parameters or schemas that it cannot work with.
    #[error("{}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<StepProblem>),
    /// The step said that it failed.
    #[error("{}", .problem.message)]
    Failed {
        /// The call in which it failed.
        during: Call,
        /// What it said.
        problem: StepProblem,
    },
    /// The step's code crashed.
    #[error("the step crashed in `{during}`: {message}")]
    Trapped {
        /// The call in which it crashed.
        during: Call,
        /// The trap, and what the step logged about it.
        message: String,
    },
    /// The step broke the contract; what it handed over was not used.
    #[error("the step broke the contract in `{during}`: {what}")]
    Violation {
        /// The call in which it did.
        during: Call,
        /// What was wrong with what it did.
        what: String,
    },
    /// The step went past one of its limits and was stopped.
    #[error("the step went past its limit on {limit} in `{during}`: {asked}")]
    Limit {
        /// The call in which it did.
        during: Call,
        /// Which limit, by its name in the pipeline file, and its value.
        limit: LimitValue,
        /// What the step asked for.
        asked: String,
    },
    /// WebAssembly could not be compiled or the engine could not be set up.
    #[error("{what}: {reason}")]
    Engine {
        /// What was attempted.
        what: &'static str,
        /// Why it failed.
        reason: String,
    },
}

impl EngineError {
    /// A short, stable word for this kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAStep { .. } => "not_a_step",
            Self::ContractVersion { .. } => "contract_version",
            Self::UnknownImports { .. } => "unknown_imports",
            Self::Refused(_) => "step_refused",
            Self::Failed { .. } => "step_failed",
            Self::Trapped { .. } => "step_crashed",
            Self::Violation { .. } => "contract_violation",
            Self::Limit { .. } => "limit_exceeded",
            Self::Engine { .. } => "engine",
        }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAStep { hint, .. } => Some(hint.clone()),
            Self::ContractVersion { .. } => {
                Some("build the step again with an SDK of this version".to_owned())
            }
            Self::UnknownImports { .. } => Some(
                "build the step without these interfaces; `stepwell inspect` shows what it imports"
                    .to_owned(),
            ),
            Self::Refused(problems) => problems.iter().find_map(|problem| problem.hint.clone()),
            Self::Failed { problem, .. } => problem.hint.clone(),
            Self::Trapped { .. } | Self::Violation { .. } => {
                Some("this is a fault of the step: tell its author".to_owned())
            }
            Self::Limit { limit, .. } => Some(format!(
                "raise `limits.{}` of this step if it is right to need more",
                limit.name()
            )),
            Self::Engine { .. } => None,
        }
    }
}

/// A call of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Making an instance.
    Start,
    /// `describe`.
    Describe,
    /// `open`.
    Open,
    /// `process`.
    Process,
    /// `finish`.
    Finish,
    /// `save`.
    Save,
    /// `restore`.
    Restore,
}

impl std::fmt::Display for Call {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Start => "start",
            Self::Describe => "describe",
            Self::Open => "open",
            Self::Process => "process",
            Self::Finish => "finish",
            Self::Save => "save",
            Self::Restore => "restore",
        })
    }
}

/// A limit and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitValue {
    /// Bytes of memories and tables.
    Memory(u64),
    /// Wall-clock time of one call.
    Time(Duration),
    /// Rows that one call may emit.
    Rows(u64),
    /// Bytes that one call may emit.
    Bytes(u64),
}

impl LimitValue {
    /// The limit's name in the pipeline file.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Memory(_) => "memory",
            Self::Time(_) => "time",
            Self::Rows(_) => "rows",
            Self::Bytes(_) => "bytes",
        }
    }
}

impl std::fmt::Display for LimitValue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory(bytes) => write!(formatter, "memory ({bytes} bytes)"),
            Self::Time(time) => write!(formatter, "time ({time:?} per call)"),
            Self::Rows(rows) => write!(formatter, "rows ({rows} per call)"),
            Self::Bytes(bytes) => write!(formatter, "bytes ({bytes} per call)"),
        }
    }
}

fn list(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// What a host function found wrong; it ends the call as a trap and comes out as an [`EngineError`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("{0}")]
    Violation(String),
    #[error("{asked}")]
    Limit { limit: LimitValue, asked: String },
}

impl Stop {
    pub(crate) fn violation(what: impl Into<String>) -> wasmtime::Error {
        wasmtime::Error::new(Self::Violation(what.into()))
    }
}
