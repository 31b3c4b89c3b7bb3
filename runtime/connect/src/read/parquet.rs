//! Parquet.
//!
//! The decoder asks for the parts of the file that it needs, so that local files and object stores take the same
//! way: of each row group, the chunks of the projected columns. Those of one row group are held at a time, as they
//! are compressed.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parquet::DecodeResult;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataPushDecoder};

use super::columns::positions_of_fields;
use super::{FileReader, Probe, ReadRequest, Rows, TableFile};
use crate::error::ConnectError;
use crate::hint::tidy;
use crate::storage::{InputFile, RangedFile};

const FORMAT: &str = "Parquet";
const MAGIC: &[u8] = b"PAR1";
/// What is read of the end of a file at first: the footer of most files.
const FOOTER_BYTES: u64 = 64 << 10;

/// Reads the schema and the number of rows from the end of the file.
pub(crate) fn probe(file: &TableFile) -> Result<Probe, ConnectError> {
    let mut ranged = file.input.ranged(false)?;
    let metadata = read_metadata(&file.input, &mut ranged)?;
    Ok(Probe {
        schema: metadata.schema().as_ref().clone(),
        sampled_rows: None,
        rows: Some(count_rows(&metadata)),
    })
}

fn count_rows(metadata: &ArrowReaderMetadata) -> u64 {
    metadata
        .metadata()
        .row_groups()
        .iter()
        .map(|group| u64::try_from(group.num_rows()).unwrap_or_default())
        .sum()
}

fn read_metadata(
    file: &InputFile,
    ranged: &mut RangedFile,
) -> Result<ArrowReaderMetadata, ConnectError> {
    let size = ranged.size();
    if size == 0 {
        return Err(ConnectError::EmptyFile {
            dataset: file.dataset.clone(),
            file: file.label.clone(),
        });
    }
    let read = |ranged: &mut RangedFile, range: Range<u64>| {
        ranged.read(range).map_err(|error| file.failure(error))
    };
    if read(ranged, 0..size.min(4))? != MAGIC {
        return Err(file.malformed(FORMAT, "it does not start with `PAR1`"));
    }
    if size < 12 || read(ranged, size - 4..size)? != MAGIC {
        return Err(file.malformed(FORMAT, "it does not end with `PAR1`: it was cut short"));
    }
    let mut decoder = ParquetMetaDataPushDecoder::try_new(size)
        .map_err(|error| failure(file, error))?
        .with_page_index_policy(PageIndexPolicy::Skip);
    let end = size.saturating_sub(FOOTER_BYTES)..size;
    let bytes = read(ranged, end.clone())?;
    decoder
        .push_range(end, bytes)
        .map_err(|error| failure(file, error))?;
    loop {
        match decoder.try_decode().map_err(|error| failure(file, error))? {
            DecodeResult::NeedsData(ranges) => {
                let buffers = fetch(file, ranged, &ranges)?;
                decoder
                    .push_ranges(ranges, buffers)
                    .map_err(|error| failure(file, error))?;
            }
            DecodeResult::Data(metadata) => {
                return ArrowReaderMetadata::try_new(Arc::new(metadata), ArrowReaderOptions::new())
                    .map_err(|error| failure(file, error));
            }
            DecodeResult::Finished => return Err(file.malformed(FORMAT, "it has no footer")),
        }
    }
}

fn fetch(
    file: &InputFile,
    ranged: &mut RangedFile,
    ranges: &[Range<u64>],
) -> Result<Vec<bytes::Bytes>, ConnectError> {
    ranged.read_all(ranges).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => file.malformed(FORMAT, error.to_string()),
        _ => file.failure(error),
    })
}

fn failure(file: &InputFile, error: ParquetError) -> ConnectError {
    let message = match error {
        ParquetError::General(message) | ParquetError::EOF(message) => message,
        ParquetError::NYI(message) => format!("it uses what cannot be read yet: {message}"),
        error => error.to_string(),
    };
    file.malformed(FORMAT, tidy(&message))
}

/// The rows of a file.
pub(crate) struct ParquetReader {
    input: InputFile,
    ranged: RangedFile,
    bytes_read: Arc<AtomicU64>,
    columns: Columns,
}

enum Columns {
    Decoded {
        decoder: ParquetPushDecoder,
        /// Which column of a decoded batch each column of the projection is.
        order: Vec<usize>,
    },
    /// No columns are wanted; these rows are left.
    None { rows: u64, decode_rows: usize },
}

impl ParquetReader {
    pub(crate) fn open(request: &ReadRequest, file: &TableFile) -> Result<Self, ConnectError> {
        let mut ranged = file.input.ranged(true)?;
        let metadata = read_metadata(&file.input, &mut ranged)?;
        let positions = positions_of_fields(request, &file.input.label, metadata.schema())?;
        let columns = match positions.is_empty() {
            true => Columns::None {
                rows: count_rows(&metadata),
                decode_rows: request.decode_rows,
            },
            false => {
                let mask =
                    ProjectionMask::roots(metadata.parquet_schema(), positions.iter().copied());
                let decoder = ParquetPushDecoderBuilder::new_with_metadata(metadata)
                    .with_projection(mask)
                    .with_batch_size(request.decode_rows)
                    .build()
                    .map_err(|error| failure(&file.input, error))?;
                // Batches have the columns in the order of the file.
                let mut in_file = positions.clone();
                in_file.sort_unstable();
                let order = positions
                    .iter()
                    .filter_map(|position| in_file.binary_search(position).ok())
                    .collect();
                Columns::Decoded { decoder, order }
            }
        };
        Ok(Self {
            input: file.input.clone(),
            ranged,
            bytes_read: request.bytes_read.clone(),
            columns,
        })
    }
}

impl FileReader for ParquetReader {
    fn next_rows(&mut self) -> Result<Option<Rows>, ConnectError> {
        let (decoder, order) = match &mut self.columns {
            Columns::None { rows: 0, .. } => return Ok(None),
            Columns::None { rows, decode_rows } => {
                let taken = (*rows).min(*decode_rows as u64);
                *rows -= taken;
                return Ok(Some(Rows {
                    columns: Vec::new(),
                    rows: taken as usize,
                }));
            }
            Columns::Decoded { decoder, order } => (decoder, order),
        };
        loop {
            match decoder
                .try_decode()
                .map_err(|error| failure(&self.input, error))?
            {
                DecodeResult::NeedsData(ranges) => {
                    let buffers = fetch(&self.input, &mut self.ranged, &ranges)?;
                    let bytes = ranges.iter().map(|range| range.end - range.start).sum();
                    self.bytes_read.fetch_add(bytes, Ordering::Relaxed);
                    decoder
                        .push_ranges(ranges, buffers)
                        .map_err(|error| failure(&self.input, error))?;
                }
                DecodeResult::Data(batch) => {
                    return Ok(Some(Rows {
                        columns: order
                            .iter()
                            .map(|column| batch.column(*column).clone())
                            .collect(),
                        rows: batch.num_rows(),
                    }));
                }
                DecodeResult::Finished => return Ok(None),
            }
        }
    }
}
