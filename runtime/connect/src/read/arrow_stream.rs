//! The Arrow IPC streaming format.

use std::io::{BufReader, Read};

use arrow_ipc::reader::StreamReader;
use arrow_schema::ArrowError;
use stepwell_plan::Compression;

use super::columns::positions_of_fields;
use super::{FileReader, Probe, READ_BYTES, ReadRequest, Rows, TableFile};
use crate::compression::{decompress, stream_failure};
use crate::error::ConnectError;
use crate::storage::InputFile;

const FORMAT: &str = "Arrow stream";

type Stream = StreamReader<BufReader<Box<dyn Read + Send>>>;

/// Reads the schema, which comes first.
pub(crate) fn probe(file: &TableFile) -> Result<Probe, ConnectError> {
    let reader = start(file, file.input.sample()?, None)?;
    Ok(Probe {
        schema: reader.schema().as_ref().clone(),
        sampled_rows: None,
        rows: None,
    })
}

fn start(
    file: &TableFile,
    stream: Box<dyn Read + Send>,
    projection: Option<Vec<usize>>,
) -> Result<Stream, ConnectError> {
    let stream = decompress(&file.input, stream, file.compression)?;
    let reader = BufReader::with_capacity(READ_BYTES, stream);
    StreamReader::try_new(reader, projection)
        .map_err(|error| arrow_failure(&file.input, file.compression, FORMAT, error))
}

/// An error of reading Arrow data: of the storage, or of what is in the file.
pub(super) fn arrow_failure(
    file: &InputFile,
    compression: Compression,
    format: &'static str,
    error: ArrowError,
) -> ConnectError {
    match error {
        ArrowError::IoError(_, error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            file.malformed(format, "it ends too early")
        }
        ArrowError::IoError(_, error) => stream_failure(file, compression, error),
        ArrowError::IpcError(message)
        | ArrowError::ParseError(message)
        | ArrowError::InvalidArgumentError(message) => file.malformed(format, message),
        error => file.malformed(format, error.to_string()),
    }
}

/// The rows of a stream. One batch of it is held at a time, and its dictionaries.
pub(crate) struct ArrowStreamReader {
    input: InputFile,
    compression: Compression,
    reader: Stream,
    /// Which column of a batch each column of the projection is.
    order: Vec<usize>,
}

impl ArrowStreamReader {
    pub(crate) fn open(request: &ReadRequest, file: &TableFile) -> Result<Self, ConnectError> {
        // The positions are known when the schema is, which is after the stream was started: it is decoded whole,
        // and columns that nobody asked for are dropped.
        let stream = file.input.stream(&request.bytes_read)?;
        let reader = start(file, stream, None)?;
        let order = positions_of_fields(request, &file.input.label, &reader.schema())?;
        Ok(Self {
            input: file.input.clone(),
            compression: file.compression,
            reader,
            order,
        })
    }
}

impl FileReader for ArrowStreamReader {
    fn next_rows(&mut self) -> Result<Option<Rows>, ConnectError> {
        match self.reader.next() {
            None => Ok(None),
            Some(Ok(batch)) => Ok(Some(Rows {
                columns: self
                    .order
                    .iter()
                    .map(|column| batch.column(*column).clone())
                    .collect(),
                rows: batch.num_rows(),
            })),
            Some(Err(error)) => Err(arrow_failure(&self.input, self.compression, FORMAT, error)),
        }
    }
}
