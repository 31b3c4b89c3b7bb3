//! Statistics, and what is filled with them.

use std::collections::HashMap;
use std::sync::Arc;

use stepwell_sdk::prelude::*;
use stepwell_values::{Cell, RowKeys, cells, convert, median, missing, read_floats};

/// A column and what its missing values are filled with.
pub(crate) struct Filler {
    pub(crate) column: InputColumn,
    /// The type of the filled column.
    pub(crate) data_type: DataType,
    pub(crate) statistic: Statistic,
}

/// What missing values are filled with, or what is known of it so far.
pub(crate) enum Statistic {
    /// An array of one value; `None` if the column has no value at all.
    Known(Option<ArrayRef>),
    Mean {
        sum: f64,
        count: u64,
    },
    Median(Vec<f64>),
    MostFrequent(Counts),
    /// The last value that was there.
    Forward(Option<ArrayRef>),
}

/// How often each value was there, and as which it was first.
pub(crate) struct Counts {
    keys: Option<RowKeys>,
    counts: HashMap<Vec<u8>, (u64, u64)>,
}

impl Statistic {
    pub(crate) fn mean() -> Self {
        Self::Mean { sum: 0.0, count: 0 }
    }

    pub(crate) fn median() -> Self {
        Self::Median(Vec::new())
    }

    pub(crate) fn most_frequent(data_type: &DataType) -> Self {
        // Types that can be filled can be compared.
        Self::MostFrequent(Counts {
            keys: RowKeys::new([data_type]).ok(),
            counts: HashMap::new(),
        })
    }

    pub(crate) fn value(&self) -> Option<&ArrayRef> {
        match self {
            Self::Known(value) => value.as_ref(),
            _ => None,
        }
    }
}

impl Filler {
    /// Whether the whole input must be seen first.
    pub(crate) fn waits(&self) -> bool {
        matches!(
            self.statistic,
            Statistic::Mean { .. } | Statistic::Median(_) | Statistic::MostFrequent(_)
        )
    }

    pub(crate) fn field(&self) -> Field {
        let is_filled = matches!(self.statistic, Statistic::Known(Some(_)));
        let field = self
            .column
            .field()
            .as_ref()
            .clone()
            .with_data_type(self.data_type.clone());
        let nullable = field.is_nullable() && !is_filled;
        field.with_nullable(nullable)
    }

    /// Takes a batch's values into the statistic.
    pub(crate) fn observe(&mut self, array: &ArrayRef) -> Result<(), StepError> {
        match &mut self.statistic {
            Statistic::Known(_) | Statistic::Forward(_) => {}
            Statistic::Mean { sum, count } => {
                for value in present(array)? {
                    *sum += value;
                    *count += 1;
                }
            }
            Statistic::Median(values) => values.extend(present(array)?),
            Statistic::MostFrequent(Counts { keys, counts }) => {
                let Some(keys) = keys else { return Ok(()) };
                let missing = missing(array);
                let encoded = keys.encode(array.len(), std::slice::from_ref(array));
                for row in (0..array.len()).filter(|row| !missing.value(*row)) {
                    let appearance = counts.len() as u64;
                    match counts.get_mut(encoded.row(row)) {
                        Some((count, _)) => *count += 1,
                        None => {
                            counts.insert(encoded.row(row).to_vec(), (1, appearance));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// All values have been seen.
    pub(crate) fn settle(&mut self) {
        let value: Option<ArrayRef> = match &mut self.statistic {
            Statistic::Known(_) | Statistic::Forward(_) => return,
            Statistic::Mean { count: 0, .. } => None,
            Statistic::Mean { sum, count } => {
                Some(Arc::new(Float64Array::from(vec![*sum / *count as f64])))
            }
            Statistic::Median(values) => {
                median(values).map(|value| Arc::new(Float64Array::from(vec![value])) as ArrayRef)
            }
            Statistic::MostFrequent(Counts { keys, counts }) => {
                let best = counts
                    .iter()
                    .max_by_key(|(_, (count, appearance))| (*count, u64::MAX - appearance));
                match (keys, best) {
                    (Some(keys), Some((key, _))) => keys.decode([key.as_slice()]).pop(),
                    _ => None,
                }
            }
        };
        if value.is_none() {
            log::warn!(
                "column `{}` has no value that missing ones could be filled with",
                self.column.name()
            );
        }
        self.statistic = Statistic::Known(value);
    }
}

fn present(array: &ArrayRef) -> Result<Vec<f64>, StepError> {
    let values =
        read_floats(array).map_err(|error| StepError::data(error.code(), error.to_string()))?;
    Ok(values
        .iter()
        .flatten()
        .filter(|value| !value.is_nan())
        .collect())
}

/// The column with its missing values filled.
pub(crate) fn filled(
    array: &ArrayRef,
    target: &DataType,
    value: Option<&ArrayRef>,
) -> Result<ArrayRef, StepError> {
    let missing = missing(array);
    let filling = value.and_then(cells_of);
    let values = cells_of(array).ok_or_else(|| unfillable(array))?;
    made(array, target, |row| match &filling {
        Some(filling) if missing.value(row) => filling(0),
        _ => values(row),
    })
}

/// The column with each missing value replaced by the one before; `carried` is the last of the batch before.
pub(crate) fn with_carried(
    array: &ArrayRef,
    target: &DataType,
    carried: &mut Option<ArrayRef>,
) -> Result<ArrayRef, StepError> {
    let missing = missing(array);
    let mut last = None;
    let sources: Vec<Option<usize>> = (0..array.len())
        .map(|row| {
            last = if missing.value(row) { last } else { Some(row) };
            last
        })
        .collect();
    let values = cells_of(array).ok_or_else(|| unfillable(array))?;
    let before = carried.as_ref().and_then(cells_of);
    let filled = made(array, target, |row| match (sources[row], &before) {
        (Some(source), _) => values(source),
        (None, Some(before)) => before(0),
        (None, None) => values(row),
    })?;
    drop(before);
    if let Some(row) = last {
        // A copy of one value, so that the batch's memory is not kept.
        *carried = convert(target, 1, |_| values(row)).map(|converted| converted.array);
    }
    Ok(filled)
}

fn cells_of(array: &ArrayRef) -> Option<stepwell_values::Cells<'_>> {
    cells(array.as_ref())
}

fn made<'a>(
    array: &ArrayRef,
    target: &DataType,
    cell: impl Fn(usize) -> Cell<'a>,
) -> Result<ArrayRef, StepError> {
    let converted = convert(target, array.len(), cell).ok_or_else(|| unfillable(array))?;
    Ok(converted.array)
}

fn unfillable(array: &ArrayRef) -> StepError {
    StepError::data(
        "unsupported_type",
        format!(
            "values of `{}` cannot be filled",
            stepwell_sdk::type_name(array.data_type())
        ),
    )
}
