//! What is known of a step before any data is read: what it says of itself, what it was granted, and
//! what it answered when it was opened with the schemas that will reach it.

use std::collections::BTreeSet;

use arrow_schema::SchemaRef;
use serde::Serialize;

/// What a step says of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Description {
    /// Lowercase words joined by `-`.
    pub name: String,
    /// A semantic version.
    pub version: String,
    /// One line.
    pub summary: String,
    /// Markdown.
    pub documentation: String,
    /// The JSON Schema of the parameters, an object.
    pub parameters: serde_json::Value,
    /// The input ports, at least one.
    pub inputs: Vec<Port>,
    /// The output ports, at least one.
    pub outputs: Vec<Port>,
}

/// A named input or output of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Port {
    /// The name by which a pipeline file refers to the port.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Columns that the port always has, whatever the parameters say.
    pub columns: Vec<PortColumn>,
}

/// A column that a port always has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PortColumn {
    /// The column's name.
    pub name: String,
    /// The type in words, for example `float64`.
    pub type_name: String,
    /// One line.
    pub summary: String,
}

/// What a step answered when it was opened.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// Whether batches may be processed independently of each other.
    pub mode: Mode,
    /// Every column whose values the step will read, without repetition, in ascending order.
    pub reads: BTreeSet<ColumnIndex>,
    /// One for each output port of the description.
    pub outputs: Vec<Output>,
}

/// How a step's batches depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Each batch alone: several instances may run, and the order of batches is kept.
    Map,
    /// The whole stream in order, in one instance.
    Stateful,
}

/// A column of a step's input: the port's position, then the column's position in that input's schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ColumnIndex {
    /// The input port's position in the description.
    pub port: usize,
    /// The column's position in the schema of that input.
    pub column: usize,
}

/// The schema of an output port and where its columns come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// The schema of every batch that the port emits.
    pub schema: SchemaRef,
    /// The output's columns that are input columns, unchanged; all others are made by the step. An
    /// output column may be passed from several input ports, at most once from each.
    pub passes: Vec<Pass>,
}

/// An output column that is an input column, unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pass {
    /// The column's position in the output's schema.
    pub output_column: usize,
    /// The input column that it is.
    pub input: ColumnIndex,
}

/// Something that a step found wrong, when it was opened or with the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepProblem {
    /// A short, stable word, such as `missing_column`.
    pub code: String,
    /// What is wrong: lowercase, no full stop, names in backticks.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What the problem is about.
    pub subject: Subject,
}

/// What a step's problem is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A parameter, as a JSON pointer into the parameters (`/columns/0`).
    Parameter(String),
    /// A column of an input: the port's position and the column's name.
    Column(usize, String),
    /// The data of the batch at hand.
    Data,
    /// None of these.
    Step,
}
