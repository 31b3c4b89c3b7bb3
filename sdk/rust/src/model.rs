//! Inference on columns that never leave the host.

use arrow_schema::Field;

use crate::StepError;
use crate::batch::Column;
use crate::host::HostModel;

/// A model that the pipeline granted. It runs in the host, on columns that stay there.
///
/// ```
/// use stepwell_sdk::prelude::*;
///
/// # fn process(batch: Batch, output: &mut Output) -> Result<(), StepError> {
/// let model = Model::load("churn")?;                 // once, in `open`
/// let scores = [ModelOutput::class("probabilities", "Yes")];
/// let tenure = batch.handle("tenure")?;
/// let columns = model.run(&[ModelInput::new("tenure", [&tenure])], &scores)?;
/// output.emit(&batch, columns)
/// # }
/// ```
pub struct Model {
    host: HostModel,
}

impl Model {
    /// The model that the pipeline granted under this name.
    ///
    /// # Errors
    /// When there is none, or when it cannot be loaded.
    pub fn load(name: &str) -> Result<Self, StepError> {
        Ok(Self {
            host: HostModel::load(name)?,
        })
    }

    /// The tensors that the model takes.
    pub fn inputs(&self) -> Vec<Tensor> {
        self.host.inputs()
    }

    /// The tensors that the model gives.
    pub fn outputs(&self) -> Vec<Tensor> {
        self.host.outputs()
    }

    /// The classes of a classifier, in the order of its scores; empty where the model names none.
    pub fn classes(&self) -> Vec<String> {
        self.host.classes()
    }

    /// The fields that [`Model::run`] would give for these outputs.
    ///
    /// # Errors
    /// When the model has no such output or class.
    pub fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepError> {
        self.host.output_fields(outputs)
    }

    /// Runs the model. Integers and floating-point values are converted to the input's element type; a null
    /// number becomes NaN; a null string is an error.
    ///
    /// # Errors
    /// When inputs are missing or do not fit, or the model fails.
    pub fn run(
        &self,
        inputs: &[ModelInput<'_>],
        outputs: &[ModelOutput],
    ) -> Result<Vec<Column>, StepError> {
        let fields = self.output_fields(outputs)?;
        let columns = self.host.run(inputs, outputs, &fields)?;
        Ok(columns
            .into_iter()
            .zip(fields)
            .map(|(column, field)| Column::new(column, field.into()))
            .collect())
    }
}

/// A tensor that a model takes or gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tensor {
    /// The tensor's name.
    pub name: String,
    /// As ONNX writes it, for example `tensor(float)`.
    pub element_type: String,
    /// Sizes; `None` where the size is free, as that of the rows is.
    pub shape: Vec<Option<u64>>,
}

/// Columns for one of a model's inputs.
#[derive(Debug, Clone)]
pub struct ModelInput<'a> {
    pub(crate) name: String,
    pub(crate) columns: Vec<&'a Column>,
}

impl<'a> ModelInput<'a> {
    /// One column for an input of shape (rows) or (rows, 1), as many as there are features for (rows,
    /// features).
    pub fn new(name: impl Into<String>, columns: impl IntoIterator<Item = &'a Column>) -> Self {
        Self {
            name: name.into(),
            columns: columns.into_iter().collect(),
        }
    }
}

/// What to take from one of a model's outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelOutput {
    /// The output's name.
    pub name: String,
    /// Of an output of scores per class: the class whose score is taken.
    pub class: Option<String>,
}

impl ModelOutput {
    /// The output as it is: a column of the element's type for shape (rows) or (rows, 1), a fixed-size list
    /// for (rows, n), a map for a sequence of maps.
    pub fn whole(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            class: None,
        }
    }

    /// The score of one class.
    pub fn class(name: impl Into<String>, class: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            class: Some(class.into()),
        }
    }
}

/// A stand-in for a model where a step runs natively, in its tests:
/// [`NativeStep::open_with_models`](crate::native::NativeStep::open_with_models).
#[cfg(not(target_arch = "wasm32"))]
pub trait NativeModel {
    /// See [`Model::inputs`].
    fn inputs(&self) -> Vec<Tensor>;
    /// See [`Model::outputs`].
    fn outputs(&self) -> Vec<Tensor>;
    /// See [`Model::classes`].
    fn classes(&self) -> Vec<String> {
        Vec::new()
    }
    /// See [`Model::output_fields`].
    ///
    /// # Errors
    /// When the model has no such output or class.
    fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepError>;
    /// See [`Model::run`]: arrays by the name of the input, an array for each of the outputs.
    ///
    /// # Errors
    /// When inputs are missing or do not fit.
    fn run(
        &self,
        inputs: &[(String, Vec<arrow_array::ArrayRef>)],
        outputs: &[ModelOutput],
    ) -> Result<Vec<arrow_array::ArrayRef>, StepError>;
}
