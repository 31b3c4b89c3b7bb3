//! Opening and writing a sink.

use std::io;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{Schema, SchemaRef};
use stepwell_plan::{Compression, Format, SinkSpec};

use crate::csv_dialect::CsvDialect;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::file_name::{extension_compression, extension_format};
use crate::guard::guard;
use crate::hint;
use crate::sink::{Sink, SinkOptions, SinkSummary};
use crate::storage::{Output, check_place, write_failure};
use crate::type_name::type_name;
use crate::write::{Encoder, SharedOutput, TableFormat, check_columns, encoder};

/// Opens a sink for batches of this schema. A local file is started beside its place at once, so that a place that
/// cannot be written is found before any work is done.
///
/// The format is the pipeline's word or the extension's; `-` is CSV if the pipeline says nothing. Parquet is
/// compressed with Zstandard if the pipeline says nothing.
///
/// # Errors
/// The format is not known or cannot hold a column, or nothing can be written at that place.
pub fn open_sink(
    name: &str,
    spec: &SinkSpec,
    schema: SchemaRef,
    options: &SinkOptions,
) -> Result<Box<dyn Sink>, ConnectError> {
    let dataset = Dataset::Sink(name.into());
    let table = table_format(&dataset, spec)?;
    check_columns(&dataset, &table, &schema)?;
    let output = Output::create(&dataset, options, &spec.path)?;
    let place = output.path().to_owned();
    let output = SharedOutput::new(output);
    let mut sink = FileSink {
        dataset,
        path: spec.path.clone(),
        place,
        schema: schema.clone(),
        encoder: None,
        output: output.clone(),
        rows: 0,
        ready: None,
    };
    let started = encoder(output, &schema, &table);
    sink.encoder = Some(sink.checked(started)?);
    Ok(Box::new(sink))
}

/// Whether a sink can take batches of this schema, as far as it can be told without writing.
///
/// # Errors
/// As for [`open_sink`].
pub fn check_sink(
    name: &str,
    spec: &SinkSpec,
    schema: &Schema,
    options: &SinkOptions,
) -> Result<(), ConnectError> {
    let dataset = Dataset::Sink(name.into());
    let table = table_format(&dataset, spec)?;
    check_columns(&dataset, &table, schema)?;
    check_place(&dataset, options, &spec.path)
}

fn table_format(dataset: &Dataset, spec: &SinkSpec) -> Result<TableFormat, ConnectError> {
    let invalid = |key: &str, message: String, hint: &str| ConnectError::InvalidOption {
        dataset: dataset.clone(),
        key: vec![key.to_owned()],
        message,
        hint: Some(hint.to_owned()),
    };
    let named = extension_format(&spec.path);
    let format = match (spec.format, named) {
        (Some(format), _) => format,
        (None, Some(named)) => named.format,
        (None, None) if spec.path == "-" => Format::Csv,
        (None, None) => {
            return Err(ConnectError::UnknownFormat {
                dataset: dataset.clone(),
                path: spec.path.clone(),
            });
        }
    };
    let of_whole_file = extension_compression(&spec.path);
    let compression = match (spec.compression, format) {
        (_, Format::Parquet | Format::Arrow) if of_whole_file != Compression::None => {
            return Err(invalid(
                "path",
                format!(
                    "`{}` would be compressed as a whole, which its format does not allow",
                    spec.path
                ),
                "drop the last extension; Parquet and Arrow files are compressed within, by `compression`",
            ));
        }
        (Some(Compression::Gzip), Format::Arrow) => {
            return Err(invalid(
                "compression",
                "the Arrow file format cannot be compressed with gzip".to_owned(),
                "use `zstd`, or write `.arrows.gz`",
            ));
        }
        (Some(compression), _) => compression,
        (None, Format::Parquet) => Compression::Zstd,
        (None, _) => of_whole_file,
    };
    if spec.csv.is_some() && format != Format::Csv {
        return Err(invalid(
            "csv",
            "`csv` is given, but the format is another".to_owned(),
            "leave `csv` out, or set `format` to `csv`",
        ));
    }
    Ok(TableFormat {
        format,
        compression,
        dialect: CsvDialect::new(
            dataset,
            spec.csv.as_ref(),
            named.and_then(|named| named.delimiter),
        )?,
    })
}

