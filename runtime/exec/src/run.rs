use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use stepwell_connect::{Sink, Source};
use stepwell_engine::{Batch, LogRecord, ModelProvider, StepComponent, Surroundings};
use stepwell_plan::{Downstream, Plan, PlannedStep, REJECTS_NAME, Upstream};

use crate::accounts;
use crate::channel::{Inlet, Outlet, QUEUE_BATCHES, Turnstile};
use crate::deadline::Deadline;
use crate::error::RunError;
use crate::layout::{must_not_block, stages};
use crate::meter::{Meter, Summary};
use crate::rejects::Ledger;
use crate::sink::{SinkEnd, finish_sinks, write_sink};
use crate::source::read_source;
use crate::stage::{StageParts, work};

/// All that a run is made of besides its plan, each list in the plan's order.
pub struct Parts {
    /// The opened sources.
    pub sources: Vec<Box<dyn Source>>,
    /// The loaded components.
    pub components: Vec<StepComponent>,
    /// The opened sinks.
    pub sinks: Vec<Box<dyn Sink>>,
    /// The sink of rejected rows, where the plan has one.
    pub rejects: Option<Box<dyn Sink>>,
    /// Where granted models come from.
    pub models: Option<Arc<dyn ModelProvider>>,
    /// What else there is to be granted.
    pub surroundings: Arc<Surroundings>,
}

impl fmt::Debug for Parts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Parts")
            .field("components", &self.components)
            .finish_non_exhaustive()
    }
}

/// How a run is made.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct RunOptions {
    /// Threads for each stage that may run on several; `None`: the plan's, or as many as the machine has.
    pub threads: Option<usize>,
    /// Called for each message that a step logs, from the thread of the step.
    pub on_log: Option<Arc<LogHandler>>,
}

/// Takes the name of a step and a message that it logged.
pub type LogHandler = dyn Fn(&str, &LogRecord) + Send + Sync;

impl fmt::Debug for RunOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RunOptions")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// What all threads of a run share.
pub(crate) struct Shared {
    pub(crate) plan: Arc<Plan>,
    pub(crate) meter: Meter,
    pub(crate) ledger: Ledger,
    pub(crate) on_log: Option<Arc<LogHandler>>,
    stopping: AtomicBool,
    error: Mutex<Option<RunError>>,
}

impl Shared {
    /// Whether the run is ending early; what was done so far will be thrown away.
    pub(crate) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// Ends the run. The first error is the one that is told: later ones follow from it.
    pub(crate) fn fail(&self, error: RunError) {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get_or_insert(error);
        self.stopping.store(true, Ordering::Release);
    }

    fn take_error(&self) -> Option<RunError> {
        self.error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn summary(&self, elapsed: Duration) -> Summary {
        let mut summary = self.meter.summary(&self.plan, elapsed);
        for (index, step) in summary.steps.iter_mut().enumerate() {
            step.rejected = self.ledger.counts(index);
        }
        summary
    }

    /// All rows were read and all batches written: checks that none was lost and that not too many were rejected, then
    /// writes those that were.
    fn settle(&self, rejects: Option<&mut Box<dyn Sink>>) -> Result<(), RunError> {
        let summary = self.summary(Duration::ZERO);
        let is_kept = rejects.is_some();
        accounts::check(&self.plan, &summary, |step| {
            is_kept.then(|| self.ledger.kept(step))
        })?;
        let rows_read = summary.sources.iter().map(|source| source.rows).sum();
        self.ledger
            .check_shares(&self.plan, rows_read, |step| summary.steps[step].rows_in)?;
        let Some(sink) = rejects else {
            return Ok(());
        };
        self.ledger.drain(|batch| {
            if self.stopping() {
                return Err(self.take_error().unwrap_or(RunError::Cancelled));
            }
            sink.write(batch).map_err(|error| RunError::Sink {
                sink_name: REJECTS_NAME.to_owned(),
                error: Box::new(error),
            })
        })
    }
}

/// A pipeline that is running.
pub struct Run {
    shared: Arc<Shared>,
    started: Instant,
    /// Threads that end once the sources do.
    threads: Vec<JoinHandle<()>>,
    /// Sources may wait for input that never comes; they are not waited for when a run is cancelled.
    source_threads: Vec<JoinHandle<()>>,
    sinks: Receiver<SinkEnd>,
    n_sinks: usize,
    rejects: Option<Box<dyn Sink>>,
    _deadline: Option<Deadline>,
}

impl fmt::Debug for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Run")
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

/// Ends a run from another thread, such as one that handles signals.
#[derive(Clone)]
pub struct Canceller {
    shared: Arc<Shared>,
}

impl fmt::Debug for Canceller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Canceller").finish_non_exhaustive()
    }
}

