use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, SchemaRef};

use crate::origin::{RowOrigins, Selection};

/// Rows of a table on their way between steps. Columns that nobody reads and no output needs are absent:
/// they were never loaded. Clones share the columns.
#[derive(Debug, Clone)]
pub struct Batch {
    schema: SchemaRef,
    columns: Columns,
    n_rows: usize,
    origins: Option<RowOrigins>,
}

/// Columns, and columns over columns: a step that passes a thousand columns on adds one layer, whatever their
/// number.
#[derive(Debug, Clone)]
enum Columns {
    Flat(Arc<[Option<ArrayRef>]>),
    Layered(Arc<Layer>),
}

#[derive(Debug)]
struct Layer {
    places: Arc<[Place]>,
    sources: Vec<Columns>,
    made: Vec<ArrayRef>,
}

/// Where a column of a layer is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// A column of one of the batches below.
    Passed { source: usize, column: usize },
    /// One of the layer's own columns.
    Made(usize),
}

impl Columns {
    fn get(&self, index: usize) -> Option<&ArrayRef> {
        let (mut columns, mut index) = (self, index);
        loop {
            match columns {
                Self::Flat(arrays) => return arrays[index].as_ref(),
                Self::Layered(layer) => match layer.places[index] {
                    Place::Passed { source, column } => {
                        (columns, index) = (&layer.sources[source], column)
                    }
                    Place::Made(made) => return Some(&layer.made[made]),
                },
            }
        }
    }
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
        Ok(Self::from_checked(schema, columns, n_rows))
    }

    /// Only for columns that were checked against the schema before.
    pub(crate) fn from_checked(
        schema: SchemaRef,
        columns: Vec<Option<ArrayRef>>,
        n_rows: usize,
    ) -> Self {
        Self {
            schema,
            columns: Columns::Flat(columns.into()),
            n_rows,
            origins: None,
        }
    }

    /// A batch whose columns are those of others, all rows of them, and some of its own. Only for columns that
    /// were checked against the schema before.
    pub(crate) fn layered(
        schema: SchemaRef,
        places: Arc<[Place]>,
        sources: Vec<Self>,
        made: Vec<ArrayRef>,
        n_rows: usize,
    ) -> Self {
        let sources = sources.into_iter().map(|source| source.columns).collect();
        Self {
            schema,
            columns: Columns::Layered(Arc::new(Layer {
                places,
                sources,
                made,
            })),
            n_rows,
            origins: None,
        }
    }

    /// Says which rows of a source the rows are.
    #[must_use]
    pub fn with_origins(mut self, origins: Option<RowOrigins>) -> Self {
        self.origins = origins;
        self
    }

    /// Which rows of a source the rows are; `None` where that is not known, as of rows that a step made.
    #[must_use]
    pub fn origins(&self) -> Option<&RowOrigins> {
        self.origins.as_ref()
    }

    /// Some of the rows that follow each other, without a copy.
    ///
    /// # Panics
    /// When the batch has not as many rows.
    #[must_use]
    pub fn slice(&self, first: usize, n_rows: usize) -> Self {
        let columns = self
            .columns()
            .map(|column| column.map(|column| column.slice(first, n_rows)));
        let origins = self.origins.as_ref();
        Self::from_checked(Arc::clone(&self.schema), columns.collect(), n_rows)
            .with_origins(origins.map(|rows| rows.select(&Selection::Range(first, n_rows))))
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

    /// The column at this position of the schema; `None` when it is absent.
    ///
    /// # Panics
    /// When the schema has no such position.
    #[must_use]
    pub fn column(&self, index: usize) -> Option<&ArrayRef> {
        self.columns.get(index)
    }

    /// The columns in the schema's order; `None` where a column is absent.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = Option<&ArrayRef>> {
        (0..self.schema.fields().len()).map(|index| self.column(index))
    }

    /// The columns that are present, as a record batch.
    ///
    /// # Errors
    /// When a column that its field declares as non-null holds nulls.
    pub fn to_record_batch(&self) -> Result<RecordBatch, ArrowError> {
        let present: Vec<usize> = (0..self.schema.fields().len())
            .filter(|index| self.column(*index).is_some())
            .collect();
        let schema = if present.len() == self.schema.fields().len() {
            Arc::clone(&self.schema)
        } else {
            Arc::new(self.schema.project(&present)?)
        };
        let columns = self.columns().flatten().cloned().collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.n_rows));
        RecordBatch::try_new_with_options(schema, columns, &options)
    }
}

impl From<RecordBatch> for Batch {
    fn from(batch: RecordBatch) -> Self {
        let (schema, columns, n_rows) = batch.into_parts();
        Self::from_checked(schema, columns.into_iter().map(Some).collect(), n_rows)
    }
}
