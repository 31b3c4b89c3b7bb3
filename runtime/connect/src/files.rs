//! A source of one or several files of one format.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_schema::SchemaRef;

use crate::error::ConnectError;
use crate::open::TableSchema;
use crate::read::{self, GuardedReader, ReadContext, ReadRequest, TableFile};
use crate::rechunk::Rechunker;
use crate::source::{OpenOptions, Progress, Source, SourceBatch};

/// Rows that are decoded at a time: not so few that each costs a call, not so many that large batches are held
/// several times.
const DECODE_ROWS: std::ops::RangeInclusive<usize> = 1024..=65_536;

/// The rows of some files, one after the other.
pub(crate) struct FilesSource {
    context: Arc<ReadContext>,
    files: Vec<TableFile>,
    /// The file after the current one.
    next_file: usize,
    schema: SchemaRef,
    sampled_rows: Option<usize>,
    projection: Arc<[usize]>,
    current: Option<CurrentFile>,
    started: bool,
    /// Rows that may still be given.
    remaining: u64,
    batch_rows: usize,
    bytes_read: Arc<AtomicU64>,
    rows_total: Option<u64>,
}

struct CurrentFile {
    reader: GuardedReader,
    at_end: bool,
    held: Rechunker,
    label: Arc<str>,
    /// The position of the next row that is given.
    row: u64,
}

impl FilesSource {
    pub(crate) fn new(
        context: ReadContext,
        files: Vec<TableFile>,
        table: TableSchema,
        options: &OpenOptions,
    ) -> Self {
        let rows_total = match (table.rows, options.limit) {
            (Some(rows), Some(limit)) => Some(rows.min(limit)),
            (rows, _) => rows,
        };
        Self {
            context: Arc::new(context),
            files,
            next_file: 0,
            projection: (0..table.schema.fields().len()).collect(),
            schema: Arc::new(table.schema),
            sampled_rows: table.sampled_rows,
            current: None,
            started: false,
            remaining: options.limit.unwrap_or(u64::MAX),
            batch_rows: options.batch_rows.max(1),
            bytes_read: Arc::default(),
            rows_total,
        }
    }

    fn open_next(&mut self) -> Result<Option<CurrentFile>, ConnectError> {
        let Some(file) = self.files.get(self.next_file) else {
            return Ok(None);
        };
        self.next_file += 1;
        // Rows past the limit are not decoded: what is wrong with them is of no interest.
        let limit = usize::try_from(self.remaining).unwrap_or(usize::MAX);
        let decode_rows = self
            .batch_rows
            .clamp(*DECODE_ROWS.start(), *DECODE_ROWS.end())
            .min(limit);
        let request = ReadRequest {
            context: self.context.clone(),
            schema: self.schema.clone(),
            projection: self.projection.clone(),
            first_file: self.files[0].input.label.clone(),
            sampled_rows: self.sampled_rows,
            decode_rows,
            bytes_read: self.bytes_read.clone(),
        };
        Ok(Some(CurrentFile {
            reader: read::open(request, file)?,
            at_end: false,
            held: Rechunker::default(),
            label: file.input.label.clone(),
            row: 0,
        }))
    }

    fn read_batch(&mut self) -> Result<Option<SourceBatch>, ConnectError> {
        let wanted = self
            .batch_rows
            .min(usize::try_from(self.remaining).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(None);
        }
        loop {
            if self.current.is_none() {
                self.current = self.open_next()?;
            }
            let Some(current) = &mut self.current else {
                return Ok(None);
            };
            while current.held.rows() < wanted && !current.at_end {
                match current.reader.next_rows()? {
                    Some(rows) => current.held.push(rows),
                    None => current.at_end = true,
                }
            }
            let taken = current
                .held
                .take(wanted)
                .map_err(|message| ConnectError::Malformed {
                    dataset: self.context.dataset.clone(),
                    file: current.label.clone(),
                    format: "Arrow",
                    message,
                })?;
            let Some(rows) = taken else {
                self.current = None;
                continue;
            };
            let batch = SourceBatch {
                columns: rows.columns,
                rows: rows.rows,
                file: current.label.clone(),
                first_row: current.row,
            };
            current.row += batch.rows as u64;
            self.remaining -= batch.rows as u64;
            return Ok(Some(batch));
        }
    }
}

impl Source for FilesSource {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn project(&mut self, columns: &[usize]) {
        assert!(
            !self.started,
            "a source must be projected before its first batch is read"
        );
        let count = self.schema.fields().len();
        assert!(
            columns.iter().all(|column| *column < count),
            "a projection of {columns:?} does not fit a schema of {count} columns"
        );
        self.projection = columns.into();
    }

    fn next_batch(&mut self) -> Result<Option<SourceBatch>, ConnectError> {
        self.started = true;
        let result = self.read_batch();
        if result.is_err() {
            self.current = None;
            self.remaining = 0;
        }
        result
    }

    fn progress(&self) -> Progress {
        Progress {
            bytes_read: self.bytes_read.load(Ordering::Relaxed),
            bytes_total: self.files.iter().map(|file| file.input.size).sum(),
            rows_total: self.rows_total,
        }
    }
}
