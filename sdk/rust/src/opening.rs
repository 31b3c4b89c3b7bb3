//! How a step says, when it is opened, what it will read and what it will make.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{Deref, DerefMut};
use std::rc::Rc;
use std::sync::Arc;

use arrow_schema::{FieldRef, Schema};

use crate::inputs::{ColumnRef, Inputs, unknown_port};
use crate::opened::{Opened, OpenedOutput, Pass};
use crate::{Input, InputColumn, Mode, Problems, StepError};

/// What a step declares when it is opened: which columns it reads, and the schema of each output, column by
/// column: passed on or made.
///
/// Dereferences to the first output, which for most steps is the only one. Mistakes (a column that is not
/// there, a name twice) are kept and reported together when `open` returns.
///
/// ```
/// use stepwell_sdk::prelude::*;
///
/// # fn open(inputs: &Inputs, plan: &mut Opening) -> Result<(), Problems> {
/// plan.reads("total_charges");
/// plan.reads("tenure");
/// plan.pass_all_but(["customer_id"]);
/// plan.make(Field::new("charge_per_month", DataType::Float64, true));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Opening {
    inputs: Rc<Inputs>,
    mode: Mode,
    reads: BTreeSet<(usize, usize)>,
    outputs: Vec<OutputOpening>,
    problems: Problems,
}

impl Opening {
    pub(crate) fn new(inputs: Rc<Inputs>, output_names: impl IntoIterator<Item = String>) -> Self {
        let outputs = output_names
            .into_iter()
            .map(|name| OutputOpening {
                name,
                inputs: inputs.clone(),
                columns: Vec::new(),
                n_made: 0,
                metadata: HashMap::new(),
                problems: Problems::new(),
            })
            .collect();
        Self {
            inputs,
            mode: Mode::Map,
            reads: BTreeSet::new(),
            outputs,
            problems: Problems::new(),
        }
    }

    /// The step sees the whole stream in order, in one instance, and may emit in `finish`. Without it each
    /// batch is processed alone, on any of several instances.
    pub fn stateful(&mut self) {
        self.mode = Mode::Stateful;
    }

    /// The step will read this column's values, or hand its values to a model.
    pub fn reads(&mut self, column: impl ColumnRef) {
        match resolve(&self.inputs, &column) {
            Ok(column) => {
                self.reads.insert((column.port(), column.index()));
            }
            Err(problem) => self.problems.push(problem),
        }
    }

    /// The step will read the values of these columns.
    pub fn reads_each(&mut self, columns: impl IntoIterator<Item = impl ColumnRef>) {
        for column in columns {
            self.reads(column);
        }
    }

    /// The output of this port.
    ///
    /// # Errors
    /// When the step has no such output port.
    pub fn output(&mut self, port: &str) -> Result<&mut OutputOpening, StepError> {
        let Some(index) = self.outputs.iter().position(|output| output.name == port) else {
            return Err(unknown_port(
                port,
                self.outputs.iter().map(|output| output.name.as_str()),
            ));
        };
        Ok(&mut self.outputs[index])
    }

    /// All outputs, in the order of the ports: to declare the same for each.
    pub fn outputs(&mut self) -> std::slice::IterMut<'_, OutputOpening> {
        self.outputs.iter_mut()
    }

    pub(crate) fn finish(self) -> Result<Opened, Problems> {
        let mut problems = self.problems;
        let mut outputs = Vec::new();
        for output in self.outputs {
            outputs.extend(problems.check(output.finish()));
        }
        problems.into_result()?;
        Ok(Opened {
            inputs: self.inputs,
            mode: self.mode,
            reads: self.reads,
            outputs,
        })
    }
}

impl Deref for Opening {
    type Target = OutputOpening;

    fn deref(&self) -> &OutputOpening {
        // `#[step]` gives every step at least one output.
        &self.outputs[0]
    }
}

impl DerefMut for Opening {
    fn deref_mut(&mut self) -> &mut OutputOpening {
        &mut self.outputs[0]
    }
}

