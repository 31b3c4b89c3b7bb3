use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use stepwell_plan::{Grants, Import, Limits, Opened};
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower};

use crate::component::{OpenOptions, StepComponent};
use crate::engine::TICK;
use crate::error::{Call, LimitValue, Stop};
use crate::explain::explain;
use crate::extension::{Extension, ExtensionRequest};
use crate::marks::RowMarks;
use crate::opened::check_opened;
use crate::state::{HostState, Outcome};
use crate::surroundings::Surroundings;
use crate::wire::{BatchEntry, WireError, WireOpened, WireSchema};
use crate::{Batch, EngineError};

/// A step that was opened: one instance of its component, with its own memory. It is used for one run and
/// then dropped.
pub struct StepInstance {
    component: StepComponent,
    running: Running,
    opened: Arc<Opened>,
    /// Rows that it was lent so far, on all ports.
    rows_lent: u64,
}

impl std::fmt::Debug for StepInstance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StepInstance")
            .field("opened", &self.opened)
            .finish_non_exhaustive()
    }
}

impl StepInstance {
    pub(crate) fn open(
        component: &StepComponent,
        options: OpenOptions,
    ) -> Result<Self, EngineError> {
        let OpenOptions {
            parameters,
            inputs,
            grants,
            limits,
            models,
            step,
            surroundings,
        } = options;
        check_grants(component, &grants)?;
        let parameters = fill_secrets(&step, &parameters, &surroundings)?;
        let secrets = surroundings.secrets.clone();
        let n_inputs = component.description()?.inputs.len();
        let n_outputs = component.description()?.outputs.len();
        if inputs.len() != n_inputs {
            return Err(EngineError::Engine {
                what: "the step cannot be opened",
                reason: format!(
                    "it has {n_inputs} inputs, {} schemas were given",
                    inputs.len()
                ),
            });
        }
        let schemas: Result<Vec<_>, _> = inputs
            .iter()
            .map(|schema| WireSchema::from_schema(schema))
            .collect();
        let schemas = schemas.map_err(|error| EngineError::Engine {
            what: "a schema cannot be handed to a step",
            reason: error.to_string(),
        })?;
        let parameters = match parameters {
            serde_json::Value::Null => "{}".to_owned(),
            given => given.to_string(),
        };
        let state = HostState::new(limits, grants, models, inputs).within(step, surroundings);
        let mut running =
            Running::start(component, state).map_err(|error| error.redacted(&secrets))?;
        let answer: Result<WireOpened, Vec<WireError>> =
            running.call(Call::Open, &component.exports().open, (parameters, schemas))?;
        let opened = match answer {
            Ok(opened) => opened,
            Err(problems) => {
                let state = running.store.data();
                if problems.is_empty() {
                    return Err(EngineError::Violation {
                        during: Call::Open,
                        what: "it refused to be opened, and named no problem".to_owned(),
                    });
                }
                return Err(EngineError::Refused(state.problems(problems)).redacted(&secrets));
            }
        };
        let state = running.store.data_mut();
        let opened = check_opened(opened, n_outputs, &state.inputs, &state.limits);
        let opened = Arc::new(opened.map_err(|error| error.redacted(&secrets))?);
        state.opened = Some(Arc::clone(&opened));
        Ok(Self {
            component: component.clone(),
            running,
            opened,
            rows_lent: 0,
        })
    }

    /// What the step answered when it was opened.
    #[must_use]
    pub fn opened(&self) -> &Arc<Opened> {
        &self.opened
    }

    /// Hands the step rows of one of its inputs.
    ///
    /// # Errors
    /// When the step fails, crashes, breaks the contract or goes past a limit. The instance must not be used
    /// after that.
    ///
    /// # Panics
    /// When there is no such input port, or the batch has another schema than the one given to `open`.
    pub fn process(&mut self, port: usize, batch: Batch) -> Result<Outcome, EngineError> {
        let schema = &self.running.store.data().inputs[port];
        assert_eq!(
            schema.fields().len(),
            batch.schema().fields().len(),
            "a batch of another schema"
        );
        let first_row = self.rows_lent;
        self.rows_lent += batch.n_rows() as u64;
        let entry = BatchEntry {
            port,
            batch,
            first_row,
            marks: RowMarks::default(),
            gathered: false,
            held: 0,
        };
        let handle = self
            .running
            .store
            .data_mut()
            .table
            .push(entry)
            .map_err(|error| EngineError::Engine {
                what: "a batch cannot be lent",
                reason: error.to_string(),
            })?;
        self.running.store.data_mut().lent.insert(handle.rep());
        let arguments = (port as u32, handle);
        self.step_call(Call::Process, arguments, |component| {
            &component.exports().process
        })
    }

