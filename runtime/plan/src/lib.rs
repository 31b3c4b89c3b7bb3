//! From the text of a pipeline file to a checked plan.

mod catalog;
mod dataset;
mod file;
mod path;
mod plan;
mod step;
mod text;
mod tree;

pub use catalog::{Capability, Catalog, OpenError, OpenRequest, Problem, StepComponent};
pub use dataset::{Compression, CsvOptions, Format, Paths, SinkSpec, SourceSpec};
pub use file::{
    Inputs, ModelEntry, ParameterEntry, ParameterType, PipelineFile, Reference, SinkEntry,
    SourceEntry, StepEntry, StepReference,
};
pub use plan::{Downstream, Plan, PlannedSink, PlannedSource, PlannedStep, Upstream};
pub use step::{
    ColumnIndex, Description, Grants, Limits, Mode, Opened, Output, Pass, Port, PortColumn,
    StepProblem, Subject,
};
pub use text::{Diagnostic, Label, Located, Position, Severity, SourceText, Span};
