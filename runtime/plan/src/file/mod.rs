//! What a pipeline file says: every entry, with the place where it was written.

mod entries;

pub use entries::{
    Inputs, ModelEntry, ParameterEntry, ParameterType, PipelineFile, Reference, SinkEntry,
    SourceEntry, StepEntry, StepReference,
};
