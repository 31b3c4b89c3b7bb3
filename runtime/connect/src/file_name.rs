//! What a file's name says of its format.

use stepwell_plan::{Compression, Format};

/// What an extension says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NamedFormat {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// The delimiter that the extension stands for.
    pub(crate) delimiter: Option<char>,
}

/// The format that a name's extensions stand for, such as `.csv.gz`; upper case counts as lower case.
pub(crate) fn extension_format(name: &str) -> Option<NamedFormat> {
    let name = name.to_ascii_lowercase();
    let name = name.rsplit(['/', '\\']).next()?;
    let compression = extension_compression(name);
    let stem = match compression {
        Compression::None => name,
        _ => name.rsplit_once('.')?.0,
    };
    let (format, delimiter) = match stem.rsplit_once('.')?.1 {
        "csv" => (Format::Csv, None),
        "tsv" | "tab" => (Format::Csv, Some('\t')),
        "json" | "jsonl" | "ndjson" => (Format::Json, None),
        "parquet" | "pq" => (Format::Parquet, None),
        "arrow" | "feather" | "ipc" => (Format::Arrow, None),
        "arrows" => (Format::Arrows, None),
        _ => return None,
    };
    Some(NamedFormat {
        format,
        compression,
        delimiter,
    })
}

/// The compression that a name's last extension stands for.
pub(crate) fn extension_compression(name: &str) -> Compression {
    let name = name.to_ascii_lowercase();
    match name.rsplit_once('.') {
        Some((_, "gz" | "gzip")) => Compression::Gzip,
        Some((_, "zst" | "zstd")) => Compression::Zstd,
        _ => Compression::None,
    }
}
