use std::io::{Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::cast::AsArray;
use arrow_array::types::UInt64Type;
use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::interleave::interleave_record_batch;
use stepwell_plan::rejects_schema;
use tempfile::{SpooledTempFile, spooled_tempfile};

use crate::error::RunError;

/// Bytes of a step's rejected rows that are held in memory; more are held in a temporary file without a name, which
/// is gone with the process.
const MEMORY_BYTES: usize = 4 << 20;
/// Rows of a batch that is put together again.
const BATCH_ROWS: usize = 8_192;

/// The rejected rows of one step, held back until the run has ended well. The steps of a pipeline reject rows at the
/// same time; in the table of rejects they stand one step after the other, in the order in which the step was given
/// the rows, so that the table depends neither on threads nor on the size of batches.
#[derive(Default)]
pub(crate) struct Spool {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Opened with the first row.
    writer: Option<StreamWriter<SpooledTempFile>>,
    n_rows: u64,
    /// The place of the last row.
    last: u64,
    /// A step with state may refuse a row that it was given long before.
    is_unordered: bool,
}

/// The table of rejects, and each row's place in the order of all.
fn schema() -> SchemaRef {
    let mut fields: Vec<_> = rejects_schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new("place", DataType::UInt64, false)));
    Arc::new(Schema::new(fields))
}

impl Spool {
    /// Keeps rows of the table of rejects. `places` are their places in all that the step was given; where each call
    /// comes in the order of the step's input, they may be left out.
    pub(crate) fn append(
        &self,
        batch: &RecordBatch,
        places: Option<&[u64]>,
    ) -> Result<(), RunError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let first = state.n_rows;
        let n_rows = batch.num_rows() as u64;
        let places = match places {
            Some(places) => UInt64Array::from(places.to_vec()),
            None => UInt64Array::from_iter_values(first..first + n_rows),
        };
        for place in places.values() {
            state.is_unordered |= *place < state.last;
            state.last = *place;
        }
        state.n_rows += n_rows;
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(places) as ArrayRef);
        let schema = schema();
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(failed)?;
        let writer = match &mut state.writer {
            Some(writer) => writer,
            none => none.insert(
                StreamWriter::try_new(spooled_tempfile(MEMORY_BYTES), &schema).map_err(failed)?,
            ),
        };
        writer.write(&batch).map_err(failed)
    }

    /// How many rows are kept.
    pub(crate) fn n_rows(&self) -> u64 {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .n_rows
    }

    /// Gives the rows back, in order.
    pub(crate) fn drain(
        &self,
        mut take: impl FnMut(&RecordBatch) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(writer) = state.writer.take() else {
            return Ok(());
        };
        let mut file = writer.into_inner().map_err(failed)?;
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut reader = StreamReader::try_new_buffered(file, None).map_err(failed)?;
        if state.is_unordered {
            // The step held these rows before it refused them, so they have been in memory before.
            let batches = reader.collect::<Result<Vec<_>, _>>().map_err(failed)?;
            return ordered(&batches, |batch| take(&without_place(batch)));
        }
        reader.try_for_each(|batch| take(&without_place(&batch.map_err(failed)?)))
    }
}

/// Hands over rows in the order of their places; of two with one place, the one that was refused first.
fn ordered(
    batches: &[RecordBatch],
    mut take: impl FnMut(&RecordBatch) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let mut rows = Vec::new();
    for (index, batch) in batches.iter().enumerate() {
        let places = batch.column(batch.num_columns() - 1);
        let places = places.as_primitive::<UInt64Type>().values().iter();
        rows.extend(
            places
                .enumerate()
                .map(|(row, place)| (*place, (index, row))),
        );
    }
    rows.sort_by_key(|(place, _)| *place);
    let batches: Vec<&RecordBatch> = batches.iter().collect();
    for some in rows.chunks(BATCH_ROWS) {
        let indices: Vec<(usize, usize)> = some.iter().map(|(_, at)| *at).collect();
        take(&interleave_record_batch(&batches, &indices).map_err(failed)?)?;
    }
    Ok(())
}

fn without_place(batch: &RecordBatch) -> RecordBatch {
    let mut batch = batch.clone();
    batch.remove_column(batch.num_columns() - 1);
    batch
        .with_schema(rejects_schema())
        .expect("it is that schema and one column more")
}

fn failed(error: impl std::fmt::Display) -> RunError {
    RunError::RejectsNotHeld {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{StringArray, new_null_array};

    use super::*;

    /// A row for each reason.
    fn batch(reasons: &[String]) -> RecordBatch {
        let schema = rejects_schema();
        let columns = schema
            .fields()
            .iter()
            .map(|field| match field.is_nullable() {
                true => new_null_array(field.data_type(), reasons.len()),
                false => Arc::new(StringArray::from_iter_values(reasons)) as ArrayRef,
            });
        RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()
    }

    fn reasons(spool: &Spool) -> Vec<String> {
        let mut reasons = Vec::new();
        let taken = spool.drain(|batch| {
            assert_eq!(batch.schema(), rejects_schema());
            let column = batch["reason"].as_string::<i32>();
            reasons.extend(column.iter().flatten().map(str::to_owned));
            Ok(())
        });
        taken.unwrap();
        reasons
    }

    #[test]
    fn rows_come_back_in_the_order_in_which_they_were_kept() {
        let spool = Spool::default();
        // More than is held in memory.
        let texts: Vec<String> = (0..20_000).map(|row| format!("{row:500}")).collect();
        for some in texts.chunks(3_000) {
            spool.append(&batch(some), None).unwrap();
        }
        assert_eq!(spool.n_rows(), 20_000);
        assert!(reasons(&spool) == texts);
    }

    #[test]
    fn rows_that_were_refused_late_come_in_the_order_in_which_they_were_given() {
        let spool = Spool::default();
        let text = |text: &str| text.to_owned();
        spool
            .append(&batch(&[text("b"), text("d")]), Some(&[1, 7]))
            .unwrap();
        spool
            .append(
                &batch(&[text("a"), text("c"), text("b again")]),
                Some(&[0, 3, 1]),
            )
            .unwrap();
        assert_eq!(reasons(&spool), ["a", "b", "b again", "c", "d"]);
    }

    #[test]
    fn no_rows_are_no_batches() {
        assert_eq!(reasons(&Spool::default()), Vec::<String>::new());
    }
}
