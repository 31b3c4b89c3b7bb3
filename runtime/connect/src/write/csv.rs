//! Writing CSV.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_csv::{Writer, WriterBuilder};
use arrow_schema::{DataType, SchemaRef};

use super::temporal::check_temporal;
use super::{EncodeError, Encoder, TableFormat};
use crate::compression::Compressor;

/// Why a column cannot be CSV: `Some`, with what to do if that is special.
pub(super) fn refuses(data_type: &DataType) -> Option<Option<String>> {
    match data_type {
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => Some(Some(
            "bytes are no text; write `.parquet` or `.arrow`, or drop the column".to_owned(),
        )),
        DataType::Dictionary(_, values) => refuses(values),
        DataType::RunEndEncoded(_, values) => refuses(values.data_type()),
        other => other.is_nested().then_some(None),
    }
}

pub(super) struct CsvEncoder<W: Write> {
    writer: Writer<Compressor<W>>,
    schema: SchemaRef,
    is_empty: bool,
}

impl<W: Write> CsvEncoder<W> {
    pub(super) fn new(
        output: W,
        schema: &SchemaRef,
        table: &TableFormat,
    ) -> Result<Self, EncodeError> {
        let output =
            Compressor::new(output, table.compression).map_err(|error| error.to_string())?;
        let dialect = &table.dialect;
        let writer = WriterBuilder::new()
            .with_header(dialect.header)
            .with_delimiter(dialect.delimiter)
            .with_quote(dialect.quote)
            .with_null(dialect.null_values.first().cloned().unwrap_or_default())
            .build(output);
        Ok(Self {
            writer,
            schema: schema.clone(),
            is_empty: true,
        })
    }
}

impl<W: Write + Send> Encoder for CsvEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), EncodeError> {
        self.is_empty = false;
        check_temporal(batch)?;
        self.writer.write(batch).map_err(|error| error.to_string())
    }

    fn finish(mut self: Box<Self>) -> Result<(), EncodeError> {
        if self.is_empty {
            // The names of the columns come with the first batch.
            let empty = RecordBatch::new_empty(self.schema.clone());
            self.writer
                .write(&empty)
                .map_err(|error| error.to_string())?;
        }
        self.writer
            .into_inner()
            .finish()
            .map_err(|error| error.to_string())
    }
}
