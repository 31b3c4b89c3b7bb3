//! Drops rows with missing values. Columns that cannot have any are not read.

use stepwell_sdk::prelude::*;
use stepwell_values::{has_nan, missing};

/// Which rows are dropped.
#[parameters]
struct Parameters {
    /// The columns to look at. All by default.
    #[serde(default)]
    columns: Vec<String>,
    /// Whether a row is dropped when any of the columns is missing, or when all are.
    #[serde(default)]
    how: How,
    /// What becomes of the rows: `drop` leaves them out, `reject` puts them with the rejected rows.
    #[serde(default)]
    otherwise: Otherwise,
}

/// When a row is dropped.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
enum How {
    /// When any value is missing.
    #[default]
    Any,
    /// When all values are missing.
    All,
}

/// What becomes of rows that are not kept.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
enum Otherwise {
    /// They are left out.
    #[default]
    Drop,
    /// They are rejected.
    Reject,
}

/// Drops rows with missing values.
///
/// Missing are nulls, and NaN in columns of floating-point numbers. All columns are passed by reference; a
/// column that can have no missing values, by its type, is not read.
#[step(name = "drop-missing")]
struct DropMissing {
    columns: Vec<InputColumn>,
    how: How,
    otherwise: Otherwise,
    /// Whether a column that is always there keeps every row.
    keeps_all: bool,
}

impl Step for DropMissing {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let columns = if parameters.columns.is_empty() {
            inputs.columns().collect()
        } else {
            inputs.listed(&parameters.columns, "/columns", &mut problems)
        };
        problems.into_result()?;
        let may_miss =
            |column: &InputColumn| column.field().is_nullable() || has_nan(column.data_type());
        let n_columns = columns.len();
        let mut columns: Vec<InputColumn> = columns.into_iter().filter(may_miss).collect();
        let keeps_all =
            columns.is_empty() || (parameters.how == How::All && columns.len() < n_columns);
        if keeps_all {
            columns.clear();
        }
        plan.reads_each(&columns);
        plan.pass_all();
        Ok(Self {
            columns,
            how: parameters.how,
            otherwise: parameters.otherwise,
            keeps_all,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        if self.keeps_all {
            return output.pass(&batch);
        }
        let masks: Vec<_> = batch
            .arrays(&self.columns)?
            .iter()
            .map(|array| missing(array))
            .collect();
        let is_dropped = |row: usize| match self.how {
            How::Any => masks.iter().any(|mask| mask.value(row)),
            How::All => masks.iter().all(|mask| mask.value(row)),
        };
        let dropped: BooleanArray = (0..batch.rows()).map(|row| Some(is_dropped(row))).collect();
        if self.otherwise == Otherwise::Reject {
            for (code, reason, rows) in self.reasons(&masks, &dropped) {
                output.reject(&batch, &rows, code, &reason)?;
            }
        }
        let kept: BooleanArray = dropped
            .iter()
            .map(|dropped| dropped.map(|dropped| !dropped))
            .collect();
        output.filter(&batch, &kept, columns![])
    }
}

impl DropMissing {
    /// Each dropped row once, with the first column that is missing in it.
    fn reasons(
        &self,
        masks: &[stepwell_sdk::arrow::buffer::BooleanBuffer],
        dropped: &BooleanArray,
    ) -> Vec<(&'static str, String, BooleanArray)> {
        if self.how == How::All {
            return vec![(
                "missing",
                "all values are missing".to_owned(),
                dropped.clone(),
            )];
        }
        let first = |row: usize| masks.iter().position(|mask| mask.value(row));
        self.columns
            .iter()
            .enumerate()
            .map(|(index, column)| {
                let rows = (0..dropped.len())
                    .map(|row| Some(first(row) == Some(index)))
                    .collect();
                ("missing", format!("`{}` is missing", column.name()), rows)
            })
            .collect()
    }
}
