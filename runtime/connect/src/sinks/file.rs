//! A sink that is one file, object or stream.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use stepwell_plan::{SinkSpec, WriteMode};

use super::append::append_to;
use super::schema::conform;
use super::settings::SinkSettings;
use super::table_writer::TableWriter;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::sink::{Sink, SinkOptions, SinkSummary};
use crate::storage::{Output, write_failure};
use crate::write::SharedOutput;

pub(super) struct FileSink {
    dataset: Dataset,
    /// The path as the pipeline says it.
    path: String,
    /// The absolute path, the URL, or `-`.
    place: String,
    schema: SchemaRef,
    writer: TableWriter,
    rows: u64,
    /// The file, whole and stored, but not in its place.
    ready: Option<Output>,
}

impl FileSink {
    pub(super) fn open(
        dataset: Dataset,
        spec: &SinkSpec,
        schema: SchemaRef,
        settings: &SinkSettings,
        options: &SinkOptions,
    ) -> Result<Self, ConnectError> {
        let table = &settings.table;
        let mut output = Output::create(&dataset, options, &spec.path, spec.mode)?;
        let place = output.path().to_owned();
        let existing = match spec.mode {
            WriteMode::Append => output
                .existing()
                .map_err(|error| write_failure(&dataset, &spec.path, error))?,
            _ => None,
        };
        let output = SharedOutput::new(output);
        let writer = match existing {
            Some(old) => append_to(&dataset, &spec.path, &old, output, &schema, table)?,
            None => TableWriter::start(&dataset, &spec.path, output, &schema, table)?,
        };
        Ok(Self {
            dataset,
            path: spec.path.clone(),
            place,
            schema,
            writer,
            rows: 0,
            ready: None,
        })
    }
}

impl Sink for FileSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        let batch = conform(&self.dataset, &self.schema, batch)?;
        if batch.num_rows() > 0 {
            self.writer.write(&batch)?;
            self.rows += batch.num_rows() as u64;
        }
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), ConnectError> {
        if self.ready.is_none() {
            self.ready = Some(self.writer.finish()?);
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<SinkSummary, ConnectError> {
        self.prepare()?;
        let Some(output) = self.ready.take() else {
            return Err(self.writer.ended());
        };
        let bytes = output.bytes();
        output
            .commit()
            .map_err(|error| write_failure(&self.dataset, &self.path, error))?;
        Ok(SinkSummary {
            rows: self.rows,
            bytes,
            path: std::mem::take(&mut self.place),
            parts: Vec::new(),
        })
    }

    fn abort(self: Box<Self>) {}
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if let Some(output) = self.ready.take() {
            output.abort();
        }
    }
}
