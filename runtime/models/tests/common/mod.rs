//! What the tests of this crate share: the library, the made-up table, and the models.

#![allow(dead_code, reason = "each test uses what it needs")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use stepwell_models::{LIBRARY_VARIABLE, LibraryLookup, Model, ModelCatalog};

/// The library that the tests run with: the one that the environment names, or a checkout's own.
pub(crate) fn lookup() -> LibraryLookup {
    if std::env::var_os(LIBRARY_VARIABLE).is_some() {
        return LibraryLookup::standard();
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/onnxruntime");
    assert!(
        folder.is_dir(),
        "the tests of inference need the library of ONNX Runtime: run `cargo xtask onnxruntime`"
    );
    LibraryLookup::at(folder)
}

pub(crate) fn catalog() -> ModelCatalog {
    ModelCatalog::new(lookup())
}

pub(crate) fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
}

pub(crate) fn load(name: &str) -> Arc<Model> {
    let model = catalog().load(&data(name).join("model.onnx"));
    model.unwrap_or_else(|error| panic!("{error}"))
}

/// One of the tables that `make_models.py` made.
pub(crate) fn table(name: &str) -> RecordBatch {
    let columns = [
        ("age", DataType::Int64),
        ("income", DataType::Float64),
        ("balance", DataType::Float64),
        ("visits", DataType::Int64),
        ("city", DataType::Utf8),
        ("plan", DataType::Utf8),
        ("member", DataType::Boolean),
    ];
    let fields = columns.map(|(name, data_type)| Field::new(name, data_type, true));
    read(&data(&format!("{name}.csv")), Schema::new(fields.to_vec()))
}

/// A CSV file with all columns as texts.
pub(crate) fn texts(path: &Path) -> RecordBatch {
    let format = arrow_csv::reader::Format::default().with_header(true);
    let (schema, _) = format
        .infer_schema(File::open(path).unwrap(), Some(1))
        .unwrap();
    let fields = schema.fields().iter();
    let fields: Vec<Field> = fields
        .map(|field| Field::new(field.name(), DataType::Utf8, true))
        .collect();
    read(path, Schema::new(fields))
}

fn read(path: &Path, schema: Schema) -> RecordBatch {
    let mut reader = arrow_csv::ReaderBuilder::new(Arc::new(schema))
        .with_header(true)
        .with_batch_size(100_000)
        .build(File::open(path).unwrap())
        .unwrap();
    reader.next().unwrap().unwrap()
}

pub(crate) fn column(table: &RecordBatch, name: &str) -> ArrayRef {
    Arc::clone(table.column_by_name(name).unwrap())
}
