//! What a sink's entry in the pipeline file asks for, checked.

use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use stepwell_plan::{Compression, Format, SinkSpec, WriteMode};

use crate::csv_dialect::CsvDialect;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::file_name::{extension_compression, extension_format};
use crate::hint::{closest_names, format_words, name_list};
use crate::storage::Location;
use crate::type_name::type_name;
use crate::write::TableFormat;

use super::partitions::can_partition;

/// How many partitions one run may write where the pipeline does not say.
const MAX_PARTITIONS: u64 = 1024;

/// How a sink writes.
pub(super) struct SinkSettings {
    pub(super) table: TableFormat,
    pub(super) place: SinkPlace,
}

/// What a sink writes to.
pub(super) enum SinkPlace {
    File,
    Folder(FolderSettings),
}

/// How a folder of parts is written.
#[derive(Debug, Clone)]
pub(super) struct FolderSettings {
    pub(super) rows_per_file: Option<u64>,
    /// Columns to partition by, as positions in the schema.
    pub(super) partition_by: Vec<usize>,
    /// Their names.
    pub(super) partition_names: Vec<String>,
    pub(super) max_partitions: u64,
    /// The columns of the files, as positions in the schema.
    pub(super) file_columns: Vec<usize>,
    pub(super) file_schema: SchemaRef,
}

/// The text of a setting that cannot be used, and what to do.
struct Refusal<'a> {
    dataset: &'a Dataset,
}

impl Refusal<'_> {
    fn of(&self, key: &[&str], message: String, hint: &str) -> ConnectError {
        ConnectError::InvalidOption {
            dataset: self.dataset.clone(),
            key: key.iter().map(|key| (*key).to_owned()).collect(),
            message,
            hint: Some(hint.to_owned()),
        }
    }
}

impl SinkSettings {
    pub(super) fn new(
        dataset: &Dataset,
        spec: &SinkSpec,
        schema: &Schema,
        location: &Location,
    ) -> Result<Self, ConnectError> {
        let refusal = Refusal { dataset };
        let is_folder = spec.path.ends_with('/');
        let table = table_format(dataset, spec, is_folder)?;
        let place = if is_folder {
            if matches!(location, Location::Remote(_)) {
                return Err(refusal.of(
                    &["path"],
                    format!(
                        "`{}` is a folder of an object store, where parts cannot appear together",
                        spec.path
                    ),
                    "name one object, for example with the extension `.parquet`",
                ));
            }
            SinkPlace::Folder(folder_settings(&refusal, spec, schema)?)
        } else {
            check_no_folder_settings(&refusal, spec)?;
            check_file_mode(&refusal, spec, &table, location)?;
            SinkPlace::File
        };
        Ok(Self { table, place })
    }
}

