//! Sources and sinks of a pipeline: where tables come from and go to.

mod compression;
mod csv_dialect;
mod dataset;
mod encoding;
mod error;
mod file_name;
mod file_sink;
mod files;
mod hint;
mod open;
mod read;
mod rechunk;
mod sink;
mod source;
mod standard;
mod storage;
mod type_name;
mod write;

pub use dataset::Dataset;
pub use error::{ConnectError, InvalidValue};
pub use file_sink::{check_sink, open_sink};
pub use object_store;
pub use open::open_source;
pub use sink::{Sink, SinkOptions, SinkSummary};
pub use source::{OpenOptions, Progress, Source, SourceBatch};
pub use standard::{StandardInput, StandardOutput};
pub use storage::Storage;
