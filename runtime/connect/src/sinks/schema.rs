//! Batches as a sink's file will have them.

use arrow_array::{Array, RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;

use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::hint;
use crate::type_name::type_name;

/// The batch with the sink's schema: metadata and nullability of a batch may be another's.
///
/// # Errors
/// Its columns are not those of the schema.
pub(super) fn conform(
    dataset: &Dataset,
    schema: &SchemaRef,
    batch: &RecordBatch,
) -> Result<RecordBatch, ConnectError> {
    let found = batch.schema();
    let wrong = |message| ConnectError::WrongBatch {
        dataset: dataset.clone(),
        message,
    };
    if found.fields().len() != schema.fields().len() {
        let (found, expected) = (found.fields().len(), schema.fields().len());
        let found = hint::count(found, "column");
        return Err(wrong(format!("it has {found} instead of {expected}")));
    }
    for (expected, (found, column)) in schema
        .fields()
        .iter()
        .zip(found.fields().iter().zip(batch.columns()))
    {
        if expected.name() != found.name() || expected.data_type() != found.data_type() {
            return Err(wrong(format!(
                "column `{}` of type `{}` is `{}` of type `{}`",
                expected.name(),
                type_name(expected.data_type()),
                found.name(),
                type_name(found.data_type())
            )));
        }
        if !expected.is_nullable() && column.logical_null_count() > 0 {
            return Err(wrong(format!(
                "column `{}` has nulls, which its schema rules out",
                expected.name()
            )));
        }
    }
    with_schema(schema, batch).map_err(wrong)
}

/// The columns of a batch under another schema.
pub(super) fn with_schema(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, String> {
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), batch.columns().to_vec(), &options)
        .map_err(|error| error.to_string())
}
