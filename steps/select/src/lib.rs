//! Keeps, drops and reorders columns, by name or pattern. No column is read.

mod pattern;

use pattern::Pattern;
use stepwell_sdk::prelude::*;

/// What is kept.
#[parameters]
struct Parameters {
    /// The columns to keep, in this order: names, or patterns in which `*` stands for any text and `?` for any
    /// character. A column is kept once, at its first place: `["id", "*"]` puts `id` first. All by default.
    #[serde(default)]
    keep: Vec<String>,
    /// Columns to drop of those that are kept: names or patterns.
    #[serde(default)]
    drop: Vec<String>,
}

/// Keeps, drops and reorders columns.
///
/// Columns are passed by reference: none is read, whatever it holds.
#[step(name = "select")]
struct Select;

impl Step for Select {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        if parameters.keep.is_empty() && parameters.drop.is_empty() {
            problems.push(
                StepError::new("no_columns", "neither `keep` nor `drop` names a column")
                    .with_hint("name columns to keep (`keep = [\"id\", \"*\"]`) or to drop"),
            );
        }
        let mut kept = if parameters.keep.is_empty() {
            inputs.columns().collect()
        } else {
            matching(inputs, &parameters.keep, "/keep", &mut problems)
        };
        let dropped = matching(inputs, &parameters.drop, "/drop", &mut problems);
        kept.retain(|column| !dropped.contains(column));
        problems.into_result()?;
        for (key, value) in inputs.schema().metadata() {
            plan.metadata(key, value);
        }
        for column in &kept {
            plan.pass(column);
        }
        Ok(Self)
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        output.pass(&batch)
    }
}

/// The columns that names and patterns stand for, each once.
fn matching(
    inputs: &Inputs,
    names: &[String],
    pointer: &str,
    problems: &mut Problems,
) -> Vec<InputColumn> {
    let mut columns: Vec<InputColumn> = Vec::new();
    for (position, name) in names.iter().enumerate() {
        let found: Vec<InputColumn> = match Pattern::new(name) {
            // A column may be called like a pattern.
            Some(pattern) if !inputs.contains(name) => inputs
                .columns()
                .filter(|column| pattern.matches(column.name()))
                .collect(),
            _ => {
                let column = inputs
                    .column(name)
                    .at_parameter(format!("{pointer}/{position}"));
                problems.check(column).into_iter().collect()
            }
        };
        if found.is_empty() && Pattern::new(name).is_some() {
            problems.push(
                StepError::new("no_match", format!("no column matches `{name}`"))
                    .at_parameter(format!("{pointer}/{position}")),
            );
        }
        for column in found {
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
    }
    columns
}
