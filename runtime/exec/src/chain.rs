use std::sync::Arc;
use std::time::Instant;

use stepwell_engine::{
    Batch, EngineError, LimitValue, OpenOptions, Outcome, Rejected, StepInstance,
};
use stepwell_plan::{Mode, OnError, PlannedStep};

use crate::channel::Stopped;
use crate::error::{Origin, RunError};
use crate::rejects::{Refused, Rejects};
use crate::run::Shared;
use crate::stage::StageParts;

/// Of a step's memory, the part that the columns of one batch may fill: what a step makes of them takes about as much
/// again, and its allocator as much while a buffer grows.
const LENT_PART: u64 = 4;
/// The contract's lists end at 256 MiB.
const MOST_LENT: u64 = 192 << 20;

/// What a stage makes of one batch.
#[derive(Debug, Default)]
pub(crate) struct Leaving {
    /// The output port, and what leaves by it.
    batches: Vec<(usize, Batch)>,
    /// What a step of the stage (by its place) refused, in the order of its input.
    rejects: Vec<(usize, Rejects)>,
}

/// A thread's own instances of a stage's steps.
pub(crate) struct Chain<'a> {
    shared: &'a Shared,
    parts: &'a StageParts,
    /// Opened when the first batch comes, and again after a failure.
    instances: Vec<Option<StepInstance>>,
}

/// A batch on its way through one step.
struct Attempt {
    place: usize,
    port: usize,
    outcomes: Vec<Outcome>,
    refused: Refused,
    /// Rows that the step failed on.
    n_failed: u64,
    /// So many rows were rejected that the run will end: there is no use in searching on.
    gave_up: bool,
}

impl<'a> Chain<'a> {
    pub(crate) fn new(shared: &'a Shared, parts: &'a StageParts) -> Self {
        let instances = parts.steps.iter().map(|_| None).collect();
        Self {
            shared,
            parts,
            instances,
        }
    }

