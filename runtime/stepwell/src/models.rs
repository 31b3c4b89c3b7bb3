//! The models of a pipeline, as steps are given them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{Array, ArrayRef};
use arrow_schema::Field;
use stepwell_engine::{Model, ModelOutput, ModelProvider, Tensor};
use stepwell_models::{ModelError, OutputRequest, TensorInfo};
use stepwell_plan::{StepProblem, Subject};

use crate::error::with_causes;
use crate::host::Host;

/// Models by their names in a pipeline.
#[derive(Debug)]
pub(crate) struct PipelineModels {
    host: Host,
    paths: BTreeMap<String, PathBuf>,
    /// Those that were asked for: every instance of a step asks again.
    loaded: Mutex<HashMap<String, Arc<LoadedModel>>>,
}

impl PipelineModels {
    pub(crate) fn new(host: Host, paths: BTreeMap<String, PathBuf>) -> Self {
        Self {
            host,
            paths,
            loaded: Mutex::default(),
        }
    }
}

impl ModelProvider for PipelineModels {
    fn load(&self, name: &str) -> Result<Arc<dyn Model>, StepProblem> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = loaded.get(name) {
            return Ok(Arc::clone(model) as Arc<dyn Model>);
        }
        let path = self.paths.get(name).ok_or_else(|| StepProblem {
            code: "unknown_model".to_owned(),
            message: format!("there is no model `{name}`"),
            hint: None,
            subject: Subject::Step,
        })?;
        let model = self
            .host
            .models()
            .load(path)
            .map_err(|error| problem(&error))?;
        let model = Arc::new(LoadedModel(model));
        loaded.insert(name.to_owned(), Arc::clone(&model));
        Ok(model)
    }
}

#[derive(Debug)]
struct LoadedModel(Arc<stepwell_models::Model>);

impl Model for LoadedModel {
    fn inputs(&self) -> Vec<Tensor> {
        self.0.inputs().iter().map(tensor).collect()
    }

    fn outputs(&self) -> Vec<Tensor> {
        self.0.outputs().iter().map(tensor).collect()
    }

    fn classes(&self) -> Vec<String> {
        self.0.classes().to_vec()
    }

    fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepProblem> {
        self.0
            .output_fields(&requests(outputs))
            .map_err(|error| problem(&error))
    }

    fn run(
        &self,
        inputs: &[(String, Vec<ArrayRef>)],
        outputs: &[ModelOutput],
    ) -> Result<Vec<ArrayRef>, StepProblem> {
        let rows = inputs
            .iter()
            .flat_map(|(_, columns)| columns)
            .map(|column| column.len())
            .next()
            .unwrap_or(0);
        let inputs: Vec<(&str, Vec<ArrayRef>)> = inputs
            .iter()
            .map(|(name, columns)| (name.as_str(), columns.clone()))
            .collect();
        self.0
            .run(&inputs, &requests(outputs), rows)
            .map_err(|error| problem(&error))
    }
}

fn tensor(info: &TensorInfo) -> Tensor {
    Tensor {
        name: info.name.clone(),
        element_type: info.element_type.clone(),
        shape: info.shape.clone(),
    }
}

fn requests(outputs: &[ModelOutput]) -> Vec<OutputRequest> {
    let requests = outputs.iter().map(|output| OutputRequest {
        name: output.name.clone(),
        class: output.class.clone(),
    });
    requests.collect()
}

/// What a step is told. Values that do not fit are the data's fault, everything else is not.
fn problem(error: &ModelError) -> StepProblem {
    let subject = match error {
        ModelError::NullValue { .. }
        | ModelError::InexactValue { .. }
        | ModelError::NulCharacter { .. } => Subject::Data,
        _ => Subject::Step,
    };
    StepProblem {
        code: error.code().to_owned(),
        message: with_causes(error),
        hint: error.hint().map(ToOwned::to_owned),
        subject,
    }
}
