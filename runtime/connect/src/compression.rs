//! Files that are compressed as a whole.

use std::io::{self, Read, Write};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use stepwell_plan::Compression;

use crate::error::ConnectError;
use crate::hint::tidy;
use crate::storage::{InputFile, RawReadError};

/// A stream without its compression.
pub(crate) fn decompress<R: Read + Send + 'static>(
    file: &InputFile,
    reader: R,
    compression: Compression,
) -> Result<Box<dyn Read + Send>, ConnectError> {
    Ok(match compression {
        Compression::None => Box::new(reader),
        // Files may be several gzip members, one after the other: `cat a.gz b.gz`.
        Compression::Gzip => Box::new(Decompressor(MultiGzDecoder::new(reader))),
        Compression::Zstd => {
            let decoder =
                zstd::stream::read::Decoder::new(reader).map_err(|error| file.failure(error))?;
            Box::new(Decompressor(decoder))
        }
    })
}

/// Turns an early end into an error of another kind: decoders above take it for the end.
struct Decompressor<R>(R);

impl<R: Read> Read for Decompressor<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                io::Error::new(io::ErrorKind::InvalidData, "it ends too early")
            }
            _ => error,
        })
    }
}

/// An error of reading a stream: of the storage, or of what the decompressor was given.
pub(crate) fn stream_failure(
    file: &InputFile,
    compression: Compression,
    error: io::Error,
) -> ConnectError {
    let format = match compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "Zstandard",
        Compression::None => return file.failure(error),
    };
    if error
        .get_ref()
        .is_some_and(|inner| inner.is::<RawReadError>())
    {
        return file.failure(error);
    }
    file.malformed(format, tidy(&error.to_string()))
}

/// A stream that is compressed as it is written.
pub(crate) enum Compressor<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Compressor<W> {
    pub(crate) fn new(writer: W, compression: Compression) -> io::Result<Self> {
        Ok(match compression {
            Compression::None => Self::Plain(writer),
            Compression::Gzip => Self::Gzip(GzEncoder::new(writer, flate2::Compression::default())),
            Compression::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(
                writer,
                zstd::DEFAULT_COMPRESSION_LEVEL,
            )?),
        })
    }

    /// Writes the end of the stream.
    pub(crate) fn finish(self) -> io::Result<()> {
        match self {
            Self::Plain(mut writer) => writer.flush(),
            Self::Gzip(encoder) => encoder.finish()?.flush(),
            Self::Zstd(encoder) => encoder.finish()?.flush(),
        }
    }
}

impl<W: Write> Write for Compressor<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(writer) => writer.write(buffer),
            Self::Gzip(encoder) => encoder.write(buffer),
            Self::Zstd(encoder) => encoder.write(buffer),
        }
    }

    /// Encoders above flush after each batch; passing that on would cost a compressor its effect.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(writer) => writer.flush(),
            Self::Gzip(_) | Self::Zstd(_) => Ok(()),
        }
    }
}
