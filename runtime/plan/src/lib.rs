//! From the text of a pipeline file to a checked plan.

mod catalog;
mod check;
mod dataset;
mod error;
pub mod explain;
mod file;
mod json_schema;
mod path;
mod plan;
mod step;
mod suggest;
mod text;
mod tree;

pub use catalog::{Capability, Catalog, OpenError, OpenRequest, Problem, StepComponent};
pub use check::{Checked, check, check_text};
pub use dataset::{Compression, CsvOptions, Format, Paths, SinkSpec, SourceSpec};
pub use error::PlanError;
pub use file::{
    Inputs, ModelEntry, Overrides, ParameterEntry, ParameterType, ParseOptions, PipelineFile,
    Reference, SinkEntry, SourceEntry, StepEntry, StepReference, pipeline_schema,
};
pub use plan::{Downstream, Plan, PlannedSink, PlannedSource, PlannedStep, Upstream};
pub use step::{
    ColumnIndex, Description, Grants, Limits, Mode, Opened, Output, Pass, Port, PortColumn,
    StepProblem, Subject,
};
pub use stepwell_layout::{
    ParseTypeError, TYPE_NAMES, TypeProblem, field_name_and_type, parse_field, parse_type,
    type_name,
};
pub use text::{Diagnostic, Label, Located, Position, Severity, SourceText, Span};
