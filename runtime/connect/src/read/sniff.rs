//! What format a file has: by the pipeline, by its name, by its first bytes.

use std::io::Read;

use stepwell_plan::{Compression, Format, SourceSpec};

use crate::compression::{decompress, stream_failure};
use crate::error::ConnectError;
use crate::file_name::{extension_compression, extension_format};
use crate::storage::InputFile;

/// What a file's format turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DetectedFormat {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// The delimiter that the extension stands for.
    pub(crate) delimiter: Option<char>,
}

/// Finds out the format of a file. The pipeline's word counts most, then the extension, then the first bytes; text
/// on standard input that is no JSON object is CSV.
pub(crate) fn detect(file: &InputFile, spec: &SourceSpec) -> Result<DetectedFormat, ConnectError> {
    let named = extension_format(&file.label);
    let compression = match spec.compression {
        Some(compression) => compression,
        None if file.is_standard_input() && !is_seekable(spec.format) => {
            sniff_compression(&first_bytes(file, None)?)
        }
        None => extension_compression(&file.label),
    };
    let detected = |format, delimiter| DetectedFormat {
        format,
        compression,
        delimiter,
    };
    if let Some(format) = spec.format {
        return Ok(detected(format, named.and_then(|named| named.delimiter)));
    }
    if let Some(named) = named {
        // Both formats are called `.arrow` in the wild.
        let is_stream = named.format == Format::Arrow
            && compression == Compression::None
            && sniff_format(&first_bytes(file, None)?) == Some(Format::Arrows);
        let format = if is_stream {
            Format::Arrows
        } else {
            named.format
        };
        return Ok(detected(format, named.delimiter));
    }
    let bytes = first_bytes(file, Some(compression))?;
    match sniff_format(&bytes) {
        Some(format) => Ok(detected(format, None)),
        None if file.is_standard_input() => Ok(detected(Format::Csv, None)),
        None => Err(ConnectError::UnknownFormat {
            dataset: file.dataset.clone(),
            path: file.label.to_string(),
        }),
    }
}

/// Whether a format must seek, so that its file cannot be compressed as a whole.
pub(crate) fn is_seekable(format: Option<Format>) -> bool {
    matches!(format, Some(Format::Parquet | Format::Arrow))
}

/// The first bytes of a file, without its compression if there is one.
fn first_bytes(
    file: &InputFile,
    compression: Option<Compression>,
) -> Result<Vec<u8>, ConnectError> {
    let compression = compression.unwrap_or(Compression::None);
    let mut bytes = Vec::new();
    decompress(file, file.sample()?, compression)?
        .take(64)
        .read_to_end(&mut bytes)
        .map_err(|error| stream_failure(file, compression, error))?;
    Ok(bytes)
}

fn sniff_compression(bytes: &[u8]) -> Compression {
    match bytes {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        _ => Compression::None,
    }
}

fn sniff_format(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(b"PAR1") {
        return Some(Format::Parquet);
    }
    if bytes.starts_with(b"ARROW1") {
        return Some(Format::Arrow);
    }
    if bytes.starts_with(&[0xff; 4]) {
        return Some(Format::Arrows);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    (text.trim_ascii_start().first() == Some(&b'{')).then_some(Format::Json)
}
