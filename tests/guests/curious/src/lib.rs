//! A step that tries what it is told to try, by the interfaces of WASI: for tests of capabilities.

mod attempts;

use stepwell_sdk::prelude::*;

/// What is tried.
#[parameters]
struct Parameters {
    /// Attempts, each a verb and what it is about, such as `read lookup/words.txt`.
    attempts: Vec<String>,
    /// A text that must stay secret; `tell`, `fail`, `panic` and `refuse` let it out.
    #[serde(default)]
    secret: String,
    /// Columns to read.
    #[serde(default)]
    reads: Vec<String>,
}

/// Tries what it is told to try, and gives a row for each attempt.
#[step(name = "curious", version = "0.1.0")]
struct Curious {
    parameters: Parameters,
    columns: Vec<InputColumn>,
}

impl Step for Curious {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        if parameters
            .attempts
            .iter()
            .any(|attempt| attempt == "refuse")
        {
            let message = format!("`{}` is no key", parameters.secret);
            return Err(StepError::new("bad_key", message).into());
        }
        let columns: Vec<InputColumn> = parameters
            .reads
            .iter()
            .map(|name| inputs.column(name))
            .collect::<Result<_, _>>()?;
        plan.stateful();
        plan.reads_each(&columns);
        plan.make(Field::new("attempt", DataType::Utf8, false));
        plan.make(Field::new("outcome", DataType::Utf8, false));
        Ok(Self {
            parameters,
            columns,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        for attempt in &self.parameters.attempts {
            if attempt == "reject" {
                let reason = format!("not with `{}`", self.parameters.secret);
                output.reject(&batch, Selection::All, "bad_key", &reason)?;
            }
        }
        batch.arrays(&self.columns).map(drop)
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        let secret = &self.parameters.secret;
        let mut outcomes = Vec::new();
        for attempt in &self.parameters.attempts {
            outcomes.push(attempts::attempt(attempt, secret)?);
        }
        let attempts = StringArray::from(self.parameters.attempts.clone());
        output.emit_made(columns![attempts, StringArray::from(outcomes)])
    }
}