/// The schema of one output port in the making.
///
/// Columns that are not passed are made: `process` gives them with each emission, in the order in which
/// they were declared here.
#[derive(Debug)]
pub struct OutputOpening {
    name: String,
    inputs: Rc<Inputs>,
    columns: Vec<OutputColumn>,
    n_made: usize,
    metadata: HashMap<String, String>,
    problems: Problems,
}

#[derive(Debug)]
struct OutputColumn {
    field: FieldRef,
    origin: Origin,
}

#[derive(Debug)]
enum Origin {
    /// Port and column of each input that it is passed from, at least one.
    Passed(Vec<(usize, usize)>),
    /// Made by the step; the number orders made columns by declaration.
    Made(usize),
}

impl OutputOpening {
    /// The port's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Passes all columns of the first input, and its schema's metadata.
    pub fn pass_all(&mut self) {
        self.pass_input(0, &BTreeSet::new());
    }

    /// Passes all columns of the first input but these, and its schema's metadata.
    pub fn pass_all_but(&mut self, columns: impl IntoIterator<Item = impl ColumnRef>) {
        let mut left_out = BTreeSet::new();
        for column in columns {
            match column.index_in(&self.inputs) {
                Ok(index) => {
                    left_out.insert(index);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        self.pass_input(0, &left_out);
    }

    /// Passes all columns of an input, and its schema's metadata.
    pub fn pass_all_of(&mut self, input: &Input) {
        self.pass_input(input.index(), &BTreeSet::new());
    }

    /// Passes a column on.
    pub fn pass(&mut self, column: impl ColumnRef) {
        if let Some(column) = self.resolve(&column) {
            let field = column.field().clone();
            self.push_passed(field, &column);
        }
    }

    /// Passes a column on under another name.
    pub fn pass_as(&mut self, column: impl ColumnRef, name: impl Into<String>) {
        if let Some(column) = self.resolve(&column) {
            let field = column.renamed(name);
            self.push_passed(Arc::new(field), &column);
        }
    }

    /// Passes a column on as this field: name, nullability and metadata may differ from the column's, the
    /// type not.
    pub fn pass_field(&mut self, column: impl ColumnRef, field: impl Into<FieldRef>) {
        let field = field.into();
        if let Some(column) = self.resolve(&column) {
            if field.data_type() == column.data_type() {
                self.push_passed(field, &column);
            } else {
                self.problems.push(StepError::new(
                    "wrong_type",
                    format!(
                        "column `{}` is passed as `{}`, it is `{}`",
                        column.name(),
                        crate::type_name(field.data_type()),
                        crate::type_name(column.data_type())
                    ),
                ));
            }
        }
    }

    /// Says that an output column that is passed already may come from this column instead, of another
    /// input: for steps that put several inputs below each other.
    pub fn pass_also(&mut self, column: impl ColumnRef, output_column: &str) {
        let Some(column) = self.resolve(&column) else {
            return;
        };
        let place = (column.port(), column.index());
        let found = self
            .columns
            .iter_mut()
            .find(|output| output.field.name() == output_column);
        match found.map(|output| (output.field.clone(), &mut output.origin)) {
            Some((field, Origin::Passed(places)))
                if field.data_type() == column.data_type() && places.iter().all(|(port, _)| *port != place.0) =>
            {
                places.push(place);
            }
            _ => self.problems.push(StepError::new(
                "bad_pass",
                format!(
                    "output column `{output_column}` cannot also be passed from column `{}` of port `{}`",
                    column.name(),
                    self.inputs.get(column.port()).map_or("", Input::name)
                ),
            )),
        }
    }

    /// Adds a column that the step makes.
    pub fn make(&mut self, field: impl Into<FieldRef>) {
        let origin = self.next_made();
        self.columns.push(OutputColumn {
            field: field.into(),
            origin,
        });
    }

    /// Makes a column in the place of the one of the same name; adds it at the end where there is none.
    pub fn make_or_replace(&mut self, field: impl Into<FieldRef>) {
        let field = field.into();
        let origin = self.next_made();
        let column = OutputColumn { field, origin };
        let found = self
            .columns
            .iter_mut()
            .find(|old| old.field.name() == column.field.name());
        match found {
            Some(old) => *old = column,
            None => self.columns.push(column),
        }
    }

    /// Makes a column in the place of the one of this name, which may get another name and type.
    pub fn replace(&mut self, name: &str, field: impl Into<FieldRef>) {
        let origin = self.next_made();
        match self
            .columns
            .iter_mut()
            .find(|column| column.field.name() == name)
        {
            Some(column) => {
                *column = OutputColumn {
                    field: field.into(),
                    origin,
                }
            }
            None => self.problems.push(StepError::new(
                "missing_column",
                format!("output `{}` has no column `{name}` to replace", self.name),
            )),
        }
    }

    /// Sets a key of the schema's metadata.
    pub fn metadata(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.metadata.insert(key.into(), value.into());
    }

    /// The fields declared so far.
    pub fn fields(&self) -> impl Iterator<Item = &FieldRef> {
        self.columns.iter().map(|column| &column.field)
    }

    fn pass_input(&mut self, port: usize, left_out: &BTreeSet<usize>) {
        let inputs = self.inputs.clone();
        let Some(input) = inputs.get(port) else {
            return;
        };
        for column in input
            .columns()
            .filter(|column| !left_out.contains(&column.index()))
        {
            self.push_passed(column.field().clone(), &column);
        }
        self.metadata.extend(input.schema().metadata().clone());
    }

    fn push_passed(&mut self, field: FieldRef, column: &InputColumn) {
        let origin = Origin::Passed(vec![(column.port(), column.index())]);
        self.columns.push(OutputColumn { field, origin });
    }

    fn next_made(&mut self) -> Origin {
        self.n_made += 1;
        Origin::Made(self.n_made)
    }

    fn resolve(&mut self, column: &impl ColumnRef) -> Option<InputColumn> {
        let resolved = resolve(&self.inputs, column);
        self.problems.check(resolved)
    }

    fn finish(mut self) -> Result<OpenedOutput, Problems> {
        let mut names = BTreeSet::new();
        for column in &self.columns {
            let name = column.field.name();
            if !names.insert(name.clone()) {
                self.problems.push(StepError::new(
                    "duplicate_column",
                    format!("output `{}` would have several columns `{name}`", self.name),
                ));
            }
        }
        self.problems.into_result()?;
        let mut passes = Vec::new();
        let mut made = Vec::new();
        let mut passed_from = BTreeMap::new();
        for (output_column, column) in self.columns.iter().enumerate() {
            match &column.origin {
                Origin::Passed(places) => {
                    let ports: BTreeSet<usize> = places.iter().map(|(port, _)| *port).collect();
                    passed_from.entry(ports).or_insert(output_column);
                    passes.extend(places.iter().map(|(port, column)| Pass {
                        output_column,
                        port: *port,
                        column: *column,
                    }));
                }
                Origin::Made(number) => made.push((*number, output_column)),
            }
        }
        made.sort_unstable();
        let fields: Vec<FieldRef> = self
            .columns
            .into_iter()
            .map(|column| column.field)
            .collect();
        Ok(OpenedOutput {
            name: self.name,
            schema: Arc::new(Schema::new_with_metadata(fields, self.metadata)),
            passes,
            passed_from,
            made: made
                .into_iter()
                .map(|(_, output_column)| output_column)
                .collect(),
        })
    }
}

fn resolve(inputs: &Inputs, column: &impl ColumnRef) -> Result<InputColumn, StepError> {
    let input = column
        .port()
        .and_then(|port| inputs.get(port))
        .unwrap_or(inputs);
    let index = column.index_in(input)?;
    input.columns().nth(index).ok_or_else(|| {
        StepError::new(
            "missing_column",
            format!("input `{}` has no column at position {index}", input.name()),
        )
    })
}
