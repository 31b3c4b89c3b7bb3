//! Whose fault an error is.

use std::fmt;

/// Who has to do something about an error. It decides what a program does next: how it exits, what it
/// answers over HTTP, whether it tries again.
///
/// ```
/// use stepwell::{Blame, Host, Step};
///
/// let host = Host::for_user()?;
/// let error = Step::load(&host, "missing.wasm").unwrap_err();
/// assert_eq!(error.blame(), Blame::Pipeline);
/// assert_eq!(error.blame().exit_code(), 2);
/// # Ok::<(), stepwell::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Blame {
    /// The author of the pipeline: the file, its parameters, or the arguments that change it.
    Pipeline,
    /// The author of a step.
    Step,
    /// A limit was reached. It may be too low, or the step may be out of hand.
    Limit,
    /// Whoever made the data.
    Data,
    /// The machine: a disk that is full, a permission, a network.
    Environment,
    /// Nobody: the caller ended the run.
    Caller,
    /// Stepwell itself.
    Bug,
}

impl Blame {
    /// The exit code of a command that ends with such an error: 2 where the pipeline or the arguments must be
    /// changed, 130 where the user ended it, 1 for every other failure.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Pipeline => 2,
            Self::Caller => 130,
            Self::Step | Self::Limit | Self::Data | Self::Environment | Self::Bug => 1,
        }
    }

    /// A stable word, such as `pipeline`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Step => "step",
            Self::Limit => "limit",
            Self::Data => "data",
            Self::Environment => "environment",
            Self::Caller => "caller",
            Self::Bug => "bug",
        }
    }
}

impl fmt::Display for Blame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
