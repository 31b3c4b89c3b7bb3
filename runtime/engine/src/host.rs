//! The interface `host`: what every step may call.

use std::sync::Arc;

use arrow_array::ArrayRef;
use stepwell_layout::flatten;
use stepwell_plan::ColumnIndex;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType, WasmList};

use crate::emission::{emit, reject};
use crate::error::{Call, Stop};
use crate::state::{HostState, LogLevel};
use crate::wire::{BatchEntry, ColumnEntry, LentArray, UntrustedColumn, UntrustedRows, WireLevel};

type Context<'a> = StoreContextMut<'a, HostState>;

/// The longest message, code or reason that is taken over; longer ones are cut.
pub(crate) const MAX_TEXT_BYTES: usize = 16 << 10;

pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut host = linker.instance("stepwell:step/host@0.1.0")?;
    host.resource(
        "column",
        ResourceType::host::<ColumnEntry>(),
        |mut store, rep| {
            store
                .data_mut()
                .table
                .delete(Resource::<ColumnEntry>::new_own(rep))?;
            Ok(())
        },
    )?;
    host.resource(
        "batch",
        ResourceType::host::<BatchEntry>(),
        |mut store, rep| {
            store
                .data_mut()
                .table
                .delete(Resource::<BatchEntry>::new_own(rep))?;
            Ok(())
        },
    )?;
    host.func_wrap(
        "[method]column.length",
        |store: Context<'_>, (column,): (Resource<ColumnEntry>,)| {
            Ok((store.data().table.get(&column)?.array.len() as u64,))
        },
    )?;
    host.func_wrap(
        "[method]column.read",
        |mut store: Context<'_>, (column,): (Resource<ColumnEntry>,)| {
            let array = Arc::clone(&store.data().table.get(&column)?.array);
            Ok((lend(store.data_mut(), &array)?,))
        },
    )?;
    host.func_wrap(
        "[method]batch.rows",
        |store: Context<'_>, (batch,): (Resource<BatchEntry>,)| {
            Ok((store.data().table.get(&batch)?.batch.n_rows() as u64,))
        },
    )?;
    host.func_wrap(
        "[method]batch.column",
        |mut store: Context<'_>, (batch, column): (Resource<BatchEntry>, u32)| {
            let state = store.data_mut();
            let array = declared_column(state, &batch, column)?;
            Ok((state.table.push(ColumnEntry { array })?,))
        },
    )?;
    host.func_wrap(
        "[method]batch.read",
        |mut store: Context<'_>, (batch, columns): (Resource<BatchEntry>, WasmList<u32>)| {
            let columns: Vec<u32> = columns
                .as_le_slice(&store)
                .iter()
                .map(|column| u32::from_le(*column))
                .collect();
            let state = store.data_mut();
            let mut arrays = Vec::with_capacity(columns.len());
            for column in columns {
                let array = declared_column(state, &batch, column)?;
                arrays.push(lend(state, &array)?);
            }
            Ok((arrays,))
        },
    )?;
    host.func_wrap(
        "emit",
        |store: Context<'_>,
         (port, passed, made): (u32, Vec<UntrustedRows>, Vec<UntrustedColumn>)| {
            emit(store, port as usize, passed, made)
        },
    )?;
    host.func_wrap(
        "reject",
        |store: Context<'_>, (rows, code, reason): (UntrustedRows, String, String)| {
            reject(store, rows, cut(code), cut(reason))
        },
    )?;
    host.func_wrap(
        "log",
        |mut store: Context<'_>, (level, message): (WireLevel, String)| {
            let level = match level {
                WireLevel::Debug => LogLevel::Debug,
                WireLevel::Info => LogLevel::Info,
                WireLevel::Warn => LogLevel::Warn,
                WireLevel::Error => LogLevel::Error,
            };
            store.data_mut().log(level, cut(message));
            Ok(())
        },
    )?;
    Ok(())
}

/// The column of a batch, if the step declared that it reads it.
fn declared_column(
    state: &mut HostState,
    batch: &Resource<BatchEntry>,
    column: u32,
) -> wasmtime::Result<ArrayRef> {
    let entry = state.table.get(batch)?;
    let index = ColumnIndex {
        port: entry.port,
        column: column as usize,
    };
    let declared = state
        .opened
        .as_ref()
        .is_some_and(|opened| opened.reads.contains(&index));
    if !declared {
        return Err(Stop::violation(format!(
            "it read {}, which it did not declare when it was opened",
            state.column_name(index)
        )));
    }
    // A checked plan has refused such a step already; whoever opens steps without one relies on this.
    let name = entry.batch.schema().field(index.column).name();
    let granted = state.grants.columns.as_ref();
    if granted.is_some_and(|granted| !granted.contains(name)) {
        return Err(Stop::violation(format!(
            "it read column `{name}`, which `allow.columns` does not grant"
        )));
    }
    let array = entry.batch.column(index.column).cloned();
    let Some(array) = array else {
        // Declared columns are always loaded; this would be our fault, not the step's.
        return Err(Stop::violation(format!(
            "{} was not loaded",
            state.column_name(index)
        )));
    };
    state.outcome.columns_read.insert(index);
    Ok(array)
}

fn lend(state: &mut HostState, array: &ArrayRef) -> wasmtime::Result<LentArray> {
    if !matches!(state.call, Call::Process | Call::Finish) {
        return Err(Stop::violation(
            "it read a column outside `process` and `finish`",
        ));
    }
    let lent = LentArray::from(flatten(array)?);
    state.outcome.bytes_read += lent.n_bytes();
    Ok(lent)
}

/// Cuts a text from a step to a length that is fit to be shown.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.push('…');
    }
    text
}