    /// Tells the step that all its inputs have ended.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn finish(&mut self) -> Result<Outcome, EngineError> {
        self.step_call(Call::Finish, (), |component| &component.exports().finish)
    }

    /// The state between two batches.
    ///
    /// # Errors
    /// When the step keeps state that it cannot save, and as [`process`](Self::process).
    pub fn save(&mut self) -> Result<Vec<u8>, EngineError> {
        let export = &self.component.exports().save;
        let answer: Result<Vec<u8>, WireError> = self.running.call(Call::Save, export, ())?;
        let state = answer.map_err(|error| self.failed(Call::Save, error))?;
        let limit = self.running.store.data().limits.state;
        if state.len() as u64 > limit {
            return Err(EngineError::Limit {
                during: Call::Save,
                limit: LimitValue::State(limit),
                asked: format!("{} bytes", state.len()),
            });
        }
        Ok(state)
    }

    /// Gives a fresh instance the state that another one saved.
    ///
    /// # Errors
    /// When the state is not one of this step's, and as [`process`](Self::process).
    pub fn restore(&mut self, state: &[u8]) -> Result<(), EngineError> {
        let export = &self.component.exports().restore;
        let answer: Result<(), WireError> =
            self.running
                .call(Call::Restore, export, (state.to_vec(),))?;
        answer.map_err(|error| self.failed(Call::Restore, error))
    }

    /// Rows that the instance was lent so far, on all ports: the first one of the next batch has this place in
    /// [`Rejected::rows`](crate::Rejected::rows).
    #[must_use]
    pub fn rows_lent(&self) -> u64 {
        self.rows_lent
    }

    /// Bytes of the instance's memories and tables.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.running.store.data().limiter.used()
    }

    fn step_call<Arguments>(
        &mut self,
        call: Call,
        arguments: Arguments,
        export: impl FnOnce(&StepComponent) -> &ComponentExportIndex,
    ) -> Result<Outcome, EngineError>
    where
        Arguments: ComponentNamedList + Lower + Send + Sync + 'static,
    {
        let answer: Result<(), WireError> =
            self.running
                .call(call, export(&self.component), arguments)?;
        match answer {
            Ok(()) => {
                let state = self.running.store.data_mut();
                match state.settle_held() {
                    Ok(()) => Ok(std::mem::take(&mut state.outcome)),
                    Err(error) => Err(explain(state, &error)),
                }
            }
            Err(error) => Err(self.failed(call, error)),
        }
    }

    fn failed(&self, during: Call, error: WireError) -> EngineError {
        let problem = self.running.store.data().problem(error);
        let secrets = &self.running.store.data().surroundings.secrets;
        EngineError::Failed { during, problem }.redacted(secrets)
    }
}

/// An instance of a component and its store.
pub(crate) struct Running {
    store: Store<HostState>,
    instance: Instance,
    /// What drives its calls, where they may wait.
    extension: Option<Arc<dyn Extension>>,
}