struct FileSink {
    dataset: Dataset,
    /// The path as the pipeline says it.
    path: String,
    /// The absolute path, the URL, or `-`.
    place: String,
    schema: SchemaRef,
    /// Gone once the end of the file is written, or after a failure.
    encoder: Option<Box<dyn Encoder>>,
    output: SharedOutput,
    rows: u64,
    /// The file, whole and stored, but not in its place.
    ready: Option<Output>,
}

impl FileSink {
    /// Turns a failure of the encoder into an error: most often it is one of the output below it.
    fn checked<T>(&mut self, result: Result<T, String>) -> Result<T, ConnectError> {
        result.map_err(|message| {
            self.take_back();
            match self.output.take_failure() {
                Some(error) => self.write_failure(error),
                None => self.encode_error(message),
            }
        })
    }

    fn write_failure(&self, error: io::Error) -> ConnectError {
        write_failure(&self.dataset, &self.path, error)
    }

    fn encode_error(&self, message: String) -> ConnectError {
        ConnectError::Encode {
            dataset: self.dataset.clone(),
            path: self.path.clone(),
            message,
        }
    }

    fn ended(&self) -> ConnectError {
        self.encode_error("the sink has failed or ended before".to_owned())
    }

    /// Removes what was written, if it is not in its place.
    fn take_back(&mut self) {
        // Encoders write when they are dropped, which must not reach the output.
        let output = self.output.close().or(self.ready.take());
        self.encoder = None;
        if let Some(output) = output {
            output.abort();
        }
    }

    fn check_schema(&self, batch: &RecordBatch) -> Result<(), ConnectError> {
        let found = batch.schema();
        let wrong = |message| ConnectError::WrongBatch {
            dataset: self.dataset.clone(),
            message,
        };
        if found.fields().len() != self.schema.fields().len() {
            let (found, expected) = (found.fields().len(), self.schema.fields().len());
            let found = hint::count(found, "column");
            return Err(wrong(format!("it has {found} instead of {expected}")));
        }
        for (expected, (found, column)) in self
            .schema
            .fields()
            .iter()
            .zip(found.fields().iter().zip(batch.columns()))
        {
            if expected.name() != found.name() || expected.data_type() != found.data_type() {
                return Err(wrong(format!(
                    "column `{}` of type `{}` is `{}` of type `{}`",
                    expected.name(),
                    type_name(expected.data_type()),
                    found.name(),
                    type_name(found.data_type())
                )));
            }
            if !expected.is_nullable() && column.logical_null_count() > 0 {
                return Err(wrong(format!(
                    "column `{}` has nulls, which its schema rules out",
                    expected.name()
                )));
            }
        }
        Ok(())
    }
}

impl Sink for FileSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        self.check_schema(batch)?;
        let Some(encoder) = &mut self.encoder else {
            return Err(self.ended());
        };
        if batch.num_rows() == 0 {
            return Ok(());
        }
        // Metadata and nullability of a batch may be another's; the file has the sink's.
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let written = RecordBatch::try_new_with_options(
            self.schema.clone(),
            batch.columns().to_vec(),
            &options,
        )
        .map_err(|error| error.to_string())
        .and_then(|batch| guard(|| encoder.write(&batch)).flatten());
        self.checked(written)?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), ConnectError> {
        if self.ready.is_some() {
            return Ok(());
        }
        let Some(encoder) = self.encoder.take() else {
            return Err(self.ended());
        };
        let finished = guard(|| encoder.finish()).flatten();
        self.checked(finished)?;
        let Some(mut output) = self.output.close() else {
            return Err(self.ended());
        };
        match output.sync() {
            Ok(()) => {
                self.ready = Some(output);
                Ok(())
            }
            Err(error) => {
                output.abort();
                Err(self.write_failure(error))
            }
        }
    }

    fn finish(mut self: Box<Self>) -> Result<SinkSummary, ConnectError> {
        self.prepare()?;
        let Some(output) = self.ready.take() else {
            return Err(self.ended());
        };
        let bytes = output.bytes();
        output.commit().map_err(|error| self.write_failure(error))?;
        Ok(SinkSummary {
            rows: self.rows,
            bytes,
            path: std::mem::take(&mut self.place),
        })
    }

    fn abort(mut self: Box<Self>) {
        self.take_back();
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        self.take_back();
    }
}
