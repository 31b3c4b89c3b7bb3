//! Rows after those that a file has already: a copy of it goes first, so that the file itself changes once, at the
//! end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Schema, SchemaRef};
use stepwell_plan::{Compression, Format};

use super::table_writer::TableWriter;
use crate::compression::{Compressor, decompress, stream_failure};
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::hint::name_list;
use crate::read::columns::schema_differences;
use crate::read::{self, ReadContext, ReadRequest, TableFile};
use crate::storage::{InputFile, write_failure};
use crate::write::{SharedOutput, TableFormat};

/// Rows that are decoded at a time, at most.
const DECODE_ROWS: usize = 65_536;

/// Copies a file that holds something to an output, and starts to write after it.
///
/// # Errors
/// The file has other columns, or cannot be read.
pub(super) fn append_to(
    dataset: &Dataset,
    path: &str,
    old: &Path,
    mut output: SharedOutput,
    schema: &SchemaRef,
    table: &TableFormat,
) -> Result<TableWriter, ConnectError> {
    let file = table_file(dataset, path, old, table);
    let found = check_file(dataset, path, &file, schema)?;
    if table.format == Format::Arrows {
        let differences = schema_differences(schema, &found);
        if !differences.is_empty() {
            return Err(mismatch(dataset, path, differences));
        }
        // Its end is marked, so that nothing can come after it.
        let mut writer = TableWriter::start(dataset, path, output, schema, table)?;
        copy_rows(&file, &found, schema, &mut writer)?;
        return Ok(writer);
    }
    let copied = copy_text(&file, old, &mut output);
    if let Err(error) = copied {
        let failure = output.take_failure();
        if let Some(output) = output.close() {
            output.abort();
        }
        return Err(match failure {
            Some(failure) => write_failure(dataset, path, failure),
            None => error,
        });
    }
    let mut table = table.clone();
    table.dialect.header = false;
    TableWriter::start(dataset, path, output, schema, &table)
}

/// Whether rows of this schema can stand beside those of a file.
///
/// # Errors
/// They cannot, or the file cannot be read.
pub(super) fn check_file(
    dataset: &Dataset,
    path: &str,
    file: &TableFile,
    schema: &Schema,
) -> Result<Schema, ConnectError> {
    let context = context(dataset);
    let found = read::probe(&context, file, 1)?.schema;
    // An object says its keys itself, and the names of numbered columns are nobody's.
    let names = |schema: &Schema| -> Vec<String> {
        let fields = schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    };
    let (old, new) = (names(&found), names(schema));
    match file.format {
        Format::Json => Ok(found),
        Format::Csv if !file.dialect.header && old.len() == new.len() => Ok(found),
        _ if old != new => {
            let (old, new) = (name_list(&old), name_list(&new));
            let label = &file.input.label;
            let difference = format!("`{label}` has the columns {old}, and the rows have {new}");
            Err(mismatch(dataset, path, vec![difference]))
        }
        Format::Csv => Ok(found),
        _ => match schema_differences(&nullable(schema), &found) {
            differences if differences.is_empty() => Ok(found),
            differences => Err(mismatch(dataset, path, differences)),
        },
    }
}

pub(super) fn mismatch(dataset: &Dataset, path: &str, differences: Vec<String>) -> ConnectError {
    ConnectError::AppendMismatch {
        dataset: dataset.clone(),
        path: path.to_owned(),
        differences,
    }
}

/// What a file of a sink is to those who read it.
pub(super) fn table_file(
    dataset: &Dataset,
    label: &str,
    path: &Path,
    table: &TableFormat,
) -> TableFile {
    TableFile {
        input: InputFile::local(dataset, label, path),
        format: table.format,
        compression: match table.format {
            Format::Parquet | Format::Arrow => Compression::None,
            _ => table.compression,
        },
        dialect: table.dialect.clone(),
    }
}

fn context(dataset: &Dataset) -> ReadContext {
    ReadContext {
        dataset: dataset.clone(),
        types: Default::default(),
        sample_rows: 1,
    }
}

/// Old rows may have nulls where new ones have none.
fn nullable(schema: &Schema) -> Schema {
    let fields = schema.fields().iter();
    let fields: Vec<_> = fields
        .map(|field| field.as_ref().clone().with_nullable(true))
        .collect();
    Schema::new(fields)
}

/// Copies text as it is. What follows starts on a line of its own; where the text is compressed, it becomes another
/// member of the file.
fn copy_text(file: &TableFile, old: &Path, output: &mut SharedOutput) -> Result<(), ConnectError> {
    let failure = |error| stream_failure(&file.input, file.compression, error);
    let last = last_byte(file, old)?;
    let mut stream = file.input.stream(&Arc::default())?;
    io::copy(&mut stream, output).map_err(failure)?;
    if last.is_some_and(|byte| byte != b'\n') {
        let mut line_end = Compressor::new(output, file.compression).map_err(failure)?;
        line_end.write_all(b"\n").map_err(failure)?;
        line_end.finish().map_err(failure)?;
    }
    Ok(())
}

/// The last byte of a text. One that is compressed is read for it to its end, which shows besides that it is whole.
fn last_byte(file: &TableFile, old: &Path) -> Result<Option<u8>, ConnectError> {
    if file.compression == Compression::None {
        let read = || {
            let mut plain = File::open(old)?;
            plain.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            plain.read_exact(&mut last)?;
            Ok(Some(last[0]))
        };
        return read().map_err(|error| file.input.failure(error));
    }
    let stream = file.input.stream(&Arc::default())?;
    let mut stream = decompress(&file.input, stream, file.compression)?;
    let mut buffer = vec![0; read::READ_BYTES];
    let mut last = None;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(last),
            Ok(read) => last = Some(buffer[read - 1]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(stream_failure(&file.input, file.compression, error)),
        }
    }
}

/// Writes the rows of an Arrow stream anew.
fn copy_rows(
    file: &TableFile,
    found: &Schema,
    schema: &SchemaRef,
    writer: &mut TableWriter,
) -> Result<(), ConnectError> {
    let request = ReadRequest {
        context: Arc::new(context(&file.input.dataset)),
        projection: (0..found.fields().len()).collect(),
        schema: Arc::new(found.clone()),
        first_file: file.input.label.clone(),
        sampled_rows: None,
        decode_rows: DECODE_ROWS,
        bytes_read: Arc::default(),
    };
    let mut reader = read::open(request, file)?;
    while let Some(rows) = reader.next_rows()? {
        let options = RecordBatchOptions::new().with_row_count(Some(rows.rows));
        let batch = RecordBatch::try_new_with_options(schema.clone(), rows.columns, &options)
            .map_err(|error| file.input.malformed("Arrow stream", error.to_string()))?;
        writer.write(&batch)?;
    }
    Ok(())
}
