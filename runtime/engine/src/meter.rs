//! What a step has used up, and whether there is more.

use arrow_array::{Array, ArrayRef};
use stepwell_plan::{Limits, StepProblem, Subject};
use wasmtime::StoreContextMut;
use wasmtime::component::{Resource, WasmStr};

use crate::Batch;
use crate::error::{LimitValue, Stop};
use crate::gather::gathered_bytes;
use crate::origin::Selection;
use crate::state::{HostState, LogLevel, LogRecord};
use crate::wire::{BatchEntry, ColumnEntry, WireError};

/// What the host's own record of an emission or a rejection takes.
const EMISSION_BYTES: u64 = 512;

/// What the host's own record of a column that is sliced or gathered takes.
const COLUMN_BYTES: u64 = 128;

/// How much of a text is looked at beyond what is kept of it, for a secret that would otherwise be cut in two.
const SECRET_BYTES: usize = 64 << 10;

/// What an instance has used up: in the call at hand, or in all.
#[derive(Debug)]
pub(crate) struct Meter {
    rows: u64,
    rejects: u64,
    bytes: u64,
    calls: u64,
    /// In all: bytes that the host keeps because the instance holds their handles.
    held: u64,
    /// In all.
    log_left: u64,
    /// In all.
    log_lines_left: u64,
    /// The last error that was logged in the call, also where the log is full: a step that panics says why before it
    /// traps.
    last_error: Option<String>,
}

impl Meter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            rows: 0,
            rejects: 0,
            bytes: 0,
            calls: 0,
            held: 0,
            log_left: limits.log,
            log_lines_left: limits.log_lines,
            last_error: None,
        }
    }

    /// Starts a call.
    pub(crate) fn begin(&mut self) {
        self.rows = 0;
        self.rejects = 0;
        self.bytes = 0;
        self.calls = 0;
        self.last_error = None;
    }

    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

/// Adds to a counter, and tells where it goes past its limit.
fn charge(
    counter: &mut u64,
    added: u64,
    limit: u64,
    to_limit: impl FnOnce(u64) -> LimitValue,
    unit: &str,
) -> wasmtime::Result<()> {
    let total = counter.saturating_add(added);
    if total > limit {
        return Err(Stop::limit(to_limit(limit), format!("{total} {unit}")));
    }
    *counter = total;
    Ok(())
}

impl HostState {
    /// Counts a call of the host.
    pub(crate) fn charge_call(&mut self) -> wasmtime::Result<()> {
        let limit = self.limits.calls;
        let calls = &mut self.meter.calls;
        charge(calls, 1, limit, LimitValue::Calls, "calls of the host")
    }

    /// Counts rows that are emitted.
    pub(crate) fn charge_rows(&mut self, n_rows: usize) -> wasmtime::Result<()> {
        let limit = self.limits.rows;
        let rows = &mut self.meter.rows;
        charge(rows, n_rows as u64, limit, LimitValue::Rows, "rows")
    }

    /// Counts rows that are rejected.
    pub(crate) fn charge_rejects(&mut self, n_rows: usize) -> wasmtime::Result<()> {
        let limit = self.limits.rejects;
        let rejects = &mut self.meter.rejects;
        charge(rejects, n_rows as u64, limit, LimitValue::Rejects, "rows")
    }

    /// Counts bytes that are handed over. Called before they are copied, so that the limit also bounds the host's
    /// memory.
    pub(crate) fn charge_bytes(&mut self, n_bytes: u64) -> wasmtime::Result<()> {
        let limit = self.limits.bytes;
        let bytes = &mut self.meter.bytes;
        charge(bytes, n_bytes, limit, LimitValue::Bytes, "bytes")
    }

    /// Counts what an emission or a rejection takes besides its columns, so that many small ones are not free.
    pub(crate) fn charge_emission(&mut self) -> wasmtime::Result<()> {
        self.charge_bytes(EMISSION_BYTES)
    }

