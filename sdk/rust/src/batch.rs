//! The rows that a step is given.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use arrow_array::ArrayRef;
use arrow_schema::{FieldRef, SchemaRef};

use crate::column_type::{ColumnType, downcast};
use crate::host::{HostBatch, HostColumn};
use crate::inputs::ColumnRef;
use crate::opened::Opened;
use crate::{Input, Selection, StepError};

/// Rows of one input, held by the host. Only the columns that the step asks for are copied into its
/// memory, once; a clone shares them.
///
/// A step may keep batches to emit their rows later. What it read of them it keeps too, until
/// [`Batch::release`].
#[derive(Clone)]
pub struct Batch(Rc<BatchInner>);

struct BatchInner {
    host: HostBatch,
    opened: Rc<Opened>,
    port: usize,
    rows: usize,
    /// What was read, by position: empty for a batch of which nothing is, however many columns it has.
    values: RefCell<BTreeMap<usize, ArrayRef>>,
}

impl Batch {
    pub(crate) fn new(host: HostBatch, opened: Rc<Opened>, port: usize) -> Result<Self, StepError> {
        if opened.inputs.get(port).is_none() {
            return Err(StepError::new(
                "unknown_port",
                format!("a batch came on port {port}, which the step does not have"),
            ));
        }
        let rows = host.rows();
        Ok(Self(Rc::new(BatchInner {
            host,
            opened,
            port,
            rows,
            values: RefCell::default(),
        })))
    }

    /// The name of the input port that the batch came on.
    pub fn port(&self) -> &str {
        self.input().name()
    }

    /// The position of the input port that the batch came on.
    pub fn port_index(&self) -> usize {
        self.0.port
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.0.rows
    }

    /// The schema of the input.
    pub fn schema(&self) -> &SchemaRef {
        self.input().schema()
    }

    /// The values of a column, as this type.
    ///
    /// ```
    /// # use stepwell_sdk::prelude::*;
    /// # fn process(batch: Batch) -> Result<(), StepError> {
    /// let tenure: Int64Array = batch.column::<Int64Type>("tenure")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When there is no such column, when it is of another type, or when `open` did not declare it as read.
    pub fn column<T: ColumnType>(&self, column: impl ColumnRef) -> Result<T::Array, StepError> {
        let index = column.index_in(self.input())?;
        let array = self.read(&[index])?.remove(0);
        downcast::<T::Array>(&array).map_err(|_| {
            let column = self.input().columns().nth(index);
            let expected = <T::Array as crate::ColumnArray>::expected();
            column.map_or_else(
                || {
                    StepError::new(
                        "missing_column",
                        format!("there is no column at position {index}"),
                    )
                },
                |column| column.wrong_type(&expected),
            )
        })
    }

    /// The values of a column, of whatever type.
    ///
    /// # Errors
    /// When there is no such column, or when `open` did not declare it as read.
    pub fn array(&self, column: impl ColumnRef) -> Result<ArrayRef, StepError> {
        let index = column.index_in(self.input())?;
        Ok(self.read(&[index])?.remove(0))
    }

    /// The values of several columns, which are fetched together.
    ///
    /// # Errors
    /// Those of [`Batch::array`].
    pub fn arrays(
        &self,
        columns: impl IntoIterator<Item = impl ColumnRef>,
    ) -> Result<Vec<ArrayRef>, StepError> {
        let indices: Result<Vec<_>, _> = columns
            .into_iter()
            .map(|column| column.index_in(self.input()))
            .collect();
        self.read(&indices?)
    }

    /// A column of the host's, whose values stay there: to be given to a model, or emitted as a made column.
    ///
    /// # Errors
    /// When there is no such column, or when `open` did not declare it as read.
    pub fn handle(&self, column: impl ColumnRef) -> Result<Column, StepError> {
        let index = column.index_in(self.input())?;
        self.check_declared(index)?;
        Ok(Column::new(
            self.0.host.column(index),
            self.schema().fields()[index].clone(),
        ))
    }

    /// All of the batch's rows, for [`OutputPort::emit_rows`](crate::OutputPort::emit_rows).
    pub fn all(&self) -> Rows<'_> {
        self.select(Selection::All)
    }

    /// Some of the batch's rows, for [`OutputPort::emit_rows`](crate::OutputPort::emit_rows).
    pub fn select(&self, selection: impl Into<Selection>) -> Rows<'_> {
        Rows {
            batch: self,
            selection: selection.into(),
        }
    }

    /// Forgets the values that were read, so that a batch that is kept takes no memory of the step. They
    /// are fetched again when they are asked for again.
    pub fn release(&self) {
        self.0.values.borrow_mut().clear();
    }

    pub(crate) fn host(&self) -> &HostBatch {
        &self.0.host
    }

    fn input(&self) -> &Input {
        // The port was checked when the batch was made.
        self.0
            .opened
            .inputs
            .get(self.0.port)
            .unwrap_or(&self.0.opened.inputs)
    }

    fn read(&self, indices: &[usize]) -> Result<Vec<ArrayRef>, StepError> {
        let mut values = self.0.values.borrow_mut();
        let mut missing: Vec<usize> = indices
            .iter()
            .copied()
            .filter(|index| !values.contains_key(index))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            for index in &missing {
                self.check_declared(*index)?;
            }
            let fields: Vec<&FieldRef> = missing
                .iter()
                .map(|index| &self.schema().fields()[*index])
                .collect();
            let arrays = self.0.host.read(&missing, &fields)?;
            values.extend(missing.into_iter().zip(arrays));
        }
        Ok(indices
            .iter()
            .filter_map(|index| values.get(index).cloned())
            .collect())
    }

    /// The host checks this too, but ends the step without saying where.
    fn check_declared(&self, index: usize) -> Result<(), StepError> {
        if self.0.opened.reads.contains(&(self.0.port, index)) {
            return Ok(());
        }
        let name = self.schema().field(index).name().as_str();
        Err(StepError::new(
            "undeclared_read",
            format!(
                "the step reads column `{name}` of input `{}`, which it did not declare",
                self.port()
            ),
        )
        .at_column(self.0.port, name)
        .with_hint(format!("call `plan.reads(\"{name}\")` in `open`")))
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Batch")
            .field("port", &self.port())
            .field("rows", &self.rows())
            .finish_non_exhaustive()
    }
}

/// Some rows of a batch, to be emitted or rejected.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    pub(crate) batch: &'a Batch,
    pub(crate) selection: Selection,
}

/// A column that the host holds.
#[derive(Clone)]
pub struct Column {
    host: Rc<HostColumn>,
    field: FieldRef,
}

impl Column {
    pub(crate) fn new(host: HostColumn, field: FieldRef) -> Self {
        Self {
            host: Rc::new(host),
            field,
        }
    }

    /// How many values there are.
    pub fn length(&self) -> usize {
        self.host.length()
    }

    /// The column's name and type.
    pub fn field(&self) -> &FieldRef {
        &self.field
    }

    /// Copies the values into the step's memory.
    ///
    /// # Errors
    /// When the values are not of the column's type.
    pub fn read(&self) -> Result<ArrayRef, StepError> {
        self.host.read(&self.field)
    }

    pub(crate) fn host(&self) -> &HostColumn {
        &self.host
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Column")
            .field("field", &self.field)
            .field("length", &self.length())
            .finish()
    }
}
