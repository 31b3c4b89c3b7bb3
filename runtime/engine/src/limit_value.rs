use std::fmt;
use std::time::Duration;

use stepwell_plan::Limits;

/// A limit that a call of a step went past, and its value. [`Limits`] says what each of them counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitValue {
    /// Bytes of memories and tables.
    Memory(u64),
    /// Wall-clock time of one call.
    Time(Duration),
    /// Rows that one call may emit.
    Rows(u64),
    /// Bytes that one call may hand over.
    Bytes(u64),
    /// Rows that one call may reject.
    Rejects(u64),
    /// Calls of the host that one call may make.
    Calls(u64),
    /// Handles that an instance may hold.
    Handles(u64),
    /// Bytes that the host keeps for the handles of an instance.
    Held(u64),
    /// Fields of an output's schema.
    Columns(u64),
    /// Levels of nesting of an output's columns.
    Nesting(u64),
    /// Bytes of a schema or a description.
    Schema(u64),
    /// Bytes of a name.
    Text(u64),
    /// Bytes of saved state.
    State(u64),
    /// Bytes of the stack of calls. A limit of the host, which no pipeline changes.
    Stack(u64),
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
            Self::Rejects(_) => "rejects",
            Self::Calls(_) => "calls",
            Self::Handles(_) => "handles",
            Self::Held(_) => "held",
            Self::Columns(_) => "columns",
            Self::Nesting(_) => "nesting",
            Self::Schema(_) => "schema",
            Self::Text(_) => "text",
            Self::State(_) => "state",
            Self::Stack(_) => "stack",
        }
    }

    pub(crate) fn hint(self) -> String {
        match self {
            Self::Stack(_) => {
                "the step calls itself without end, or nearly so: tell its author".to_owned()
            }
            Self::Nesting(Limits::MAX_NESTING) => {
                "no pipeline can allow more: tell the step's author".to_owned()
            }
            limit => format!(
                "raise `limits.{}` of this step if it is right to need more",
                limit.name()
            ),
        }
    }
}

impl fmt::Display for LimitValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Time(time) => write!(formatter, "{name} ({time:?} per call)"),
            Self::Rows(count) | Self::Bytes(count) | Self::Rejects(count) | Self::Calls(count) => {
                write!(formatter, "{name} ({count} per call)")
            }
            Self::Handles(count) | Self::Columns(count) => write!(formatter, "{name} ({count})"),
            Self::Nesting(levels) => write!(formatter, "{name} ({levels} levels)"),
            Self::Memory(bytes)
            | Self::Held(bytes)
            | Self::Schema(bytes)
            | Self::Text(bytes)
            | Self::State(bytes)
            | Self::Stack(bytes) => write!(formatter, "{name} ({bytes} bytes)"),
        }
    }
}

/// What the host compiles. A component that is larger is refused before any of it is compiled; one that takes longer
/// is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComponentLimits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Functions of all modules together.
    pub functions: u64,
    /// Bytes of one function.
    pub function_bytes: u64,
    /// What compiling one function may cost: its local variables, for each of its blocks, loops and branches, 4 times
    /// for each place that a branch by a table can lead to. Memory and time that the compiler needs grow with this and
    /// not with the function's size alone.
    pub function_cost: u64,
    /// What compiling all functions together may cost.
    pub cost: u64,
    /// Modules and components that are instantiated, counted as often as they are.
    pub instances: u64,
    /// Time that compiling may take.
    pub compile_time: Duration,
}

impl Default for ComponentLimits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            functions: 1_000_000,
            function_bytes: 2 << 20,
            function_cost: 1 << 23,
            cost: 1 << 27,
            instances: 1_000,
            compile_time: Duration::from_secs(300),
        }
    }
}

/// A limit that a component went past, and its value. [`ComponentLimits`] says what each of them counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComponentLimit {
    /// Bytes of the file.
    Bytes(u64),
    /// Functions of all modules together.
    Functions(u64),
    /// Bytes of one function.
    FunctionBytes(u64),
    /// What compiling one function may cost.
    FunctionCost(u64),
    /// What compiling all functions together may cost.
    Cost(u64),
    /// Modules and components that are instantiated.
    Instances(u64),
    /// Time that compiling may take.
    CompileTime(Duration),
}

impl fmt::Display for ComponentLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(formatter, "its size ({bytes} bytes)"),
            Self::Functions(count) => write!(formatter, "functions ({count})"),
            Self::FunctionBytes(bytes) => {
                write!(formatter, "the size of a function ({bytes} bytes)")
            }
            Self::FunctionCost(cost) => {
                write!(
                    formatter,
                    "the cost of compiling a function ({cost} variables at branches)"
                )
            }
            Self::Cost(cost) => {
                write!(
                    formatter,
                    "the cost of compiling it ({cost} variables at branches)"
                )
            }
            Self::Instances(count) => write!(formatter, "instances inside of it ({count})"),
            Self::CompileTime(time) => write!(formatter, "the time of compiling ({time:?})"),
        }
    }
}
