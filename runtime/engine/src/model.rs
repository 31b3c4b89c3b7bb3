//! The interface `model`: inference on columns that never leave the host. A capability.

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::Field;
use stepwell_plan::{StepProblem, Subject};
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, Linker, Lower, Resource, ResourceType};

use crate::audit::AuditAction;
use crate::error::{LimitValue, Stop};
use crate::state::HostState;
use crate::wire::{ColumnEntry, Field as WireField, WireError, wire_fields};

type Context<'a> = StoreContextMut<'a, HostState>;

/// Where a step's models come from. The engine asks only for names that the pipeline granted.
pub trait ModelProvider: Send + Sync + Debug {
    /// The model of this name in the pipeline.
    ///
    /// # Errors
    /// When there is none, or it cannot be loaded.
    fn load(&self, name: &str) -> Result<Arc<dyn Model>, StepProblem>;
}

/// A model that maps columns to columns. Safe to run from several threads.
pub trait Model: Send + Sync + Debug {
    /// What the model takes.
    fn inputs(&self) -> Vec<Tensor>;

    /// What the model gives.
    fn outputs(&self) -> Vec<Tensor>;

    /// A classifier's classes in the order of its scores; empty where the model names none.
    fn classes(&self) -> Vec<String>;

    /// The fields of the columns that [`run`](Self::run) gives for these outputs.
    ///
    /// # Errors
    /// When the model has no such output or class.
    fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepProblem>;

    /// Runs the model on columns of one length.
    ///
    /// # Errors
    /// When an input is missing or of another type, or the model fails on the values.
    fn run(
        &self,
        inputs: &[(String, Vec<ArrayRef>)],
        outputs: &[ModelOutput],
    ) -> Result<Vec<ArrayRef>, StepProblem>;
}

/// An input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift, Lower)]
#[component(record)]
pub struct Tensor {
    /// The tensor's name in the model.
    pub name: String,
    /// As ONNX writes it, for example `tensor(float)`.
    #[component(name = "element-type")]
    pub element_type: String,
    /// Sizes; `None` where a size is free, as that of the rows is.
    pub shape: Vec<Option<u64>>,
}

/// What to take from one of a model's outputs.
#[derive(Debug, Clone, PartialEq, Eq, ComponentType, Lift)]
#[component(record)]
pub struct ModelOutput {
    /// The output's name in the model.
    pub name: String,
    /// Of an output of scores per class: the class whose score is taken.
    pub class: Option<String>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct ModelInput {
    name: String,
    columns: Vec<Resource<ColumnEntry>>,
}

struct ModelEntry(Arc<dyn Model>);

pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut model = linker.instance("stepwell:step/model@0.1.0")?;
    model.resource(
        "model",
        ResourceType::host::<ModelEntry>(),
        |mut store, rep| {
            store
                .data_mut()
                .table
                .delete(Resource::<ModelEntry>::new_own(rep))?;
            Ok(())
        },
    )?;
    model.func_wrap(
        "[static]model.load",
        |mut store: Context<'_>, (name,): (String,)| {
            let state = store.data_mut();
            state.charge_call()?;
            Ok((match load(state, &name)? {
                Ok(model) => Ok(state.table.push(ModelEntry(model))?),
                Err(problem) => Err(WireError::from(problem)),
            },))
        },
    )?;
    model.func_wrap(
        "[method]model.inputs",
        |mut store: Context<'_>, (model,): (Resource<ModelEntry>,)| {
            store.data_mut().charge_call()?;
            Ok((store.data().table.get(&model)?.0.inputs(),))
        },
    )?;
    model.func_wrap(
        "[method]model.outputs",
        |mut store: Context<'_>, (model,): (Resource<ModelEntry>,)| {
            store.data_mut().charge_call()?;
            Ok((store.data().table.get(&model)?.0.outputs(),))
        },
    )?;
    model.func_wrap(
        "[method]model.classes",
        |mut store: Context<'_>, (model,): (Resource<ModelEntry>,)| {
            store.data_mut().charge_call()?;
            Ok((store.data().table.get(&model)?.0.classes(),))
        },
    )?;
    model.func_wrap(
        "[method]model.output-fields",
        |mut store: Context<'_>, (model, outputs): (Resource<ModelEntry>, Vec<ModelOutput>)| {
            store.data_mut().charge_call()?;
            check_count(store.data(), outputs.len())?;
            let model = Arc::clone(&store.data().table.get(&model)?.0);
            Ok((match model.output_fields(&outputs) {
                Ok(fields) => {
                    let fields = fields.iter().map(wire_fields);
                    Ok(fields.collect::<Result<Vec<Vec<WireField>>, _>>()?)
                }
                Err(problem) => Err(WireError::from(problem)),
            },))
        },
    )?;
    model.func_wrap("[method]model.run", run)?;
    Ok(())
}

