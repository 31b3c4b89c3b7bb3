//! What the store of one instance holds: the handles that the step was lent, what it has emitted in the
//! call at hand, and what it may do.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use stepwell_plan::{ColumnIndex, Grants, Limits, Opened};
use wasmtime::component::ResourceTable;

use crate::Batch;
use crate::emission::Routings;
use crate::error::Call;
use crate::extension::ExtensionState;
use crate::limits::InstanceLimiter;
use crate::meter::Meter;
use crate::model::ModelProvider;
use crate::surroundings::Surroundings;

/// Rows that a step emitted on one of its output ports.
#[derive(Debug, Clone)]
pub struct Emitted {
    /// The output port's position.
    pub port: usize,
    /// The rows, in the port's schema.
    pub batch: Batch,
}

/// Rows that a step refused.
#[derive(Debug, Clone)]
pub struct Rejected {
    /// The input port's position.
    pub port: usize,
    /// The rows as the step got them.
    pub batch: Batch,
    /// A short, stable word.
    pub code: String,
    /// The reason, for people.
    pub reason: String,
    /// For each row its place in all that the instance was lent, from 0.
    pub rows: Vec<u64>,
}

/// A message that a step logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// How important it is.
    pub level: LogLevel,
    /// The message.
    pub message: String,
}

/// How important a log message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// For the step's author.
    Debug,
    /// For the curious.
    Info,
    /// Something that may be wrong.
    Warn,
    /// Something that is wrong.
    Error,
}

/// All that a step did in one call.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What it emitted, in order.
    pub emitted: Vec<Emitted>,
    /// What it refused, in order.
    pub rejected: Vec<Rejected>,
    /// Rows of its inputs that it passed on and had not passed on before.
    pub rows_passed: u64,
    /// Rows of its inputs that it refused and had not refused before.
    pub rows_rejected: u64,
    /// Rows that it emitted and that are none of its inputs': it made them.
    pub rows_new: u64,
    /// What it logged, in order.
    pub log: Vec<LogRecord>,
    /// Messages that were dropped because the log's limit was reached.
    pub log_dropped: u64,
    /// Bytes of columns that were copied into the step.
    pub bytes_read: u64,
    /// Bytes of columns that were copied out of the step.
    pub bytes_made: u64,
    /// The columns that the step did read.
    pub columns_read: BTreeSet<ColumnIndex>,
}

/// What the store of one instance holds. Extensions see their own part of it, by
/// [`HostState::extension`].
pub struct HostState {
    pub(crate) table: ResourceTable,
    pub(crate) limiter: InstanceLimiter,
    pub(crate) limits: Limits,
    pub(crate) grants: Grants,
    pub(crate) models: Option<Arc<dyn ModelProvider>>,
    pub(crate) inputs: Vec<SchemaRef>,
    pub(crate) opened: Option<Arc<Opened>>,
    pub(crate) call: Call,
    pub(crate) outcome: Outcome,
    pub(crate) routings: Routings,
    /// The step's name, in what is recorded of it.
    pub(crate) step: String,
    pub(crate) surroundings: Arc<Surroundings>,
    pub(crate) extension: Option<Box<dyn ExtensionState>>,
    pub(crate) meter: Meter,
    /// Places in the table of what was lent in the call at hand.
    pub(crate) lent: BTreeSet<u32>,
}

impl HostState {
    pub(crate) fn new(
        limits: Limits,
        grants: Grants,
        models: Option<Arc<dyn ModelProvider>>,
        inputs: Vec<SchemaRef>,
    ) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(usize::try_from(limits.handles).unwrap_or(usize::MAX));
        Self {
            table,
            limiter: InstanceLimiter::new(limits.memory),
            limits,
            grants,
            models,
            inputs,
            opened: None,
            call: Call::Start,
            outcome: Outcome::default(),
            routings: Routings::default(),
            step: String::new(),
            surroundings: Arc::default(),
            extension: None,
            meter: Meter::new(&limits),
            lent: BTreeSet::new(),
        }
    }

    /// Says what there is to be granted, and which step it is.
    pub(crate) fn within(mut self, step: String, surroundings: Arc<Surroundings>) -> Self {
        self.step = step;
        self.surroundings = surroundings;
        self
    }

    /// Takes over what was said by way of the extension, such as on standard output.
    pub(crate) fn take_extension_log(&mut self) {
        let Some(extension) = &mut self.extension else {
            return;
        };
        let (records, dropped) = extension.take_log();
        self.outcome.log_dropped += dropped;
        for LogRecord { level, message } in records {
            self.log(level, message);
        }
    }

    /// A text of the step's with no secret in it.
    pub(crate) fn redact(&self, text: String) -> String {
        match self.surroundings.secrets.redact(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => redacted,
        }
    }

    /// Starts a call: what it emits is counted from nothing.
    pub(crate) fn begin(&mut self, call: Call) {
        self.call = call;
        self.outcome = Outcome::default();
        self.meter.begin();
    }

    /// The name of an input column, for messages.
    pub(crate) fn column_name(&self, index: ColumnIndex) -> String {
        self.inputs
            .get(index.port)
            .and_then(|schema| schema.fields().get(index.column))
            .map_or_else(
                || format!("column {} of input {}", index.column, index.port),
                |field| format!("column `{}`", field.name()),
            )
    }
}
