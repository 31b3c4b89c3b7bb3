//! A sink that is a folder of parts.

use std::collections::BTreeSet;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use stepwell_plan::{Compression, Format, SinkSpec, WriteMode};

use super::append::{check_file, mismatch, table_file};
use super::partitions::{PartitionError, Partitions, escape, without_partition_columns};
use super::schema::conform;
use super::settings::{FolderSettings, SinkSettings};
use super::table_writer::TableWriter;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::file_name::extension_format;
use crate::hint::{format_words, name_list};
use crate::sink::{Sink, SinkSummary, WrittenPart};
use crate::storage::{OldFile, OldFileKind, PlaceProblem, StagedFolder, join, write_failure};
use crate::write::{SharedOutput, TableFormat};

pub(super) struct FolderSink {
    dataset: Dataset,
    /// The path as the pipeline says it.
    path: String,
    mode: WriteMode,
    schema: SchemaRef,
    settings: FolderSettings,
    table: TableFormat,
    /// Gone once the folder is in its place, or after a failure. Files in it are closed before.
    staged: Option<StagedFolder>,
    /// What was there when the sink was opened.
    old: Vec<OldFile>,
    /// `None`: all rows are one partition.
    partitions: Option<Partitions>,
    /// By the position of the partition.
    writers: Vec<PartitionWriter>,
    rows: u64,
    parts: Vec<WrittenPart>,
    is_ready: bool,
}

/// The parts of one partition.
struct PartitionWriter {
    partition: String,
    /// The number of the next part.
    next_number: u64,
    current: Option<CurrentPart>,
}

struct CurrentPart {
    path: String,
    writer: TableWriter,
    rows: u64,
}

impl FolderSink {
    pub(super) fn open(
        dataset: Dataset,
        spec: &SinkSpec,
        schema: SchemaRef,
        settings: &SinkSettings,
        folder: &FolderSettings,
        full: &Path,
    ) -> Result<Self, ConnectError> {
        let failure = |error| write_failure(&dataset, &spec.path, error);
        let staged = StagedFolder::create(full).map_err(failure)?;
        let old = staged.old_files().map_err(failure)?;
        check_old_files(&dataset, spec, &settings.table, folder, full, &old)?;
        let mut sink = Self {
            path: spec.path.clone(),
            mode: spec.mode,
            schema,
            settings: folder.clone(),
            table: settings.table.clone(),
            staged: Some(staged),
            old,
            partitions: None,
            writers: Vec::new(),
            rows: 0,
            parts: Vec::new(),
            is_ready: false,
            dataset,
        };
        if folder.partition_by.is_empty() {
            sink.add_writer(String::new());
        } else {
            let partitions = Partitions::new(folder).map_err(|message| sink.encode(message))?;
            sink.partitions = Some(partitions);
        }
        Ok(sink)
    }

    fn encode(&self, message: String) -> ConnectError {
        ConnectError::Encode {
            dataset: self.dataset.clone(),
            path: self.path.clone(),
            message,
        }
    }

    fn write_failure(&self, error: std::io::Error) -> ConnectError {
        write_failure(&self.dataset, &self.path, error)
    }

    fn ended(&self) -> ConnectError {
        self.encode("the sink has failed or ended before".to_owned())
    }

    fn staged(&self) -> Result<&StagedFolder, ConnectError> {
        self.staged.as_ref().ok_or_else(|| self.ended())
    }

    /// Takes back what was written.
    fn take_back(&mut self) {
        self.writers.clear();
        self.staged = None;
    }

    fn add_writer(&mut self, partition: String) {
        let number = |file: &OldFile| file.number().map(|number| number + 1);
        let next_number = match self.mode {
            WriteMode::Append => self
                .old
                .iter()
                .filter(|file| file.partition == partition)
                .filter_map(number)
                .max()
                .unwrap_or(0),
            _ => 0,
        };
        self.writers.push(PartitionWriter {
            partition,
            next_number,
            current: None,
        });
    }

