//! Steps outside of a sandbox: the same code on record batches, in the same process. For tests, and for
//! looking at a step with a debugger.
//!
//! ```
//! use std::sync::Arc;
//! use stepwell_sdk::arrow::array::{Float64Array, Int64Array, RecordBatch};
//! use stepwell_sdk::native::NativeStep;
//!
//! mod charge {
//!     use stepwell_sdk::prelude::*;
//!
//!     /// Average charge per month of tenure.
//!     #[step]
//!     fn charge_per_month(total_charges: &Float64Array, tenure: &Int64Array) -> Float64Array {
//!         total_charges.iter().zip(tenure).map(|(charges, months)| Some(charges? / months? as f64)).collect()
//!     }
//! }
//!
//! let customers = RecordBatch::try_from_iter([
//!     ("total_charges", Arc::new(Float64Array::from(vec![30.0, 90.0])) as _),
//!     ("tenure", Arc::new(Int64Array::from(vec![2, 3])) as _),
//! ])?;
//! let mut step = NativeStep::open(charge::STEP, serde_json::json!({}), &[customers.schema()])?;
//! step.process(0, customers)?;
//! step.finish()?;
//! let output = step.output(0)?;
//! assert_eq!(output["charge_per_month"].as_ref(), &Float64Array::from(vec![15.0, 30.0]) as &dyn arrow_array::Array);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::rc::Rc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{ArrowError, SchemaRef};
use arrow_select::concat::concat_batches;
use serde_json::Value;

use crate::host::{Context, HostBatch, with_context};
use crate::log::Level;
use crate::opened::Opened;
use crate::session::Session;
use crate::step::StepDefinition;
use crate::{Problems, StepError};

pub use crate::model::NativeModel;

/// An opened step that runs in this process. What it emits, rejects and logs is kept.
pub struct NativeStep {
    session: Session,
    context: Context,
}

impl NativeStep {
    /// Opens a step with the schemas of its inputs.
    ///
    /// # Errors
    /// All that is wrong with the parameters and the schemas.
    pub fn open(
        step: StepDefinition,
        parameters: Value,
        inputs: &[SchemaRef],
    ) -> Result<Self, Problems> {
        Self::open_with_models(step, parameters, inputs, BTreeMap::new())
    }

    /// Opens a step that may load these models, by name.
    ///
    /// # Errors
    /// All that is wrong with the parameters and the schemas.
    pub fn open_with_models(
        step: StepDefinition,
        parameters: Value,
        inputs: &[SchemaRef],
        models: BTreeMap<String, Rc<dyn NativeModel>>,
    ) -> Result<Self, Problems> {
        let context = Context {
            models,
            ..Context::default()
        };
        Self::open_in(context, step, parameters, inputs)
    }

    /// Opens a step that may read these artifacts, by name.
    ///
    /// # Errors
    /// All that is wrong with the parameters and the schemas.
    pub fn open_with_artifacts(
        step: StepDefinition,
        parameters: Value,
        inputs: &[SchemaRef],
        artifacts: BTreeMap<String, Vec<u8>>,
    ) -> Result<Self, Problems> {
        let context = Context {
            artifacts,
            ..Context::default()
        };
        Self::open_in(context, step, parameters, inputs)
    }

    fn open_in(
        mut context: Context,
        step: StepDefinition,
        parameters: Value,
        inputs: &[SchemaRef],
    ) -> Result<Self, Problems> {
        let session = with_context(&mut context, || {
            Session::open(&step, parameters, inputs.to_vec())
        })?;
        Ok(Self { session, context })
    }

    /// What the step declared.
    pub fn opened(&self) -> &Opened {
        self.session.opened()
    }

    /// Gives the step a batch on the input port at this position.
    ///
    /// # Errors
    /// The step's own, and `wrong_schema` when the batch is not of the schema that the step was opened with.
    pub fn process(&mut self, port: usize, batch: RecordBatch) -> Result<(), StepError> {
        let expected = self
            .session
            .opened()
            .inputs()
            .get(port)
            .map(|input| input.schema().fields().clone());
        if expected.is_some_and(|expected| expected != *batch.schema().fields()) {
            return Err(StepError::new(
                "wrong_schema",
                format!(
                    "a batch on port {port} is not of the schema that the step was opened with"
                ),
            ));
        }
        with_context(&mut self.context, || {
            self.session.process(port, HostBatch(batch))
        })
    }

    /// Tells the step that all inputs have ended.
    ///
    /// # Errors
    /// The step's own.
    pub fn finish(&mut self) -> Result<(), StepError> {
        with_context(&mut self.context, || self.session.finish())
    }

    /// The step's state, to be given to [`NativeStep::restore`] of one that was opened the same way.
    ///
    /// # Errors
    /// The step's own.
    pub fn save(&mut self) -> Result<Vec<u8>, StepError> {
        with_context(&mut self.context, || self.session.save())
    }

    /// Takes the state of another one.
    ///
    /// # Errors
    /// The step's own.
    pub fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        with_context(&mut self.context, || self.session.restore(state))
    }

    /// All emissions so far, in their order: the output port's position and the rows.
    pub fn emitted(&self) -> &[(usize, RecordBatch)] {
        &self.context.emitted
    }

    /// All that was emitted so far on the output port at this position, as one batch.
    ///
    /// # Errors
    /// When there is no such port.
    pub fn output(&self, port: usize) -> Result<RecordBatch, ArrowError> {
        let schema = self
            .session
            .opened()
            .outputs()
            .get(port)
            .map(|output| output.schema().clone());
        let schema = schema.ok_or_else(|| {
            ArrowError::InvalidArgumentError(format!("there is no output port {port}"))
        })?;
        let batches = self.emitted().iter().filter(|(to, _)| *to == port);
        concatenated(&schema, batches.map(|(_, batch)| batch))
    }

    /// All rows that were rejected so far, in their order.
    pub fn rejected(&self) -> &[RejectedRows] {
        &self.context.rejected
    }

    /// All messages so far.
    pub fn logs(&self) -> &[(Level, String)] {
        &self.context.logs
    }
}

/// Rows that a step refused.
#[derive(Debug, Clone)]
pub struct RejectedRows {
    /// The input port's position.
    pub port: usize,
    /// The rows, with all columns of the input.
    pub rows: RecordBatch,
    /// A short, stable word.
    pub code: String,
    /// The reason, for people.
    pub reason: String,
}

pub(crate) fn concatenated<'a>(
    schema: &SchemaRef,
    batches: impl Iterator<Item = &'a RecordBatch>,
) -> Result<RecordBatch, ArrowError> {
    if schema.fields().is_empty() {
        // Only rows are left to count, which `concat_batches` does not.
        let rows = batches.map(RecordBatch::num_rows).sum();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        return RecordBatch::try_new_with_options(schema.clone(), Vec::new(), &options);
    }
    concat_batches(schema, batches)
}
