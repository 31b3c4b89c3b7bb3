//! Sources and sinks of a pipeline: where tables come from and go to.

mod dataset;
mod error;
mod file_name;
mod hint;
mod sink;
mod source;
mod standard;
mod storage;

pub use dataset::Dataset;
pub use error::{ConnectError, InvalidValue};
pub use object_store;
pub use sink::{Sink, SinkOptions, SinkSummary};
pub use source::{OpenOptions, Progress, Source, SourceBatch};
pub use standard::{StandardInput, StandardOutput};
pub use storage::Storage;
