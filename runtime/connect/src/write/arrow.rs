//! Writing the Arrow IPC formats.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::SchemaRef;
use stepwell_plan::Compression;

use super::dictionary::DictionaryMerger;
use super::{EncodeError, Encoder, TableFormat};
use crate::compression::Compressor;

/// The file format. Compression is of its buffers, so that it can still be read in parts.
pub(super) struct ArrowFileEncoder<W: Write> {
    writer: FileWriter<W>,
    dictionaries: DictionaryMerger,
}

impl<W: Write> ArrowFileEncoder<W> {
    pub(super) fn new(
        output: W,
        schema: &SchemaRef,
        table: &TableFormat,
    ) -> Result<Self, EncodeError> {
        let compression = match table.compression {
            Compression::Zstd => Some(CompressionType::ZSTD),
            _ => None,
        };
        let options = IpcWriteOptions::default()
            .with_dictionary_handling(DictionaryHandling::Delta)
            .try_with_compression(compression)
            .map_err(|error| error.to_string())?;
        let writer = FileWriter::try_new_with_options(output, schema, options)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            writer,
            dictionaries: DictionaryMerger::new(schema),
        })
    }
}

impl<W: Write + Send> Encoder for ArrowFileEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), EncodeError> {
        let batch = self.dictionaries.merge(batch)?;
        self.writer.write(&batch).map_err(|error| error.to_string())
    }

    fn finish(mut self: Box<Self>) -> Result<(), EncodeError> {
        self.writer.finish().map_err(|error| error.to_string())
    }
}

/// The streaming format.
pub(super) struct ArrowStreamEncoder<W: Write> {
    writer: StreamWriter<Compressor<W>>,
}

impl<W: Write> ArrowStreamEncoder<W> {
    pub(super) fn new(
        output: W,
        schema: &SchemaRef,
        table: &TableFormat,
    ) -> Result<Self, EncodeError> {
        let output =
            Compressor::new(output, table.compression).map_err(|error| error.to_string())?;
        let writer = StreamWriter::try_new(output, schema).map_err(|error| error.to_string())?;
        Ok(Self { writer })
    }
}

impl<W: Write + Send> Encoder for ArrowStreamEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), EncodeError> {
        self.writer.write(batch).map_err(|error| error.to_string())
    }

    fn finish(mut self: Box<Self>) -> Result<(), EncodeError> {
        self.writer.finish().map_err(|error| error.to_string())?;
        let output = self
            .writer
            .into_inner()
            .map_err(|error| error.to_string())?;
        output.finish().map_err(|error| error.to_string())
    }
}
