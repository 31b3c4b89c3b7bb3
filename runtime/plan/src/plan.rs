//! A checked pipeline: all that running it and explaining it need, with no name left to look up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arrow_schema::SchemaRef;

use crate::catalog::StepComponent;
use crate::dataset::{SinkSpec, SourceSpec};
use crate::file::StepReference;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::rejects::{MaxRejects, OnError, why_not_again};
use crate::step::{ColumnIndex, Opened};

/// A checked pipeline.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Plan {
    /// The pipeline's name.
    pub name: String,
    /// What the pipeline is for.
    pub description: Option<String>,
    /// Rows per batch that sources give; at least 1.
    pub batch_rows: usize,
    /// How many threads may run steps; at least 1. `None`: as many as the machine has.
    pub threads: Option<usize>,
    /// How long a run may take. `None`: as long as it needs.
    pub time: Option<Duration>,
    /// The models, by name: their paths as the file has them.
    pub models: BTreeMap<String, String>,
    /// The artifacts, by name: their paths as the file has them.
    pub artifacts: BTreeMap<String, String>,
    /// Where the random numbers of steps start; `None`: they are different each time.
    pub seed: Option<u64>,
    /// The sources, in the order of the file.
    pub sources: Vec<PlannedSource>,
    /// The steps, each after all steps that it reads from.
    pub steps: Vec<PlannedStep>,
    /// The sinks, in the order of the file.
    pub sinks: Vec<PlannedSink>,
    /// Where rejected rows are kept, a table of [`rejects_schema`](crate::rejects_schema); `None`: they are counted
    /// only.
    pub rejects: Option<SinkSpec>,
    /// How many rows all steps together may reject; `None`: any number. A share is one of the rows that sources
    /// give.
    pub max_rejects: Option<MaxRejects>,
}

/// A source of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSource {
    /// The name in the pipeline.
    pub name: String,
    /// What to read.
    pub spec: SourceSpec,
    /// All columns that it has.
    pub schema: SchemaRef,
    /// The columns (positions in `schema`) that some step reads or that reach a sink; no other
    /// needs to be read at all. All of them where the pipeline keeps rejected rows, as they were.
    pub needed: BTreeSet<usize>,
}

/// A step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// The name in the pipeline.
    pub name: String,
    /// Which component, as the file says it.
    pub reference: StepReference,
    /// The component that was found.
    pub component: Arc<StepComponent>,
    /// The parameters, an object.
    pub parameters: serde_json::Value,
    /// What it is granted.
    pub grants: Grants,
    /// What it may use up.
    pub limits: Limits,
    /// What becomes of rows that it fails on.
    pub on_error: OnError,
    /// How many of its rows may be rejected; `None`: any number. A share is one of the rows that it is given.
    pub max_rejects: Option<MaxRejects>,
    /// Where its inputs come from, one for each input port, in the order of the description.
    pub inputs: Vec<Upstream>,
    /// What it answered when it was opened.
    pub opened: Opened,
    /// For each output port, the columns (positions in the port's schema) that some later step
    /// reads or that reach a sink.
    pub needed: Vec<BTreeSet<usize>>,
}

impl PlannedStep {
    /// Whether a batch may be given to the step again after it has failed on it, in parts: it treats each batch alone,
    /// and the first time leaves no trace.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        why_not_again(&self.opened, &self.grants).is_none()
    }

    /// The columns of an input that this step needs: those that it reads, and those that it passes
    /// on to somebody who needs them.
    pub fn needed_inputs(&self, port: usize) -> BTreeSet<usize> {
        let read = self.opened.reads.iter().copied();
        let passed = self
            .opened
            .outputs
            .iter()
            .zip(&self.needed)
            .flat_map(|(output, needed)| {
                let is_needed = |column: &usize| needed.contains(column);
                output
                    .passes
                    .iter()
                    .filter(move |pass| is_needed(&pass.output_column))
                    .map(|pass| pass.input)
            });
        let of_port = |column: ColumnIndex| (column.port == port).then_some(column.column);
        read.chain(passed).filter_map(of_port).collect()
    }
}

/// A sink of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSink {
    /// The name in the pipeline.
    pub name: String,
    /// What to write.
    pub spec: SinkSpec,
    /// Where its rows come from.
    pub input: Upstream,
}

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Upstream {
    /// A source, by its position in [`Plan::sources`].
    Source(usize),
    /// An output port of a step.
    Step {
        /// The step's position in [`Plan::steps`].
        step: usize,
        /// The output port's position in the step's description.
        port: usize,
    },
}

/// Where rows go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Downstream {
    /// An input port of a step.
    Step {
        /// The step's position in [`Plan::steps`].
        step: usize,
        /// The input port's position in the step's description.
        port: usize,
    },
    /// A sink, by its position in [`Plan::sinks`].
    Sink(usize),
}

impl Plan {
    /// The schema of the rows that come from there.
    ///
    /// # Panics
    /// When `upstream` is not of this plan.
    pub fn schema(&self, upstream: Upstream) -> &SchemaRef {
        match upstream {
            Upstream::Source(source) => &self.sources[source].schema,
            Upstream::Step { step, port } => &self.steps[step].opened.outputs[port].schema,
        }
    }

    /// The columns (positions in the schema) that anyone needs of the rows that come from there.
    ///
    /// # Panics
    /// When `upstream` is not of this plan.
    pub fn needed(&self, upstream: Upstream) -> &BTreeSet<usize> {
        match upstream {
            Upstream::Source(source) => &self.sources[source].needed,
            Upstream::Step { step, port } => &self.steps[step].needed[port],
        }
    }

    /// The name as a pipeline file refers to it: `customers`, `clean`, or `split.test` of a step
    /// that has several output ports.
    ///
    /// # Panics
    /// When `upstream` is not of this plan.
    pub fn upstream_name(&self, upstream: Upstream) -> String {
        match upstream {
            Upstream::Source(source) => self.sources[source].name.clone(),
            Upstream::Step { step, port } => {
                let step = &self.steps[step];
                match step.component.description.outputs.as_slice() {
                    [_] => step.name.clone(),
                    outputs => format!("{}.{}", step.name, outputs[port].name),
                }
            }
        }
    }

    /// Who reads the rows that come from there: steps in order, then sinks.
    pub fn readers(&self, upstream: Upstream) -> Vec<Downstream> {
        let steps = self.steps.iter().enumerate().flat_map(|(step, planned)| {
            let ports = planned.inputs.iter().enumerate();
            ports
                .filter(|(_, input)| **input == upstream)
                .map(move |(port, _)| Downstream::Step { step, port })
        });
        let sinks = self.sinks.iter().enumerate();
        let sinks = sinks.filter(|(_, sink)| sink.input == upstream);
        steps
            .chain(sinks.map(|(sink, _)| Downstream::Sink(sink)))
            .collect()
    }
}
