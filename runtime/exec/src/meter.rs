//! What a run has done so far, counted as it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stepwell_connect::{Progress, SinkSummary};
use stepwell_engine::Outcome;
use stepwell_plan::{ColumnIndex, Plan, REJECTS_NAME};

/// What a run has done so far, or in all.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Wall-clock time since the run began.
    pub elapsed: Duration,
    /// In the plan's order.
    pub sources: Vec<SourceSummary>,
    /// In the plan's order.
    pub steps: Vec<StepSummary>,
    /// In the plan's order.
    pub sinks: Vec<SinkProgress>,
    /// The table of rejected rows; `None` where the pipeline does not keep them. Its rows are written at the end.
    pub rejects: Option<SinkProgress>,
}

/// What was read from a source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSummary {
    /// The name in the pipeline.
    pub name: String,
    /// Rows that were given to steps and sinks.
    pub rows: u64,
    /// Time that reading and decoding took.
    pub busy: Duration,
    /// How far reading has come.
    pub progress: Progress,
    /// Whether the source has ended.
    pub ended: bool,
}

/// What a step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepSummary {
    /// The name in the pipeline.
    pub name: String,
    /// Batches that it was given.
    pub batches: u64,
    /// Rows that it was given, on all ports.
    pub rows_in: u64,
    /// Rows that it emitted, for each output port.
    pub rows_out: Vec<u64>,
    /// Rows of its inputs that went on, each once, however often it emitted them.
    pub rows_passed: u64,
    /// Rows of its inputs that were rejected, each once: those that it refused, and by `on_error` those that it failed
    /// on.
    pub rows_rejected: u64,
    /// Rows that it emitted and that are none of its inputs': it made them.
    pub rows_new: u64,
    /// For each code how many times a row was rejected with it, and the reason of the first of these rows.
    pub rejected: BTreeMap<String, (u64, String)>,
    /// Bytes of columns that were copied into it.
    pub bytes_read: u64,
    /// Bytes of columns that it made.
    pub bytes_made: u64,
    /// The columns that it did read.
    pub columns_read: BTreeSet<ColumnIndex>,
    /// Time inside the step's calls, summed over its instances.
    pub busy: Duration,
    /// Instances that were opened.
    pub instances: u64,
    /// The most memory that one of its instances held, in bytes.
    pub memory: u64,
    /// Log messages that were dropped because the log's limit was reached.
    pub log_dropped: u64,
}

impl StepSummary {
    /// Rows of its inputs that neither went on nor were rejected, so far. Where the step makes no rows of its own, it
    /// has left them out; else they may be in the rows that it made, which the host cannot know.
    #[must_use]
    pub fn rows_ended(&self) -> u64 {
        self.rows_in
            .saturating_sub(self.rows_passed + self.rows_rejected)
    }
}

/// What was written to a sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkProgress {
    /// The name in the pipeline.
    pub name: String,
    /// Rows that were written.
    pub rows: u64,
    /// What is at its place; `None` until the run has ended well.
    pub written: Option<SinkSummary>,
}

#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) sources: Vec<SourceMeter>,
    pub(crate) steps: Vec<StepMeter>,
    pub(crate) sinks: Vec<SinkMeter>,
}

#[derive(Debug, Default)]
pub(crate) struct SourceMeter {
    rows: AtomicU64,
    busy_nanos: AtomicU64,
    state: Mutex<(Progress, bool)>,
}

#[derive(Debug, Default)]
pub(crate) struct StepMeter {
    batches: AtomicU64,
    rows_in: AtomicU64,
    busy_nanos: AtomicU64,
    rows_passed: AtomicU64,
    rows_rejected: AtomicU64,
    rows_new: AtomicU64,
    bytes_read: AtomicU64,
    bytes_made: AtomicU64,
    instances: AtomicU64,
    memory: AtomicU64,
    log_dropped: AtomicU64,
    details: Mutex<StepDetails>,
}

#[derive(Debug, Default)]
struct StepDetails {
    rows_out: Vec<u64>,
    columns_read: BTreeSet<ColumnIndex>,
}

#[derive(Debug, Default)]
pub(crate) struct SinkMeter {
    rows: AtomicU64,
}

/// A count is a count, whatever a thread that held the lock did.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl SourceMeter {
    pub(crate) fn add(&self, rows: usize, busy: Duration, progress: Progress, ended: bool) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.busy_nanos.fetch_add(nanos(busy), Ordering::Relaxed);
        *lock(&self.state) = (progress, ended);
    }
}

