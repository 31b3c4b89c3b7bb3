//! What a pipeline file says: every entry, with the place where it was written.

mod build;
mod entries;
mod model;
mod overrides;
mod quantity;
mod read;
mod variables;

pub(crate) use entries::{BrokenEntry, Section};
pub use entries::{
    Inputs, ModelEntry, ParameterEntry, ParameterType, PipelineFile, Reference, SinkEntry,
    SourceEntry, StepEntry, StepReference,
};
pub use model::pipeline_schema;
pub use overrides::Overrides;
pub use read::ParseOptions;
pub(crate) use read::{Reading, read};
