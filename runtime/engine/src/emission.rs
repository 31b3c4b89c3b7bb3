//! What a step hands back, checked before anything else touches it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, Buffer, MutableBuffer, bit_util};
use arrow_schema::{ArrowError, DataType, Field};
use arrow_select::filter::FilterBuilder;
use arrow_select::take::take;
use stepwell_layout::{Flat, Node, assemble};
use stepwell_plan::{Mode, Opened, Output};
use wasmtime::StoreContextMut;
use wasmtime::component::Resource;

use crate::batch::{Batch, Place};
use crate::error::{Call, Stop};
use crate::gather::expanded_bytes;
use crate::marks::Fate;
use crate::origin::{RowOrigins, Selection};
use crate::state::{Emitted, HostState, Rejected};
use crate::wire::{BatchEntry, UntrustedArray, UntrustedColumn, UntrustedRows, UntrustedSelection};

type Context<'a> = StoreContextMut<'a, HostState>;

/// Rows of a batch, with a selection that is known to lie inside it.
struct CheckedRows {
    port: usize,
    entry: Resource<BatchEntry>,
    batch: Batch,
    /// How many rows the instance was lent before the batch.
    first_row: u64,
    selection: Selection,
}

/// Applies a selection of rows to a column.
type SelectColumn = dyn Fn(&ArrayRef) -> Result<ArrayRef, ArrowError>;

impl CheckedRows {
    fn n_rows(&self) -> usize {
        self.selection.count(self.batch.n_rows())
    }

    fn origins(&self) -> Option<RowOrigins> {
        let origins = self.batch.origins();
        origins.map(|origins| origins.select(&self.selection))
    }

    /// The selected rows; of the columns, those that `wanted` names, in the schema of the input. What gathering them
    /// takes is charged first.
    fn select(
        self,
        state: &mut HostState,
        wanted: impl FnOnce() -> BTreeSet<usize>,
    ) -> wasmtime::Result<Batch> {
        let (n_rows, origins) = (self.n_rows(), self.origins());
        if matches!(self.selection, Selection::All) {
            return Ok(self.batch);
        }
        let wanted = wanted();
        let columns = self.batch.columns().enumerate();
        let columns =
            columns.filter_map(|(index, column)| column.filter(|_| wanted.contains(&index)));
        state.charge_selection(&self.entry, &self.selection, columns)?;
        let apply: Box<SelectColumn> = match self.selection {
            Selection::All => return Ok(self.batch),
            Selection::Range(offset, length) => {
                Box::new(move |column| Ok(column.slice(offset, length)))
            }
            Selection::Mask(mask) => {
                let filter = FilterBuilder::new(&mask).optimize().build();
                Box::new(move |column| filter.filter(column))
            }
            Selection::Indices(indices) => Box::new(move |column| take(column, &indices, None)),
        };
        let columns = self.batch.columns().enumerate().map(|(index, column)| {
            column
                .filter(|_| wanted.contains(&index))
                .map(&apply)
                .transpose()
        });
        // Such as strings of more bytes than their offsets can count.
        let columns = columns.collect::<Result<_, _>>().map_err(|error| {
            Stop::violation(format!(
                "it selected rows that cannot be put together: {error}"
            ))
        })?;
        Ok(
            Batch::from_checked(Arc::clone(self.batch.schema()), columns, n_rows)
                .with_origins(origins),
        )
    }
}

/// Where the columns of an output come from when rows of certain inputs are passed on.
#[derive(Clone)]
pub(crate) struct Routing {
    places: Arc<[Place]>,
    /// The output's columns that must be made.
    made: Arc<[usize]>,
}