    fn try_write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        let Some(partitions) = &mut self.partitions else {
            return self.write_rows(0, batch);
        };
        let split = match partitions.split(batch) {
            Ok(split) => split,
            Err(PartitionError::TooMany(partition)) => {
                return Err(ConnectError::TooManyPartitions {
                    dataset: self.dataset.clone(),
                    path: self.path.clone(),
                    limit: self.settings.max_partitions,
                    partition,
                });
            }
            Err(PartitionError::Arrow(message)) => return Err(self.encode(message)),
        };
        for (position, rows) in split {
            if position == self.writers.len() {
                let path = self
                    .partitions
                    .as_ref()
                    .map(|all| all.path(position).to_owned());
                self.add_writer(path.unwrap_or_default());
            }
            let rows = without_partition_columns(&rows, &self.settings)
                .map_err(|message| self.encode(message))?;
            self.write_rows(position, &rows)?;
        }
        Ok(())
    }

    /// Writes rows of one partition, and starts a new part wherever one is full.
    fn write_rows(&mut self, position: usize, rows: &RecordBatch) -> Result<(), ConnectError> {
        let limit = self.settings.rows_per_file.unwrap_or(u64::MAX);
        let mut start = 0;
        while start < rows.num_rows() {
            if self.writers[position].current.is_none() {
                self.start_part(position)?;
            }
            let Some(part) = &mut self.writers[position].current else {
                return Err(self.ended());
            };
            let room = usize::try_from(limit - part.rows).unwrap_or(usize::MAX);
            let taken = room.min(rows.num_rows() - start);
            part.writer.write(&rows.slice(start, taken))?;
            part.rows += taken as u64;
            start += taken;
            if part.rows == limit {
                self.finish_part(position)?;
            }
        }
        Ok(())
    }

    fn start_part(&mut self, position: usize) -> Result<(), ConnectError> {
        let writer = &self.writers[position];
        let name = format!("part-{:05}.{}", writer.next_number, extension(&self.table));
        let path = join(&writer.partition, &name);
        let output = self
            .staged()?
            .part(&path)
            .map_err(|error| self.write_failure(error))?;
        let table = TableWriter::start(
            &self.dataset,
            &format!("{}{path}", self.path),
            SharedOutput::new(output),
            &self.settings.file_schema,
            &self.table,
        )?;
        let writer = &mut self.writers[position];
        writer.next_number += 1;
        writer.current = Some(CurrentPart {
            path,
            writer: table,
            rows: 0,
        });
        Ok(())
    }

    fn finish_part(&mut self, position: usize) -> Result<(), ConnectError> {
        if let Some(mut part) = self.writers[position].current.take() {
            let output = part.writer.finish()?;
            self.parts.push(WrittenPart {
                path: part.path,
                rows: part.rows,
                bytes: output.bytes(),
            });
        }
        Ok(())
    }

    fn try_prepare(&mut self) -> Result<(), ConnectError> {
        let failure = |error| write_failure(&self.dataset, &self.path, error);
        // Others may have changed what stays.
        let old = self.staged()?.old_files().map_err(failure)?;
        let written: BTreeSet<&str> = self
            .writers
            .iter()
            .map(|writer| writer.partition.as_str())
            .collect();
        let kept: Vec<OldFile> = old
            .into_iter()
            .filter(|file| is_kept(self.mode, file, &written))
            .collect();
        let is_table = |file: &OldFile| file.kind == OldFileKind::Part;
        if self.partitions.is_none() && self.rows == 0 && !kept.iter().any(is_table) {
            // A table without rows has columns still.
            self.start_part(0)?;
        }
        for position in 0..self.writers.len() {
            self.finish_part(position)?;
        }
        let staged = self.staged()?;
        for file in &kept {
            staged
                .keep(file)
                .map_err(|error| self.write_failure(error))?;
        }
        staged.sync().map_err(|error| self.write_failure(error))
    }
}

