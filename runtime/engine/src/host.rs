//! The interface `host`: what every step may call.

use std::sync::Arc;

use arrow_array::ArrayRef;
use stepwell_layout::flatten;
use stepwell_plan::ColumnIndex;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource, ResourceType, WasmList, WasmStr};

use crate::emission::{emit, reject};
use crate::error::{Call, Stop};
use crate::meter::text;
use crate::state::{HostState, LogLevel};
use crate::wire::{BatchEntry, ColumnEntry, LentArray, UntrustedColumn, UntrustedRows, WireLevel};

type Context<'a> = StoreContextMut<'a, HostState>;

pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut host = linker.instance("stepwell:step/host@0.1.0")?;
    host.resource(
        "column",
        ResourceType::host::<ColumnEntry>(),
        |mut store, rep| store.data_mut().drop_column(rep),
    )?;
    host.resource(
        "batch",
        ResourceType::host::<BatchEntry>(),
        |mut store, rep| store.data_mut().drop_batch(rep),
    )?;
    host.func_wrap(
        "[method]column.length",
        |mut store: Context<'_>, (column,): (Resource<ColumnEntry>,)| {
            store.data_mut().charge_call()?;
            Ok((store.data().table.get(&column)?.array.len() as u64,))
        },
    )?;
    host.func_wrap(
        "[method]column.read",
        |mut store: Context<'_>, (column,): (Resource<ColumnEntry>,)| {
            store.data_mut().charge_call()?;
            let array = Arc::clone(&store.data().table.get(&column)?.array);
            Ok((lend(store.data_mut(), &array)?,))
        },
    )?;
    host.func_wrap(
        "[method]batch.rows",
        |mut store: Context<'_>, (batch,): (Resource<BatchEntry>,)| {
            store.data_mut().charge_call()?;
            Ok((store.data().table.get(&batch)?.batch.n_rows() as u64,))
        },
    )?;
    host.func_wrap(
        "[method]batch.column",
        |mut store: Context<'_>, (batch, column): (Resource<BatchEntry>, u32)| {
            let state = store.data_mut();
            state.charge_call()?;
            let array = declared_column(state, &batch, column)?;
            Ok((state.lend_column(array)?,))
        },
    )?;
    host.func_wrap(
        "[method]batch.read",
        |mut store: Context<'_>, (batch, columns): (Resource<BatchEntry>, WasmList<u32>)| {
            store.data_mut().charge_call()?;
            let columns = columns.as_le_slice(&store);
            let available = store
                .data()
                .table
                .get(&batch)?
                .batch
                .schema()
                .fields()
                .len();
            if columns.len() > available {
                return Err(Stop::violation(format!(
                    "it read {} columns at once of a batch that has {available}",
                    columns.len()
                )));
            }
            let columns: Vec<u32> = columns.iter().map(|column| u32::from_le(*column)).collect();
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
        |mut store: Context<'_>,
         (port, passed, made): (u32, Vec<UntrustedRows>, Vec<UntrustedColumn>)| {
            store.data_mut().charge_call()?;
            emit(store, port as usize, passed, made)
        },
    )?;
    host.func_wrap(
        "reject",
        |mut store: Context<'_>, (rows, code, reason): (UntrustedRows, WasmStr, WasmStr)| {
            store.data_mut().charge_call()?;
            let (code, reason) = (text(&store, &code)?, text(&store, &reason)?);
            reject(store, rows, code, reason)
        },
    )?;
    host.func_wrap(
        "log",
        |mut store: Context<'_>, (level, message): (WireLevel, WasmStr)| {
            store.data_mut().charge_call()?;
            let message = text(&store, &message)?;
            let level = match level {
                WireLevel::Debug => LogLevel::Debug,
                WireLevel::Info => LogLevel::Info,
                WireLevel::Warn => LogLevel::Warn,
                WireLevel::Error => LogLevel::Error,
            };
            store.data_mut().log(level, message);
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
    let n_rows = entry.batch.n_rows() as u64;
    let audit = &state.surroundings.audit;
    audit
        .record_column(&state.step, name, n_rows)
        .map_err(|error| HostState::audit_failed(&error))?;
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
