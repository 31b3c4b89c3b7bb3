use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, SchemaRef};

/// Rows of a table on their way between steps. Columns that nobody reads and no output needs are absent:
/// they were never loaded.
#[derive(Debug, Clone)]
pub struct Batch {
    schema: SchemaRef,
    columns: Vec<Option<ArrayRef>>,
    n_rows: usize,
}

impl Batch {
    /// A batch of a schema, some of whose columns may be absent.
    ///
    /// # Errors
    /// When the number of columns is not the schema's, or a column has another type or length.
    pub fn try_new(
        schema: SchemaRef,
        columns: Vec<Option<ArrayRef>>,
        n_rows: usize,
    ) -> Result<Self, ArrowError> {
        if schema.fields().len() != columns.len() {
            return Err(ArrowError::SchemaError(format!(
                "{} columns for a schema of {}",
                columns.len(),
                schema.fields().len()
            )));
        }
        for (field, column) in schema.fields().iter().zip(&columns) {
            let Some(column) = column else { continue };
            if column.data_type() != field.data_type() || column.len() != n_rows {
                return Err(ArrowError::SchemaError(format!(
                    "column `{}` has {} values of type {}, expected {n_rows} of type {}",
                    field.name(),
                    column.len(),
                    column.data_type(),
                    field.data_type()
                )));
            }
        }
        Ok(Self {
            schema,
            columns,
            n_rows,
        })
    }

    /// Only for columns that were checked against the schema before.
    pub(crate) fn from_checked(
        schema: SchemaRef,
        columns: Vec<Option<ArrayRef>>,
        n_rows: usize,
    ) -> Self {
        Self {
            schema,
            columns,
            n_rows,
        }
    }

    /// The schema, absent columns included.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// The columns in the schema's order; `None` where a column is absent.
    #[must_use]
    pub fn columns(&self) -> &[Option<ArrayRef>] {
        &self.columns
    }

    /// The rows from `offset` on, `length` of them, without copying.
    ///
    /// # Panics
    /// When the range ends past the last row.
    #[must_use]
    pub fn slice(&self, offset: usize, length: usize) -> Self {
        assert!(
            offset + length <= self.n_rows,
            "rows {offset}..{} of {}",
            offset + length,
            self.n_rows
        );
        let columns = self.columns.iter();
        let columns =
            columns.map(|column| column.as_ref().map(|column| column.slice(offset, length)));
        Self {
            schema: Arc::clone(&self.schema),
            columns: columns.collect(),
            n_rows: length,
        }
    }

    /// The columns that are present, as a record batch.
    ///
    /// # Errors
    /// When a column that its field declares as non-null holds nulls.
    pub fn to_record_batch(&self) -> Result<RecordBatch, ArrowError> {
        let present: Vec<usize> = (0..self.columns.len())
            .filter(|index| self.columns[*index].is_some())
            .collect();
        let schema = if present.len() == self.columns.len() {
            Arc::clone(&self.schema)
        } else {
            Arc::new(self.schema.project(&present)?)
        };
        let columns = self.columns.iter().flatten().cloned().collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.n_rows));
        RecordBatch::try_new_with_options(schema, columns, &options)
    }
}

impl From<RecordBatch> for Batch {
    fn from(batch: RecordBatch) -> Self {
        let (schema, columns, n_rows) = batch.into_parts();
        Self {
            schema,
            columns: columns.into_iter().map(Some).collect(),
            n_rows,
        }
    }
}
