//! A step with two inputs: for tests of order.

use stepwell_sdk::prelude::*;

/// Gives the rows of its first input, then those of its second.
#[step(
    name = "concatenate",
    version = "0.1.0",
    inputs(
        first = "The rows that come first",
        second = "The rows that come after them; the same columns"
    )
)]
struct Concatenate;

impl Step for Concatenate {
    type Parameters = NoParameters;

    fn open(
        _parameters: NoParameters,
        inputs: &Inputs,
        plan: &mut Opening,
    ) -> Result<Self, Problems> {
        let first = inputs.port("first")?;
        let second = inputs.port("second")?;
        plan.pass_all_of(first);
        for column in second.columns() {
            if !first.contains(column.name()) {
                let message = format!("column `{}` is not among those of `first`", column.name());
                return Err(StepError::new("unknown_column", message).into());
            }
            plan.pass_also(&column, column.name());
        }
        Ok(Self)
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        output.pass(&batch)
    }
}
