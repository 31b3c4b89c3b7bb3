use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow_schema::{ArrowError, FieldRef};
use arrow_select::take::take;
use stepwell_engine::{Batch, Rejected, RowOrigins};
use stepwell_plan::rejects_schema;

use super::text::json_rows;
use crate::error::{FirstReject, Origin};

/// Rows of a batch of the table of rejects, so that a long reason is not repeated more often in memory.
const BATCH_ROWS: usize = 1_024;

/// What a step refused of a batch that it was given, and what it failed on, by their places in the order of the
/// step's input.
#[derive(Debug, Default)]
pub(crate) struct Refused(Vec<Rejected>);

/// What a step refused, put together.
#[derive(Debug, Default)]
pub(crate) struct Rejects {
    /// Rows that were refused, each once.
    pub(crate) n_rows: u64,
    /// How many rows there are of each code, and the reason of the first.
    pub(crate) counts: BTreeMap<String, (u64, String)>,
    /// The first row.
    pub(crate) first: Option<FirstReject>,
    /// Rows of the table of rejects with their places; none where the pipeline does not keep them.
    pub(crate) rows: Vec<(RecordBatch, Vec<u64>)>,
}

impl Refused {
    /// Adds what one call refused, unless it is nothing.
    pub(crate) fn extend(&mut self, rejected: impl IntoIterator<Item = Rejected>) {
        self.0.extend(rejected);
    }

    /// Puts everything in order. The rows themselves are written only where the pipeline keeps them.
    pub(crate) fn into_rejects(self, step: &str, are_kept: bool) -> Result<Rejects, ArrowError> {
        let mut order: Vec<(u64, usize, usize)> = Vec::new();
        for (index, rejected) in self.0.iter().enumerate() {
            let places = rejected.rows.iter().enumerate();
            order.extend(places.map(|(row, place)| (*place, index, row)));
        }
        // Rows that were refused twice stand together, as they were refused.
        order.sort_unstable();
        let mut places: Vec<u64> = order.iter().map(|(place, ..)| *place).collect();
        places.dedup();
        let mut rejects = Rejects {
            n_rows: places.len() as u64,
            ..Rejects::default()
        };
        for (_, index, _) in &order {
            let Rejected { code, reason, .. } = &self.0[*index];
            match rejects.counts.get_mut(code) {
                Some((n_rows, _)) => *n_rows += 1,
                None => {
                    rejects.counts.insert(code.clone(), (1, reason.clone()));
                }
            }
        }
        rejects.first = order.first().map(|(_, index, row)| {
            let rejected = &self.0[*index];
            FirstReject {
                step: step.to_owned(),
                code: rejected.code.clone(),
                reason: rejected.reason.clone(),
                row: Origin::of(&rejected.batch.slice(*row, 1)),
            }
        });
        if are_kept {
            let texts = self.0.iter().map(Texts::new);
            let texts = texts.collect::<Result<Vec<_>, _>>()?;
            for some in order.chunks(BATCH_ROWS) {
                let batch = self.batch(step, some, &texts)?;
                rejects
                    .rows
                    .push((batch, some.iter().map(|(place, ..)| *place).collect()));
            }
        }
        Ok(rejects)
    }

    fn batch(
        &self,
        step: &str,
        rows: &[(u64, usize, usize)],
        texts: &[Texts],
    ) -> Result<RecordBatch, ArrowError> {
        let required = |get: &dyn Fn(usize, usize) -> String| -> ArrayRef {
            let values = rows.iter().map(|(_, index, row)| get(*index, *row));
            Arc::new(StringArray::from_iter_values(values))
        };
        let optional = |get: &dyn Fn(usize, usize) -> Option<String>| -> ArrayRef {
            let values = rows.iter().map(|(_, index, row)| get(*index, *row));
            Arc::new(values.collect::<StringArray>())
        };
        let source = |index: usize| texts[index].origins.as_ref().map(RowOrigins::source_rows);
        let number = |index: usize, row: usize| {
            let position = texts[index].positions.get(row)?;
            Some(source(index)?.first_row + u64::from(*position) + 1)
        };
        let numbers = rows.iter().map(|(_, index, row)| number(*index, *row));
        RecordBatch::try_new(
            rejects_schema(),
            vec![
                required(&|_, _| step.to_owned()),
                required(&|index, _| self.0[index].code.clone()),
                required(&|index, _| self.0[index].reason.clone()),
                optional(&|index, _| Some(source(index)?.source.to_string())),
                optional(&|index, _| Some(source(index)?.file.to_string())),
                Arc::new(numbers.collect::<UInt64Array>()),
                optional(&|index, row| texts[index].original.get(row).cloned()),
                required(&|index, row| texts[index].seen[row].clone()),
            ],
        )
    }
}

/// The rows of one refusal: where they came from, and what they hold.
struct Texts {
    origins: Option<RowOrigins>,
    /// Positions among the rows that the source gave at once; empty where they are not known.
    positions: Vec<u32>,
    /// Empty where they are not known.
    original: Vec<String>,
    seen: Vec<String>,
}

impl Texts {
    fn new(rejected: &Rejected) -> Result<Self, ArrowError> {
        let batch = &rejected.batch;
        let origins = batch.origins().cloned();
        let positions = origins
            .as_ref()
            .map(RowOrigins::positions)
            .unwrap_or_default();
        let source = origins
            .as_ref()
            .and_then(|origins| origins.source_rows().batch.as_ref());
        let original = match source {
            Some(source) => original_rows(source, &positions)?,
            None => Vec::new(),
        };
        Ok(Self {
            seen: json_rows(&present(batch), batch.n_rows())?,
            origins,
            positions,
            original,
        })
    }
}

/// The columns that were loaded.
fn present(batch: &Batch) -> Vec<(FieldRef, ArrayRef)> {
    let fields = batch.schema().fields().iter().zip(batch.columns());
    fields
        .filter_map(|(field, column)| Some((Arc::clone(field), Arc::clone(column?))))
        .collect()
}

fn original_rows(source: &RecordBatch, positions: &[u32]) -> Result<Vec<String>, ArrowError> {
    let indices = UInt32Array::from(positions.to_vec());
    let schema = source.schema();
    let columns = schema.fields().iter().zip(source.columns());
    let columns = columns.map(|(field, column)| {
        let taken = take(column, &indices, None)?;
        Ok((Arc::clone(field), taken))
    });
    let columns = columns.collect::<Result<Vec<_>, ArrowError>>()?;
    json_rows(&columns, positions.len())
}
