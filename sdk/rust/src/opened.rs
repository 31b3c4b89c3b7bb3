//! What a step answered when it was opened.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use arrow_schema::SchemaRef;

use crate::Inputs;

/// How a step's batches depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each batch alone: several instances may run, and the order of batches is kept.
    Map,
    /// The whole stream in order, in one instance.
    Stateful,
}

/// What a step declared when it was opened, checked.
#[derive(Debug)]
pub struct Opened {
    pub(crate) inputs: Rc<Inputs>,
    pub(crate) mode: Mode,
    pub(crate) reads: BTreeSet<(usize, usize)>,
    pub(crate) outputs: Vec<OpenedOutput>,
}

impl Opened {
    /// How the step's batches depend on each other.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The inputs that the step was opened with.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// The columns whose values the step reads: port's and column's position.
    pub fn reads(&self) -> &BTreeSet<(usize, usize)> {
        &self.reads
    }

    /// The outputs, in the order of the ports.
    pub fn outputs(&self) -> &[OpenedOutput] {
        &self.outputs
    }
}

/// An output port's schema, and where its columns come from.
#[derive(Debug)]
pub struct OpenedOutput {
    pub(crate) name: String,
    pub(crate) schema: SchemaRef,
    pub(crate) passes: Vec<Pass>,
    /// The sets of ports that a column can be passed from, each with the first column that is: hardly ever more than
    /// one, so that an emission is checked in a time that does not depend on the number of columns.
    pub(crate) passed_from: BTreeMap<BTreeSet<usize>, usize>,
    /// Positions in the schema of the made columns, in the order in which the step gives them.
    pub(crate) made: Vec<usize>,
}

impl OpenedOutput {
    /// The port's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The schema of every batch that the port emits.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The columns that are passed on; all others are made.
    pub fn passes(&self) -> &[Pass] {
        &self.passes
    }
}

/// An output column that is an input column, unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// The column's position in the output's schema.
    pub output_column: usize,
    /// The input port's position.
    pub port: usize,
    /// The column's position in that input's schema.
    pub column: usize,
}
