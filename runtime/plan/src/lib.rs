//! From the text of a pipeline file to a checked plan.

mod dataset;
mod step;

pub use dataset::{Compression, CsvOptions, Format, Paths, SinkSpec, SourceSpec};
pub use step::{
    ColumnIndex, Description, Grants, Limits, Mode, Opened, Output, Pass, Port, PortColumn, StepProblem,
    Subject,
};
