//! What is said of a plan, whatever the format. As it stands here, it is written as JSON.

use std::collections::{BTreeMap, BTreeSet};

use arrow_schema::SchemaRef;
use serde::Serialize;
use stepwell_layout::type_name;

use crate::capability::Capability;
use crate::dataset::Paths;
use crate::plan::{Downstream, Plan, PlannedStep, Upstream};
use crate::step::{ColumnIndex, Mode, Output};

#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    pub(super) pipeline: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    pub(super) batch_rows: usize,
    pub(super) models: BTreeMap<String, String>,
    pub(super) sources: Vec<Source>,
    pub(super) steps: Vec<Step>,
    pub(super) sinks: Vec<Sink>,
}

#[derive(Debug, Serialize)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) paths: Vec<String>,
    pub(super) columns: Vec<Column>,
    pub(super) readers: Vec<Reader>,
}

#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) name: String,
    /// As the pipeline file refers to it.
    pub(super) uses: String,
    /// What was found: name and version of the component.
    pub(super) component: String,
    pub(super) digest: String,
    pub(super) mode: Mode,
    pub(super) capabilities: BTreeSet<Capability>,
    pub(super) models: BTreeSet<String>,
    pub(super) inputs: Vec<Input>,
    /// The columns that no output passes on, and in whose place none is made.
    pub(super) drops: Vec<InputColumn>,
    pub(super) outputs: Vec<OutputPort>,
}

#[derive(Debug, Serialize)]
pub(super) struct Input {
    pub(super) port: String,
    /// As a pipeline file refers to it.
    pub(super) from: String,
    pub(super) reads: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct OutputPort {
    pub(super) port: String,
    pub(super) columns: Vec<Column>,
    pub(super) passes: Vec<Passed>,
    pub(super) makes: Vec<Made>,
    pub(super) readers: Vec<Reader>,
}

/// An output column that the step makes.
#[derive(Debug, Serialize)]
pub(super) struct Made {
    pub(super) column: String,
    #[serde(rename = "type")]
    pub(super) type_name: String,
    /// Whether it takes the place of an input column of this name.
    pub(super) replaces: bool,
}

/// An output column that is an input column, unchanged.
#[derive(Debug, Serialize)]
pub(super) struct Passed {
    pub(super) column: String,
    pub(super) from: Vec<InputColumn>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct InputColumn {
    pub(super) port: String,
    pub(super) column: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) type_name: String,
    pub(super) nullable: bool,
    /// Whether anyone after this reads it or writes it to a sink.
    pub(super) needed: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Sink {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) from: String,
}

/// Who reads: a step at one of its ports, or a sink.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub(super) enum Reader {
    Step { name: String, port: String },
    Sink { name: String },
}

pub(super) fn explain(plan: &Plan) -> Explanation {
    let sources = plan
        .sources
        .iter()
        .enumerate()
        .map(|(index, source)| Source {
            name: source.name.clone(),
            paths: match &source.spec.path {
                Paths::One(path) => vec![path.clone()],
                Paths::Many(paths) => paths.clone(),
            },
            columns: columns(&source.schema, &source.needed),
            readers: readers(plan, Upstream::Source(index)),
        });
    let sinks = plan.sinks.iter().map(|sink| Sink {
        name: sink.name.clone(),
        path: sink.spec.path.clone(),
        from: plan.upstream_name(sink.input),
    });
    Explanation {
        pipeline: plan.name.clone(),
        description: plan.description.clone(),
        batch_rows: plan.batch_rows,
        models: plan.models.clone(),
        sources: sources.collect(),
        steps: (0..plan.steps.len())
            .map(|index| explain_step(plan, index))
            .collect(),
        sinks: sinks.collect(),
    }
}

