//! What the store of one instance holds: the handles that the step was lent, what it has emitted in the
//! call at hand, and what it may do.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::SchemaRef;
use stepwell_plan::{ColumnIndex, Grants, Limits, Opened};
use wasmtime::component::ResourceTable;

use crate::Batch;
use crate::emission::Routings;
use crate::error::{Call, LimitValue, Stop};
use crate::limits::InstanceLimiter;
use crate::model::ModelProvider;

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

pub(crate) struct HostState {
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
    rows_emitted: u64,
    log_left: u64,
}

impl HostState {
    pub(crate) fn new(
        limits: Limits,
        grants: Grants,
        models: Option<Arc<dyn ModelProvider>>,
        inputs: Vec<SchemaRef>,
    ) -> Self {
        Self {
            table: ResourceTable::new(),
            limiter: InstanceLimiter::new(limits.memory),
            limits,
            grants,
            models,
            inputs,
            opened: None,
            call: Call::Start,
            outcome: Outcome::default(),
            routings: Routings::default(),
            rows_emitted: 0,
            log_left: limits.log,
        }
    }

    /// Starts a call: what it emits is counted from nothing.
    pub(crate) fn begin(&mut self, call: Call) {
        self.call = call;
        self.outcome = Outcome::default();
        self.rows_emitted = 0;
    }

    pub(crate) fn log(&mut self, level: LogLevel, message: String) {
        let length = message.len() as u64;
        if length > self.log_left {
            self.log_left = 0;
            self.outcome.log_dropped += 1;
            return;
        }
        self.log_left -= length;
        self.outcome.log.push(LogRecord { level, message });
    }

    pub(crate) fn charge_rows(&mut self, n_rows: usize) -> wasmtime::Result<()> {
        self.rows_emitted += n_rows as u64;
        if self.rows_emitted > self.limits.rows {
            return Err(limit(
                LimitValue::Rows(self.limits.rows),
                format!("{} rows", self.rows_emitted),
            ));
        }
        Ok(())
    }

    /// Called before the bytes are copied, so that the limit also bounds the host's memory.
    pub(crate) fn charge_bytes(&mut self, n_bytes: u64) -> wasmtime::Result<()> {
        let total = self.outcome.bytes_made.saturating_add(n_bytes);
        if total > self.limits.bytes {
            return Err(limit(
                LimitValue::Bytes(self.limits.bytes),
                format!("{total} bytes"),
            ));
        }
        self.outcome.bytes_made = total;
        Ok(())
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

fn limit(limit: LimitValue, asked: String) -> wasmtime::Error {
    wasmtime::Error::new(Stop::Limit { limit, asked })
}
