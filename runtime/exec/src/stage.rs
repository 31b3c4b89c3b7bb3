use std::sync::Arc;
use std::time::Instant;

use stepwell_engine::{
    EngineError, ModelProvider, OpenOptions, Outcome, StepComponent, StepInstance,
};
use stepwell_plan::{Mode, PlannedStep};

use crate::channel::{Inlet, Outlet, Parcel, Received, Stopped, Turnstile};
use crate::error::{Origin, RunError};
use crate::run::Shared;

/// What the threads of a stage share.
pub(crate) struct StageParts {
    /// Positions in the plan, in the order in which a batch goes through them.
    pub(crate) steps: Vec<usize>,
    pub(crate) components: Vec<StepComponent>,
    pub(crate) models: Option<Arc<dyn ModelProvider>>,
    pub(crate) inlet: Inlet,
    /// One for each output port of the last step.
    pub(crate) outlets: Vec<Outlet>,
    pub(crate) turnstile: Turnstile,
}

/// Rows on their way out of a stage: the output port and what leaves by it.
type Leaving = Vec<(usize, Parcel)>;

/// Works on a stage until its input ends: takes a batch, sends it through the stage's steps, and hands the
/// results on in the order in which the batches came in.
pub(crate) fn work(shared: &Shared, parts: &StageParts) {
    let close = CloseOnDrop(&parts.turnstile);
    let mut chain = Chain {
        shared,
        parts,
        instances: Vec::new(),
    };
    while let Some(Received {
        port,
        sequence,
        parcel,
    }) = parts.inlet.receive(|| shared.stopping())
    {
        let result = chain.run(port, parcel);
        // Errors wait for their turn too: the one that is told is that of the first rows.
        let handed_on = parts.turnstile.pass(sequence, || match result {
            Ok(leaving) => chain.hand_on(leaving).is_ok(),
            Err(error) => {
                shared.fail(error);
                false
            }
        });
        if handed_on != Some(true) {
            return;
        }
    }
    if shared.stopping() {
        return;
    }
    // The others may still be working on what they took before the input ended.
    std::mem::forget(close);
    if let Err(error) = chain.finish() {
        shared.fail(error);
    }
}

/// Closes the turnstile when a thread leaves early, also by a panic: the others must not wait for a turn
/// that it will not take.
struct CloseOnDrop<'a>(&'a Turnstile);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A thread's own instances of a stage's steps.
struct Chain<'a> {
    shared: &'a Shared,
    parts: &'a StageParts,
    /// Opened when the first batch comes.
    instances: Vec<StepInstance>,
}

impl Chain<'_> {
    fn planned(&self, place: usize) -> &PlannedStep {
        &self.shared.plan.steps[self.parts.steps[place]]
    }

    fn open(&mut self) -> Result<(), RunError> {
        for place in self.instances.len()..self.parts.steps.len() {
            let planned = self.planned(place);
            let options = OpenOptions {
                parameters: planned.parameters.clone(),
                inputs: planned
                    .inputs
                    .iter()
                    .map(|input| Arc::clone(self.shared.plan.schema(*input)))
                    .collect(),
                grants: planned.grants.clone(),
                limits: planned.limits,
                models: self.parts.models.clone(),
            };
            let opened = self.parts.components[place].open(options);
            let instance = opened.map_err(|error| self.failed(place, None, error))?;
            if **instance.opened() != planned.opened {
                return Err(RunError::Unstable {
                    step: planned.name.clone(),
                });
            }
            self.shared.meter.steps[self.parts.steps[place]].opened();
            self.instances.push(instance);
        }
        Ok(())
    }

    /// Sends a batch through all steps.
    fn run(&mut self, port: usize, parcel: Parcel) -> Result<Leaving, RunError> {
        self.open()?;
        self.run_from(0, port, parcel)
    }

    fn run_from(&mut self, place: usize, port: usize, parcel: Parcel) -> Result<Leaving, RunError> {
        let Parcel { batch, origin } = parcel;
        let n_rows = batch.n_rows();
        let outcome = self.call(place, Some(n_rows), origin.as_ref(), |instance| {
            instance.process(port, batch)
        })?;
        self.spread(place, outcome, origin)
    }

    /// What a step emitted goes to the next step of the stage, or leaves it.
    fn spread(
        &mut self,
        place: usize,
        outcome: Outcome,
        origin: Option<Origin>,
    ) -> Result<Leaving, RunError> {
        let is_last = place + 1 == self.parts.steps.len();
        let mut leaving = Leaving::new();
        for emitted in outcome.emitted {
            let parcel = Parcel {
                batch: emitted.batch,
                origin: origin.clone(),
            };
            if is_last {
                leaving.push((emitted.port, parcel));
            } else {
                leaving.extend(self.run_from(place + 1, 0, parcel)?);
            }
        }
        Ok(leaving)
    }

    fn finish(&mut self) -> Result<(), RunError> {
        // Only a stateful step can have something left, and it is alone in its stage and on its thread. It is opened even
        // when no batch came: an aggregate of nothing may still be a row.
        if self.planned(0).opened.mode == Mode::Map {
            return Ok(());
        }
        self.open()?;
        let outcome = self.call(0, None, None, StepInstance::finish)?;
        let leaving = self.spread(0, outcome, None)?;
        // When the readers have stopped, the run is ending for a reason that was told already.
        let _ = self.hand_on(leaving);
        Ok(())
    }

    fn call(
        &mut self,
        place: usize,
        n_rows: Option<usize>,
        origin: Option<&Origin>,
        call: impl FnOnce(&mut StepInstance) -> Result<Outcome, EngineError>,
    ) -> Result<Outcome, RunError> {
        let began = Instant::now();
        let instance = &mut self.instances[place];
        let result = call(instance);
        let (busy, memory) = (began.elapsed(), instance.memory_bytes());
        let outcome = result.map_err(|error| self.failed(place, origin, error))?;
        self.shared.meter.steps[self.parts.steps[place]].add_call(n_rows, busy, &outcome, memory);
        if let Some(on_log) = &self.shared.on_log {
            let name = &self.planned(place).name;
            outcome.log.iter().for_each(|record| on_log(name, record));
        }
        Ok(outcome)
    }

    fn failed(&self, place: usize, origin: Option<&Origin>, error: EngineError) -> RunError {
        RunError::Step {
            step: self.planned(place).name.clone(),
            rows: origin.cloned(),
            error: Box::new(error),
        }
    }

    fn hand_on(&self, leaving: Leaving) -> Result<(), Stopped> {
        leaving
            .into_iter()
            .try_for_each(|(port, parcel)| self.parts.outlets[port].send(parcel))
    }
}
