//! Where a step's rows go.

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray};

use crate::batch::{Batch, Column, Rows};
use crate::host;
use crate::inputs::unknown_port;
use crate::opened::{Mode, Opened, OpenedOutput};
use crate::problem::list_names;
use crate::{Selection, StepError, type_name};

/// Where a step's rows go: output ports, and rejected rows. Dereferences to the first port, which for most
/// steps is the only one.
#[derive(Debug)]
pub struct Output {
    ports: Vec<OutputPort>,
}

impl Output {
    pub(crate) fn new(opened: &Rc<Opened>) -> Self {
        let ports = (0..opened.outputs.len()).map(|index| OutputPort {
            opened: opened.clone(),
            index,
            finishing: false,
        });
        Self {
            ports: ports.collect(),
        }
    }

    pub(crate) fn set_finishing(&mut self) {
        for port in &mut self.ports {
            port.finishing = true;
        }
    }

    /// The port of this name.
    ///
    /// # Errors
    /// When the step has no such output port.
    pub fn port(&self, name: &str) -> Result<&OutputPort, StepError> {
        self.ports
            .iter()
            .find(|port| port.name() == name)
            .ok_or_else(|| unknown_port(name, self.ports.iter().map(OutputPort::name)))
    }

    /// The port at this position.
    pub fn get(&self, index: usize) -> Option<&OutputPort> {
        self.ports.get(index)
    }

    /// Refuses rows, with a code (a short, stable word such as `not_a_date`) and a reason for people. They are
    /// kept, with both.
    ///
    /// # Errors
    /// When the selection does not fit the batch.
    pub fn reject(
        &self,
        batch: &Batch,
        selection: impl Into<Selection>,
        code: &str,
        reason: &str,
    ) -> Result<(), StepError> {
        let rows = batch.select(selection);
        if rows.selection.count(batch.rows())? == 0 {
            return Ok(());
        }
        host::reject(&rows, code, reason)
    }
}

impl Deref for Output {
    type Target = OutputPort;

    fn deref(&self) -> &OutputPort {
        // `#[step]` gives every step at least one output.
        &self.ports[0]
    }
}

/// One output port.
///
/// Made columns are given in the order in which `open` declared them, with as many values as rows are
/// emitted: after a filter, those of the rows that stay. An emission of no rows is left out.
#[derive(Debug)]
pub struct OutputPort {
    opened: Rc<Opened>,
    index: usize,
    finishing: bool,
}

impl OutputPort {
    /// The port's name.
    pub fn name(&self) -> &str {
        &self.opened().name
    }

    /// Emits all rows of a batch, with the columns that the step made.
    ///
    /// ```
    /// # use stepwell_sdk::prelude::*;
    /// # fn process(batch: Batch, output: &mut Output) -> Result<(), StepError> {
    /// let tenure = batch.column::<Int64Type>("tenure")?;
    /// let years: Float64Array = tenure.unary(|months| months as f64 / 12.0);
    /// output.emit(&batch, columns![years])
    /// # }
    /// ```
    ///
    /// # Errors
    /// `bad_emission` when the made columns are not those that `open` declared.
    pub fn emit(
        &self,
        batch: &Batch,
        made: impl IntoIterator<Item = impl Into<Made>>,
    ) -> Result<(), StepError> {
        self.emit_rows([batch.all()], made)
    }

    /// Emits all rows of a batch, of a step that makes no columns.
    ///
    /// # Errors
    /// Those of [`OutputPort::emit`].
    pub fn pass(&self, batch: &Batch) -> Result<(), StepError> {
        self.emit_rows([batch.all()], Vec::<Made>::new())
    }

    /// Emits the rows where the mask is true; a null is not.
    ///
    /// # Errors
    /// Those of [`OutputPort::emit`], and `bad_selection` when the mask has not one value per row.
    pub fn filter(
        &self,
        batch: &Batch,
        mask: &BooleanArray,
        made: impl IntoIterator<Item = impl Into<Made>>,
    ) -> Result<(), StepError> {
        self.emit_rows([batch.select(mask)], made)
    }

    /// Emits rows by index, in this order; a row may come more than once. Rows by mask or range go too:
    /// see [`Selection`].
    ///
    /// # Errors
    /// Those of [`OutputPort::emit`], and `bad_selection` for a row that is not there.
    pub fn take(
        &self,
        batch: &Batch,
        rows: impl Into<Selection>,
        made: impl IntoIterator<Item = impl Into<Made>>,
    ) -> Result<(), StepError> {
        self.emit_rows([batch.select(rows)], made)
    }

    /// Emits rows of which every column is made.
    ///
    /// # Errors
    /// Those of [`OutputPort::emit`].
    pub fn emit_made(
        &self,
        made: impl IntoIterator<Item = impl Into<Made>>,
    ) -> Result<(), StepError> {
        self.emit_rows([], made)
    }