fn check_no_folder_settings(refusal: &Refusal<'_>, spec: &SinkSpec) -> Result<(), ConnectError> {
    let given = [
        ("rows_per_file", spec.rows_per_file.is_some()),
        ("partition_by", !spec.partition_by.is_empty()),
        ("max_partitions", spec.max_partitions.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((key, _)) => Err(refusal.of(
            &[key],
            format!(
                "`{key}` is for folders of parts, and `{}` is none",
                spec.path
            ),
            "end `path` with `/` to write a folder of parts",
        )),
    }
}

fn check_file_mode(
    refusal: &Refusal<'_>,
    spec: &SinkSpec,
    table: &TableFormat,
    location: &Location,
) -> Result<(), ConnectError> {
    let name = spec.mode.name();
    match (spec.mode, location) {
        (WriteMode::Overwrite, _) | (WriteMode::Error, Location::Local(_) | Location::Remote(_)) => {
            Ok(())
        }
        (_, Location::Standard) => Err(refusal.of(
            &["mode"],
            format!("standard output cannot be written with `mode = \"{name}\"`"),
            "leave `mode` out, and let the shell append: `>> file`",
        )),
        (WriteMode::OverwritePartitions, _) => Err(refusal.of(
            &["mode"],
            "`mode = \"overwrite-partitions\"` is for folders with `partition_by`".to_owned(),
            "end `path` with `/` and set `partition_by`, or use another mode: `overwrite`, `append` or `error`",
        )),
        (WriteMode::Append, Location::Remote(_)) => Err(refusal.of(
            &["mode"],
            format!("`{}` is an object of a store, which cannot be appended to", spec.path),
            "write another object with each run, and read them together with a glob",
        )),
        (WriteMode::Append, Location::Local(_)) => match table.format {
            Format::Csv | Format::Json | Format::Arrows => Ok(()),
            format @ (Format::Parquet | Format::Arrow) => Err(refusal.of(
                &["mode"],
                format!("rows cannot be appended to a file of {}", format_words(format)),
                "end `path` with `/`: each run adds a part to the folder then; or write `.csv`, `.jsonl` or `.arrows`",
            )),
        },
    }
}

fn folder_settings(
    refusal: &Refusal<'_>,
    spec: &SinkSpec,
    schema: &Schema,
) -> Result<FolderSettings, ConnectError> {
    if spec.partition_by.is_empty() {
        if spec.mode == WriteMode::OverwritePartitions {
            return Err(refusal.of(
                &["mode"],
                "`mode = \"overwrite-partitions\"` needs `partition_by`".to_owned(),
                "name the columns to partition by, or use another mode: `overwrite`, `append` or `error`",
            ));
        }
        if spec.max_partitions.is_some() {
            return Err(refusal.of(
                &["max_partitions"],
                "`max_partitions` is given without `partition_by`".to_owned(),
                "leave it out, or name the columns to partition by",
            ));
        }
    }
    for (key, value) in [
        ("rows_per_file", spec.rows_per_file),
        ("max_partitions", spec.max_partitions),
    ] {
        if value == Some(0) {
            return Err(refusal.of(&[key], format!("`{key}` is 0"), "give at least 1"));
        }
    }
    let mut partition_by: Vec<usize> = Vec::new();
    for (position, name) in spec.partition_by.iter().enumerate() {
        let column = partition_column(refusal, schema, position, name)?;
        if partition_by.contains(&column) {
            return Err(refusal.of(
                &["partition_by", &position.to_string()],
                format!("`partition_by` names the column `{name}` twice"),
                "name each column once",
            ));
        }
        partition_by.push(column);
    }
    let file_columns: Vec<usize> = (0..schema.fields().len())
        .filter(|column| !partition_by.contains(column))
        .collect();
    if file_columns.is_empty() && !partition_by.is_empty() {
        return Err(refusal.of(
            &["partition_by"],
            "`partition_by` names every column, which leaves none for the files".to_owned(),
            "partition by fewer columns",
        ));
    }
    let file_schema = schema
        .project(&file_columns)
        .unwrap_or_else(|_| schema.clone());
    Ok(FolderSettings {
        rows_per_file: spec.rows_per_file,
        partition_by,
        partition_names: spec.partition_by.clone(),
        max_partitions: spec.max_partitions.unwrap_or(MAX_PARTITIONS),
        file_columns,
        file_schema: Arc::new(file_schema),
    })
}

fn partition_column(
    refusal: &Refusal<'_>,
    schema: &Schema,
    position: usize,
    name: &str,
) -> Result<usize, ConnectError> {
    let key = ["partition_by", &position.to_string()];
    let names = || schema.fields().iter().map(|field| field.name());
    let Some((column, field)) = schema.column_with_name(name) else {
        let closest = closest_names(name, names().map(String::as_str));
        let hint = match closest.first() {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!(
                "the columns are {}",
                name_list(&names().cloned().collect::<Vec<_>>())
            ),
        };
        let message =
            format!("`partition_by` names the column `{name}`, which the rows do not have");
        return Err(refusal.of(&key, message, &hint));
    };
    if can_partition(field.data_type()) {
        return Ok(column);
    }
    Err(refusal.of(
        &key,
        format!(
            "rows cannot be partitioned by column `{name}` of type `{}`",
            type_name(field.data_type())
        ),
        "partition by text, integers, booleans, decimals or dates; `std/derive` makes such a column of another",
    ))
}

fn table_format(
    dataset: &Dataset,
    spec: &SinkSpec,
    is_folder: bool,
) -> Result<TableFormat, ConnectError> {
    let refusal = Refusal { dataset };
    let named = extension_format(&spec.path);
    let format = match (spec.format, named) {
        (Some(format), _) => format,
        (None, Some(named)) => named.format,
        (None, None) if spec.path == "-" => Format::Csv,
        (None, None) if is_folder => Format::Parquet,
        (None, None) => {
            return Err(ConnectError::UnknownFormat {
                dataset: dataset.clone(),
                path: spec.path.clone(),
            });
        }
    };
    let of_whole_file = extension_compression(&spec.path);
    let compression = match (spec.compression, format) {
        (_, Format::Parquet | Format::Arrow) if of_whole_file != Compression::None => {
            return Err(refusal.of(
                &["path"],
                format!(
                    "`{}` would be compressed as a whole, which its format does not allow",
                    spec.path
                ),
                "drop the last extension; Parquet and Arrow files are compressed within, by `compression`",
            ));
        }
        (Some(Compression::Gzip), Format::Arrow) => {
            return Err(refusal.of(
                &["compression"],
                "the Arrow file format cannot be compressed with gzip".to_owned(),
                "use `zstd`, or write `.arrows.gz`",
            ));
        }
        (Some(compression), _) => compression,
        (None, Format::Parquet) => Compression::Zstd,
        (None, _) => of_whole_file,
    };
    if spec.csv.is_some() && format != Format::Csv {
        return Err(refusal.of(
            &["csv"],
            "`csv` is given, but the format is another".to_owned(),
            "leave `csv` out, or set `format` to `csv`",
        ));
    }
    Ok(TableFormat {
        format,
        compression,
        dialect: CsvDialect::new(
            dataset,
            spec.csv.as_ref(),
            named.and_then(|named| named.delimiter),
        )?,
    })
}
