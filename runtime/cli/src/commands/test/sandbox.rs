//! A case, run in the sandbox.

use std::fmt;

use anyhow::{Context, Result};
use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use stepwell::plan::{Description, StepProblem};
use stepwell::{EngineError, Error, Rejected, Step, StepRun};
use stepwell_cases::{Case, Outcome, Problem, RejectedRows};

/// How a case went.
pub(super) enum Verdict {
    Passed,
    /// It expects now what came.
    Blessed,
    /// With the differences, in words and values.
    Failed(String),
}

/// How a case's inputs are cut into batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Feeding {
    Whole,
    Rows(usize),
}

impl fmt::Display for Feeding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => formatter.write_str("in one batch"),
            Self::Rows(rows) => write!(formatter, "in batches of {rows} rows"),
        }
    }
}

/// Runs a case with its inputs as whole tables, and in batches of 1 and of 7 rows: all must give what it expects.
///
/// To be blessed, what comes must be the same for all sizes.
pub(super) fn test(step: &Step, case: &Case, bless: bool) -> Result<Verdict> {
    let description = step.description()?;
    let whole = outcome(step, &description, case, Feeding::Whole)?;
    let mismatch = case.compare(&whole).err();
    let mut expected = case.clone();
    match &mismatch {
        Some(mismatch) if !bless => return Ok(Verdict::Failed(mismatch.to_string())),
        Some(_) => expected.expected = whole.clone(),
        None => {}
    }
    for feeding in [Feeding::Rows(1), Feeding::Rows(7)] {
        let actual = outcome(step, &description, case, feeding)?;
        if let Err(mismatch) = expected.compare(&actual) {
            return Ok(Verdict::Failed(format!(
                "{mismatch}\n(with the input {feeding})"
            )));
        }
    }
    if mismatch.is_none() {
        return Ok(Verdict::Passed);
    }
    case.bless(&whole)?;
    Ok(Verdict::Blessed)
}

/// What comes of a case. What the step says is wrong is an outcome, too; a step that crashes or goes past a limit has
/// failed, whatever the case expects.
fn outcome(
    step: &Step,
    description: &Description,
    case: &Case,
    feeding: Feeding,
) -> Result<Outcome> {
    match run(step, description, case, feeding) {
        Ok(outcome) => Ok(outcome),
        Err(Failed::Said(problems)) => Ok(Outcome::Error { problems }),
        Err(Failed::Other(error)) => Ok(Outcome::Error {
            problems: vec![Problem {
                code: error.code().to_owned(),
                message: error.to_string(),
            }],
        }),
        Err(Failed::Case(error)) => Err(error),
    }
}

/// Why a case did not come to its end.
enum Failed {
    /// The step said so.
    Said(Vec<Problem>),
    /// The step was stopped.
    Other(Error),
    /// The case cannot be run.
    Case(anyhow::Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        let Error::Step { error: inner, .. } = &error else {
            return Self::Other(error);
        };
        match &**inner {
            EngineError::Refused(problems) => Self::Said(problems.iter().map(problem).collect()),
            EngineError::Failed { problem: said, .. } => Self::Said(vec![problem(said)]),
            _ => Self::Other(error),
        }
    }
}

fn problem(problem: &StepProblem) -> Problem {
    Problem {
        code: problem.code.clone(),
        message: problem.message.clone(),
    }
}

fn run(
    step: &Step,
    description: &Description,
    case: &Case,
    feeding: Feeding,
) -> Result<Outcome, Failed> {
    let inputs = inputs(description, case).map_err(Failed::Case)?;
    let schemas: Vec<SchemaRef> = inputs.iter().map(|table| table.schema()).collect();
    let mut step = step.clone().parameters(case.parameters.clone());
    for (name, path) in &case.models {
        step = step.allow_model(name, path);
    }
    let mut run = step.open_ports(schemas)?;
    let mut emitted = Vec::new();
    for (port, table) in inputs.iter().enumerate() {
        for batch in cut(table, feeding) {
            emitted.extend(run.process_port(port, batch)?);
        }
    }
    emitted.extend(run.finish_ports()?);
    collect(description, &mut run, &emitted).map_err(Failed::Case)
}

/// The case's tables, in the order of the step's input ports.
fn inputs(description: &Description, case: &Case) -> Result<Vec<RecordBatch>> {
    let names = || {
        description
            .inputs
            .iter()
            .map(|port| format!("`{}`", port.name))
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some((unknown, _)) = case
        .inputs
        .iter()
        .find(|(name, _)| description.inputs.iter().all(|port| port.name != *name))
    {
        anyhow::bail!(
            "case `{}`: the step has no input port `{unknown}`; it has {}",
            case.path.display(),
            names()
        );
    }
    let tables = description.inputs.iter().map(|port| {
        let found = case.inputs.iter().find(|(name, _)| *name == port.name);
        let table = found.map(|(_, table)| table.clone());
        table.with_context(|| {
            format!(
                "case `{}`: there is no table for input port `{}`",
                case.path.display(),
                port.name
            )
        })
    });
    tables.collect()
}

fn cut(table: &RecordBatch, feeding: Feeding) -> Vec<RecordBatch> {
    match feeding {
        Feeding::Whole => vec![table.clone()],
        Feeding::Rows(rows) => {
            let starts = (0..table.num_rows()).step_by(rows);
            starts
                .map(|start| table.slice(start, rows.min(table.num_rows() - start)))
                .collect()
        }
    }
}

fn collect(
    description: &Description,
    run: &mut StepRun,
    emitted: &[(usize, RecordBatch)],
) -> Result<Outcome> {
    let mut tables = Vec::new();
    for (index, port) in description.outputs.iter().enumerate() {
        let schema = &run.opened().outputs[index].schema;
        let batches: Vec<&RecordBatch> = emitted
            .iter()
            .filter(|(to, _)| *to == index)
            .map(|(_, batch)| batch)
            .collect();
        tables.push((port.name.clone(), concat(schema, &batches)?));
    }
    let rejected = run.take_rejected();
    let rejected = rejected.iter().map(|rows| rejected_rows(description, rows));
    Ok(Outcome::Output {
        tables,
        rejected: rejected.collect::<Result<Vec<_>>>()?,
    })
}

/// All rows as one table. Where there are no columns, only rows are left to count.
fn concat(schema: &SchemaRef, batches: &[&RecordBatch]) -> Result<RecordBatch> {
    if schema.fields().is_empty() {
        let rows = batches.iter().map(|batch| batch.num_rows()).sum();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        return Ok(RecordBatch::try_new_with_options(
            schema.clone(),
            Vec::new(),
            &options,
        )?);
    }
    Ok(concat_batches(schema, batches.iter().copied())?)
}

fn rejected_rows(description: &Description, rejected: &Rejected) -> Result<RejectedRows> {
    Ok(RejectedRows {
        port: description.inputs[rejected.port].name.clone(),
        code: rejected.code.clone(),
        reason: rejected.reason.clone(),
        rows: rejected.batch.to_record_batch()?,
    })
}
