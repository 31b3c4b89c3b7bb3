//! Encoding batches in each format.

mod arrow;
mod csv;
mod dictionary;
mod json;
mod parquet;
mod shared_output;
mod temporal;

use arrow_array::{RecordBatch, new_null_array};
use arrow_schema::{Field, Schema, SchemaRef};
use stepwell_plan::{Compression, Format};

use std::sync::Arc;

use crate::csv_dialect::CsvDialect;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::guard::guard;
use crate::type_name::type_name;

pub(crate) use shared_output::SharedOutput;

/// Why rows could not be encoded, in words. A failure of the output below is found there.
pub(crate) type EncodeError = String;

/// How a table is written.
#[derive(Debug, Clone)]
pub(crate) struct TableFormat {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    pub(crate) dialect: CsvDialect,
}

/// Turns batches into the bytes of a file.
pub(crate) trait Encoder: Send {
    /// Encodes a batch of the schema.
    fn write(&mut self, batch: &RecordBatch) -> Result<(), EncodeError>;

    /// Writes what is still held, and the end of the file.
    fn finish(self: Box<Self>) -> Result<(), EncodeError>;
}

/// Starts a file.
pub(crate) fn encoder<W: std::io::Write + Send + 'static>(
    output: W,
    schema: &SchemaRef,
    table: &TableFormat,
) -> Result<Box<dyn Encoder>, EncodeError> {
    Ok(match table.format {
        Format::Csv => Box::new(csv::CsvEncoder::new(output, schema, table)?),
        Format::Json => Box::new(json::JsonEncoder::new(output, table)?),
        Format::Parquet => Box::new(parquet::ParquetEncoder::new(output, schema, table)?),
        Format::Arrow => Box::new(arrow::ArrowFileEncoder::new(output, schema, table)?),
        Format::Arrows => Box::new(arrow::ArrowStreamEncoder::new(output, schema, table)?),
    })
}

/// Whether the format can hold every column, found out by encoding a row of nulls of each: that is what the
/// encoders can do, not what they say.
pub(crate) fn check_columns(
    dataset: &Dataset,
    table: &TableFormat,
    schema: &Schema,
) -> Result<(), ConnectError> {
    for field in schema.fields() {
        let refused = match table.format {
            Format::Csv => csv::refuses(field.data_type()),
            Format::Parquet if parquet::refuses(field.data_type()) => Some(None),
            _ => match guard(|| trial(table, field)) {
                Ok(Ok(())) => None,
                _ => Some(None),
            },
        };
        if let Some(reason) = refused {
            return Err(ConnectError::UnsupportedColumn {
                dataset: dataset.clone(),
                column: field.name().clone(),
                type_name: type_name(field.data_type()),
                format: table.format,
                reason,
            });
        }
    }
    Ok(())
}

fn trial(table: &TableFormat, field: &Field) -> Result<(), EncodeError> {
    let field = field.clone().with_nullable(true);
    let column = new_null_array(field.data_type(), 1);
    let schema = Arc::new(Schema::new(vec![field]));
    let batch =
        RecordBatch::try_new(schema.clone(), vec![column]).map_err(|error| error.to_string())?;
    let mut encoder = encoder(std::io::sink(), &schema, table)?;
    encoder.write(&batch)?;
    encoder.finish()
}
