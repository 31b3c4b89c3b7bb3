use stepwell_plan::{Capability, StepProblem, Subject};

use crate::secrets::Secrets;

use crate::limit_value::ComponentLimit;
pub use crate::limit_value::LimitValue;

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
    /// The component is larger than this host compiles.
    #[error("the component goes past the host's limit on {limit}: {asked}")]
    Component {
        /// Which limit, and its value.
        limit: ComponentLimit,
        /// What the component has.
        asked: String,
    },
    /// The step imports what the pipeline does not grant it.
    #[error(
        "the step could {} (it imports {}), which nothing grants it",
        .capability.meaning(),
        list(.imports)
    )]
    NotGranted {
        /// What it could do.
        capability: Capability,
        /// The interfaces by which it could.
        imports: Vec<String>,
    },
    /// What the step is granted cannot be had.
    #[error("{what}: {reason}")]
    Grant {
        /// What was granted, such as `` directory `lookup` ``, and what is wrong with it.
        what: String,
        /// Why.
        reason: String,
    },
    /// What the step did could not be recorded, so it was stopped.
    #[error("what the step did in `{during}` cannot be recorded: {reason}")]
    Audit {
        /// The call in which it did.
        during: Call,
        /// Why.
        reason: String,
    },
    /// A parameter asks for a secret that there is not.
    #[error("there is no secret `{name}`")]
    UnknownSecret {
        /// Its name.
        name: String,
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
            Self::Component { .. } => "component_too_large",
            Self::NotGranted { .. } => "capability_not_granted",
            Self::Grant { .. } => "grant_not_available",
            Self::Audit { .. } => "audit_failed",
            Self::UnknownSecret { .. } => "unknown_secret",
            Self::Engine { .. } => "engine",
        }
    }

    /// The same with no secret in what the step said.
    pub(crate) fn redacted(mut self, secrets: &Secrets) -> Self {
        if secrets.is_empty() {
            return self;
        }
        let hide = |text: &mut String| *text = secrets.redact(text).into_owned();
        let hide_problem = |problem: &mut StepProblem| {
            hide(&mut problem.code);
            hide(&mut problem.message);
            problem.hint.as_mut().map(hide);
            match &mut problem.subject {
                Subject::Parameter(text) | Subject::Column(_, text) => hide(text),
                Subject::Data | Subject::Step => {}
            }
        };
        match &mut self {
            Self::Refused(problems) => problems.iter_mut().for_each(hide_problem),
            Self::Failed { problem, .. } => hide_problem(problem),
            Self::Trapped { message, .. } => hide(message),
            Self::Violation { what, .. } => hide(what),
            Self::Limit { asked, .. } => hide(asked),
            Self::Grant { what, reason } => {
                hide(what);
                hide(reason);
            }
            Self::Engine { reason, .. } => hide(reason),
            _ => {}
        }
        self
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
            Self::Limit {
                during: Call::Describe,
                ..
            } => Some(
                "no step should need this to say what it is; if this one does, raise `describe_limits` where the \
                 engine is set up"
                    .to_owned(),
            ),
            Self::Limit { limit, .. } => Some(limit.hint()),
            Self::Component { .. } => Some(
                "no step should need this; if this one does, raise `component_limits` where the engine is set up"
                    .to_owned(),
            ),
            Self::NotGranted { capability, .. } => Some(match capability.grant() {
                Some(grant) => format!("grant it: `{grant}`"),
                None => "no step may do that".to_owned(),
            }),
            Self::Audit { .. } => {
                Some("see that the audit's file can be written, and run it again".to_owned())
            }
            Self::UnknownSecret { .. } => {
                Some("give the secret to the host that opens the step".to_owned())
            }
            Self::Grant { .. } | Self::Engine { .. } => None,
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
    /// The time of a call was over while the host waited for something.
    #[error("its time was over")]
    TimeIsOver,
    /// What was to be recorded could not be.
    #[error("{0}")]
    Audit(String),
}

impl Stop {
    pub(crate) fn violation(what: impl Into<String>) -> wasmtime::Error {
        wasmtime::Error::new(Self::Violation(what.into()))
    }

    pub(crate) fn limit(limit: LimitValue, asked: String) -> wasmtime::Error {
        wasmtime::Error::new(Self::Limit { limit, asked })
    }
}