    /// Counts what selecting rows of columns of a batch takes. Called before it is done: a row may be selected many
    /// times. The rows of a batch are free once: they came from the host.
    pub(crate) fn charge_selection<'a>(
        &mut self,
        entry: &Resource<BatchEntry>,
        selection: &Selection,
        columns: impl Iterator<Item = &'a ArrayRef>,
    ) -> wasmtime::Result<()> {
        let was_gathered = self.table.get(entry)?.gathered;
        let (mut own, mut selected, mut all) = (0, 0_u64, 0_u64);
        let must_count = match selection {
            Selection::All => return Ok(()),
            Selection::Range(_, _) => false,
            Selection::Mask(mask) => {
                own += mask.len().div_ceil(8) as u64;
                // It selects no row twice, so the first time it is free.
                was_gathered
            }
            Selection::Indices(_) => true,
        };
        for column in columns {
            own += COLUMN_BYTES;
            if must_count {
                let bytes = gathered_bytes(column, selection);
                selected = selected.saturating_add(bytes.0);
                all = all.saturating_add(bytes.1);
            }
        }
        let free = if was_gathered { 0 } else { all };
        self.charge_bytes(own.saturating_add(selected.saturating_sub(free)))?;
        if !matches!(selection, Selection::Range(_, _)) {
            self.table.get_mut(entry)?.gathered = true;
        }
        Ok(())
    }

    /// Gives the step a column that did not come from a batch, and counts what it takes.
    pub(crate) fn hold_column(
        &mut self,
        array: ArrayRef,
    ) -> wasmtime::Result<Resource<ColumnEntry>> {
        let held = held_bytes(&array);
        self.charge_held(held)?;
        Ok(self.table.push(ColumnEntry { array, held })?)
    }

    /// Gives the step a column of a batch. It counts once the call is over, if the step still holds it.
    pub(crate) fn lend_column(
        &mut self,
        array: ArrayRef,
    ) -> wasmtime::Result<Resource<ColumnEntry>> {
        let column = self.table.push(ColumnEntry { array, held: 0 })?;
        self.lent.insert(column.rep());
        Ok(column)
    }

    pub(crate) fn drop_column(&mut self, rep: u32) -> wasmtime::Result<()> {
        let entry = self.table.delete(Resource::<ColumnEntry>::new_own(rep))?;
        self.lent.remove(&rep);
        self.meter.held -= entry.held;
        Ok(())
    }

    pub(crate) fn drop_batch(&mut self, rep: u32) -> wasmtime::Result<()> {
        let entry = self.table.delete(Resource::<BatchEntry>::new_own(rep))?;
        self.lent.remove(&rep);
        self.meter.held -= entry.held;
        Ok(())
    }

    /// Counts what was lent in the call that is over, and is still held.
    pub(crate) fn settle_held(&mut self) -> wasmtime::Result<()> {
        for rep in std::mem::take(&mut self.lent) {
            let column = Resource::<ColumnEntry>::new_borrow(rep);
            let batch = Resource::<BatchEntry>::new_borrow(rep);
            if let Ok(entry) = self.table.get(&column) {
                let held = held_bytes(&entry.array);
                self.charge_held(held)?;
                self.table.get_mut(&column)?.held = held;
            } else if let Ok(entry) = self.table.get(&batch) {
                let held = held_batch_bytes(&entry.batch);
                self.charge_held(held)?;
                self.table.get_mut(&batch)?.held = held;
            }
        }
        Ok(())
    }

    fn charge_held(&mut self, bytes: u64) -> wasmtime::Result<()> {
        let limit = self.limits.held;
        let held = &mut self.meter.held;
        charge(held, bytes, limit, LimitValue::Held, "bytes")
    }

    /// Takes over a message, if the log has room for it.
    pub(crate) fn log(&mut self, level: LogLevel, message: String) {
        let message = cut(self.redact(message), self.limits.text);
        if level == LogLevel::Error {
            self.meter.last_error = Some(message.clone());
        }
        let length = message.len() as u64;
        if length > self.meter.log_left || self.meter.log_lines_left == 0 {
            // What comes after a message that was dropped is dropped, too: a log has no holes.
            self.meter.log_lines_left = 0;
            self.outcome.log_dropped += 1;
            return;
        }
        self.meter.log_left -= length;
        self.meter.log_lines_left -= 1;
        self.outcome.log.push(LogRecord { level, message });
    }

    /// What a step said of a problem, in texts that are fit to be shown.
    pub(crate) fn problem(&self, error: WireError) -> StepProblem {
        let problem = StepProblem::from(error);
        let fit = |text: String| cut(self.redact(text), self.limits.text);
        StepProblem {
            code: fit(problem.code),
            message: fit(problem.message),
            hint: problem.hint.map(fit),
            subject: match problem.subject {
                Subject::Parameter(pointer) => Subject::Parameter(fit(pointer)),
                Subject::Column(port, name) => Subject::Column(port, fit(name)),
                subject => subject,
            },
        }
    }

    /// All that a step found wrong when it was opened, or as much of it as anyone reads.
    pub(crate) fn problems(&self, errors: Vec<WireError>) -> Vec<StepProblem> {
        let limit = usize::try_from(self.limits.problems).unwrap_or(usize::MAX);
        let left = errors.len().saturating_sub(limit);
        let shown = errors.into_iter().take(limit);
        let mut problems: Vec<StepProblem> = shown.map(|error| self.problem(error)).collect();
        if left > 0 {
            problems.push(StepProblem {
                code: "more_problems".to_owned(),
                message: format!("{left} more problems are not shown"),
                hint: Some("raise `limits.problems` of this step to see them".to_owned()),
                subject: Subject::Step,
            });
        }
        problems
    }
}

/// A text of a step's. However long it is in the step's memory, only so much of it is copied as is kept.
pub(crate) fn text(
    store: &StoreContextMut<'_, HostState>,
    text: &WasmStr,
) -> wasmtime::Result<String> {
    let state = store.data();
    let limit = usize::try_from(state.limits.text).unwrap_or(usize::MAX);
    let whole = text.to_str(store)?;
    let end = whole.floor_char_boundary(limit.saturating_add(SECRET_BYTES).min(whole.len()));
    Ok(cut(
        state.redact(whole[..end].to_owned()),
        state.limits.text,
    ))
}

/// Cuts a text from a step to a length that is fit to be shown.
pub(crate) fn cut(mut text: String, limit: u64) -> String {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if text.len() > limit {
        text.truncate(text.floor_char_boundary(limit));
        text.push('…');
    }
    text
}

fn held_batch_bytes(batch: &Batch) -> u64 {
    let columns = batch.columns().flatten().map(held_bytes);
    columns.fold(0, u64::saturating_add)
}

fn held_bytes(array: &ArrayRef) -> u64 {
    let bytes = array.to_data().get_slice_memory_size();
    bytes.unwrap_or_else(|_| array.get_buffer_memory_size()) as u64
}
