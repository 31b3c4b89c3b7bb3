//! Opening a source: its files, their format, its schema.

use std::collections::BTreeMap;

use arrow_schema::{DataType, Field, Schema};
use stepwell_plan::{Compression, Format, Paths, SourceSpec};

use crate::csv_dialect::CsvDialect;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::files::FilesSource;
use crate::read::columns::schema_differences;
use crate::read::merge::{merge_types, settle_field};
use crate::read::{Probe, ReadContext, TableFile, detect, probe};
use crate::source::{OpenOptions, Source};
use crate::storage::{InputFile, list};
use crate::type_name::{parse_type, type_name};

/// How many rows are looked at to infer types, if the pipeline does not say.
const SAMPLE_ROWS: usize = 10_000;
/// How many files of a source are looked into when it is opened; the columns of others are checked when they are
/// reached.
const PROBED_FILES: usize = 64;
/// How many rows of each of several files are looked at, at least.
const SAMPLE_ROWS_PER_FILE: usize = 100;

/// Opens a source: finds its files and its schema. Of CSV and JSON lines a sample of the rows is read for that, of
/// other formats none.
///
/// Opening a source to check a pipeline and opening it again to run is fine, standard input included.
///
/// # Errors
/// There is no such file, it is not of its format, its options contradict each other, or the sample shows that it
/// cannot be read.
pub fn open_source(
    name: &str,
    spec: &SourceSpec,
    options: &OpenOptions,
) -> Result<Box<dyn Source>, ConnectError> {
    let dataset = Dataset::Source(name.into());
    let context = ReadContext {
        types: given_types(&dataset, spec)?,
        sample_rows: sample_rows(&dataset, spec)?,
        dataset,
    };
    let paths = match &spec.path {
        Paths::One(path) => std::slice::from_ref(path),
        Paths::Many(paths) => paths,
    };
    if paths.is_empty() {
        let hint = "name at least one file".to_owned();
        return Err(invalid(
            &context.dataset,
            &["path"],
            "`path` names no file".to_owned(),
            Some(hint),
        ));
    }
    let inputs = list(&context.dataset, options, paths)?;
    let files = with_formats(&context.dataset, spec, inputs)?;
    check_options(&context.dataset, spec, files[0].format)?;
    let table = find_schema(&context, &files)?;
    Ok(Box::new(FilesSource::new(context, files, table, options)))
}

/// What the files of a source have in common.
pub(crate) struct TableSchema {
    pub(crate) schema: Schema,
    /// How many rows the types were inferred from; `None`: the files say their types.
    pub(crate) sampled_rows: Option<usize>,
    /// The number of rows, if all files say it.
    pub(crate) rows: Option<u64>,
}

fn invalid(dataset: &Dataset, key: &[&str], message: String, hint: Option<String>) -> ConnectError {
    ConnectError::InvalidOption {
        dataset: dataset.clone(),
        key: key.iter().map(|key| (*key).to_owned()).collect(),
        message,
        hint,
    }
}

fn given_types(
    dataset: &Dataset,
    spec: &SourceSpec,
) -> Result<BTreeMap<String, DataType>, ConnectError> {
    spec.types
        .iter()
        .map(|(column, text)| match parse_type(text) {
            Ok(data_type) => Ok((column.clone(), data_type)),
            Err(error) => Err(invalid(
                dataset,
                &["types", column],
                format!("the type of column `{column}`: {error}"),
                Some("for example `utf8`, `int64`, `float64`, `boolean`, `date32` or `timestamp(us)`".to_owned()),
            )),
        })
        .collect()
}

fn sample_rows(dataset: &Dataset, spec: &SourceSpec) -> Result<usize, ConnectError> {
    match spec.sample_rows {
        Some(0) => Err(invalid(
            dataset,
            &["sample_rows"],
            "`sample_rows` is 0".to_owned(),
            Some("types cannot be inferred from no rows; leave it out for 10,000".to_owned()),
        )),
        given => Ok(given.unwrap_or(SAMPLE_ROWS)),
    }
}

fn with_formats(
    dataset: &Dataset,
    spec: &SourceSpec,
    inputs: Vec<InputFile>,
) -> Result<Vec<TableFile>, ConnectError> {
    let mut files = Vec::with_capacity(inputs.len());
    for input in inputs {
        let detected = detect(&input, spec)?;
        if detected.compression != Compression::None
            && matches!(detected.format, Format::Parquet | Format::Arrow)
        {
            return Err(invalid(
                dataset,
                &["compression"],
                format!("`{}` cannot be read compressed as a whole", input.label),
                Some(
                    "Parquet and Arrow files are compressed within: decompress the file".to_owned(),
                ),
            ));
        }
        files.push(TableFile {
            dialect: CsvDialect::new(dataset, spec.csv.as_ref(), detected.delimiter)?,
            format: detected.format,
            compression: detected.compression,
            input,
        });
    }
    let mut formats: Vec<String> = Vec::new();
    for file in &files {
        let name = format_name(file.format).to_owned();
        if !formats.contains(&name) {
            formats.push(name);
        }
    }
    if formats.len() > 1 {
        let path = match &spec.path {
            Paths::One(path) => path.clone(),
            Paths::Many(paths) => paths.join(", "),
        };
        return Err(ConnectError::SeveralFormats {
            dataset: dataset.clone(),
            path,
            formats,
        });
    }
    Ok(files)
}