/// Each output is a column that the host makes, so no more are made at once than a table can have.
fn check_count(state: &HostState, n_outputs: usize) -> wasmtime::Result<()> {
    let limit = state.limits.columns;
    if n_outputs as u64 > limit {
        let asked = format!("{n_outputs} outputs of a model at once");
        return Err(Stop::limit(LimitValue::Columns(limit), asked));
    }
    Ok(())
}

type RunResult = Result<Vec<Resource<ColumnEntry>>, WireError>;

fn run(
    mut store: Context<'_>,
    (model, inputs, outputs): (Resource<ModelEntry>, Vec<ModelInput>, Vec<ModelOutput>),
) -> wasmtime::Result<(RunResult,)> {
    let state = store.data_mut();
    state.charge_call()?;
    check_count(state, outputs.len())?;
    let model = Arc::clone(&state.table.get(&model)?.0);
    let mut arrays = Vec::with_capacity(inputs.len());
    for input in inputs {
        let columns = input
            .columns
            .iter()
            .map(|column| Ok(Arc::clone(&state.table.get(column)?.array)));
        arrays.push((
            input.name,
            columns.collect::<wasmtime::Result<Vec<ArrayRef>>>()?,
        ));
    }
    Ok((match model.run(&arrays, &outputs) {
        Ok(columns) => {
            let columns = columns.into_iter().map(|array| state.hold_column(array));
            Ok(columns.collect::<wasmtime::Result<Vec<_>>>()?)
        }
        Err(problem) => Err(WireError::from(problem)),
    },))
}

fn load(state: &HostState, name: &str) -> wasmtime::Result<Result<Arc<dyn Model>, StepProblem>> {
    let action = match state.grants.models.contains(name) {
        true => AuditAction::Use,
        false => AuditAction::Refuse,
    };
    let audit = &state.surroundings.audit;
    audit
        .record(&state.step, "model", action, name)
        .map_err(|error| HostState::audit_failed(&error))?;
    Ok(granted(state, name))
}

fn granted(state: &HostState, name: &str) -> Result<Arc<dyn Model>, StepProblem> {
    let problem = |code: &str, message: String, hint: String| StepProblem {
        code: code.to_owned(),
        message,
        hint: Some(hint),
        subject: Subject::Step,
    };
    if !state.grants.models.contains(name) {
        let granted: Vec<_> = state
            .grants
            .models
            .iter()
            .map(|name| format!("`{name}`"))
            .collect();
        return Err(problem(
            "model_not_granted",
            format!("model `{name}` is not granted to this step"),
            if granted.is_empty() {
                format!("grant it with `allow.models = [\"{name}\"]`")
            } else {
                format!(
                    "granted are {}; add it to `allow.models`",
                    granted.join(", ")
                )
            },
        ));
    }
    match &state.models {
        Some(models) => models.load(name),
        None => Err(problem(
            "no_models",
            format!("model `{name}` cannot be loaded: this host was set up without models"),
            "give the host a model provider".to_owned(),
        )),
    }
}
