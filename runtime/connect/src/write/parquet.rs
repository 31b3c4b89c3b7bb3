//! Writing Parquet.

use std::io::Write;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as PageCompression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use stepwell_plan::Compression;

use super::{EncodeError, Encoder, TableFormat};

/// Rows of a row group, at most.
const ROW_GROUP_ROWS: usize = 1 << 20;
/// Encoded bytes of a row group, about: it is held until it is whole.
const ROW_GROUP_BYTES: usize = 128 << 20;

/// Types that the encoder panics at, which would show on the user's terminal.
pub(super) fn refuses(data_type: &DataType) -> bool {
    match data_type {
        DataType::Union(..) | DataType::FixedSizeBinary(0) => true,
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _)
        | DataType::RunEndEncoded(_, item) => refuses(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| refuses(field.data_type())),
        DataType::Dictionary(_, values) => refuses(values),
        _ => false,
    }
}

pub(super) struct ParquetEncoder<W: Write + Send> {
    writer: ArrowWriter<W>,
}

impl<W: Write + Send> ParquetEncoder<W> {
    pub(super) fn new(
        output: W,
        schema: &SchemaRef,
        table: &TableFormat,
    ) -> Result<Self, EncodeError> {
        let compression = match table.compression {
            Compression::None => PageCompression::UNCOMPRESSED,
            Compression::Gzip => PageCompression::GZIP(GzipLevel::default()),
            Compression::Zstd => PageCompression::ZSTD(ZstdLevel::default()),
        };
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
            .build();
        let writer = ArrowWriter::try_new(output, schema.clone(), Some(properties))
            .map_err(|error| error.to_string())?;
        Ok(Self { writer })
    }
}

impl<W: Write + Send> Encoder for ParquetEncoder<W> {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), EncodeError> {
        self.writer.write(batch).map_err(|error| error.to_string())
    }

    fn finish(self: Box<Self>) -> Result<(), EncodeError> {
        self.writer
            .close()
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}
