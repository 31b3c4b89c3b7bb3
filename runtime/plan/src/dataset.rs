//! Where data comes from and goes to, as a pipeline file says it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A table that a pipeline reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// A file, a folder, a glob (`data/*.csv`), a URL (`s3://bucket/key`), or `-` for standard input.
    /// Relative paths start at the pipeline file's folder.
    pub path: Paths,
    /// The format; taken from the file's extension where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The compression of the whole file; taken from the extension (`.gz`, `.zst`) where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// Types of columns by name, instead of the inferred ones (CSV and JSON lines): `utf8`, `int64`,
    /// `float64`, `boolean`, `date32`, `timestamp(us, UTC)`, `decimal128(10, 2)`, and so on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, String>,
    /// How to read CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<CsvOptions>,
    /// How many rows are looked at to infer the types of CSV and JSON lines. 10,000 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_rows: Option<usize>,
}

/// One path or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Paths {
    /// One file, folder, glob or URL.
    One(String),
    /// Several, read in this order as one table.
    Many(Vec<String>),
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values, RFC 4180.
    Csv,
    /// JSON lines: one object per line.
    Json,
    /// Apache Parquet.
    Parquet,
    /// The Arrow IPC file format.
    Arrow,
    /// The Arrow IPC streaming format.
    Arrows,
}

/// A compression of a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// None, whatever the extension says.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// How a CSV file is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsvOptions {
    /// Whether the first line names the columns. Without it, columns are called `column_1`, `column_2`, ….
    pub header: bool,
    /// The character between fields.
    pub delimiter: char,
    /// The character around fields that hold a delimiter, a quote or a line break.
    pub quote: char,
    /// Fields that mean null, besides the empty one.
    pub null_values: Vec<String>,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            header: true,
            delimiter: ',',
            quote: '"',
            null_values: Vec::new(),
        }
    }
}

/// A table that a pipeline writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SinkSpec {
    /// A file, a URL, or `-` for standard output. Relative paths start at the pipeline file's folder.
    pub path: String,
    /// The format; taken from the file's extension where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The compression of the whole file (CSV, JSON lines); of the pages (Parquet: `zstd` by default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// How to write CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<CsvOptions>,
}
