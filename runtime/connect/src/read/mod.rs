//! Reading one file of each format.

pub(crate) mod arrow_file;
mod arrow_sizes;
pub(crate) mod arrow_stream;
pub(crate) mod columns;
pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod merge;
pub(crate) mod parquet;
mod sniff;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, FieldRef, Schema, SchemaRef};
use stepwell_plan::{Compression, Format};

use crate::csv_dialect::CsvDialect;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::guard::guard;
use crate::storage::InputFile;
use crate::type_name::type_name;

pub(crate) use sniff::detect;

/// Bytes of text that are looked at to infer types, at most.
pub(crate) const SAMPLE_BYTES: u64 = 32 << 20;
/// Bytes of one line, at most: more is a quote that was never closed, or no text.
pub(crate) const RECORD_BYTES: usize = 64 << 20;
/// Bytes of text that are decoded at a time; a single longer line goes beyond.
pub(crate) const DECODE_BYTES: usize = 16 << 20;
/// Bytes that are read from a stream at a time.
pub(crate) const READ_BYTES: usize = 128 << 10;

/// A file and what it holds.
#[derive(Debug, Clone)]
pub(crate) struct TableFile {
    pub(crate) input: InputFile,
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    pub(crate) dialect: CsvDialect,
}

/// What was found out about a file without reading it.
pub(crate) struct Probe {
    /// Of inferred columns, those have the type null of which only nulls were seen.
    pub(crate) schema: Schema,
    /// Rows that the types were inferred from; `None`: the file says its types.
    pub(crate) sampled_rows: Option<usize>,
    /// Rows of the file, if it says so.
    pub(crate) rows: Option<u64>,
}

/// What reading the files of a source needs to know.
#[derive(Debug, Clone)]
pub(crate) struct ReadContext {
    pub(crate) dataset: Dataset,
    /// The types that the pipeline gives.
    pub(crate) types: BTreeMap<String, DataType>,
    /// Rows that are looked at to infer types.
    pub(crate) sample_rows: usize,
}

/// What to read of a file.
pub(crate) struct ReadRequest {
    pub(crate) context: Arc<ReadContext>,
    /// The schema of the whole source.
    pub(crate) schema: SchemaRef,
    /// The columns to read, as positions in the schema.
    pub(crate) projection: Arc<[usize]>,
    /// The file that the schema came from.
    pub(crate) first_file: Arc<str>,
    /// How many rows the types were inferred from.
    pub(crate) sampled_rows: Option<usize>,
    /// Rows to decode at a time, at most.
    pub(crate) decode_rows: usize,
    /// Where to count the bytes that were read.
    pub(crate) bytes_read: Arc<AtomicU64>,
}

impl ReadRequest {
    /// The fields to read, in the order of the projection.
    pub(crate) fn fields(&self) -> Vec<FieldRef> {
        self.projection
            .iter()
            .map(|position| self.schema.fields()[*position].clone())
            .collect()
    }

    /// How many rows a column's type was inferred from; `None`: it was given.
    pub(crate) fn inferred_from(&self, column: &str) -> Option<usize> {
        match self.context.types.contains_key(column) {
            true => None,
            false => self.sampled_rows,
        }
    }
}

/// Rows of some columns; without columns, still rows.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) rows: usize,
}

/// The rows of one file, from its first to its last.
pub(crate) trait FileReader: Send {
    /// The next rows, as many as are convenient; `None` after the last.
    fn next_rows(&mut self) -> Result<Option<Rows>, ConnectError>;
}

/// Finds out the schema of a file. `sample_rows`: how many rows to look at, where that is needed.
pub(crate) fn probe(
    context: &ReadContext,
    file: &TableFile,
    sample_rows: usize,
) -> Result<Probe, ConnectError> {
    guarded(&file.input, file.format, || match file.format {
        Format::Csv => csv::probe(context, file, sample_rows),
        Format::Json => json::probe(context, file, sample_rows),
        Format::Parquet => parquet::probe(file),
        Format::Arrow => arrow_file::probe(file),
        Format::Arrows => arrow_stream::probe(file),
    })
}

/// Starts to read a file.
pub(crate) fn open(request: ReadRequest, file: &TableFile) -> Result<GuardedReader, ConnectError> {
    let fields = request.fields();
    let reader = guarded(&file.input, file.format, || {
        Ok::<Box<dyn FileReader>, _>(match file.format {
            Format::Csv => Box::new(csv::CsvReader::open(request, file)?),
            Format::Json => Box::new(json::JsonReader::open(request, file)?),
            Format::Parquet => Box::new(parquet::ParquetReader::open(&request, file)?),
            Format::Arrow => Box::new(arrow_file::ArrowFileReader::open(&request, file)?),
            Format::Arrows => Box::new(arrow_stream::ArrowStreamReader::open(&request, file)?),
        })
    })?;
    Ok(GuardedReader {
        input: file.input.clone(),
        format: file.format,
        fields,
        reader,
    })
}

/// Reads a file, and ends with an error where a decoder panics.
pub(crate) struct GuardedReader {
    input: InputFile,
    format: Format,
    /// What the columns must be.
    fields: Vec<FieldRef>,
    reader: Box<dyn FileReader>,
}

impl GuardedReader {
    /// The next rows, as many as are convenient; `None` after the last.
    pub(crate) fn next_rows(&mut self) -> Result<Option<Rows>, ConnectError> {
        let rows = guarded(&self.input, self.format, || self.reader.next_rows())?;
        if let Some(rows) = &rows {
            self.check(rows)
                .map_err(|message| self.input.malformed(format_noun(self.format), message))?;
        }
        Ok(rows)
    }

    /// Whether rows are what the schema says: files may contradict themselves.
    fn check(&self, rows: &Rows) -> Result<(), String> {
        if rows.columns.len() != self.fields.len() {
            return Err("a batch of it lacks columns".to_owned());
        }
        for (field, column) in self.fields.iter().zip(&rows.columns) {
            let name = field.name();
            if column.data_type() != field.data_type() {
                return Err(format!(
                    "column `{name}` is `{}`, where its schema says `{}`",
                    type_name(column.data_type()),
                    type_name(field.data_type())
                ));
            }
            if column.len() != rows.rows {
                return Err(format!("column `{name}` is shorter or longer than others"));
            }
            if !field.is_nullable() && column.logical_null_count() > 0 {
                return Err(format!(
                    "column `{name}` has nulls, which its schema rules out"
                ));
            }
        }
        Ok(())
    }
}

fn guarded<T>(
    file: &InputFile,
    format: Format,
    action: impl FnOnce() -> Result<T, ConnectError>,
) -> Result<T, ConnectError> {
    guard(action).unwrap_or_else(|message| Err(file.malformed(format_noun(format), message)))
}

/// The format as in "a … file".
fn format_noun(format: Format) -> &'static str {
    match format {
        Format::Csv => "CSV",
        Format::Json => "JSON lines",
        Format::Parquet => "Parquet",
        Format::Arrow => "Arrow",
        Format::Arrows => "Arrow stream",
    }
}
