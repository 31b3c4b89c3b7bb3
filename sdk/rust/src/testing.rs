//! Runs a step's cases, natively.
//!
//! A case is a file in the step's folder `cases/`: parameters and tables in, tables out. Its form is described in
//! the crate `stepwell-cases`. The test of a step is one line:
//!
//! ```no_run
//! # mod my_step {
//! #     use stepwell_sdk::prelude::*;
//! #     /// Doubles.
//! #     #[step]
//! #     fn doubled(x: &Int64Array) -> Int64Array { x.unary(|x| x * 2) }
//! # }
//! # /*
//! #[test]
//! # */
//! fn the_step_does_what_its_cases_expect() {
//!     stepwell_sdk::testing::run_cases(&my_step::STEP, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
//! }
//! ```

use std::env;
use std::fmt::{self, Write};
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use arrow_select::concat::concat_batches;
use stepwell_cases::{Case, Outcome, Problem, RejectedRows};

use crate::native::NativeStep;
use crate::{Problems, StepDefinition, StepError};

/// Runs every case of a folder with each input as one batch, in batches of 1 and of 7 rows, and with a fresh
/// instance for every batch that takes over the state of the one before it: all must give what is expected.
///
/// With the environment variable `STEPWELL_BLESS` set to `1`, cases that differ are rewritten to expect what came,
/// as long as it is the same for all batch sizes. Cases that grant models are left out: there is no model outside
/// of the sandbox, where `stepwell test` runs all cases.
///
/// # Panics
/// When a case cannot be read or does not give what is expected; the message shows every difference.
pub fn run_cases(step: &StepDefinition, folder: impl AsRef<Path>) {
    let cases = match Case::load_dir(folder.as_ref()) {
        Ok(cases) => cases,
        Err(error) => panic!("{error}"),
    };
    let bless = env::var_os("STEPWELL_BLESS").is_some_and(|value| value == "1");
    let mut failures = String::new();
    for case in cases.iter().filter(|case| case.models.is_empty()) {
        if let Err(failure) = run_case(step, case, bless) {
            // Writing to a string cannot fail.
            let _ = writeln!(failures, "{failure}\n");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// How a case's inputs are cut into batches.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Feeding {
    Whole,
    Rows(usize),
    /// One row each, to a fresh instance with the state of the one before it.
    Resumed,
}

impl fmt::Display for Feeding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => formatter.write_str("in one batch"),
            Self::Rows(rows) => write!(formatter, "in batches of {rows} rows"),
            Self::Resumed => formatter.write_str(
                "in batches of 1 rows, each to a fresh instance that was given the state",
            ),
        }
    }
}

fn run_case(step: &StepDefinition, case: &Case, bless: bool) -> Result<(), String> {
    let whole = outcome(step, case, Feeding::Whole);
    let mut expected = case.clone();
    if bless && case.compare(&whole).is_err() {
        expected.expected = whole.clone();
    }
    for feeding in [
        Feeding::Whole,
        Feeding::Rows(1),
        Feeding::Rows(7),
        Feeding::Resumed,
    ] {
        let actual = outcome(step, case, feeding);
        if let Err(mismatch) = expected.compare(&actual) {
            return Err(match feeding {
                Feeding::Whole => mismatch.to_string(),
                other => format!("{mismatch}\n(with the input {other})"),
            });
        }
    }
    if bless && expected.expected != case.expected {
        case.bless(&whole).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn outcome(step: &StepDefinition, case: &Case, feeding: Feeding) -> Outcome {
    run(step, case, feeding).unwrap_or_else(|problems| Outcome::Error {
        problems: problems
            .into_iter()
            .map(|problem| Problem {
                code: problem.code,
                message: problem.message,
            })
            .collect(),
    })
}

fn run(step: &StepDefinition, case: &Case, feeding: Feeding) -> Result<Outcome, Problems> {
    let ports: Vec<String> = step
        .describe()
        .inputs
        .into_iter()
        .map(|port| port.name)
        .collect();
    let tables = ports
        .iter()
        .map(|port| input(case, port))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some((unknown, _)) = case.inputs.iter().find(|(name, _)| !ports.contains(name)) {
        return Err(StepError::new(
            "unknown_port",
            format!("the step has no input port `{unknown}`"),
        )
        .into());
    }
    let schemas: Vec<SchemaRef> = tables.iter().map(|table| table.schema()).collect();
    let open = || NativeStep::open(*step, case.parameters.clone(), &schemas);
    let mut running = open()?;
    let mut collected = Collected::default();
    for (port, table) in tables.iter().enumerate() {
        for batch in cut(table, feeding) {
            running.process(port, batch)?;
            if feeding == Feeding::Resumed {
                // A step that cannot save its state is not resumed.
                if let Ok(state) = running.save() {
                    collected.take(&running);
                    running = open()?;
                    running.restore(&state)?;
                }
            }
        }
    }
    running.finish()?;
    collected.take(&running);
    Ok(collected.into_outcome(&running, &ports)?)
}

fn input(case: &Case, port: &str) -> Result<RecordBatch, StepError> {
    let found = case.inputs.iter().find(|(name, _)| name == port);
    found.map(|(_, table)| table.clone()).ok_or_else(|| {
        StepError::new(
            "missing_input",
            format!("the case has no table for input port `{port}`"),
        )
    })
}

fn cut(table: &RecordBatch, feeding: Feeding) -> Vec<RecordBatch> {
    let size = match feeding {
        Feeding::Whole => return vec![table.clone()],
        Feeding::Rows(rows) => rows,
        Feeding::Resumed => 1,
    };
    (0..table.num_rows())
        .step_by(size)
        .map(|first| table.slice(first, size.min(table.num_rows() - first)))
        .collect()
}

/// What the instances before the last one gave.
#[derive(Default)]
struct Collected {
    emitted: Vec<(usize, RecordBatch)>,
    rejected: Vec<crate::native::RejectedRows>,
}

impl Collected {
    fn take(&mut self, step: &NativeStep) {
        self.emitted.extend(step.emitted().iter().cloned());
        self.rejected.extend(step.rejected().iter().cloned());
    }

    fn into_outcome(self, step: &NativeStep, ports: &[String]) -> Result<Outcome, StepError> {
        let mut tables = Vec::new();
        for (port, output) in step.opened().outputs().iter().enumerate() {
            let batches = self
                .emitted
                .iter()
                .filter(|(to, _)| *to == port)
                .map(|(_, batch)| batch);
            tables.push((
                output.name().to_owned(),
                crate::native::concatenated(output.schema(), batches)?,
            ));
        }
        let mut rejected: Vec<RejectedRows> = Vec::new();
        for rows in self.rejected {
            let port = ports.get(rows.port).cloned().unwrap_or_default();
            let same = rejected.iter_mut().find(|other| {
                other.port == port && other.code == rows.code && other.reason == rows.reason
            });
            match same {
                Some(other) => {
                    other.rows = concat_batches(&other.rows.schema(), [&other.rows, &rows.rows])?
                }
                None => rejected.push(RejectedRows {
                    port,
                    code: rows.code,
                    reason: rows.reason,
                    rows: rows.rows,
                }),
            }
        }
        Ok(Outcome::Output { tables, rejected })
    }
}