impl Sink for FolderSink {
    fn write(&mut self, batch: &RecordBatch) -> Result<(), ConnectError> {
        let batch = conform(&self.dataset, &self.schema, batch)?;
        if self.is_ready || self.staged.is_none() {
            return Err(self.ended());
        }
        self.try_write(&batch).inspect_err(|_| self.take_back())?;
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    fn prepare(&mut self) -> Result<(), ConnectError> {
        if !self.is_ready {
            self.try_prepare().inspect_err(|_| self.take_back())?;
            self.is_ready = true;
        }
        Ok(())
    }

    fn parts(&self) -> &[WrittenPart] {
        &self.parts
    }

    fn finish(mut self: Box<Self>) -> Result<SinkSummary, ConnectError> {
        self.prepare()?;
        let staged = self.staged.take().ok_or_else(|| self.ended())?;
        let path = staged.path().to_owned();
        staged
            .commit(self.mode == WriteMode::Error)
            .map_err(|error| self.write_failure(error))?;
        Ok(SinkSummary {
            rows: self.rows,
            bytes: self.parts.iter().map(|part| part.bytes).sum(),
            path,
            parts: std::mem::take(&mut self.parts),
        })
    }

    fn abort(self: Box<Self>) {}
}

/// Whether a file stays beside the new parts.
fn is_kept(mode: WriteMode, file: &OldFile, written: &BTreeSet<&str>) -> bool {
    match (mode, file.kind) {
        // It speaks of the table as it was.
        (_, OldFileKind::Remark) => false,
        (WriteMode::Append, _) => true,
        (WriteMode::OverwritePartitions, OldFileKind::Hidden) => true,
        (WriteMode::OverwritePartitions, _) => !written.contains(file.partition.as_str()),
        (WriteMode::Overwrite, OldFileKind::Hidden) => file.partition.is_empty(),
        (WriteMode::Overwrite | WriteMode::Error, _) => false,
    }
}

/// Whether what is at a folder's place goes with the sink's mode.
pub(super) fn check_old_files(
    dataset: &Dataset,
    spec: &SinkSpec,
    table: &TableFormat,
    folder: &FolderSettings,
    full: &Path,
    old: &[OldFile],
) -> Result<(), ConnectError> {
    let problem = |problem: PlaceProblem| write_failure(dataset, &spec.path, problem.into());
    let data = |file: &&OldFile| file.kind == OldFileKind::Data;
    match spec.mode {
        WriteMode::Error if !old.is_empty() => Err(problem(PlaceProblem::Exists)),
        WriteMode::Error => Ok(()),
        WriteMode::Overwrite => match old.iter().find(data) {
            Some(file) => Err(problem(PlaceProblem::Foreign { found: file.path() })),
            None => Ok(()),
        },
        WriteMode::OverwritePartitions => {
            if let Some(file) = old.iter().find(data) {
                return Err(problem(PlaceProblem::Foreign { found: file.path() }));
            }
            check_neighbours(dataset, spec, table, folder, full, old)
        }
        WriteMode::Append => check_neighbours(dataset, spec, table, folder, full, old),
    }
}

/// Whether new parts can stand beside those that stay.
fn check_neighbours(
    dataset: &Dataset,
    spec: &SinkSpec,
    table: &TableFormat,
    folder: &FolderSettings,
    full: &Path,
    old: &[OldFile],
) -> Result<(), ConnectError> {
    let refuse = |difference: String| Err(mismatch(dataset, &spec.path, vec![difference]));
    let is_table = |file: &&OldFile| matches!(file.kind, OldFileKind::Part | OldFileKind::Data);
    let mut old = old.iter().filter(is_table).peekable();
    let Some(first) = old.peek().copied() else {
        return Ok(());
    };
    let expected: Vec<String> = folder
        .partition_names
        .iter()
        .map(|name| escape(name))
        .collect();
    for file in old {
        let found = partition_columns(&file.partition);
        if found != expected {
            let words = |names: &[String]| match names {
                [] => "not partitioned".to_owned(),
                names => format!("partitioned by {}", name_list(names)),
            };
            let (found, expected) = (words(&found), words(&expected));
            return refuse(format!(
                "`{}` is {found}, and the rows are {expected}",
                file.path()
            ));
        }
        let format = extension_format(&file.name).map(|named| named.format);
        if let Some(format) = format.filter(|format| *format != table.format) {
            let (found, expected) = (format_words(format), format_words(table.format));
            return refuse(format!(
                "`{}` is {found}, and the new parts would be {expected}",
                file.path()
            ));
        }
    }
    let named = extension_format(&first.name);
    let mut table = table.clone();
    table.compression = named.map_or(Compression::None, |named| named.compression);
    let file = table_file(dataset, &first.path(), &full.join(first.path()), &table);
    check_file(dataset, &spec.path, &file, &folder.file_schema).map(drop)
}

/// The columns that a partition's path names.
fn partition_columns(partition: &str) -> Vec<String> {
    partition
        .split('/')
        .filter_map(|part| Some(part.split_once('=')?.0.to_owned()))
        .collect()
}

/// The extension of the format, with that of the compression of the whole file.
fn extension(table: &TableFormat) -> String {
    let format = match table.format {
        Format::Csv if table.dialect.delimiter == b'\t' => "tsv",
        Format::Csv => "csv",
        Format::Json => "jsonl",
        Format::Parquet => "parquet",
        Format::Arrow => "arrow",
        Format::Arrows => "arrows",
    };
    let is_whole = matches!(table.format, Format::Csv | Format::Json | Format::Arrows);
    match table.compression {
        Compression::Gzip if is_whole => format!("{format}.gz"),
        Compression::Zstd if is_whole => format!("{format}.zst"),
        _ => format.to_owned(),
    }
}
