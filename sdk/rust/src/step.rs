//! The trait that a step implements.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::description::Description;
use crate::{Batch, Inputs, Opening, Output, Problems, StepError, parameters};

/// A step: opened once with its parameters and the schemas that will reach it, then given batch after
/// batch.
///
/// `#[step]` on the type makes it the component's step:
///
/// ```
/// use stepwell_sdk::prelude::*;
///
/// #[parameters]
/// struct Parameters {
///     /// The column to look at.
///     column: String,
/// }
///
/// /// Keeps the rows in which a column is not null.
/// #[step(name = "drop-null", version = "0.1.0")]
/// struct DropNull {
///     column: InputColumn,
/// }
///
/// impl Step for DropNull {
///     type Parameters = Parameters;
///
///     fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
///         let column = inputs.column(&parameters.column).at_parameter("/column")?;
///         plan.reads(&column);
///         plan.pass_all();
///         Ok(Self { column })
///     }
///
///     fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
///         match batch.array(&self.column)?.logical_nulls() {
///             Some(nulls) => output.take(&batch, nulls.into_inner(), columns![]),
///             None => output.pass(&batch),
///         }
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no step: it does not implement `Step`",
    label = "`#[step]` needs `impl Step for {Self}`"
)]
pub trait Step: Sized + 'static {
    /// The parameters: a struct whose JSON Schema is shown to users. `#[parameters]` derives what is needed.
    type Parameters: DeserializeOwned + JsonSchema;

    /// Checks the parameters against the inputs' schemas, and declares what will be read and made.
    ///
    /// # Errors
    /// All that is wrong with them.
    fn open(
        parameters: Self::Parameters,
        inputs: &Inputs,
        plan: &mut Opening,
    ) -> Result<Self, Problems>;

    /// Takes a batch of one of the inputs, and emits what there is to emit.
    ///
    /// # Errors
    /// When the data cannot be processed; the run ends.
    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError>;

    /// All inputs have ended. Only a step that declared itself [`stateful`](Opening::stateful) may emit here.
    ///
    /// # Errors
    /// When what was seen does not do.
    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        let _ = output;
        Ok(())
    }

    /// The state between two batches, of a step that declared itself [`stateful`](Opening::stateful), so that a
    /// run can be resumed. A step that holds batches refuses.
    ///
    /// # Errors
    /// `not_saved`, unless the step implements it.
    fn save(&self) -> Result<Vec<u8>, StepError> {
        Err(not_saved())
    }

    /// Takes the state that [`Step::save`] gave, after `open` and before the first batch.
    ///
    /// # Errors
    /// `not_saved`, unless the step implements it.
    fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        let _ = state;
        Err(not_saved())
    }
}

fn not_saved() -> StepError {
    StepError::new("not_saved", "the step cannot save its state")
        .with_hint("a run with this step starts from the beginning when it is repeated")
}

/// What `#[step]` makes of an item: a step that can be described and opened without knowing its type.
#[derive(Debug, Clone, Copy)]
pub struct StepDefinition {
    pub(crate) describe: fn() -> Description,
    pub(crate) open: OpenFunction,
}

pub(crate) type OpenFunction =
    fn(Value, &Inputs, &mut Opening) -> Result<Box<dyn RunningStep>, Problems>;

impl StepDefinition {
    /// What the step says of itself.
    pub fn describe(&self) -> Description {
        (self.describe)()
    }

    /// Used by `#[step]`.
    #[doc(hidden)]
    pub const fn new<D: Definition>() -> Self {
        Self {
            describe: D::describe,
            open: D::open,
        }
    }
}

/// What `#[step]` implements.
#[doc(hidden)]
pub trait Definition: 'static {
    fn describe() -> Description;
    fn open(
        parameters: Value,
        inputs: &Inputs,
        plan: &mut Opening,
    ) -> Result<Box<dyn RunningStep>, Problems>;
}

/// An opened step, whatever its type.
#[doc(hidden)]
pub trait RunningStep {
    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError>;
    fn finish(&mut self, output: &mut Output) -> Result<(), StepError>;
    fn save(&self) -> Result<Vec<u8>, StepError>;
    fn restore(&mut self, state: &[u8]) -> Result<(), StepError>;
}

impl<S: Step> RunningStep for S {
    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        Step::process(self, batch, output)
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        Step::finish(self, output)
    }

    fn save(&self) -> Result<Vec<u8>, StepError> {
        Step::save(self)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        Step::restore(self, state)
    }
}

/// Used by `#[step]` on a struct.
#[doc(hidden)]
pub fn open_step<S: Step>(
    parameters: Value,
    inputs: &Inputs,
    plan: &mut Opening,
) -> Result<Box<dyn RunningStep>, Problems> {
    let parameters = parameters::from_json::<S::Parameters>(parameters)?;
    Ok(Box::new(S::open(parameters, inputs, plan)?))
}
