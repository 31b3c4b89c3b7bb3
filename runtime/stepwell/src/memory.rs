//! Tables in memory, in the place of a pipeline's files.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use stepwell_connect::{
    ConnectError, Dataset, Progress, Sink, SinkSummary, Source, SourceBatch, WrittenPart,
};

/// What stands for a table in memory where a path is shown.
pub(crate) fn memory_path(name: &str) -> String {
    format!("memory://{name}")
}

/// A source that gives batches of the program.
pub(crate) struct MemorySource {
    name: String,
    schema: SchemaRef,
    batches: Box<dyn RecordBatchReader + Send>,
    /// What is left of the batch that was taken last.
    rest: Option<RecordBatch>,
    projection: Option<Vec<usize>>,
    batch_rows: usize,
    rows_left: u64,
    rows_given: u64,
}

impl MemorySource {
    pub(crate) fn new(
        name: &str,
        batches: Box<dyn RecordBatchReader + Send>,
        batch_rows: usize,
        limit: Option<u64>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            schema: batches.schema(),
            batches,
            rest: None,
            projection: None,
            batch_rows,
            rows_left: limit.unwrap_or(u64::MAX),
            rows_given: 0,
        }
    }

    fn next_whole(&mut self) -> Result<Option<RecordBatch>, ConnectError> {
        let failed = |error: ArrowError| ConnectError::Io {
            dataset: Dataset::Source(self.name.as_str().into()),
            action: "read",
            path: memory_path(&self.name),
            source: io::Error::new(io::ErrorKind::InvalidData, error),
        };
        let batch = match self.rest.take() {
            Some(rest) => return Ok(Some(rest)),
            None => self.batches.next().transpose().map_err(failed)?,
        };
        match batch {
            Some(batch) if batch.schema().fields() != self.schema.fields() => Err(failed(
                ArrowError::SchemaError("a batch has another schema than the reader".to_owned()),
            )),
            batch => Ok(batch),
        }
    }
}

impl Source for MemorySource {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn project(&mut self, columns: &[usize]) {
        self.projection = Some(columns.to_vec());
    }

    fn next_batch(&mut self) -> Result<Option<SourceBatch>, ConnectError> {
        if self.rows_left == 0 {
            return Ok(None);
        }
        let batch = loop {
            match self.next_whole()? {
                Some(batch) if batch.num_rows() == 0 => {}
                Some(batch) => break batch,
                None => return Ok(None),
            }
        };
        let limit = usize::try_from(self.rows_left).unwrap_or(usize::MAX);
        let rows = batch.num_rows().min(self.batch_rows).min(limit);
        if rows < batch.num_rows() {
            self.rest = Some(batch.slice(rows, batch.num_rows() - rows));
        }
        let columns = batch.slice(0, rows).columns().to_vec();
        let columns = match &self.projection {
            Some(projection) => projection
                .iter()
                .map(|column| Arc::clone(&columns[*column]))
                .collect(),
            None => columns,
        };
        let first_row = self.rows_given;
        self.rows_given += rows as u64;
        self.rows_left -= rows as u64;
        Ok(Some(SourceBatch {
            columns,
            rows,
            file: memory_path(&self.name).into(),
            first_row,
        }))
    }

    fn progress(&self) -> Progress {
        Progress::default()
    }
}

/// Takes the batches of a sink, one after the other, as they come.
pub(crate) type TakeBatch = Box<dyn FnMut(RecordBatch) + Send>;

/// A sink that hands batches to the program.
pub(crate) enum MemorySink {
    /// As they come.
    Callback(TakeBatch),
    /// All at once, when the whole run went well.
    Collector(BatchCollector),
}

/// The batches of a sink, once the run has ended well: see
/// [`Pipeline::collect`](crate::Pipeline::collect). Clones share them.
#[derive(Debug, Clone, Default)]
pub struct BatchCollector {
    batches: Arc<Mutex<Vec<RecordBatch>>>,
}

impl BatchCollector {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The batches that were collected, which are then no longer here. Empty before the run has ended well.
    #[must_use]
    pub fn take(&self) -> Vec<RecordBatch> {
        mem::take(&mut *self.batches.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) struct OpenMemorySink {
    name: String,
    sink: MemorySink,
    /// What a collector gets at the end.
    kept: Vec<RecordBatch>,
    rows: u64,
}

impl OpenMemorySink {
    pub(crate) fn new(name: &str, sink: MemorySink) -> Self {
        Self {
            name: name.to_owned(),
            sink,
            kept: Vec::new(),
            rows: 0,
        }
    }
}

impl Sink for OpenMemorySink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        self.rows += batch.num_rows() as u64;
        match &mut self.sink {
            MemorySink::Callback(take) => take(batch.clone()),
            MemorySink::Collector(_) => self.kept.push(batch.clone()),
        }
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), ConnectError> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<SinkSummary, ConnectError> {
        let bytes = self
            .kept
            .iter()
            .map(|batch| batch.get_array_memory_size() as u64)
            .sum();
        if let MemorySink::Collector(collector) = &self.sink {
            collector
                .batches
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(self.kept);
        }
        Ok(SinkSummary {
            rows: self.rows,
            bytes,
            path: memory_path(&self.name),
            parts: Vec::new(),
        })
    }

    fn abort(self: Box<Self>) {}
}

/// Sees each batch of a sink before it is written.
pub(crate) type OutputObserver = dyn Fn(&str, &RecordBatch) + Send + Sync;

/// A sink that somebody watches.
pub(crate) struct ObservedSink {
    pub(crate) name: String,
    pub(crate) sink: Box<dyn Sink>,
    pub(crate) observer: Arc<OutputObserver>,
}

impl Sink for ObservedSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        (self.observer)(&self.name, batch);
        self.sink.write(batch)
    }

    fn prepare(&mut self) -> Result<(), ConnectError> {
        self.sink.prepare()
    }

    fn parts(&self) -> &[WrittenPart] {
        self.sink.parts()
    }

    fn finish(self: Box<Self>) -> Result<SinkSummary, ConnectError> {
        self.sink.finish()
    }

    fn abort(self: Box<Self>) {
        self.sink.abort();
    }
}
