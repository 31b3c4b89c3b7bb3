//! From a sink's entry in the pipeline file to what writes it.

use std::path::PathBuf;

use arrow_schema::{Schema, SchemaRef};
use stepwell_plan::SinkSpec;

use super::file::FileSink;
use super::folder::{FolderSink, check_old_files};
use super::settings::{SinkPlace, SinkSettings};
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::sink::{Sink, SinkOptions};
use crate::storage::{Location, check_place, old_files, write_failure};
use crate::write::check_columns;

/// Opens a sink for batches of this schema. A local file or folder is started beside its place at once, so that a
/// place that cannot be written, or that another run writes, is found before any work is done.
///
/// The format is the pipeline's word or the extension's; `-` is CSV and a folder of parts is Parquet if the pipeline
/// says nothing. Parquet is compressed with Zstandard if the pipeline says nothing.
///
/// # Errors
/// The format is not known or cannot hold a column, settings contradict each other, what is at the place does not go
/// with the sink's mode, or nothing can be written there.
pub fn open_sink(
    name: &str,
    spec: &SinkSpec,
    schema: SchemaRef,
    options: &SinkOptions,
) -> Result<Box<dyn Sink>, ConnectError> {
    let dataset = Dataset::Sink(name.into());
    let location = options
        .storage
        .locate(&dataset, &options.base_dir, &spec.path)?;
    let settings = SinkSettings::new(&dataset, spec, &schema, &location)?;
    match &settings.place {
        SinkPlace::File => {
            check_columns(&dataset, &settings.table, &schema)?;
            Ok(Box::new(FileSink::open(
                dataset, spec, schema, &settings, options,
            )?))
        }
        SinkPlace::Folder(folder) => {
            check_columns(&dataset, &settings.table, &folder.file_schema)?;
            let full = local_path(location);
            Ok(Box::new(FolderSink::open(
                dataset, spec, schema, &settings, folder, &full,
            )?))
        }
    }
}

/// Whether a sink can take batches of this schema, as far as it can be told without writing.
///
/// # Errors
/// As for [`open_sink`].
pub fn check_sink(
    name: &str,
    spec: &SinkSpec,
    schema: &Schema,
    options: &SinkOptions,
) -> Result<(), ConnectError> {
    let dataset = Dataset::Sink(name.into());
    let location = options
        .storage
        .locate(&dataset, &options.base_dir, &spec.path)?;
    let settings = SinkSettings::new(&dataset, spec, schema, &location)?;
    match &settings.place {
        SinkPlace::File => {
            check_columns(&dataset, &settings.table, schema)?;
            check_place(&dataset, options, &spec.path, spec.mode)
        }
        SinkPlace::Folder(folder) => {
            check_columns(&dataset, &settings.table, &folder.file_schema)?;
            let full = local_path(location);
            let old =
                old_files(&full).map_err(|error| write_failure(&dataset, &spec.path, error))?;
            check_old_files(&dataset, spec, &settings.table, folder, &full, &old)
        }
    }
}

/// Folders of parts are local: settings have seen to that.
fn local_path(location: Location) -> PathBuf {
    match location {
        Location::Local(full) => full,
        Location::Standard | Location::Remote(_) => PathBuf::new(),
    }
}