impl Routing {
    fn new(output: &Output, input_ports: &[usize]) -> Self {
        let n_columns = output.schema.fields().len();
        let mut places = vec![None; n_columns];
        for (source, input_port) in input_ports.iter().enumerate() {
            for pass in output
                .passes
                .iter()
                .filter(|pass| pass.input.port == *input_port)
            {
                places[pass.output_column].get_or_insert(Place::Passed {
                    source,
                    column: pass.input.column,
                });
            }
        }
        let made: Vec<usize> = (0..n_columns)
            .filter(|column| places[*column].is_none())
            .collect();
        for (index, column) in made.iter().enumerate() {
            places[*column] = Some(Place::Made(index));
        }
        Self {
            places: places.into_iter().flatten().collect(),
            made: made.into(),
        }
    }

    /// The columns of a source, by its place among those passed on, that go into the output.
    fn passed_columns(&self, index: usize) -> BTreeSet<usize> {
        let columns = self.places.iter().filter_map(|place| match place {
            Place::Passed { source, column } if *source == index => Some(*column),
            _ => None,
        });
        columns.collect()
    }
}

/// The routings that a step has used so far: one for each output and set of inputs, so hardly ever more than a few.
#[derive(Default)]
pub(crate) struct Routings(Vec<(usize, Vec<usize>, Routing)>);

impl Routings {
    fn get(&mut self, opened: &Opened, port: usize, input_ports: &[usize]) -> Routing {
        let known = self
            .0
            .iter()
            .find(|(output, inputs, _)| *output == port && inputs == input_ports);
        if let Some((_, _, routing)) = known {
            return routing.clone();
        }
        let routing = Routing::new(&opened.outputs[port], input_ports);
        self.0.push((port, input_ports.to_vec(), routing.clone()));
        routing
    }
}

pub(crate) fn emit(
    mut store: Context<'_>,
    port: usize,
    passed: Vec<UntrustedRows>,
    made: Vec<UntrustedColumn>,
) -> wasmtime::Result<()> {
    let opened = may_emit(store.data())?;
    let Some(output) = opened.outputs.get(port) else {
        return Err(Stop::violation(format!(
            "it emitted on output {port}, but has {} outputs",
            opened.outputs.len()
        )));
    };
    let passed = passed
        .into_iter()
        .map(|rows| check_rows(&mut store, rows, Fate::Passed))
        .collect::<Result<Vec<_>, _>>()?;
    let input_ports: Vec<usize> = passed.iter().map(|rows| rows.port).collect();
    let twice = input_ports
        .iter()
        .enumerate()
        .any(|(index, port)| input_ports[..index].contains(port));
    if twice {
        return Err(Stop::violation(
            "it passed on rows of one input twice in one emission",
        ));
    }
    let routing = store.data_mut().routings.get(&opened, port, &input_ports);
    if routing.made.len() != made.len() {
        return Err(Stop::violation(format!(
            "it emitted {} made columns where the schema of output {port} needs {}",
            made.len(),
            routing.made.len()
        )));
    }
    let mut n_rows = None;
    for rows in &passed {
        agree(&mut n_rows, rows.n_rows(), "rows that are passed on")?;
    }
    // Before they are gathered, so that the limit also bounds the host's memory: a row may be selected many times.
    let charged = n_rows;
    store.data_mut().charge_rows(charged.unwrap_or(0))?;
    // Of a row that is made of rows of several inputs, that of the first input is told.
    let first = passed.iter().min_by_key(|rows| rows.port);
    let origins = first.and_then(CheckedRows::origins);
    let mut sources = Vec::with_capacity(passed.len());
    for (index, rows) in passed.into_iter().enumerate() {
        let wanted = || routing.passed_columns(index);
        sources.push(rows.select(store.data_mut(), wanted)?);
    }
    let mut columns = Vec::with_capacity(made.len());
    for (index, column) in routing.made.iter().zip(made) {
        let field = output.schema.field(*index);
        let array = check_column(&mut store, field, column)?;
        agree(
            &mut n_rows,
            array.len(),
            &format!("values of column `{}`", field.name()),
        )?;
        columns.push(array);
    }
    let Some(n_rows) = n_rows else {
        return Err(Stop::violation("it emitted neither rows nor columns"));
    };
    let state = store.data_mut();
    if charged.is_none() {
        state.charge_rows(n_rows)?;
    }
    if input_ports.is_empty() {
        state.outcome.rows_new += n_rows as u64;
    }
    if n_rows > 0 {
        state.charge_emission()?;
        let schema = Arc::clone(&output.schema);
        let batch =
            Batch::layered(schema, routing.places, sources, columns, n_rows).with_origins(origins);
        state.outcome.emitted.push(Emitted { port, batch });
    }
    Ok(())
}

