//! The standard step `predict`: runs a model on columns, and adds what it says as columns.

mod inputs;
mod outputs;

use stepwell_sdk::prelude::*;
use stepwell_values::Named;

use crate::inputs::BoundInput;

/// What a prediction is made with, and what is taken from it.
#[parameters]
struct Parameters {
    /// The model, by the name that the pipeline gives it in `[models]`. The step needs
    /// `allow = { models = ["…"] }` for it.
    model: String,
    /// For inputs of the model that are not named like a column: the column, or the columns in the order of the
    /// features, such as `{ X = ["tenure", "monthly_charges"] }`.
    #[serde(default)]
    inputs: Named<Columns>,
    /// The model's output to take. All of them by default.
    output: Option<String>,
    /// Of outputs with a score for each class: the class whose score is taken.
    class: Option<String>,
    /// The name of the new column, where `output` says which one. The output's name by default.
    name: Option<String>,
    /// What the names of the new columns begin with, where all outputs are taken.
    prefix: Option<String>,
}

/// One column, or several.
#[parameters]
#[serde(untagged)]
enum Columns {
    /// The column.
    One(String),
    /// The columns, in the order of the features.
    Several(Vec<String>),
}

/// Runs a model on columns, and adds what it says as columns.
///
/// Each of the model's inputs takes the column of its name, or what `inputs` says: one column, or as many
/// columns as the input has features. Numbers become what the model takes; a missing number becomes NaN, which a
/// model's own imputer understands. The step itself sees no value: the columns go to the model by handle, and
/// all columns are passed on.
///
/// Of a classifier that was exported from scikit-learn, `output = "label"` is the class that it predicts and
/// `output = "probabilities"` with `class = "…"` the probability of that class. A column of the same name is
/// replaced.
///
/// ```toml
/// [models]
/// churn = "models/churn.onnx"
///
/// [steps.score]
/// uses  = "std/predict"
/// input = "customers"
/// with  = { model = "churn", output = "probabilities", class = "Yes", name = "churn_probability" }
/// allow = { models = ["churn"] }
/// ```
#[step(name = "predict")]
struct Predict {
    model: Model,
    inputs: Vec<BoundInput>,
    outputs: Vec<ModelOutput>,
}

impl Step for Predict {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        // Without the model nothing else can be checked.
        let model = Model::load(&parameters.model).at_parameter("/model")?;
        let mut problems = Problems::new();
        let bound = inputs::bind(&model, &parameters, inputs, &mut problems);
        let outputs = outputs::choose(&model, &parameters, &mut problems);
        plan.pass_all();
        for input in &bound {
            plan.reads_each(&input.columns);
        }
        for output in &outputs {
            plan.make_or_replace(output.field.clone());
        }
        problems.into_result()?;
        Ok(Self {
            model,
            inputs: bound,
            outputs: outputs.into_iter().map(|output| output.taken).collect(),
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        if batch.rows() == 0 {
            return Ok(());
        }
        let handles = self
            .inputs
            .iter()
            .map(|input| {
                input
                    .columns
                    .iter()
                    .map(|column| batch.handle(column))
                    .collect()
            })
            .collect::<Result<Vec<Vec<Column>>, _>>()?;
        let inputs: Vec<ModelInput> = self
            .inputs
            .iter()
            .zip(&handles)
            .map(|(input, columns)| ModelInput::new(&input.name, columns))
            .collect();
        output.emit(&batch, self.model.run(&inputs, &self.outputs)?)
    }
}