impl Running {
    pub(crate) fn start(component: &StepComponent, state: HostState) -> Result<Self, EngineError> {
        let engine = component.pre().engine();
        let handles = usize::try_from(state.limits.handles).unwrap_or(usize::MAX);
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limiter);
        // Handles of the host's are counted in its own table first; this is for those that a component makes itself.
        store.set_max_component_handles(handles.saturating_add(1));
        store.epoch_deadline_trap();
        arm(&mut store);
        let extension = component.extension().cloned();
        if let Some(extension) = &extension {
            let state = store.data_mut();
            let request = ExtensionRequest {
                step: &state.step,
                grants: &state.grants,
                limits: &state.limits,
                surroundings: &state.surroundings,
            };
            state.extension = Some(extension.open(&request)?);
        }
        let instance = match &extension {
            None => component.pre().instantiate(&mut store),
            Some(extension) => {
                let at_most = store.data().limits.time;
                let instance = component.pre().instantiate_async(&mut store);
                wait(extension.as_ref(), at_most, instance)
            }
        };
        store.data_mut().take_extension_log();
        match instance {
            Ok(instance) => Ok(Self {
                store,
                instance,
                extension,
            }),
            Err(error) => Err(explain(store.data(), &error)),
        }
    }

    pub(crate) fn call<Arguments, Answer>(
        &mut self,
        call: Call,
        export: &ComponentExportIndex,
        arguments: Arguments,
    ) -> Result<Answer, EngineError>
    where
        Arguments: ComponentNamedList + Lower + Send + Sync + 'static,
        Answer: Send + Sync + 'static,
        (Answer,): ComponentNamedList + Lift,
    {
        self.store.data_mut().begin(call);
        let fuel = lifted_bytes(call, &self.store.data().limits);
        self.store
            .set_hostcall_fuel(usize::try_from(fuel).unwrap_or(usize::MAX));
        arm(&mut self.store);
        let function = self
            .instance
            .get_typed_func::<Arguments, (Answer,)>(&mut self.store, export)
            .map_err(|error| EngineError::NotAStep {
                reason: format!("its `{call}` is not that of the contract: {error:#}"),
                hint: "build it again with an SDK of this version".to_owned(),
            })?;
        let answer = match &self.extension {
            None => function.call(&mut self.store, arguments),
            Some(extension) => {
                let at_most = self.store.data().limits.time;
                let answer = function.call_async(&mut self.store, arguments);
                wait(extension.as_ref(), at_most, answer)
            }
        };
        self.store.data_mut().take_extension_log();
        match answer {
            Ok((answer,)) => Ok(answer),
            Err(error) => Err(explain(self.store.data(), &error)),
        }
    }
}

/// Waits for a call that may itself wait for something.
fn wait<T: Send>(
    extension: &dyn Extension,
    at_most: Duration,
    call: impl Future<Output = wasmtime::Result<T>> + Send,
) -> wasmtime::Result<T> {
    let mut answer = None;
    {
        let call = pin!(async { answer = Some(call.await) });
        // A step that computes is stopped by the epoch; this is for the others, and comes after it.
        extension.drive(at_most.saturating_add(2 * TICK), call);
    }
    answer.unwrap_or_else(|| Err(wasmtime::Error::new(Stop::TimeIsOver)))
}

/// What a component imports of WASI must be granted before any of its code runs with it.
fn check_grants(component: &StepComponent, grants: &Grants) -> Result<(), EngineError> {
    for capability in component.capabilities() {
        if capability.is_wasi() && !grants.admits(capability) {
            let imports = component.binary().imports.iter();
            let imports = imports.filter(|name| Import::of(name) == Import::Capability(capability));
            return Err(EngineError::NotGranted {
                capability,
                imports: imports.cloned().collect(),
            });
        }
    }
    Ok(())
}

/// The parameters with the values of secrets in them.
fn fill_secrets(
    step: &str,
    parameters: &serde_json::Value,
    surroundings: &Surroundings,
) -> Result<serde_json::Value, EngineError> {
    let recorded = surroundings.record_secrets(step, &parameters.to_string());
    recorded.map_err(|error| EngineError::Audit {
        during: Call::Open,
        reason: error.to_string(),
    })?;
    let secrets = &surroundings.secrets;
    secrets
        .fill_json(parameters)
        .map_err(|name| EngineError::UnknownSecret { name })
}

/// Bytes that wasmtime lifts out of the step at once, in answers of the step and in arguments of calls of the host:
/// what the limits allow in such a call, and room for the records around it.
fn lifted_bytes(call: Call, limits: &Limits) -> u64 {
    let allowed = match call {
        Call::Start | Call::Describe | Call::Open | Call::Restore => {
            limits.schema.saturating_mul(4)
        }
        Call::Process | Call::Finish => limits.bytes,
        Call::Save => limits.state,
    };
    allowed.saturating_add(64 << 20)
}

/// Gives the call at hand its time.
fn arm(store: &mut Store<HostState>) {
    let ticks = store
        .data()
        .limits
        .time
        .as_nanos()
        .div_ceil(TICK.as_nanos());
    // One more, because the tick at hand has begun already.
    store.set_epoch_deadline(
        u64::try_from(ticks)
            .unwrap_or(u64::MAX / 2)
            .saturating_add(1),
    );
}