pub(crate) fn reject(
    mut store: Context<'_>,
    rows: UntrustedRows,
    code: String,
    reason: String,
) -> wasmtime::Result<()> {
    may_emit(store.data())?;
    let rows = check_rows(&mut store, rows, Fate::Rejected)?;
    let (port, n_rows) = (rows.port, rows.n_rows());
    let state = store.data_mut();
    state.charge_rejects(n_rows)?;
    if n_rows > 0 {
        state.charge_emission()?;
        state.charge_bytes((code.len() + reason.len()) as u64)?;
        let n_columns = rows.batch.schema().fields().len();
        let positions = rows.selection.positions(rows.batch.n_rows());
        let first_row = rows.first_row;
        let batch = rows.select(state, || (0..n_columns).collect())?;
        state.outcome.rejected.push(Rejected {
            port,
            batch,
            code,
            reason,
            rows: positions
                .into_iter()
                .map(|row| first_row + u64::from(row))
                .collect(),
        });
    }
    Ok(())
}

fn may_emit(state: &HostState) -> wasmtime::Result<Arc<Opened>> {
    let opened = state
        .opened
        .as_ref()
        .filter(|_| matches!(state.call, Call::Process | Call::Finish));
    let Some(opened) = opened else {
        return Err(Stop::violation(
            "it emitted or rejected rows outside `process` and `finish`",
        ));
    };
    if state.call == Call::Finish && opened.mode == Mode::Map {
        return Err(Stop::violation(
            "it emitted or rejected rows in `finish`, which only a stateful step may do",
        ));
    }
    Ok(Arc::clone(opened))
}

fn agree(n_rows: &mut Option<usize>, length: usize, what: &str) -> wasmtime::Result<()> {
    match *n_rows.get_or_insert(length) {
        expected if expected == length => Ok(()),
        expected => Err(Stop::violation(format!(
            "it emitted {length} {what} together with {expected} rows"
        ))),
    }
}

fn check_rows(
    store: &mut Context<'_>,
    rows: UntrustedRows,
    fate: Fate,
) -> wasmtime::Result<CheckedRows> {
    let entry = store.data().table.get(&rows.batch)?;
    let (port, batch, first_row) = (entry.port, entry.batch.clone(), entry.first_row);
    let available = batch.n_rows();
    let selection = match rows.selection {
        UntrustedSelection::All => Selection::All,
        UntrustedSelection::Range((first, length)) => {
            let inside = first
                .checked_add(length)
                .is_some_and(|end| end <= available as u64);
            if !inside {
                return Err(Stop::violation(format!(
                    "it selected {length} rows from row {first} on of a batch of {available}"
                )));
            }
            Selection::Range(first as usize, length as usize)
        }
        UntrustedSelection::Mask(mask) => {
            let bytes = mask.as_le_slice(&*store);
            if bytes.len() < bit_util::ceil(available, 8) {
                return Err(Stop::violation(format!(
                    "it selected rows by a mask of {} bytes for a batch of {available} rows",
                    bytes.len()
                )));
            }
            let bits = BooleanBuffer::new(Buffer::from(bytes), 0, available);
            Selection::Mask(BooleanArray::new(bits, None))
        }
        UntrustedSelection::Indices(indices) => {
            let values = indices
                .as_le_slice(&*store)
                .iter()
                .map(|index| u32::from_le(*index));
            let indices = UInt32Array::from_iter_values(values);
            if let Some(outside) = indices
                .values()
                .iter()
                .find(|index| **index as usize >= available)
            {
                return Err(Stop::violation(format!(
                    "it selected row {outside} of a batch of {available}"
                )));
            }
            Selection::Indices(indices)
        }
    };
    // Before the rest is checked: where that fails, so does the call, and nothing of it counts.
    let state = store.data_mut();
    let marks = &mut state.table.get_mut(&rows.batch)?.marks;
    let added = marks.mark(fate, &selection, available).map_err(|row| {
        Stop::violation(format!(
            "it both emitted and rejected row {row} of a batch of {available}"
        ))
    })?;
    match fate {
        Fate::Passed => state.outcome.rows_passed += added,
        Fate::Rejected => state.outcome.rows_rejected += added,
    }
    Ok(CheckedRows {
        port,
        entry: rows.batch,
        batch,
        first_row,
        selection,
    })
}