impl Canceller {
    /// Ends the run: [`Run::wait`] gives [`RunError::Cancelled`], and no output is left behind.
    pub fn cancel(&self) {
        self.shared.fail(RunError::Cancelled);
    }
}

impl Run {
    /// Starts a run in threads of its own.
    ///
    /// # Panics
    /// When the parts are not those of the plan.
    #[must_use]
    pub fn start(plan: Arc<Plan>, parts: Parts, options: &RunOptions) -> Self {
        assert_eq!(
            plan.sources.len(),
            parts.sources.len(),
            "one source for each of the plan's"
        );
        assert_eq!(
            plan.steps.len(),
            parts.components.len(),
            "one component for each step of the plan"
        );
        assert_eq!(
            plan.sinks.len(),
            parts.sinks.len(),
            "one sink for each of the plan's"
        );
        assert_eq!(
            plan.rejects.is_some(),
            parts.rejects.is_some(),
            "a sink for rejected rows where the plan has one"
        );
        let machine = || std::thread::available_parallelism().map_or(1, usize::from);
        let n_threads = options
            .threads
            .or(plan.threads)
            .unwrap_or_else(machine)
            .max(1);
        let shared = Arc::new(Shared {
            meter: Meter::new(&plan),
            ledger: Ledger::new(&plan),
            plan: Arc::clone(&plan),
            on_log: options.on_log.clone(),
            stopping: AtomicBool::new(false),
            error: Mutex::new(None),
        });
        let queues = Queues::new(&plan);
        let (ended, sinks) = unbounded();
        let n_sinks = parts.sinks.len();
        let deadline = plan.time.map(|time| Deadline::start(&shared, time));
        let mut run = Self {
            shared,
            started: Instant::now(),
            threads: Vec::new(),
            source_threads: Vec::new(),
            sinks,
            n_sinks,
            rejects: parts.rejects,
            _deadline: deadline,
        };
        run.start_sinks(parts.sinks, &queues, &ended);
        let granted = (parts.models, parts.surroundings);
        run.start_stages(&parts.components, &granted, &queues, n_threads);
        for (index, source) in parts.sources.into_iter().enumerate() {
            let outlet = queues.outlet(&plan, Upstream::Source(index));
            let shared = Arc::clone(&run.shared);
            let thread = run.spawn(format!("source-{index}"), move || {
                read_source(&shared, index, source, &outlet)
            });
            run.source_threads.extend(thread);
        }
        run
    }

    fn start_sinks(&mut self, sinks: Vec<Box<dyn Sink>>, queues: &Queues, ended: &Sender<SinkEnd>) {
        for (index, sink) in sinks.into_iter().enumerate() {
            let receiver = queues.of_sink(index);
            let (shared, ended) = (Arc::clone(&self.shared), ended.clone());
            let thread = self.spawn(format!("sink-{index}"), move || {
                write_sink(&shared, index, sink, &receiver, &ended)
            });
            self.threads.extend(thread);
        }
    }

    fn start_stages(
        &mut self,
        components: &[StepComponent],
        (models, surroundings): &(Option<Arc<dyn ModelProvider>>, Arc<Surroundings>),
        queues: &Queues,
        n_threads: usize,
    ) {
        let plan = Arc::clone(&self.shared.plan);
        for stage in stages(&plan) {
            let last = stage.steps[stage.steps.len() - 1];
            let outlets = (0..plan.steps[last].opened.outputs.len())
                .map(|port| queues.outlet(&plan, Upstream::Step { step: last, port }))
                .collect();
            let parts = Arc::new(StageParts {
                inlet: Inlet::new(queues.of_step(stage.steps[0])),
                outlets,
                turnstile: Turnstile::default(),
                components: stage
                    .steps
                    .iter()
                    .map(|step| components[*step].clone())
                    .collect(),
                steps: stage.steps,
                models: models.clone(),
                surroundings: Arc::clone(surroundings),
            });
            for worker in 0..if stage.parallel { n_threads } else { 1 } {
                let (shared, parts) = (Arc::clone(&self.shared), Arc::clone(&parts));
                let name = format!("step-{}-{worker}", parts.steps[0]);
                let thread = self.spawn(name, move || work(&shared, &parts));
                self.threads.extend(thread);
            }
        }
    }

