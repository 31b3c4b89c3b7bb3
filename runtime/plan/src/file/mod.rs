//! What a pipeline file says: every entry, with the place where it was written.

mod allow;
mod build;
mod entries;
mod limits;
mod model;
mod overrides;
mod quantity;
mod read;
mod variables;

pub use entries::{
    ArtifactEntry, Inputs, ModelEntry, ParameterEntry, ParameterType, PipelineFile, Reference,
    RejectsEntry, SinkEntry, SourceEntry, StepEntry, StepReference,
};
pub(crate) use entries::{BrokenEntry, Section};
pub use model::pipeline_schema;
pub use overrides::Overrides;
pub use read::{ParseOptions, SECRET_PREFIX};
pub(crate) use read::{Reading, read};