fn explain_step(plan: &Plan, index: usize) -> Step {
    let step = &plan.steps[index];
    let description = &step.component.description;
    let inputs = description.inputs.iter().zip(&step.inputs).enumerate().map(
        |(position, (port, upstream))| {
            let reads = step
                .opened
                .reads
                .iter()
                .filter(|read| read.port == position);
            Input {
                port: port.name.clone(),
                from: plan.upstream_name(*upstream),
                reads: reads
                    .map(|read| input_column(plan, step, *read).column)
                    .collect(),
            }
        },
    );
    let unpassed = unpassed(plan, step);
    let is_unpassed = |name: &str| unpassed.iter().any(|input| input.column == name);
    let mut outputs = Vec::new();
    for (port, output) in step.opened.outputs.iter().enumerate() {
        let mut makes = Vec::new();
        for (column, field) in output.schema.fields().iter().enumerate() {
            if output
                .passes
                .iter()
                .all(|pass| pass.output_column != column)
            {
                makes.push(Made {
                    column: field.name().clone(),
                    type_name: type_name(field.data_type()),
                    replaces: is_unpassed(field.name()),
                });
            }
        }
        outputs.push(OutputPort {
            port: description.outputs[port].name.clone(),
            columns: columns(&output.schema, &step.needed[port]),
            passes: passes(plan, step, output),
            makes,
            readers: readers(plan, Upstream::Step { step: index, port }),
        });
    }
    let is_made = |input: &InputColumn| {
        let mut makes = outputs.iter().flat_map(|output| &output.makes);
        makes.any(|made| made.column == input.column)
    };
    let drops = unpassed
        .iter()
        .filter(|input| !is_made(input))
        .cloned()
        .collect();
    Step {
        name: step.name.clone(),
        uses: step.reference.to_string(),
        component: format!("{} {}", description.name, description.version),
        digest: step.component.digest.clone(),
        mode: step.opened.mode,
        capabilities: step.component.capabilities.clone(),
        models: step.grants.models.clone(),
        inputs: inputs.collect(),
        drops,
        outputs,
    }
}

fn columns(schema: &SchemaRef, needed: &BTreeSet<usize>) -> Vec<Column> {
    let fields = schema.fields().iter().enumerate();
    fields
        .map(|(index, field)| Column {
            name: field.name().clone(),
            type_name: type_name(field.data_type()),
            nullable: field.is_nullable(),
            needed: needed.contains(&index),
        })
        .collect()
}

fn passes(plan: &Plan, step: &PlannedStep, output: &Output) -> Vec<Passed> {
    let mut by_column: BTreeMap<usize, Vec<InputColumn>> = BTreeMap::new();
    for pass in &output.passes {
        let from = input_column(plan, step, pass.input);
        by_column.entry(pass.output_column).or_default().push(from);
    }
    let named = by_column.into_iter().map(|(column, from)| Passed {
        column: output.schema.field(column).name().clone(),
        from,
    });
    named.collect()
}

/// The input columns that no output passes on.
fn unpassed(plan: &Plan, step: &PlannedStep) -> Vec<InputColumn> {
    let outputs = step.opened.outputs.iter();
    let passed: BTreeSet<ColumnIndex> = outputs
        .flat_map(|output| &output.passes)
        .map(|pass| pass.input)
        .collect();
    let mut unpassed = Vec::new();
    for (port, upstream) in step.inputs.iter().enumerate() {
        for column in 0..plan.schema(*upstream).fields().len() {
            let at = ColumnIndex { port, column };
            if !passed.contains(&at) {
                unpassed.push(input_column(plan, step, at));
            }
        }
    }
    unpassed
}

fn input_column(plan: &Plan, step: &PlannedStep, at: ColumnIndex) -> InputColumn {
    InputColumn {
        port: step.component.description.inputs[at.port].name.clone(),
        column: plan
            .schema(step.inputs[at.port])
            .field(at.column)
            .name()
            .clone(),
    }
}

fn readers(plan: &Plan, upstream: Upstream) -> Vec<Reader> {
    let readers = plan.readers(upstream).into_iter();
    readers
        .map(|reader| match reader {
            Downstream::Step { step, port } => {
                let step = &plan.steps[step];
                Reader::Step {
                    name: step.name.clone(),
                    port: step.component.description.inputs[port].name.clone(),
                }
            }
            Downstream::Sink(sink) => Reader::Sink {
                name: plan.sinks[sink].name.clone(),
            },
        })
        .collect()
}