    fn spawn(&self, name: String, body: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
        match std::thread::Builder::new().name(name).spawn(body) {
            Ok(thread) => Some(thread),
            Err(error) => {
                self.shared.fail(RunError::Internal {
                    what: format!("a thread cannot be started: {error}"),
                });
                None
            }
        }
    }

    /// What the run has done so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.shared.summary(self.started.elapsed())
    }

    /// Whether the run has come to its end, well or not.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.shared.stopping() || self.sinks.len() == self.n_sinks
    }

    /// Waits for the run's end, but no longer than this; whether it has ended.
    #[must_use]
    pub fn wait_for(&self, at_most: Duration) -> bool {
        let deadline = Instant::now() + at_most;
        while !self.is_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.is_ended()
    }

    /// A handle that ends the run from another thread.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller {
            shared: Arc::clone(&self.shared),
        }
    }

    /// Waits for the run's end and puts all outputs in their places. If anything failed, no output is changed.
    ///
    /// # Errors
    /// The first thing that went wrong.
    pub fn wait(mut self) -> Result<Summary, RunError> {
        let panicked = |_| {
            self.shared.fail(RunError::Internal {
                what: "a thread panicked".to_owned(),
            })
        };
        for thread in self.threads {
            thread.join().unwrap_or_else(panicked);
        }
        if !self.shared.stopping() {
            for thread in self.source_threads {
                thread.join().unwrap_or_else(panicked);
            }
        }
        let mut sinks: Vec<SinkEnd> = self.sinks.try_iter().collect();
        sinks.sort_by_key(|sink| sink.index);
        let mut sinks: Vec<_> = sinks.into_iter().map(|end| end.sink).collect();
        let written = match self.shared.take_error() {
            Some(error) => Err(error),
            None => self.shared.settle(self.rejects.as_mut()),
        };
        sinks.extend(self.rejects);
        if let Err(error) = written {
            sinks.into_iter().for_each(|sink| sink.abort());
            return Err(error);
        }
        let plan = &self.shared.plan;
        let names = plan.sinks.iter().map(|sink| sink.name.as_str());
        let names = names.chain([REJECTS_NAME]);
        let written = finish_sinks(names.zip(sinks).collect())?;
        let mut summary = self.shared.summary(self.started.elapsed());
        let sinks = summary.sinks.iter_mut().chain(&mut summary.rejects);
        for (sink, written) in sinks.zip(written) {
            sink.written = Some(written);
        }
        if let Some(rejects) = &mut summary.rejects {
            rejects.rows = self.shared.ledger.n_kept();
        }
        Ok(summary)
    }
}

type Queue = (Sender<Batch>, Receiver<Batch>);

/// One queue for each input port of a step and for each sink. It is dropped once all threads have their ends: a
/// queue whose senders are gone has ended.
struct Queues {
    steps: Vec<Vec<Queue>>,
    sinks: Vec<Queue>,
}

impl Queues {
    fn new(plan: &Plan) -> Self {
        let queue = |step: usize, port: usize| {
            if must_not_block(plan, step, port) {
                unbounded()
            } else {
                bounded(QUEUE_BATCHES)
            }
        };
        let steps = plan.steps.iter().enumerate();
        let ports = |(step, planned): (usize, &PlannedStep)| {
            (0..planned.inputs.len())
                .map(|port| queue(step, port))
                .collect()
        };
        Self {
            steps: steps.map(ports).collect(),
            sinks: plan.sinks.iter().map(|_| bounded(QUEUE_BATCHES)).collect(),
        }
    }

    fn outlet(&self, plan: &Plan, upstream: Upstream) -> Outlet {
        let readers = plan.readers(upstream).into_iter();
        let senders = readers.map(|reader| match reader {
            Downstream::Step { step, port } => self.steps[step][port].0.clone(),
            Downstream::Sink(sink) => self.sinks[sink].0.clone(),
        });
        Outlet {
            readers: senders.collect(),
        }
    }

    fn of_step(&self, step: usize) -> Vec<Receiver<Batch>> {
        self.steps[step]
            .iter()
            .map(|queue| queue.1.clone())
            .collect()
    }

    fn of_sink(&self, sink: usize) -> Receiver<Batch> {
        self.sinks[sink].1.clone()
    }
}
