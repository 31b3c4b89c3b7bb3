//! What a step is told about its inputs when it is opened.

use std::ops::Deref;

use arrow_schema::{DataType, Field, FieldRef, SchemaRef};

use crate::column_type::{ColumnArray, ColumnType};
use crate::problem::list_names;
use crate::{Problems, StepError, closest_name, type_name};

/// A step's inputs, one per input port. Dereferences to the first, which for most steps is the only one.
#[derive(Debug, Clone)]
pub struct Inputs {
    ports: Vec<Input>,
}

impl Inputs {
    pub(crate) fn new(
        names: impl IntoIterator<Item = String>,
        schemas: Vec<SchemaRef>,
    ) -> Result<Self, StepError> {
        let names: Vec<_> = names.into_iter().collect();
        if names.len() != schemas.len() {
            return Err(StepError::new(
                "wrong_inputs",
                format!(
                    "expected {} inputs ({}), got {}",
                    names.len(),
                    list_names(names.iter().map(String::as_str)),
                    schemas.len()
                ),
            ));
        }
        let ports = names
            .into_iter()
            .zip(schemas)
            .enumerate()
            .map(|(index, (name, schema))| Input {
                index,
                name,
                schema,
            })
            .collect();
        Ok(Self { ports })
    }

    /// The input of this port.
    ///
    /// # Errors
    /// When the step has no such input port.
    pub fn port(&self, name: &str) -> Result<&Input, StepError> {
        self.ports
            .iter()
            .find(|input| input.name == name)
            .ok_or_else(|| unknown_port(name, self.names()))
    }

    /// The input of the port at this position.
    pub fn get(&self, index: usize) -> Option<&Input> {
        self.ports.get(index)
    }

    /// All inputs, in the order of the ports.
    pub fn iter(&self) -> std::slice::Iter<'_, Input> {
        self.ports.iter()
    }

    /// How many input ports there are, at least one.
    pub fn count(&self) -> usize {
        self.ports.len()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.ports.iter().map(Input::name)
    }
}

impl Deref for Inputs {
    type Target = Input;

    fn deref(&self) -> &Input {
        // `#[step]` gives every step at least one input.
        &self.ports[0]
    }
}

pub(crate) fn unknown_port<'a>(name: &str, ports: impl Iterator<Item = &'a str>) -> StepError {
    StepError::new(
        "unknown_port",
        format!("there is no port `{name}`; ports are {}", list_names(ports)),
    )
}

/// The schema that will reach one input port.
#[derive(Debug, Clone)]
pub struct Input {
    index: usize,
    name: String,
    schema: SchemaRef,
}

impl Input {
    /// The port's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port's position.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The schema of every batch that will come.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// All columns, in the schema's order.
    pub fn columns(&self) -> impl Iterator<Item = InputColumn> + '_ {
        (0..self.schema.fields().len()).map(|index| self.column_at(index))
    }

    /// Whether there is a column of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.schema
            .fields()
            .iter()
            .any(|field| field.name() == name)
    }

    /// The column of this name.
    ///
    /// # Errors
    /// `missing_column` when there is none (the message lists those that there are), `ambiguous_column` when
    /// there are several.
    pub fn column(&self, name: &str) -> Result<InputColumn, StepError> {
        let mut found = self
            .schema
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name() == name);
        match (found.next(), found.next()) {
            (Some((index, _)), None) => Ok(self.column_at(index)),
            (Some(_), Some(_)) => Err(StepError::new(
                "ambiguous_column",
                format!("input `{}` has several columns `{name}`", self.name),
            )
            .at_column(self.index, name)),
            (None, _) => Err(self.missing_column(name)),
        }
    }

    /// The column of this name, if it has the type.
    ///
    /// ```
    /// # use stepwell_sdk::prelude::*;
    /// # fn open(inputs: &Inputs) -> Result<(), Problems> {
    /// let tenure = inputs.typed::<Int64Type>("tenure")?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`Input::column`], and `wrong_type`.
    pub fn typed<T: ColumnType>(&self, name: &str) -> Result<InputColumn, StepError> {
        let column = self.column(name)?;
        column.require::<T>()?;
        Ok(column)
    }

    /// The columns that a parameter lists. A problem is added for each that is missing, at its place in the
    /// parameter (`pointer` is the list's own, such as `/columns`).
    pub fn listed(
        &self,
        names: &[impl AsRef<str>],
        pointer: &str,
        problems: &mut Problems,
    ) -> Vec<InputColumn> {
        let mut columns = Vec::with_capacity(names.len());
        for (position, name) in names.iter().enumerate() {
            let column = self.column(name.as_ref());
            columns.extend(problems.check(
                column.map_err(|error| error.at_parameter(format!("{pointer}/{position}"))),
            ));
        }
        columns
    }

    fn column_at(&self, index: usize) -> InputColumn {
        InputColumn {
            port: self.index,
            index,
            field: self.schema.fields()[index].clone(),
        }
    }

    fn missing_column(&self, name: &str) -> StepError {
        let names = || {
            self.schema
                .fields()
                .iter()
                .map(|field| field.name().as_str())
        };
        let columns = if self.schema.fields().is_empty() {
            "it has no columns".to_owned()
        } else {
            format!("columns are {}", list_names(names()))
        };
        let error = StepError::new(
            "missing_column",
            format!("column `{name}` is not in input `{}`; {columns}", self.name),
        )
        .at_column(self.index, name);
        match closest_name(name, names()) {
            Some(closest) => error.with_hint(format!("did you mean `{closest}`?")),
            None => error,
        }
    }
}

