use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::RecordBatch;
use stepwell_connect::{ConnectError, Source, SourceBatch};
use stepwell_engine::{Batch, RowOrigins, SourceRows};
use stepwell_plan::PlannedSource;

use crate::channel::Outlet;
use crate::error::RunError;
use crate::run::Shared;

/// Reads a source to its end and hands its batches on. Only columns that somebody needs are read.
pub(crate) fn read_source(
    shared: &Shared,
    index: usize,
    mut source: Box<dyn Source>,
    outlet: &Outlet,
) {
    let planned = &shared.plan.sources[index];
    let meter = &shared.meter.sources[index];
    let needed: Vec<usize> = planned.needed.iter().copied().collect();
    source.project(&needed);
    let name: Arc<str> = planned.name.as_str().into();
    let keeps_rows = shared.plan.rejects.is_some();
    while !shared.stopping() {
        let began = Instant::now();
        let batch = match source.next_batch() {
            Ok(Some(batch)) => batch,
            Ok(None) => {
                meter.add(0, began.elapsed(), source.progress(), true);
                return;
            }
            Err(error) => return fail(shared, planned, error),
        };
        meter.add(batch.rows, began.elapsed(), source.progress(), false);
        let (file, first_row) = (Arc::clone(&batch.file), batch.first_row);
        let widened = widen(planned, &needed, batch).and_then(|batch| {
            let rows = SourceRows {
                source: Arc::clone(&name),
                file,
                first_row,
                batch: if keeps_rows {
                    Some(whole(planned, &batch)?)
                } else {
                    None
                },
            };
            let origins = RowOrigins::new(rows, batch.n_rows());
            Ok(batch.with_origins(Some(origins)))
        });
        match widened {
            Ok(batch) => {
                if outlet.send(batch).is_err() {
                    return;
                }
            }
            Err(what) => return shared.fail(RunError::Internal { what }),
        }
    }
    meter.add(0, Duration::ZERO, source.progress(), true);
}

fn fail(shared: &Shared, planned: &PlannedSource, error: ConnectError) {
    shared.fail(RunError::Source {
        source_name: planned.name.clone(),
        error: Box::new(error),
    });
}

/// The rows as they would be kept if a step refused them.
fn whole(planned: &PlannedSource, batch: &Batch) -> Result<RecordBatch, String> {
    batch.to_record_batch().map_err(|error| {
        format!(
            "source `{}` gave another table than it said: {error}",
            planned.name
        )
    })
}

/// Puts the columns that were read in their places among those that were not.
fn widen(planned: &PlannedSource, needed: &[usize], batch: SourceBatch) -> Result<Batch, String> {
    let mut columns = vec![None; planned.schema.fields().len()];
    for (index, column) in needed.iter().zip(batch.columns) {
        columns[*index] = Some(column);
    }
    Batch::try_new(Arc::clone(&planned.schema), columns, batch.rows).map_err(|error| {
        format!(
            "source `{}` gave another table than it said: {error}",
            planned.name
        )
    })
}
