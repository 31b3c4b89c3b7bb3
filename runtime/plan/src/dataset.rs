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
    /// A file, a folder of parts (`out/`, with a `/` at its end), a URL, or `-` for standard output. Relative paths
    /// start at the pipeline file's folder.
    pub path: String,
    /// What becomes of rows that are there already.
    #[serde(default, skip_serializing_if = "WriteMode::is_default")]
    pub mode: WriteMode,
    /// The format; taken from the file's extension where it is not given, Parquet for a folder of parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// The compression of the whole file (CSV, JSON lines); of the pages (Parquet: `zstd` by default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// How to write CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<CsvOptions>,
    /// Rows of each part of a folder, at most; where it is not given, all rows (of a partition) are one part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub rows_per_file: Option<u64>,
    /// Columns whose values become folders of a folder of parts, outermost first: `country=FR/part-00000.parquet`.
    /// They are not in the files then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partition_by: Vec<String>,
    /// How many partitions one run may write. 1,024 by default: each holds memory until the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_partitions: Option<u64>,
}

/// What a sink does with rows that are at its place already. Whatever it is, the place changes once, when all rows
/// are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WriteMode {
    /// They are replaced.
    #[default]
    Overwrite,
    /// They stay, and the new ones come after them: in a CSV, JSON lines or Arrow stream file, or as further parts of
    /// a folder.
    Append,
    /// Of a folder with `partition_by`: those of partitions that get new rows are replaced, others stay.
    OverwritePartitions,
    /// That there are some is an error.
    Error,
}

impl WriteMode {
    /// Whether it is what a pipeline that says nothing gets.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The mode as a pipeline file writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Overwrite => "overwrite",
            Self::Append => "append",
            Self::OverwritePartitions => "overwrite-partitions",
            Self::Error => "error",
        }
    }
}
