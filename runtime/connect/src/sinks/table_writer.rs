//! Writing one file of a table.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::guard::guard;
use crate::storage::{Output, write_failure};
use crate::write::{EncodeError, Encoder, SharedOutput, TableFormat, encoder};

/// An encoder and the output below it. Dropped before its end, it takes back what was written.
pub(super) struct TableWriter {
    dataset: Dataset,
    /// The path as the pipeline says it.
    path: String,
    /// Gone once the end of the file is written, or after a failure.
    encoder: Option<Box<dyn Encoder>>,
    output: SharedOutput,
}

impl TableWriter {
    pub(super) fn start(
        dataset: &Dataset,
        path: &str,
        output: SharedOutput,
        schema: &SchemaRef,
        table: &TableFormat,
    ) -> Result<Self, ConnectError> {
        let mut writer = Self {
            dataset: dataset.clone(),
            path: path.to_owned(),
            encoder: None,
            output: output.clone(),
        };
        let started = encoder(output, schema, table);
        writer.encoder = Some(writer.checked(started)?);
        Ok(writer)
    }

    /// Writes a batch of the schema.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        let Some(encoder) = &mut self.encoder else {
            return Err(self.ended());
        };
        let written = guard(|| encoder.write(batch)).flatten();
        self.checked(written)
    }

    /// Writes the end of the file, and gives the file, whole and stored, but not in its place.
    pub(super) fn finish(&mut self) -> Result<Output, ConnectError> {
        let Some(encoder) = self.encoder.take() else {
            return Err(self.ended());
        };
        let finished = guard(|| encoder.finish()).flatten();
        self.checked(finished)?;
        let Some(mut output) = self.output.close() else {
            return Err(self.ended());
        };
        match output.sync() {
            Ok(()) => Ok(output),
            Err(error) => {
                output.abort();
                Err(write_failure(&self.dataset, &self.path, error))
            }
        }
    }

    /// Takes back what was written.
    pub(super) fn abort(&mut self) {
        // Encoders write when they are dropped, which must not reach the output.
        let output = self.output.close();
        self.encoder = None;
        if let Some(output) = output {
            output.abort();
        }
    }

    pub(super) fn ended(&self) -> ConnectError {
        self.encode_error("the sink has failed or ended before".to_owned())
    }

    /// Turns a failure of the encoder into an error: most often it is one of the output below it.
    fn checked<T>(&mut self, result: Result<T, EncodeError>) -> Result<T, ConnectError> {
        result.map_err(|message| {
            self.abort();
            match self.output.take_failure() {
                Some(error) => write_failure(&self.dataset, &self.path, error),
                None => self.encode_error(message),
            }
        })
    }

    fn encode_error(&self, message: String) -> ConnectError {
        ConnectError::Encode {
            dataset: self.dataset.clone(),
            path: self.path.clone(),
            message,
        }
    }
}

impl Drop for TableWriter {
    fn drop(&mut self) {
        self.abort();
    }
}
