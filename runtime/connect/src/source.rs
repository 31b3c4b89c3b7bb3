//! What a source is to those who read it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::SchemaRef;

use crate::error::ConnectError;
use crate::standard::StandardInput;
use crate::storage::Storage;

/// A table that can be read once, from its first row to its last.
///
/// When a source was opened, its schema is known and at most a sample of its rows was read. Calls block; reading
/// holds a bounded part of the input, whatever the input's size (see the crate's documentation).
pub trait Source: Send {
    /// The schema of the whole table, whatever is projected.
    fn schema(&self) -> SchemaRef;

    /// Chooses the columns that batches will have, as positions in the schema, in this order; only these are
    /// decoded, and only their values are checked against their types. Without a call: all columns. An empty choice
    /// gives batches that have rows but no columns.
    ///
    /// # Panics
    /// A position is outside of the schema, or the first batch was read already.
    fn project(&mut self, columns: &[usize]);

    /// The next rows, or `None` after the last.
    ///
    /// Every batch has exactly [`OpenOptions::batch_rows`] rows, but the last batch of each file, which may have
    /// fewer: a batch never holds rows of two files. No batch is empty.
    ///
    /// # Errors
    /// The input cannot be read, or it is not what its format or its types say. The source is at its end then.
    fn next_batch(&mut self) -> Result<Option<SourceBatch>, ConnectError>;

    /// How far reading has come.
    fn progress(&self) -> Progress;
}

impl fmt::Debug for dyn Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Source")
            .field("schema", &self.schema())
            .field("progress", &self.progress())
            .finish()
    }
}

/// Rows of a source, and where they came from.
#[derive(Debug, Clone)]
pub struct SourceBatch {
    /// One array for each projected column, in the order of the projection; each has `rows` values.
    pub columns: Vec<ArrayRef>,
    /// The number of rows, at least one.
    pub rows: usize,
    /// The file that the rows came from, as the pipeline would name it; `-` for standard input.
    pub file: Arc<str>,
    /// The position of the first of these rows among the file's rows, from 0; a CSV header is no row.
    pub first_row: u64,
}

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Bytes of the files, as stored, that were read.
    pub bytes_read: u64,
    /// Bytes that will have been read at the end, where that is known. What a projection or a limit leaves out may
    /// be counted.
    pub bytes_total: Option<u64>,
    /// Rows that will have been read at the end, where the format says so before reading.
    pub rows_total: Option<u64>,
}

/// How sources are opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// The folder where relative paths start: the pipeline file's.
    pub base_dir: PathBuf,
    /// Rows of each batch, at least one.
    pub batch_rows: usize,
    /// At most this many rows are given, of all files together.
    pub limit: Option<u64>,
    /// Where `-` is read from.
    pub standard_input: StandardInput,
    /// Where URLs lead.
    pub storage: Storage,
}

impl Default for OpenOptions {
    /// The current folder, 65,536 rows, no limit, the standard input of this process.
    fn default() -> Self {
        Self {
            base_dir: PathBuf::from("."),
            batch_rows: 65_536,
            limit: None,
            standard_input: StandardInput::process(),
            storage: Storage::default(),
        }
    }
}
