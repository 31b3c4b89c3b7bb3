//! The one error of this crate.

use std::io;
use std::sync::Arc;

use stepwell_plan::Format;

use crate::dataset::Dataset;
use crate::hint;

/// Why a source could not be read or a sink could not be written.
///
/// Every variant names its [`Dataset`]; those about data name the file, the line and the column as far as they are
/// known. [`code`](Self::code) is stable, [`hint`](Self::hint) says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There is no such file or folder.
    #[error("{dataset}: `{path}` does not exist")]
    NotFound {
        /// Which source or sink.
        dataset: Dataset,
        /// The path as the pipeline says it.
        path: String,
        /// Names beside it that are most like it, best first.
        similar: Vec<String>,
    },
    /// A glob or folder holds no file that could be read.
    #[error(
        "{dataset}: no file matches `{pattern}`{}",
        hint::present(folder, present)
    )]
    NoMatch {
        /// Which source.
        dataset: Dataset,
        /// The glob or folder as the pipeline says it.
        pattern: String,
        /// The folder that was looked into.
        folder: String,
        /// Some of what is in that folder.
        present: Vec<String>,
    },
    /// A folder holds files of several formats and the pipeline does not say which.
    #[error(
        "{dataset}: `{path}` holds files of several formats: {}",
        hint::name_list(formats)
    )]
    SeveralFormats {
        /// Which source.
        dataset: Dataset,
        /// The folder or glob.
        path: String,
        /// The formats that were found.
        formats: Vec<String>,
    },
    /// A file or folder may not be read or written.
    #[error("{dataset}: no permission to {action} `{path}`")]
    PermissionDenied {
        /// Which source or sink.
        dataset: Dataset,
        /// `read` or `write`.
        action: &'static str,
        /// The path.
        path: String,
    },
    /// A sink's path is a folder.
    #[error("{dataset}: `{path}` is a folder, not a file")]
    IsDirectory {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// A part of a path that must be a folder is a file.
    #[error("{dataset}: a part of the path `{path}` is a file, not a folder")]
    NotADirectory {
        /// Which source or sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// The disk or quota is full.
    #[error("{dataset}: no space left to write `{path}`")]
    StorageFull {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// A file would become larger than the process or the file system allows.
    #[error("{dataset}: `{path}` would become larger than a file may be here")]
    FileTooLarge {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// Another run writes to the same place.
    #[error("{dataset}: another run is writing `{path}`")]
    OutputInUse {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// There is something at the place, which the sink's mode `error` rules out.
    #[error("{dataset}: `{path}` exists already")]
    OutputExists {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// The folder that an output was written in is gone.
    #[error("{dataset}: the folder of `{path}` was removed or replaced while it was written")]
    OutputLost {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// Another program changed the file that rows are appended to.
    #[error("{dataset}: another program changed `{path}` while rows were appended")]
    OutputChanged {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// Something is mounted at the place, which can then not be replaced in one step.
    #[error("{dataset}: `{path}` is a mount point, which cannot be replaced as a whole")]
    MountPoint {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// A folder of parts holds something that must not be lost.
    #[error("{dataset}: the folder `{path}` holds `{found}`, which is no part of a table")]
    NotAPart {
        /// Which sink.
        dataset: Dataset,
        /// The folder.
        path: String,
        /// The path of what is there, from the folder.
        found: String,
    },
    /// Rows cannot be appended to what is there.
    #[error("{dataset}: rows cannot be appended to `{path}`: {}", differences.join("; "))]
    AppendMismatch {
        /// Which sink.
        dataset: Dataset,
        /// The file or folder.
        path: String,
        /// Each difference in words.
        differences: Vec<String>,
    },
    /// More partitions than one run may write.
    #[error(
        "{dataset}: more than {limit} partitions of `{path}`: the next one would be `{partition}`"
    )]
    TooManyPartitions {
        /// Which sink.
        dataset: Dataset,
        /// The folder.
        path: String,
        /// `max_partitions`.
        limit: u64,
        /// The partition that is one too many.
        partition: String,
    },
    /// A file became shorter while it was read.
    #[error("{dataset}: `{path}` was cut short while it was read")]
    CutShort {
        /// Which source.
        dataset: Dataset,
        /// The file.
        path: String,
    },
    /// The reader of standard output went away. Often no failure: `stepwell run … | head`.
    #[error("{dataset}: the reader of `{path}` has gone away")]
    BrokenPipe {
        /// Which sink.
        dataset: Dataset,
        /// The path, often `-`.
        path: String,
    },
    /// The operating system refused for another reason.
    #[error("{dataset}: cannot {action} `{path}`")]
    Io {
        /// Which source or sink.
        dataset: Dataset,
        /// `read` or `write`.
        action: &'static str,
        /// The path.
        path: String,
        /// What it said.
        source: io::Error,
    },
    /// An object store or web server refused or could not be reached.
    #[error("{dataset}: cannot {action} `{url}`")]
    Store {
        /// Which source or sink.
        dataset: Dataset,
        /// `read` or `write`.
        action: &'static str,
        /// The URL.
        url: String,
        /// What it said.
        source: Box<object_store::Error>,
    },
    /// A URL of a kind that this build cannot open, or that nothing can.
    #[error("{dataset}: `{url}` cannot be opened: {reason}")]
    UnsupportedUrl {
        /// Which source or sink.
        dataset: Dataset,
        /// The URL.
        url: String,
        /// Why.
        reason: String,
        /// The cargo feature of this crate that would open it.
        feature: Option<&'static str>,
    },
    /// Neither the pipeline nor the file's name or first bytes say what format it has.
    #[error("{dataset}: the format of `{path}` is not known")]
    UnknownFormat {
        /// Which source or sink.
        dataset: Dataset,
        /// The path.
        path: String,
    },
    /// An option contradicts another, or has a value that cannot be used.
    #[error("{dataset}: {message}")]
    InvalidOption {
        /// Which source or sink.
        dataset: Dataset,
        /// The keys that lead to the option, for example `["csv", "delimiter"]`.
        key: Vec<String>,
        /// What is wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// `types` names a column that the source does not have.
    #[error("{dataset}: `types` names the column `{column}`, which `{file}` does not have")]
    UnknownColumn {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
        /// The name.
        column: String,
        /// The names that there are.
        columns: Vec<String>,
    },
    /// The files of a source do not have one schema.
    #[error("{dataset}: `{file}` does not have the columns of `{first_file}`: {}", differences.join("; "))]
    SchemaMismatch {
        /// Which source.
        dataset: Dataset,
        /// The file that differs.
        file: Arc<str>,
        /// The file whose schema is the source's.
        first_file: Arc<str>,
        /// Each difference in words.
        differences: Vec<String>,
    },
    /// A file holds nothing, not even names of columns.
    #[error("{dataset}: `{file}` is empty")]
    EmptyFile {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
    },
    /// A value does not fit the type of its column.
    #[error("{0}")]
    InvalidValue(Box<InvalidValue>),
    /// A line of CSV has more or fewer fields than there are columns.
    #[error(
        "{dataset}: `{file}` line {line}: {} where {} expected",
        hint::count(*found, "field"),
        hint::count_is(*expected)
    )]
    FieldCount {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
        /// The line, from 1.
        line: u64,
        /// The number of columns.
        expected: usize,
        /// The number of fields on the line.
        found: usize,
    },
    /// A quote was opened and never closed, or a line is longer than can be held.
    #[error("{dataset}: `{file}` line {line}: {problem}")]
    UnendingRecord {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
        /// The line where the record starts, from 1.
        line: u64,
        /// Which of the two.
        problem: String,
    },
    /// Text that is not UTF-8.
    #[error("{dataset}: `{file}` line {line}{}: not UTF-8 text", hint::in_column(column.as_deref()))]
    InvalidEncoding {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
        /// The line, from 1.
        line: u64,
        /// The column, where it is known.
        column: Option<String>,
        /// The encoding that the text looks like.
        likely: Option<&'static str>,
    },
    /// A line is not a JSON object.
    #[error("{dataset}: `{file}` line {line}, character {character}: {message}")]
    InvalidJson {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
        /// The line, from 1.
        line: u64,
        /// The character on the line, from 1.
        character: usize,
        /// What is wrong.
        message: String,
    },
    /// A JSON object has a key that was not there in the rows that the schema was inferred from.
    #[error(
        "{dataset}: `{file}` line {line}: the key `{key}` is not among the columns, which were inferred from the \
         first {}",
        hint::count(*sample_rows, "row")
    )]
    UnknownKey {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
        /// The line, from 1.
        line: u64,
        /// The key; of a nested object, with the path to it (`address.zip`).
        key: String,
        /// How many rows the schema was inferred from.
        sample_rows: usize,
    },
    /// A file is not what its format says, or ends too early.
    #[error("{dataset}: `{file}` is not a whole {format} file: {message}")]
    Malformed {
        /// Which source.
        dataset: Dataset,
        /// The file.
        file: Arc<str>,
        /// The format in words, such as `Parquet` or `gzip`.
        format: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The format cannot hold a column of this type.
    #[error("{dataset}: {} cannot hold column `{column}` of type `{type_name}`", hint::format_words(*format))]
    UnsupportedColumn {
        /// Which source or sink.
        dataset: Dataset,
        /// The column.
        column: String,
        /// Its type.
        type_name: String,
        /// The format.
        format: Format,
        /// Why, if there is more to say.
        reason: Option<String>,
    },
    /// A batch could not be encoded.
    #[error("{dataset}: cannot encode rows for `{path}`: {message}")]
    Encode {
        /// Which sink.
        dataset: Dataset,
        /// The path.
        path: String,
        /// What the encoder said.
        message: String,
    },
    /// A batch that was handed to a sink does not have the sink's schema.
    #[error("{dataset}: a batch does not have the sink's schema: {message}")]
    WrongBatch {
        /// Which sink.
        dataset: Dataset,
        /// The difference.
        message: String,
    },
    /// Standard input or output is used a second time.
    #[error("{dataset}: {stream} is used already")]
    StreamTaken {
        /// Which source or sink.
        dataset: Dataset,
        /// `standard input` or `standard output`.
        stream: &'static str,
    },
}

/// A value that does not fit the type of its column: see [`ConnectError::InvalidValue`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{dataset}: `{file}` line {line}, column `{column}`: {} is not of type `{type_name}`{}",
    hint::value(value),
    hint::inferred(*sample_rows)
)]
pub struct InvalidValue {
    /// Which source.
    pub dataset: Dataset,
    /// The file.
    pub file: Arc<str>,
    /// Its format: CSV or JSON lines.
    pub format: Format,
    /// The line where the row starts, from 1.
    pub line: u64,
    /// The column.
    pub column: String,
    /// The value as the file has it.
    pub value: String,
    /// The type that it does not fit.
    pub type_name: String,
    /// How many rows the type was inferred from; `None`: the pipeline gave the type.
    pub sample_rows: Option<usize>,
}

impl ConnectError {
    /// The source or sink that it is about.
    pub fn dataset(&self) -> &Dataset {
        match self {
            Self::NotFound { dataset, .. }
            | Self::NoMatch { dataset, .. }
            | Self::SeveralFormats { dataset, .. }
            | Self::PermissionDenied { dataset, .. }
            | Self::IsDirectory { dataset, .. }
            | Self::NotADirectory { dataset, .. }
            | Self::StorageFull { dataset, .. }
            | Self::FileTooLarge { dataset, .. }
            | Self::OutputInUse { dataset, .. }
            | Self::OutputExists { dataset, .. }
            | Self::OutputLost { dataset, .. }
            | Self::OutputChanged { dataset, .. }
            | Self::MountPoint { dataset, .. }
            | Self::NotAPart { dataset, .. }
            | Self::AppendMismatch { dataset, .. }
            | Self::TooManyPartitions { dataset, .. }
            | Self::CutShort { dataset, .. }
            | Self::BrokenPipe { dataset, .. }
            | Self::Io { dataset, .. }
            | Self::Store { dataset, .. }
            | Self::UnsupportedUrl { dataset, .. }
            | Self::UnknownFormat { dataset, .. }
            | Self::InvalidOption { dataset, .. }
            | Self::UnknownColumn { dataset, .. }
            | Self::SchemaMismatch { dataset, .. }
            | Self::EmptyFile { dataset, .. }
            | Self::FieldCount { dataset, .. }
            | Self::UnendingRecord { dataset, .. }
            | Self::InvalidEncoding { dataset, .. }
            | Self::InvalidJson { dataset, .. }
            | Self::UnknownKey { dataset, .. }
            | Self::Malformed { dataset, .. }
            | Self::UnsupportedColumn { dataset, .. }
            | Self::Encode { dataset, .. }
            | Self::WrongBatch { dataset, .. }
            | Self::StreamTaken { dataset, .. } => dataset,
            Self::InvalidValue(invalid) => &invalid.dataset,
        }
    }

    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::NoMatch { .. } => "no_match",
            Self::SeveralFormats { .. } => "several_formats",
            Self::PermissionDenied { .. } => "permission_denied",
            Self::IsDirectory { .. } => "is_directory",
            Self::NotADirectory { .. } => "not_a_directory",
            Self::StorageFull { .. } => "storage_full",
            Self::FileTooLarge { .. } => "file_too_large",
            Self::OutputInUse { .. } => "output_in_use",
            Self::OutputExists { .. } => "output_exists",
            Self::OutputLost { .. } => "output_lost",
            Self::OutputChanged { .. } => "output_changed",
            Self::MountPoint { .. } => "mount_point",
            Self::NotAPart { .. } => "not_a_part",
            Self::AppendMismatch { .. } => "append_mismatch",
            Self::TooManyPartitions { .. } => "too_many_partitions",
            Self::CutShort { .. } => "cut_short",
            Self::BrokenPipe { .. } => "broken_pipe",
            Self::Io { .. } => "io",
            Self::Store { .. } => "object_store",
            Self::UnsupportedUrl { .. } => "unsupported_url",
            Self::UnknownFormat { .. } => "unknown_format",
            Self::InvalidOption { .. } => "invalid_option",
            Self::UnknownColumn { .. } => "unknown_column",
            Self::SchemaMismatch { .. } => "schema_mismatch",
            Self::EmptyFile { .. } => "empty_file",
            Self::InvalidValue(_) => "invalid_value",
            Self::FieldCount { .. } => "field_count",
            Self::UnendingRecord { .. } => "unending_record",
            Self::InvalidEncoding { .. } => "invalid_encoding",
            Self::InvalidJson { .. } => "invalid_json",
            Self::UnknownKey { .. } => "unknown_key",
            Self::Malformed { .. } => "malformed_file",
            Self::UnsupportedColumn { .. } => "unsupported_column",
            Self::Encode { .. } => "encode",
            Self::WrongBatch { .. } => "wrong_batch",
            Self::StreamTaken { .. } => "stream_taken",
        }
    }

    /// What to do about it, if there is something to say.
    pub fn hint(&self) -> Option<String> {
        hint::hint(self)
    }

    /// The keys of the source's or sink's entry in the pipeline file that are at fault, for example
    /// `["types", "tenure"]`. Empty: the `path`.
    pub fn key(&self) -> Vec<String> {
        match self {
            Self::InvalidOption { key, .. } => key.clone(),
            Self::UnknownColumn { column, .. } => vec!["types".to_owned(), column.clone()],
            Self::OutputExists { .. } | Self::AppendMismatch { .. } => vec!["mode".to_owned()],
            Self::TooManyPartitions { .. } => vec!["max_partitions".to_owned()],
            _ => Vec::new(),
        }
    }
}