    /// Emits rows that come from several inputs side by side: the same number of each, at most one batch of
    /// each input. Batches of which no column is passed may be left out.
    ///
    /// # Errors
    /// Those of [`OutputPort::take`].
    pub fn emit_rows<'a>(
        &self,
        passed: impl IntoIterator<Item = Rows<'a>>,
        made: impl IntoIterator<Item = impl Into<Made>>,
    ) -> Result<(), StepError> {
        if self.finishing && self.opened.mode == Mode::Map {
            return Err(self.bad_emission(
                "a step must declare itself `stateful` in `open` to emit in `finish`".to_owned(),
            ));
        }
        let passed: Vec<Rows<'a>> = passed.into_iter().collect();
        let made: Vec<Made> = made.into_iter().map(Into::into).collect();
        let rows = self.count_rows(&passed, &made)?;
        self.check_passed(&passed)?;
        let made = self.check_made(made, rows)?;
        if rows == 0 {
            return Ok(());
        }
        host::emit(self.index, self.opened(), &passed, &made)
    }

    fn opened(&self) -> &OpenedOutput {
        &self.opened.outputs[self.index]
    }

    fn count_rows(&self, passed: &[Rows<'_>], made: &[Made]) -> Result<usize, StepError> {
        let mut count = None;
        for rows in passed {
            let selected = rows.selection.count(rows.batch.rows())?;
            let before = *count.get_or_insert(selected);
            if before != selected {
                return Err(
                    self.bad_emission(format!("{before} rows of one input, {selected} of another"))
                );
            }
        }
        count
            .or_else(|| made.first().map(Made::length))
            .ok_or_else(|| self.bad_emission("neither rows of a batch nor made columns".to_owned()))
    }

    /// Every passed column must come from exactly one of the batches.
    fn check_passed(&self, passed: &[Rows<'_>]) -> Result<(), StepError> {
        let opened = self.opened();
        for (ports, position) in &opened.passed_from {
            let is_given =
                |port: &&usize| passed.iter().any(|rows| rows.batch.port_index() == **port);
            let name = || opened.schema.field(*position).name();
            match ports.iter().filter(is_given).count() {
                0 => {
                    return Err(self.bad_emission(format!(
                        "no rows of the input that column `{}` is passed from",
                        name()
                    )));
                }
                1 => {}
                _ => {
                    return Err(self.bad_emission(format!(
                        "column `{}` is passed from several batches",
                        name()
                    )));
                }
            }
        }
        for (position, rows) in passed.iter().enumerate() {
            if passed[..position]
                .iter()
                .any(|other| other.batch.port_index() == rows.batch.port_index())
            {
                return Err(
                    self.bad_emission(format!("several batches of input `{}`", rows.batch.port()))
                );
            }
        }
        Ok(())
    }

    /// The made columns in the order of the schema.
    fn check_made(&self, made: Vec<Made>, rows: usize) -> Result<Vec<Made>, StepError> {
        let opened = self.opened();
        if made.len() != opened.made.len() {
            let declared = opened
                .made
                .iter()
                .map(|position| opened.schema.field(*position).name().as_str());
            let declared = if opened.made.is_empty() {
                "none".to_owned()
            } else {
                list_names(declared)
            };
            return Err(self.bad_emission(format!(
                "{} made columns, `open` declared {declared}",
                made.len()
            )));
        }
        let mut ordered: Vec<(usize, Made)> = opened.made.iter().copied().zip(made).collect();
        for (position, column) in &ordered {
            let field = opened.schema.field(*position);
            let name = field.name();
            if column.data_type() != field.data_type() {
                return Err(self.bad_emission(format!(
                    "made column `{name}` is `{}`, `open` declared `{}`",
                    type_name(column.data_type()),
                    type_name(field.data_type())
                )));
            }
            if column.length() != rows {
                return Err(self
                    .bad_emission(format!(
                        "made column `{name}` has {} values for {rows} rows",
                        column.length()
                    ))
                    .with_hint("give a made column one value for each row that is emitted"));
            }
            if !field.is_nullable() && column.has_nulls() {
                return Err(self.bad_emission(format!(
                    "made column `{name}` has nulls, `open` declared that it has none"
                )));
            }
        }
        ordered.sort_by_key(|(position, _)| *position);
        Ok(ordered.into_iter().map(|(_, column)| column).collect())
    }

    fn bad_emission(&self, message: String) -> StepError {
        StepError::new(
            "bad_emission",
            format!("emission on port `{}`: {message}", self.name()),
        )
    }
}

/// A column that a step made: values in its own memory, or a column of the host's.
#[derive(Debug, Clone)]
pub enum Made {
    /// Values in the step's memory.
    Array(ArrayRef),
    /// A column that the host holds.
    Column(Column),
}

impl Made {
    fn length(&self) -> usize {
        match self {
            Self::Array(array) => array.len(),
            Self::Column(column) => column.length(),
        }
    }

    fn data_type(&self) -> &arrow_schema::DataType {
        match self {
            Self::Array(array) => array.data_type(),
            Self::Column(column) => column.field().data_type(),
        }
    }

    fn has_nulls(&self) -> bool {
        match self {
            Self::Array(array) => array.is_nullable() && array.logical_null_count() > 0,
            // The host sees for itself.
            Self::Column(_) => false,
        }
    }
}

impl<A: Array + 'static> From<A> for Made {
    fn from(array: A) -> Self {
        Self::Array(Arc::new(array))
    }
}

impl From<Column> for Made {
    fn from(column: Column) -> Self {
        Self::Column(column)
    }
}

/// Made columns of several types, for [`OutputPort::emit`] and its kin: arrays of any kind and
/// [`Column`]s.
///
/// ```
/// # use stepwell_sdk::prelude::*;
/// let made = columns![Int64Array::from(vec![1, 2]), StringArray::from(vec!["a", "b"])];
/// assert_eq!(made.len(), 2);
/// ```
#[macro_export]
macro_rules! columns {
    ($($column:expr),* $(,)?) => {
        ::std::vec::Vec::<$crate::Made>::from([$($crate::Made::from($column)),*])
    };
}
