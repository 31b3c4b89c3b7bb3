//! A step with state that can be saved: for tests of order and of resuming.

use stepwell_sdk::prelude::*;

/// What is added up.
#[parameters]
struct Parameters {
    /// The column whose values are added up.
    column: String,
}

/// Adds a column with the running total of another one.
#[step(name = "running-total", version = "0.1.0")]
struct RunningTotal {
    column: InputColumn,
    total: i64,
}

impl Step for RunningTotal {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let column = inputs
            .typed::<Int64Type>(&parameters.column)
            .at_parameter("/column")?;
        plan.stateful();
        plan.reads(&column);
        plan.pass_all();
        plan.make(Field::new("total", DataType::Int64, false));
        Ok(Self { column, total: 0 })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let values = batch.column::<Int64Type>(&self.column)?;
        let totals = values.iter().map(|value| {
            self.total += value.unwrap_or(0);
            self.total
        });
        let totals = Int64Array::from_iter_values(totals);
        output.emit(&batch, columns![totals])
    }

    fn save(&self) -> Result<Vec<u8>, StepError> {
        Ok(self.total.to_le_bytes().to_vec())
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        let bytes = state
            .try_into()
            .map_err(|_| StepError::new("bad_state", "the state is not a total"))?;
        self.total = i64::from_le_bytes(bytes);
        Ok(())
    }
}
