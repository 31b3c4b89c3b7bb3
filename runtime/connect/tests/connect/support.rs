//! A folder of files, and short ways to read and write in it.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_cast::pretty::pretty_format_batches;
use arrow_schema::SchemaRef;
use serde_json::Value;
use stepwell_connect::{
    ConnectError, OpenOptions, SinkOptions, SinkSummary, Source, SourceBatch, open_sink,
    open_source,
};
use stepwell_plan::{SinkSpec, SourceSpec, type_name};
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, with its folders.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
        self
    }

    /// All files, hidden ones too, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        fn walk(folder: &std::path::Path, prefix: &str, names: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    names.push(format!("{name}/"));
                    walk(&entry.path(), &format!("{name}/"), names);
                } else {
                    names.push(name);
                }
            }
        }
        let mut names = Vec::new();
        walk(self.0.path(), "", &mut names);
        names.sort();
        names
    }

    pub(crate) fn open_options(&self) -> OpenOptions {
        OpenOptions {
            base_dir: self.0.path().to_owned(),
            ..OpenOptions::default()
        }
    }

    pub(crate) fn sink_options(&self) -> SinkOptions {
        SinkOptions {
            base_dir: self.0.path().to_owned(),
            ..SinkOptions::default()
        }
    }

    pub(crate) fn open(&self, spec: Value) -> Result<Box<dyn Source>, ConnectError> {
        open_source("t", &source_spec(spec), &self.open_options())
    }

    /// The schema and the rows as text, or the error.
    pub(crate) fn show(&self, spec: Value) -> String {
        show(self.open(spec)).replace(&self.0.path().display().to_string(), "<folder>")
    }

    pub(crate) fn write(
        &self,
        spec: Value,
        batches: &[RecordBatch],
    ) -> Result<SinkSummary, ConnectError> {
        write(spec, batches, &self.sink_options())
    }

    /// An error of writing as text.
    pub(crate) fn write_error(&self, spec: Value, batches: &[RecordBatch]) -> String {
        let error = self.write(spec, batches).unwrap_err();
        show_error(&error).replace(&self.0.path().display().to_string(), "<folder>")
    }
}

pub(crate) fn source_spec(spec: Value) -> SourceSpec {
    serde_json::from_value(spec).unwrap()
}

pub(crate) fn sink_spec(spec: Value) -> SinkSpec {
    serde_json::from_value(spec).unwrap()
}

pub(crate) fn write(
    spec: Value,
    batches: &[RecordBatch],
    options: &SinkOptions,
) -> Result<SinkSummary, ConnectError> {
    let mut sink = open_sink("s", &sink_spec(spec), batches[0].schema(), options)?;
    for batch in batches {
        sink.write(batch)?;
    }
    sink.finish()
}

pub(crate) fn read_all(source: &mut dyn Source) -> Result<Vec<SourceBatch>, ConnectError> {
    let mut batches = Vec::new();
    while let Some(batch) = source.next_batch()? {
        batches.push(batch);
    }
    Ok(batches)
}

/// All rows of a source as one batch.
pub(crate) fn collect(source: &mut dyn Source) -> Result<RecordBatch, ConnectError> {
    let schema = source.schema();
    let batches = read_all(source)?;
    Ok(concat(&schema, &batches))
}

pub(crate) fn concat(schema: &SchemaRef, batches: &[SourceBatch]) -> RecordBatch {
    let batches: Vec<RecordBatch> = batches
        .iter()
        .map(|batch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.rows));
            RecordBatch::try_new_with_options(schema.clone(), batch.columns.clone(), &options)
                .unwrap()
        })
        .collect();
    arrow_select::concat::concat_batches(schema, &batches).unwrap()
}

pub(crate) fn show(source: Result<Box<dyn Source>, ConnectError>) -> String {
    let read = source.and_then(|mut source| collect(source.as_mut()));
    match read {
        Ok(batch) => {
            let schema = batch
                .schema()
                .fields()
                .iter()
                .map(|field| format!("{}: {}", field.name(), type_name(field.data_type())))
                .collect::<Vec<_>>()
                .join(", ");
            format!("{schema}\n{}", pretty_format_batches(&[batch]).unwrap())
        }
        Err(error) => show_error(&error),
    }
}

pub(crate) fn show_error(error: &ConnectError) -> String {
    let mut text = format!("error[{}]: {error}", error.code());
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!("\n  cause: {inner}"));
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        text.push_str(&format!("\n  hint: {hint}"));
    }
    if !error.key().is_empty() {
        text.push_str(&format!("\n  key: {}", error.key().join(".")));
    }
    text
}

pub(crate) fn batch<const N: usize>(columns: [(&str, ArrayRef); N]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true)))
        .unwrap()
}

pub(crate) fn integers(values: &[i64]) -> ArrayRef {
    Arc::new(arrow_array::Int64Array::from(values.to_vec()))
}

pub(crate) fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(arrow_array::StringArray::from(values.to_vec()))
}
