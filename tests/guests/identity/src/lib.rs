//! A step that gives back what it is given, by value or by handle: for tests of the boundary.

use stepwell_sdk::prelude::*;

/// How rows are given back.
#[parameters]
struct Parameters {
    /// Whether columns are read and emitted again, or passed by handle.
    by: By,
}

/// The two ways of a column through a step.
#[parameters]
#[derive(Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum By {
    /// Every column is copied into the step and out of it.
    Read,
    /// No column is touched.
    Handle,
}

/// Gives back what it is given.
#[step(name = "identity", version = "0.1.0")]
struct Identity {
    by: By,
    columns: Vec<InputColumn>,
}

impl Step for Identity {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let columns: Vec<InputColumn> = inputs.columns().collect();
        match parameters.by {
            By::Handle => plan.pass_all(),
            By::Read => {
                plan.reads_each(&columns);
                for (key, value) in inputs.schema().metadata() {
                    plan.metadata(key, value);
                }
                for column in &columns {
                    plan.make(column.field().clone());
                }
            }
        }
        Ok(Self {
            by: parameters.by,
            columns,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        match self.by {
            By::Handle => output.pass(&batch),
            By::Read => output.emit(&batch, batch.arrays(&self.columns)?),
        }
    }
}