/// A column of an input. Keep it in the step: reading a column by it needs no look-up of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputColumn {
    port: usize,
    index: usize,
    field: FieldRef,
}

impl InputColumn {
    /// The column's name.
    pub fn name(&self) -> &str {
        self.field.name()
    }

    /// The type of its values.
    pub fn data_type(&self) -> &DataType {
        self.field.data_type()
    }

    /// Name, type, nullability and metadata.
    pub fn field(&self) -> &FieldRef {
        &self.field
    }

    /// The field under another name.
    pub fn renamed(&self, name: impl Into<String>) -> Field {
        self.field.as_ref().clone().with_name(name)
    }

    /// The input port's position.
    pub fn port(&self) -> usize {
        self.port
    }

    /// The column's position in the input's schema.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Checks the column's type.
    ///
    /// # Errors
    /// `wrong_type`, saying both types.
    pub fn require<T: ColumnType>(&self) -> Result<(), StepError> {
        if <T::Array as ColumnArray>::accepts(self.data_type()) {
            return Ok(());
        }
        Err(self.wrong_type(&<T::Array as ColumnArray>::expected()))
    }

    /// The error that says that the column's type is not what the step takes.
    ///
    /// `expected` is in words, such as `a number` or `` `date32` ``.
    pub fn wrong_type(&self, expected: &str) -> StepError {
        StepError::new(
            "wrong_type",
            format!(
                "column `{}` is `{}`, expected {expected}",
                self.name(),
                type_name(self.data_type())
            ),
        )
        .at_column(self.port, self.name())
    }
}

/// What names a column of an input: a name, or the [`InputColumn`] that was found when the step was opened.
pub trait ColumnRef {
    /// The column's position in the input's schema.
    ///
    /// # Errors
    /// When the input has no such column.
    fn index_in(&self, input: &Input) -> Result<usize, StepError>;

    /// The position of the port that the column is of, where that is known.
    fn port(&self) -> Option<usize> {
        None
    }
}

impl ColumnRef for str {
    fn index_in(&self, input: &Input) -> Result<usize, StepError> {
        input.column(self).map(|column| column.index)
    }
}

impl ColumnRef for String {
    fn index_in(&self, input: &Input) -> Result<usize, StepError> {
        self.as_str().index_in(input)
    }
}

impl ColumnRef for InputColumn {
    fn index_in(&self, input: &Input) -> Result<usize, StepError> {
        if input.index == self.port {
            return Ok(self.index);
        }
        Err(StepError::new(
            "wrong_port",
            format!(
                "column `{}` is not one of port `{}`",
                self.name(),
                input.name
            ),
        ))
    }

    fn port(&self) -> Option<usize> {
        Some(self.port)
    }
}

impl<T: ColumnRef + ?Sized> ColumnRef for &T {
    fn index_in(&self, input: &Input) -> Result<usize, StepError> {
        (**self).index_in(input)
    }

    fn port(&self) -> Option<usize> {
        (**self).port()
    }
}
