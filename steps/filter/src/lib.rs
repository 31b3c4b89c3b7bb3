//! Keeps the rows for which an SQL expression is true. Only the columns of the expression are read.

use stepwell_expression::{Expression, ExpressionError};
use stepwell_sdk::prelude::*;

/// Which rows are kept.
#[parameters]
struct Parameters {
    /// An SQL expression that is true for the rows to keep: `tenure > 12 and contract in ('One year', 'Two year')`.
    r#where: String,
    /// What becomes of the other rows: `drop` leaves them out, `reject` puts them with the rejected rows.
    #[serde(default)]
    otherwise: Otherwise,
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

/// Keeps the rows for which an SQL expression is true.
///
/// Rows for which it is null are not kept. All columns are passed by reference; only those that the expression
/// names are read.
#[step(name = "filter")]
struct Filter {
    condition: Expression,
    columns: Vec<InputColumn>,
    otherwise: Otherwise,
    text: String,
}

impl Step for Filter {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let condition = match Expression::compile_condition(&parameters.r#where, inputs.schema()) {
            Ok(condition) => condition,
            Err(errors) => {
                let mut problems = Problems::new();
                problems.extend(
                    errors
                        .iter()
                        .map(|error| step_error(error).at_parameter("/where")),
                );
                return Err(problems);
            }
        };
        let all: Vec<InputColumn> = inputs.columns().collect();
        let columns: Vec<InputColumn> = condition
            .columns()
            .iter()
            .map(|index| all[*index].clone())
            .collect();
        plan.reads_each(&columns);
        plan.pass_all();
        Ok(Self {
            condition,
            columns,
            otherwise: parameters.otherwise,
            text: parameters.r#where,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let columns = batch.arrays(&self.columns)?;
        let kept = self
            .condition
            .evaluate_condition(batch.rows(), &columns)
            .map_err(|error| {
                let mut problem = step_error(&error);
                problem.subject = stepwell_sdk::Subject::Data;
                problem
            })?;
        if self.otherwise == Otherwise::Reject {
            let others: BooleanArray = kept.iter().map(|value| Some(value != Some(true))).collect();
            output.reject(
                &batch,
                &others,
                "filtered",
                &format!("`{}` is not true", self.text),
            )?;
        }
        output.filter(&batch, &kept, columns![])
    }
}

fn step_error(error: &ExpressionError) -> StepError {
    let problem = StepError::new(error.code(), error.to_string());
    match error.hint() {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}