    fn planned(&self, place: usize) -> &'a PlannedStep {
        &self.shared.plan.steps[self.parts.steps[place]]
    }

    fn open(&mut self, place: usize) -> Result<&mut StepInstance, RunError> {
        if self.instances[place].is_none() {
            let planned = self.planned(place);
            let options = OpenOptions {
                step: planned.name.clone(),
                parameters: planned.parameters.clone(),
                inputs: planned
                    .inputs
                    .iter()
                    .map(|input| Arc::clone(self.shared.plan.schema(*input)))
                    .collect(),
                grants: planned.grants.clone(),
                limits: planned.limits,
                models: self.parts.models.clone(),
                surroundings: Arc::clone(&self.parts.surroundings),
            };
            let opened = self.parts.components[place].open(options);
            let instance = opened.map_err(|error| self.failed(place, None, error))?;
            if **instance.opened() != planned.opened {
                return Err(RunError::Unstable {
                    step: planned.name.clone(),
                });
            }
            self.shared.meter.steps[self.parts.steps[place]].opened();
            self.instances[place] = Some(instance);
        }
        Ok(self.instances[place]
            .as_mut()
            .expect("it was opened just now"))
    }

    /// Sends a batch through all steps.
    pub(crate) fn run(&mut self, port: usize, batch: Batch) -> Result<Leaving, RunError> {
        // All of them, also where no row reaches the later ones: a step that answers differently is found out.
        for place in 0..self.parts.steps.len() {
            self.open(place)?;
        }
        let mut leaving = Leaving::default();
        self.run_from(0, port, batch, &mut leaving)?;
        Ok(leaving)
    }

    fn run_from(
        &mut self,
        place: usize,
        port: usize,
        batch: Batch,
        leaving: &mut Leaving,
    ) -> Result<(), RunError> {
        let mut attempt = Attempt {
            place,
            port,
            outcomes: Vec::new(),
            refused: Refused::default(),
            n_failed: 0,
            gave_up: false,
        };
        self.process(&mut attempt, &batch, 0)?;
        self.leave(place, attempt.refused, leaving)?;
        attempt
            .outcomes
            .into_iter()
            .try_for_each(|outcome| self.spread(place, outcome, leaving))
    }

    fn leave(&self, place: usize, refused: Refused, leaving: &mut Leaving) -> Result<(), RunError> {
        let step = &self.planned(place).name;
        let are_kept = self.shared.plan.rejects.is_some();
        let rejects = refused
            .into_rejects(step, are_kept)
            .map_err(|error| RunError::Internal {
                what: format!("rows that step `{step}` rejected cannot be written: {error}"),
            })?;
        leaving.rejects.push((place, rejects));
        Ok(())
    }

    /// What a step emitted goes to the next step of the stage, or leaves it.
    fn spread(
        &mut self,
        place: usize,
        outcome: Outcome,
        leaving: &mut Leaving,
    ) -> Result<(), RunError> {
        let is_last = place + 1 == self.parts.steps.len();
        for emitted in outcome.emitted {
            if is_last {
                leaving.batches.push((emitted.port, emitted.batch));
            } else {
                self.run_from(place + 1, 0, emitted.batch, leaving)?;
            }
        }
        Ok(())
    }

    /// Hands a step a batch: whole, or in parts where it is too large for the step's memory. `first` is the first
    /// row's position in the batch that the attempt began with.
    fn process(
        &mut self,
        attempt: &mut Attempt,
        batch: &Batch,
        first: usize,
    ) -> Result<(), RunError> {
        if attempt.gave_up {
            return Ok(());
        }
        if self.shared.stopping() {
            // Somebody has said why.
            return Err(RunError::Cancelled);
        }
        let place = attempt.place;
        let planned = self.planned(place);
        let enough = (planned.limits.memory / LENT_PART).min(MOST_LENT);
        let port = attempt.port;
        let instance = self.open(place)?;
        if batch.n_rows() > 1 && instance.lend_bytes(port, batch, enough) > enough {
            return self.process_halves(attempt, batch, first);
        }
        let lent_before = instance.rows_lent();
        let given = batch.clone();
        match self.call(place, Some(batch.n_rows()), |instance| {
            instance.process(port, given)
        }) {
            Ok(mut outcome) => {
                let mut rejected = std::mem::take(&mut outcome.rejected);
                if planned.opened.mode == Mode::Map {
                    // Each instance counts for itself; what counts is the place in this batch.
                    let rows = rejected.iter_mut().flat_map(|rejected| &mut rejected.rows);
                    rows.for_each(|row| *row = row.saturating_sub(lent_before) + first as u64);
                }
                attempt.refused.extend(rejected);
                attempt.outcomes.push(outcome);
                Ok(())
            }
            Err(error) => self.recover(attempt, batch, first, error),
        }
    }

    fn process_halves(
        &mut self,
        attempt: &mut Attempt,
        batch: &Batch,
        first: usize,
    ) -> Result<(), RunError> {
        let half = batch.n_rows() / 2;
        self.process(attempt, &batch.slice(0, half), first)?;
        let rest = batch.slice(half, batch.n_rows() - half);
        self.process(attempt, &rest, first + half)
    }

    /// Goes on after a failure, where that is possible and wanted. What the step did with the batch before it failed
    /// does not count.
    fn recover(
        &mut self,
        attempt: &mut Attempt,
        batch: &Batch,
        first: usize,
        error: EngineError,
    ) -> Result<(), RunError> {
        let place = attempt.place;
        let planned = self.planned(place);
        let step_failed = matches!(
            error,
            EngineError::Failed { .. }
                | EngineError::Trapped { .. }
                | EngineError::Violation { .. }
                | EngineError::Limit { .. }
        );
        if !step_failed || !planned.may_repeat() {
            return Err(self.failed(place, Some(batch), error));
        }
        // After a failure nothing is known of the step's memory.
        self.instances[place] = None;
        let is_too_large = matches!(
            error,
            EngineError::Limit {
                limit: LimitValue::Memory(_),
                ..
            }
        );
        let is_searched = is_too_large || planned.on_error == OnError::RejectRows;
        if is_searched && batch.n_rows() > 1 {
            return self.process_halves(attempt, batch, first);
        }
        if planned.on_error == OnError::Fail || batch.n_rows() == 0 {
            return Err(self.failed(place, Some(batch), error));
        }
        let n_rows = batch.n_rows() as u64;
        let code = match &error {
            EngineError::Failed { problem, .. } => problem.code.clone(),
            error => error.code().to_owned(),
        };
        attempt.refused.extend([Rejected {
            port: attempt.port,
            batch: batch.clone(),
            code,
            reason: error.to_string(),
            rows: (first as u64..first as u64 + n_rows).collect(),
        }]);
        self.shared.meter.steps[self.parts.steps[place]].add_failed(n_rows);
        attempt.n_failed += n_rows;
        let limits = [planned.max_rejects, self.shared.plan.max_rejects];
        attempt.gave_up = limits
            .into_iter()
            .flatten()
            .any(|most| most.is_exceeded_already(attempt.n_failed));
        Ok(())
    }

    /// Tells a step that its input has ended. Only a stateful step can have something left, and it is alone in its
    /// stage and on its thread. It is opened even when no batch came: an aggregate of nothing may still be a row.
    pub(crate) fn finish(&mut self) -> Result<Leaving, RunError> {
        let mut leaving = Leaving::default();
        if self.planned(0).opened.mode == Mode::Map {
            return Ok(leaving);
        }
        self.open(0)?;
        let finished = self.call(0, None, StepInstance::finish);
        let mut outcome = finished.map_err(|error| self.failed(0, None, error))?;
        let mut refused = Refused::default();
        refused.extend(std::mem::take(&mut outcome.rejected));
        self.leave(0, refused, &mut leaving)?;
        self.spread(0, outcome, &mut leaving)?;
        Ok(leaving)
    }

    fn call(
        &mut self,
        place: usize,
        n_rows: Option<usize>,
        call: impl FnOnce(&mut StepInstance) -> Result<Outcome, EngineError>,
    ) -> Result<Outcome, EngineError> {
        let planned = self.planned(place);
        let instance = self.instances[place]
            .as_mut()
            .expect("a step is opened before it is called");
        let began = Instant::now();
        let result = call(instance);
        let (busy, memory) = (began.elapsed(), instance.memory_bytes());
        let meter = &self.shared.meter.steps[self.parts.steps[place]];
        match &result {
            Ok(outcome) => {
                meter.add_call(n_rows, busy, outcome, memory);
                if let Some(on_log) = &self.shared.on_log {
                    let log = outcome.log.iter();
                    log.for_each(|record| on_log(&planned.name, record));
                }
            }
            Err(_) => meter.add_failure(busy, memory),
        }
        result
    }

    fn failed(&self, place: usize, batch: Option<&Batch>, error: EngineError) -> RunError {
        RunError::Step {
            step: self.planned(place).name.clone(),
            rows: batch.and_then(Origin::of),
            error: Box::new(error),
        }
    }

    /// Counts and keeps what was refused, and hands on what leaves. Called in the order of the batches.
    pub(crate) fn hand_on(&self, leaving: Leaving) -> Result<Result<(), Stopped>, RunError> {
        for (place, rejects) in leaving.rejects {
            let step = self.parts.steps[place];
            self.shared.ledger.add(&self.shared.plan, step, &rejects)?;
        }
        Ok(leaving
            .batches
            .into_iter()
            .try_for_each(|(port, batch)| self.parts.outlets[port].send(batch)))
    }
}