fn check_column(
    store: &mut Context<'_>,
    field: &Field,
    column: UntrustedColumn,
) -> wasmtime::Result<ArrayRef> {
    let array = match column {
        UntrustedColumn::Array(array) => check_array(store, field, array)?,
        UntrustedColumn::Column(column) => {
            let array = Arc::clone(&store.data().table.get(&column)?.array);
            if array.data_type() != field.data_type() {
                return Err(Stop::violation(format!(
                    "it emitted a host column of type {} as column `{}` of type {}",
                    array.data_type(),
                    field.name(),
                    field.data_type()
                )));
            }
            array
        }
    };
    if !field.is_nullable() && array.logical_null_count() > 0 {
        return Err(Stop::violation(format!(
            "it emitted {} nulls in column `{}`, which it declared as non-null",
            array.logical_null_count(),
            field.name()
        )));
    }
    Ok(array)
}

fn check_array(
    store: &mut Context<'_>,
    field: &Field,
    array: UntrustedArray,
) -> wasmtime::Result<ArrayRef> {
    let n_bytes = array.buffers.iter().map(|buffer| buffer.len() as u64).sum();
    store.data_mut().charge_bytes(n_bytes)?;
    store.data_mut().outcome.bytes_made += n_bytes;
    charge_lengths(store.data(), field.data_type(), &array)?;
    let buffers = array
        .buffers
        .iter()
        .map(|buffer| copy(buffer.as_le_slice(&*store)))
        .collect();
    let nodes = array.nodes.into_iter().map(Node::from).collect();
    let array = assemble(field.data_type(), Flat { nodes, buffers }).map_err(|error| {
        Stop::violation(format!(
            "it emitted an invalid column `{}`: {error}",
            field.name()
        ))
    })?;
    // A million rows can be one long text, of which each has to be written out somewhere.
    if let Some(expanded) = expanded_bytes(&array) {
        let state = store.data_mut();
        state.charge_bytes(expanded.saturating_sub(n_bytes))?;
    }
    Ok(array)
}

/// Arrays without buffers (null, or lists of them) can claim any length for free; what they claim is held
/// against the limit on rows, so that no later code is made to walk over it.
fn charge_lengths(
    state: &HostState,
    data_type: &DataType,
    array: &UntrustedArray,
) -> wasmtime::Result<()> {
    let claimed = array
        .nodes
        .iter()
        .map(|node| Node::from(*node).length)
        .max()
        .unwrap_or(0);
    let allowed = state.limits.rows.max(state.limits.bytes.saturating_mul(8));
    if claimed > allowed {
        return Err(Stop::violation(format!(
            "it emitted an array of type {data_type} with {claimed} values"
        )));
    }
    Ok(())
}

/// The one copy out of the step's memory, into memory that is aligned as Arrow wants it.
fn copy(bytes: &[u8]) -> Buffer {
    let mut buffer = MutableBuffer::with_capacity(bytes.len());
    buffer.extend_from_slice(bytes);
    buffer.into()
}
