//! The Arrow IPC streaming format.

use std::io::{self, BufRead, BufReader, Read};

use arrow_ipc::reader::StreamReader;
use arrow_schema::ArrowError;
use stepwell_plan::Compression;

use super::arrow_sizes::CheckedMessages;
use super::columns::positions_of_fields;
use super::{FileReader, Probe, READ_BYTES, ReadRequest, Rows, TableFile};
use crate::compression::{decompress, stream_failure};
use crate::error::ConnectError;
use crate::hint::tidy;
use crate::storage::InputFile;

const FORMAT: &str = "Arrow stream";
/// How every message starts, and a stream with its first.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// The end mark: a message of no length.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

type Stream = StreamReader<TailReader>;

/// Remembers the last bytes that were read.
struct TailReader {
    reader: CheckedMessages<BufReader<Box<dyn Read + Send>>>,
    tail: [u8; 8],
}

impl Read for TailReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let new = &buffer[read.saturating_sub(8)..read];
        self.tail.rotate_left(new.len());
        self.tail[8 - new.len()..].copy_from_slice(new);
        Ok(read)
    }
}

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
    let mut reader = BufReader::with_capacity(READ_BYTES, stream);
    let start = reader
        .fill_buf()
        .map_err(|error| stream_failure(&file.input, file.compression, error))?;
    if start.is_empty() {
        return Err(ConnectError::EmptyFile {
            dataset: file.input.dataset.clone(),
            file: file.input.label.clone(),
        });
    }
    if start.len() >= 4 && !start.starts_with(&CONTINUATION) {
        let message = match start.starts_with(b"ARROW1") {
            true => "it is of the Arrow file format: set `format` to `arrow`",
            false => "it does not start with a message",
        };
        return Err(file.input.malformed(FORMAT, message));
    }
    let reader = TailReader {
        reader: CheckedMessages::new(reader),
        tail: [0; 8],
    };
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
        ArrowError::IoError(_, error)
            if error.kind() == std::io::ErrorKind::InvalidData
                && compression == Compression::None =>
        {
            file.malformed(format, error.to_string())
        }
        ArrowError::IoError(_, error) => stream_failure(file, compression, error),
        ArrowError::IpcError(message)
        | ArrowError::ParseError(message)
        | ArrowError::InvalidArgumentError(message) => file.malformed(format, tidy(&message)),
        error => file.malformed(format, tidy(&error.to_string())),
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
            // The mark may be left out by what the format says, but then a file that was cut short is as good.
            None if self.reader.get_ref().tail != END => Err(self
                .input
                .malformed(FORMAT, "it has no end mark: it was cut short")),
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
