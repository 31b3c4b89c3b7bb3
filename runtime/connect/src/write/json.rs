//! Writing JSON lines.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_json::WriterBuilder;
use arrow_json::writer::{LineDelimited, Writer};

use super::temporal::check_temporal;
use super::{EncodeError, Encoder, TableFormat};
use crate::compression::Compressor;

pub(super) struct JsonEncoder<W: Write> {
    writer: Writer<Compressor<W>, LineDelimited>,
}

impl<W: Write> JsonEncoder<W> {
    pub(super) fn new(output: W, table: &TableFormat) -> Result<Self, EncodeError> {
        let output =
            Compressor::new(output, table.compression).map_err(|error| error.to_string())?;
        // A column that is null throughout is a column still.
        let writer = WriterBuilder::new().with_explicit_nulls(true).build(output);
        Ok(Self { writer })
    }
}

impl<W: Write + Send> Encoder for JsonEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), EncodeError> {
        check_temporal(batch)?;
        self.writer.write(batch).map_err(|error| error.to_string())
    }

    fn finish(mut self: Box<Self>) -> Result<(), EncodeError> {
        self.writer.finish().map_err(|error| error.to_string())?;
        self.writer
            .into_inner()
            .finish()
            .map_err(|error| error.to_string())
    }
}