impl StepMeter {
    pub(crate) fn opened(&self) {
        self.instances.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_call(
        &self,
        rows_in: Option<usize>,
        busy: Duration,
        outcome: &Outcome,
        memory: u64,
    ) {
        if let Some(rows) = rows_in {
            self.batches.fetch_add(1, Ordering::Relaxed);
            self.rows_in.fetch_add(rows as u64, Ordering::Relaxed);
        }
        self.busy_nanos.fetch_add(nanos(busy), Ordering::Relaxed);
        self.rows_passed
            .fetch_add(outcome.rows_passed, Ordering::Relaxed);
        self.rows_rejected
            .fetch_add(outcome.rows_rejected, Ordering::Relaxed);
        self.rows_new.fetch_add(outcome.rows_new, Ordering::Relaxed);
        self.bytes_read
            .fetch_add(outcome.bytes_read, Ordering::Relaxed);
        self.bytes_made
            .fetch_add(outcome.bytes_made, Ordering::Relaxed);
        self.log_dropped
            .fetch_add(outcome.log_dropped, Ordering::Relaxed);
        self.memory.fetch_max(memory, Ordering::Relaxed);
        let mut details = lock(&self.details);
        for emitted in &outcome.emitted {
            if details.rows_out.len() <= emitted.port {
                details.rows_out.resize(emitted.port + 1, 0);
            }
            details.rows_out[emitted.port] += emitted.batch.n_rows() as u64;
        }
        details.columns_read.extend(&outcome.columns_read);
    }

    /// A call that failed: what it did does not count, but for the time that it took.
    pub(crate) fn add_failure(&self, busy: Duration, memory: u64) {
        self.busy_nanos.fetch_add(nanos(busy), Ordering::Relaxed);
        self.memory.fetch_max(memory, Ordering::Relaxed);
    }

    /// Rows that were given to the step and rejected, because it failed on them.
    pub(crate) fn add_failed(&self, n_rows: u64) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        self.rows_in.fetch_add(n_rows, Ordering::Relaxed);
        self.rows_rejected.fetch_add(n_rows, Ordering::Relaxed);
    }
}

impl SinkMeter {
    pub(crate) fn add(&self, rows: usize) {
        self.rows.fetch_add(rows as u64, Ordering::Relaxed);
    }
}

impl Meter {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            sources: plan
                .sources
                .iter()
                .map(|_| SourceMeter::default())
                .collect(),
            steps: plan.steps.iter().map(|_| StepMeter::default()).collect(),
            sinks: plan.sinks.iter().map(|_| SinkMeter::default()).collect(),
        }
    }

    pub(crate) fn summary(&self, plan: &Plan, elapsed: Duration) -> Summary {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let time = |count: &AtomicU64| Duration::from_nanos(load(count));
        let sources = plan
            .sources
            .iter()
            .zip(&self.sources)
            .map(|(planned, meter)| {
                let (progress, ended) = *lock(&meter.state);
                let name = planned.name.clone();
                SourceSummary {
                    name,
                    rows: load(&meter.rows),
                    busy: time(&meter.busy_nanos),
                    progress,
                    ended,
                }
            });
        let steps = plan.steps.iter().zip(&self.steps).map(|(planned, meter)| {
            let details = lock(&meter.details);
            let mut rows_out = details.rows_out.clone();
            rows_out.resize(planned.opened.outputs.len(), 0);
            StepSummary {
                name: planned.name.clone(),
                batches: load(&meter.batches),
                rows_in: load(&meter.rows_in),
                rows_out,
                rows_passed: load(&meter.rows_passed),
                rows_rejected: load(&meter.rows_rejected),
                rows_new: load(&meter.rows_new),
                rejected: BTreeMap::new(),
                bytes_read: load(&meter.bytes_read),
                bytes_made: load(&meter.bytes_made),
                columns_read: details.columns_read.clone(),
                busy: time(&meter.busy_nanos),
                instances: load(&meter.instances),
                memory: load(&meter.memory),
                log_dropped: load(&meter.log_dropped),
            }
        });
        let sinks = plan
            .sinks
            .iter()
            .zip(&self.sinks)
            .map(|(planned, meter)| SinkProgress {
                name: planned.name.clone(),
                rows: load(&meter.rows),
                written: None,
            });
        Summary {
            elapsed,
            sources: sources.collect(),
            steps: steps.collect(),
            sinks: sinks.collect(),
            rejects: plan.rejects.is_some().then(|| SinkProgress {
                name: REJECTS_NAME.to_owned(),
                rows: 0,
                written: None,
            }),
        }
    }
}