/// The name of a format in a pipeline file.
fn format_name(format: Format) -> &'static str {
    match format {
        Format::Csv => "csv",
        Format::Json => "json",
        Format::Parquet => "parquet",
        Format::Arrow => "arrow",
        Format::Arrows => "arrows",
    }
}

fn check_options(dataset: &Dataset, spec: &SourceSpec, format: Format) -> Result<(), ConnectError> {
    let name = format_name(format);
    if spec.csv.is_some() && format != Format::Csv {
        let message = format!("`csv` is given, but the format is `{name}`");
        let hint = "leave `csv` out, or set `format` to `csv`".to_owned();
        return Err(invalid(dataset, &["csv"], message, Some(hint)));
    }
    let is_inferred = matches!(format, Format::Csv | Format::Json);
    if !spec.types.is_empty() && !is_inferred {
        let message = format!("`types` is given, but files of the format `{name}` say their types");
        let hint = "leave `types` out, and change types with the step `std/cast`".to_owned();
        return Err(invalid(dataset, &["types"], message, Some(hint)));
    }
    Ok(())
}

fn find_schema(context: &ReadContext, files: &[TableFile]) -> Result<TableSchema, ConnectError> {
    let probed = &files[..files.len().min(PROBED_FILES)];
    let sample_rows = match probed.len() {
        1 => context.sample_rows,
        count => (context.sample_rows / count)
            .max(SAMPLE_ROWS_PER_FILE)
            .min(context.sample_rows),
    };
    let first = probe(context, &probed[0], sample_rows)?;
    check_type_names(context, &probed[0], &first.schema)?;
    let mut table = TableSchema {
        schema: first.schema,
        sampled_rows: first.sampled_rows,
        rows: first.rows,
    };
    for file in &probed[1..] {
        let found = probe(context, file, sample_rows)?;
        add_file(context, &files[0], file, &mut table, found)?;
    }
    if files.len() > probed.len() {
        table.rows = None;
    }
    if table.sampled_rows.is_some() {
        let settled: Vec<Field> = table
            .schema
            .fields()
            .iter()
            .map(|field| match context.types.contains_key(field.name()) {
                true => field.as_ref().clone(),
                false => settle_field(field),
            })
            .collect();
        table.schema = Schema::new(settled);
    }
    Ok(table)
}

/// Takes the columns of one more file into a source's schema.
fn add_file(
    context: &ReadContext,
    first: &TableFile,
    file: &TableFile,
    table: &mut TableSchema,
    found: Probe,
) -> Result<(), ConnectError> {
    let mismatch = |differences| ConnectError::SchemaMismatch {
        dataset: context.dataset.clone(),
        file: file.input.label.clone(),
        first_file: first.input.label.clone(),
        differences,
    };
    let mut fields: Vec<Field> = table
        .schema
        .fields()
        .iter()
        .map(|field| field.as_ref().clone())
        .collect();
    let mut expected = table.schema.clone();
    let is_inferred = found.sampled_rows.is_some();
    for other in found.schema.fields() {
        let Some(field) = fields.iter_mut().find(|field| field.name() == other.name()) else {
            // Objects may lack keys, so that other files may have more of them.
            if file.format == Format::Json {
                fields.push(other.as_ref().clone());
            }
            continue;
        };
        if is_inferred {
            let merged = merge_types(field.data_type(), other.data_type()).ok_or_else(|| {
                let (name, other) = (field.name(), type_name(other.data_type()));
                mismatch(vec![format!(
                    "`{name}` is `{other}` instead of `{}`",
                    type_name(field.data_type())
                )])
            })?;
            field.set_data_type(merged);
        } else if other.is_nullable() {
            field.set_nullable(true);
        }
    }
    let merged = Schema::new_with_metadata(fields, table.schema.metadata().clone());
    if file.format != Format::Json {
        // Types that were merged do not differ; names and declared types may.
        expected = match is_inferred {
            true => expected,
            false => merged.clone(),
        };
        let found_schema = match is_inferred {
            true => with_types_of(&found.schema, &expected),
            false => found.schema,
        };
        let differences = schema_differences(&expected, &found_schema);
        if !differences.is_empty() {
            return Err(mismatch(differences));
        }
    }
    table.schema = merged;
    table.sampled_rows = table
        .sampled_rows
        .zip(found.sampled_rows)
        .map(|(a, b)| a + b);
    table.rows = table.rows.zip(found.rows).map(|(a, b)| a + b);
    Ok(())
}

/// The names of one schema with the types of another, so that only their names can differ.
fn with_types_of(names: &Schema, types: &Schema) -> Schema {
    let fields: Vec<Field> = names
        .fields()
        .iter()
        .map(|field| match types.field_with_name(field.name()) {
            Ok(typed) => typed.clone(),
            Err(_) => field.as_ref().clone(),
        })
        .collect();
    Schema::new(fields)
}

fn check_type_names(
    context: &ReadContext,
    file: &TableFile,
    schema: &Schema,
) -> Result<(), ConnectError> {
    let columns = || schema.fields().iter().map(|field| field.name().clone());
    match context
        .types
        .keys()
        .find(|name| !columns().any(|column| column == **name))
    {
        None => Ok(()),
        Some(name) => Err(ConnectError::UnknownColumn {
            dataset: context.dataset.clone(),
            file: file.input.label.clone(),
            column: name.clone(),
            columns: columns().collect(),
        }),
    }
}
