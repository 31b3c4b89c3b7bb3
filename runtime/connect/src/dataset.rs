//! Which source or sink something is about.

use std::fmt;
use std::sync::Arc;

/// A source or a sink by its name in the pipeline. Displayed as ``source `customers` ``.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// A table that is read.
    Source(Arc<str>),
    /// A table that is written.
    Sink(Arc<str>),
}

impl Dataset {
    /// The name in the pipeline.
    pub fn name(&self) -> &str {
        match self {
            Self::Source(name) | Self::Sink(name) => name,
        }
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(name) => write!(formatter, "source `{name}`"),
            Self::Sink(name) => write!(formatter, "sink `{name}`"),
        }
    }
}
