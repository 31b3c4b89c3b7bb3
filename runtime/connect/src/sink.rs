//! What a sink is to those who write it.

use std::path::PathBuf;

use arrow_array::RecordBatch;

use crate::error::ConnectError;
use crate::standard::StandardOutput;
use crate::storage::Storage;

/// A table that is written, and appears whole at its place or not at all.
///
/// A sink that is dropped without [`finish`](Self::finish) is aborted. What was streamed to standard output by then
/// is out.
pub trait Sink: Send {
    /// Writes a batch of the schema that the sink was opened with. An empty batch writes nothing.
    ///
    /// # Errors
    /// The batch has another schema, the format cannot hold it, or the place cannot be written. The sink must be
    /// aborted or dropped then.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError>;

    /// Writes all that is still held back, and the end of the file, and makes sure that it is stored; the place
    /// itself is still as it was. A caller with several sinks prepares all of them before it finishes the first, so
    /// that a failure leaves all their places untouched. [`write`](Self::write) cannot follow.
    ///
    /// # Errors
    /// As for `write`.
    fn prepare(&mut self) -> Result<(), ConnectError>;

    /// The files of a folder of parts that are whole so far, in the order in which they were finished: how far the
    /// sink has come in a form that lasts. Nothing for any other sink, which is one file until its end.
    fn parts(&self) -> &[WrittenPart] {
        &[]
    }

    /// Prepares, if that was not done, and puts the table in its place.
    ///
    /// # Errors
    /// As for `write`; the place is as it was then.
    fn finish(self: Box<Self>) -> Result<SinkSummary, ConnectError>;

    /// Takes back what was written; what was at the place before stays. Never fails: what cannot be removed is left
    /// under a hidden name.
    fn abort(self: Box<Self>);
}

/// What a sink has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkSummary {
    /// Rows.
    pub rows: u64,
    /// Bytes as stored, after compression.
    pub bytes: u64,
    /// The absolute path, the URL, or `-`.
    pub path: String,
    /// The files that a folder of parts got, in the order in which they were finished; empty for any other sink.
    pub parts: Vec<WrittenPart>,
}

/// A file of a folder of parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenPart {
    /// The path from the folder, such as `country=FR/part-00000.parquet`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Bytes as stored, after compression.
    pub bytes: u64,
}

/// How sinks are opened.
#[derive(Debug, Clone)]
pub struct SinkOptions {
    /// The folder where relative paths start: the pipeline file's.
    pub base_dir: PathBuf,
    /// Where `-` is written to.
    pub standard_output: StandardOutput,
    /// Where URLs lead.
    pub storage: Storage,
}

impl Default for SinkOptions {
    /// The current folder, the standard output of this process.
    fn default() -> Self {
        Self {
            base_dir: PathBuf::from("."),
            standard_output: StandardOutput::process(),
            storage: Storage::default(),
        }
    }
}
