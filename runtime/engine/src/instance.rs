use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use stepwell_plan::{ColumnIndex, Mode, Opened, Output, Pass, StepProblem};
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower};
use wasmtime::{Store, Trap};

use crate::component::{OpenOptions, StepComponent};
use crate::engine::TICK;
use crate::error::{Call, LimitValue, Stop};
use crate::host::cut;
use crate::state::{HostState, LogLevel, Outcome};
use crate::wire::{BatchEntry, WireError, WireMode, WireOpened, WireOutput, WireSchema};
use crate::{Batch, EngineError};

/// A step that was opened: one instance of its component, with its own memory. It is used for one run and
/// then dropped.
pub struct StepInstance {
    component: StepComponent,
    running: Running,
    opened: Arc<Opened>,
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
        } = options;
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
        let mut running =
            Running::start(component, HostState::new(limits, grants, models, inputs))?;
        let answer: Result<WireOpened, Vec<WireError>> =
            running.call(Call::Open, &component.exports().open, (parameters, schemas))?;
        let opened = match answer {
            Ok(opened) => opened,
            Err(problems) => {
                return Err(EngineError::Refused(
                    problems.into_iter().map(StepProblem::from).collect(),
                ));
            }
        };
        let state = running.store.data_mut();
        let opened = Arc::new(check_opened(opened, n_outputs, &state.inputs)?);
        state.opened = Some(Arc::clone(&opened));
        Ok(Self {
            component: component.clone(),
            running,
            opened,
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
        let entry = BatchEntry { port, batch };
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
        answer.map_err(|error| EngineError::Failed {
            during: Call::Save,
            problem: error.into(),
        })
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
        answer.map_err(|error| EngineError::Failed {
            during: Call::Restore,
            problem: error.into(),
        })
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
            Ok(()) => Ok(std::mem::take(&mut self.running.store.data_mut().outcome)),
            Err(error) => Err(EngineError::Failed {
                during: call,
                problem: error.into(),
            }),
        }
    }
}

/// An instance of a component and its store.
pub(crate) struct Running {
    store: Store<HostState>,
    instance: Instance,
}

impl Running {
    pub(crate) fn start(component: &StepComponent, state: HostState) -> Result<Self, EngineError> {
        let engine = component.pre().engine();
        // The host's copy of what a step hands over is bounded by the limit on bytes; wasmtime's own bound on lists that
        // it lifts must leave room for that.
        let fuel = usize::try_from(state.limits.bytes)
            .unwrap_or(usize::MAX)
            .saturating_add(64 << 20);
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(fuel);
        store.epoch_deadline_trap();
        arm(&mut store);
        match component.pre().instantiate(&mut store) {
            Ok(instance) => Ok(Self { store, instance }),
            Err(error) => Err(explain(&store, &error)),
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
        arm(&mut self.store);
        let function = self
            .instance
            .get_typed_func::<Arguments, (Answer,)>(&mut self.store, export)
            .map_err(|error| EngineError::NotAStep {
                reason: format!("its `{call}` is not that of the contract: {error:#}"),
                hint: "build it again with an SDK of this version".to_owned(),
            })?;
        match function.call(&mut self.store, arguments) {
            Ok((answer,)) => Ok(answer),
            Err(error) => Err(explain(&self.store, &error)),
        }
    }
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

/// Why a call ended, from the error that ended it.
fn explain(store: &Store<HostState>, error: &wasmtime::Error) -> EngineError {
    let state = store.data();
    let during = state.call;
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::Violation(what) => EngineError::Violation {
                during,
                what: what.clone(),
            },
            Stop::Limit { limit, asked } => EngineError::Limit {
                during,
                limit: *limit,
                asked: asked.clone(),
            },
        };
    }
    if matches!(error.downcast_ref::<Trap>(), Some(Trap::Interrupt)) {
        let limit = LimitValue::Time(state.limits.time);
        return EngineError::Limit {
            during,
            limit,
            asked: "it was still running".to_owned(),
        };
    }
    if let Some(refused) = state.limiter.refused() {
        let limit = LimitValue::Memory(state.limiter.limit());
        return EngineError::Limit {
            during,
            limit,
            asked: format!("{refused} bytes"),
        };
    }
    if error.is::<wasmtime::component::ResourceTableError>() {
        return EngineError::Violation {
            during,
            what: "it used a handle that is not its own".to_owned(),
        };
    }
    // A step that panics says why before it traps.
    let said = state
        .outcome
        .log
        .iter()
        .rev()
        .find(|record| record.level == LogLevel::Error);
    let message = match (said, error.downcast_ref::<Trap>()) {
        (Some(record), _) => record.message.clone(),
        (None, Some(trap)) => trap.to_string(),
        (None, None) => format!("{error:#}"),
    };
    EngineError::Trapped {
        during,
        message: cut(message),
    }
}

fn check_opened(
    wire: WireOpened,
    n_outputs: usize,
    inputs: &[SchemaRef],
) -> Result<Opened, EngineError> {
    let violation = |what: String| EngineError::Violation {
        during: Call::Open,
        what,
    };
    if wire.outputs.len() != n_outputs {
        return Err(violation(format!(
            "it opened {} outputs, but describes {n_outputs}",
            wire.outputs.len()
        )));
    }
    let inside = |port: u32, column: u32| {
        let index = ColumnIndex {
            port: port as usize,
            column: column as usize,
        };
        let exists = inputs
            .get(index.port)
            .is_some_and(|schema| index.column < schema.fields().len());
        if exists {
            Ok(index)
        } else {
            Err(violation(format!(
                "it named column {column} of input {port}, which is not there"
            )))
        }
    };
    let reads: Result<BTreeSet<_>, _> = wire
        .reads
        .iter()
        .map(|read| inside(read.port, read.column))
        .collect();
    let reads = reads?;
    let mut outputs = Vec::with_capacity(n_outputs);
    for WireOutput { schema, passes } in wire.outputs {
        let schema = schema
            .check()
            .map_err(|error| violation(format!("its output's schema: {error}")))?;
        let mut checked: Vec<Pass> = Vec::with_capacity(passes.len());
        let mut seen = BTreeSet::new();
        for pass in passes {
            let input = inside(pass.input.port, pass.input.column)?;
            let output_column = pass.output_column as usize;
            let from = inputs[input.port].field(input.column);
            let Some(to) = schema.fields().get(output_column) else {
                return Err(violation(format!(
                    "it passes column `{}` to output column {output_column}, which is not there",
                    from.name()
                )));
            };
            if to.data_type() != from.data_type() || (from.is_nullable() && !to.is_nullable()) {
                return Err(violation(format!(
                    "it passes column `{}` on as `{}`, but declares another type",
                    from.name(),
                    to.name()
                )));
            }
            if !seen.insert((output_column, input.port)) {
                return Err(violation(format!(
                    "it passes two columns of one input to `{}`",
                    to.name()
                )));
            }
            checked.push(Pass {
                output_column,
                input,
            });
        }
        outputs.push(Output {
            schema,
            passes: checked,
        });
    }
    let mode = match wire.mode {
        WireMode::Map => Mode::Map,
        WireMode::Stateful => Mode::Stateful,
    };
    Ok(Opened {
        mode,
        reads,
        outputs,
    })
}
