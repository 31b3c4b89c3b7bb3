//! The Arrow IPC file format.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, MetadataVersion, root_as_footer};
use arrow_schema::SchemaRef;
use stepwell_plan::Compression;

use super::arrow_sizes::check_declared_sizes;
use super::arrow_stream::arrow_failure;
use super::columns::positions_of_fields;
use super::{FileReader, Probe, ReadRequest, Rows, TableFile};
use crate::error::ConnectError;
use crate::storage::{InputFile, RangedFile};

const FORMAT: &str = "Arrow";
const MAGIC: &[u8] = b"ARROW1";
/// The length of the footer and the magic at the end.
const TRAILER_BYTES: u64 = 10;

/// The end of a file, which says where everything is.
struct Footer {
    schema: SchemaRef,
    version: MetadataVersion,
    dictionaries: Vec<Block>,
    batches: VecDeque<Block>,
}

/// Reads the schema from the end of the file.
pub(crate) fn probe(file: &TableFile) -> Result<Probe, ConnectError> {
    let mut ranged = file.input.ranged(false)?;
    let footer = read_footer(&file.input, &mut ranged)?;
    Ok(Probe {
        schema: footer.schema.as_ref().clone(),
        sampled_rows: None,
        rows: None,
    })
}

fn read_footer(file: &InputFile, ranged: &mut RangedFile) -> Result<Footer, ConnectError> {
    let size = ranged.size();
    if size == 0 {
        return Err(ConnectError::EmptyFile {
            dataset: file.dataset.clone(),
            file: file.label.clone(),
        });
    }
    let start = read(file, ranged, 0, size.min(8))?;
    if !start.starts_with(MAGIC) {
        let message = match start.starts_with(b"FEA1") {
            true => "it is of the first version of Feather, which is another format",
            false => "it does not start with `ARROW1`",
        };
        return Err(file.malformed(FORMAT, message));
    }
    let cut_short = || file.malformed(FORMAT, "it does not end with `ARROW1`: it was cut short");
    let trailer_start = size.checked_sub(TRAILER_BYTES).ok_or_else(cut_short)?;
    let trailer = read(file, ranged, trailer_start, size)?;
    let trailer: [u8; TRAILER_BYTES as usize] =
        trailer.as_ref().try_into().map_err(|_| cut_short())?;
    let length = read_footer_length(trailer).map_err(|_| cut_short())? as u64;
    let footer_start = trailer_start
        .checked_sub(length)
        .ok_or_else(|| file.malformed(FORMAT, "its footer is longer than the file"))?;
    let bytes = read(file, ranged, footer_start, trailer_start)?;
    let footer =
        root_as_footer(&bytes).map_err(|_| file.malformed(FORMAT, "its footer cannot be read"))?;
    let schema = footer
        .schema()
        .filter(|schema| schema.endianness().equals_to_target_endianness())
        .ok_or_else(|| {
            file.malformed(
                FORMAT,
                "its footer has no schema of this machine's byte order",
            )
        })?;
    let schema = try_fb_to_schema(schema).map_err(|error| failure(file, error))?;
    Ok(Footer {
        schema: Arc::new(schema),
        version: footer.version(),
        dictionaries: footer.dictionaries().iter().flatten().copied().collect(),
        batches: footer.recordBatches().iter().flatten().copied().collect(),
    })
}

fn read(
    file: &InputFile,
    ranged: &mut RangedFile,
    start: u64,
    end: u64,
) -> Result<bytes::Bytes, ConnectError> {
    ranged.read(start..end).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => file.malformed(FORMAT, error.to_string()),
        _ => file.failure(error),
    })
}

fn failure(file: &InputFile, error: arrow_schema::ArrowError) -> ConnectError {
    arrow_failure(file, Compression::None, FORMAT, error)
}

/// The rows of a file. One batch of it is held at a time, and its dictionaries.
pub(crate) struct ArrowFileReader {
    input: InputFile,
    ranged: RangedFile,
    decoder: FileDecoder,
    batches: VecDeque<Block>,
    bytes_read: Arc<AtomicU64>,
}

impl ArrowFileReader {
    pub(crate) fn open(request: &ReadRequest, file: &TableFile) -> Result<Self, ConnectError> {
        let mut ranged = file.input.ranged(true)?;
        let footer = read_footer(&file.input, &mut ranged)?;
        let order = positions_of_fields(request, &file.input.label, &footer.schema)?;
        let decoder = FileDecoder::new(footer.schema, footer.version).with_projection(order);
        let mut reader = Self {
            input: file.input.clone(),
            ranged,
            decoder,
            batches: footer.batches,
            bytes_read: request.bytes_read.clone(),
        };
        for block in footer.dictionaries {
            let buffer = reader.read_block(&block)?;
            reader
                .decoder
                .read_dictionary(&block, &buffer)
                .map_err(|error| failure(&reader.input, error))?;
        }
        Ok(reader)
    }

    /// Reads a block, whose place and lengths come from the file and are not believed.
    fn read_block(&mut self, block: &Block) -> Result<Buffer, ConnectError> {
        let broken = || {
            self.input
                .malformed(FORMAT, "a block of it has an impossible place")
        };
        let start = u64::try_from(block.offset()).map_err(|_| broken())?;
        let metadata = u64::try_from(block.metaDataLength()).map_err(|_| broken())?;
        let body = u64::try_from(block.bodyLength()).map_err(|_| broken())?;
        let end = start
            .checked_add(metadata)
            .and_then(|end| end.checked_add(body))
            .ok_or_else(broken)?;
        // A message starts with its marker and its length.
        if metadata < 8 {
            return Err(broken());
        }
        let bytes = read(&self.input, &mut self.ranged, start, end)?;
        self.bytes_read.fetch_add(end - start, Ordering::Relaxed);
        let metadata = usize::try_from(metadata).map_err(|_| broken())?;
        check_declared_sizes(&bytes, metadata)
            .map_err(|message| self.input.malformed(FORMAT, message))?;
        Ok(Buffer::from(bytes))
    }
}

impl FileReader for ArrowFileReader {
    fn next_rows(&mut self) -> Result<Option<Rows>, ConnectError> {
        while let Some(block) = self.batches.pop_front() {
            let buffer = self.read_block(&block)?;
            let batch = self
                .decoder
                .read_record_batch(&block, &buffer)
                .map_err(|error| failure(&self.input, error))?;
            if let Some(batch) = batch {
                return Ok(Some(Rows {
                    columns: batch.columns().to_vec(),
                    rows: batch.num_rows(),
                }));
            }
        }
        Ok(None)
    }
}
