//! What steps did with what they were granted, as it happens.

use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use serde::Serialize;

/// One use of a capability, or of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditEvent<'a> {
    /// When.
    pub time: SystemTime,
    /// The step's name in the pipeline.
    pub step: &'a str,
    /// What was used: `column`, `directory`, `environment`, `http`, `clock`, `random`, `model`, `artifact` or
    /// `secret`.
    pub capability: &'a str,
    /// What was done: `read`, `write`, `request` and so on.
    pub action: AuditAction,
    /// The column's name, the path, the variable's name, the method and address: whatever was used.
    pub what: &'a str,
    /// With [`AuditAction::Total`]: of a column the rows that were read, of anything else how often it was
    /// used.
    pub count: Option<u64>,
}

/// What was done with a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AuditAction {
    /// It was read, for the first time in the case of a column.
    Read,
    /// It was opened for writing, made, changed or removed.
    Write,
    /// It was asked for, and given.
    Use,
    /// It was asked for, and refused.
    Refuse,
    /// At the end of the run: all that was read.
    Total,
}

/// Takes what is recorded. Called from the threads of steps.
pub trait AuditSink: Send + Sync + Debug {
    /// Takes one event. What cannot be recorded must not happen: after an error, the step is stopped.
    ///
    /// # Errors
    /// The event could not be kept.
    fn record(&self, event: &AuditEvent<'_>) -> io::Result<()>;
}

/// Records what steps do; by default, nothing. Clones record to the same place.
#[derive(Clone, Default)]
pub struct Audit {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    sink: Box<dyn AuditSink>,
    /// Rows that were read, by step and column.
    columns: Mutex<BTreeMap<(String, String), u64>>,
    /// Events that come as often as a step likes, each once.
    seen: Mutex<BTreeMap<(String, String, String), u64>>,
}

impl fmt::Debug for Audit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sink = self.inner.as_ref().map(|inner| &inner.sink);
        formatter.debug_tuple("Audit").field(&sink).finish()
    }
}

impl Audit {
    /// Records to this place.
    #[must_use]
    pub fn new(sink: impl AuditSink + 'static) -> Self {
        Self {
            inner: Some(Arc::new(Inner {
                sink: Box::new(sink),
                columns: Mutex::default(),
                seen: Mutex::default(),
            })),
        }
    }

    /// Records one use of a capability.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn record(
        &self,
        step: &str,
        capability: &str,
        action: AuditAction,
        what: &str,
    ) -> io::Result<()> {
        let Some(inner) = &self.inner else {
            return Ok(());
        };
        inner.write(step, capability, action, what, None)
    }

    /// Records a use of something that a step asks for again and again, such as the time: the first
    /// time at once, and how often it was in the end.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn record_often(&self, step: &str, capability: &str, what: &str) -> io::Result<()> {
        let Some(inner) = &self.inner else {
            return Ok(());
        };
        let key = (step.to_owned(), capability.to_owned(), what.to_owned());
        let mut seen = inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let times = seen.entry(key).or_default();
        *times += 1;
        match times {
            1 => inner.write(step, capability, AuditAction::Use, what, None),
            _ => Ok(()),
        }
    }

    /// Records that a step got the values of a column for this many rows.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn record_column(&self, step: &str, column: &str, n_rows: u64) -> io::Result<()> {
        let Some(inner) = &self.inner else {
            return Ok(());
        };
        let mut columns = inner.columns.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (step.to_owned(), column.to_owned());
        match columns.get_mut(&key) {
            Some(rows) => *rows += n_rows,
            None => {
                inner.write(step, "column", AuditAction::Read, column, None)?;
                columns.insert(key, n_rows);
            }
        }
        Ok(())
    }

    /// Records at the end of a run how many rows of each column were read, and how often was asked what was
    /// asked often. The counts then start again.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn finish(&self) -> io::Result<()> {
        let Some(inner) = &self.inner else {
            return Ok(());
        };
        let take = |mutex: &Mutex<BTreeMap<_, _>>| {
            std::mem::take(&mut *mutex.lock().unwrap_or_else(PoisonError::into_inner))
        };
        for ((step, column), rows) in take(&inner.columns) {
            inner.write(&step, "column", AuditAction::Total, &column, Some(rows))?;
        }
        let mut seen = inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for ((step, capability, what), times) in std::mem::take(&mut *seen) {
            inner.write(&step, &capability, AuditAction::Total, &what, Some(times))?;
        }
        Ok(())
    }
}

impl Inner {
    fn write(
        &self,
        step: &str,
        capability: &str,
        action: AuditAction,
        what: &str,
        count: Option<u64>,
    ) -> io::Result<()> {
        self.sink.record(&AuditEvent {
            time: SystemTime::now(),
            step,
            capability,
            action,
            what,
            count,
        })
    }
}
