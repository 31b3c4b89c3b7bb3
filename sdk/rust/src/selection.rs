//! Some rows of a batch.

use arrow_array::{Array, BooleanArray, UInt32Array};
use arrow_buffer::{BooleanBuffer, ScalarBuffer};

use crate::StepError;

/// Some rows of a batch.
#[derive(Debug, Clone)]
pub enum Selection {
    /// Every row.
    All,
    /// A run of rows.
    Range {
        /// The first row.
        first: usize,
        /// How many rows.
        count: usize,
    },
    /// One bit per row.
    Mask(BooleanBuffer),
    /// Rows by index, in this order; a row may come more than once.
    Indices(ScalarBuffer<u32>),
}

impl Selection {
    /// How many rows are selected of a batch of `rows` rows.
    ///
    /// # Errors
    /// `bad_selection` when the selection does not fit the batch.
    pub fn count(&self, rows: usize) -> Result<usize, StepError> {
        match self {
            Self::All => Ok(rows),
            Self::Range { first, count } => match first.checked_add(*count) {
                Some(end) if end <= rows => Ok(*count),
                _ => Err(bad_selection(format!(
                    "rows {first} to {} of a batch of {rows} rows",
                    first.saturating_add(*count)
                ))),
            },
            Self::Mask(mask) if mask.len() == rows => Ok(mask.count_set_bits()),
            Self::Mask(mask) => Err(bad_selection(format!(
                "a mask of {} rows for a batch of {rows} rows",
                mask.len()
            ))),
            Self::Indices(indices) => match indices.iter().find(|index| **index as usize >= rows) {
                None => Ok(indices.len()),
                Some(index) => Err(bad_selection(format!(
                    "row {index} of a batch of {rows} rows"
                ))),
            },
        }
    }
}

fn bad_selection(message: String) -> StepError {
    StepError::new("bad_selection", format!("the step selects {message}"))
}

/// Rows where the value is true; a null selects nothing.
impl From<&BooleanArray> for Selection {
    fn from(mask: &BooleanArray) -> Self {
        Self::Mask(match mask.nulls() {
            Some(nulls) if nulls.null_count() > 0 => mask.values() & nulls.inner(),
            _ => mask.values().clone(),
        })
    }
}

impl From<BooleanArray> for Selection {
    fn from(mask: BooleanArray) -> Self {
        Self::from(&mask)
    }
}

impl From<BooleanBuffer> for Selection {
    fn from(mask: BooleanBuffer) -> Self {
        Self::Mask(mask)
    }
}

impl From<Vec<u32>> for Selection {
    fn from(indices: Vec<u32>) -> Self {
        Self::Indices(indices.into())
    }
}

impl From<&[u32]> for Selection {
    fn from(indices: &[u32]) -> Self {
        Self::Indices(indices.to_vec().into())
    }
}

/// Rows by index; a null selects nothing.
impl From<&UInt32Array> for Selection {
    fn from(indices: &UInt32Array) -> Self {
        if indices.null_count() == 0 {
            Self::Indices(indices.values().clone())
        } else {
            Self::Indices(indices.iter().flatten().collect::<Vec<_>>().into())
        }
    }
}

impl From<std::ops::Range<usize>> for Selection {
    fn from(rows: std::ops::Range<usize>) -> Self {
        Self::Range {
            first: rows.start,
            count: rows.end.saturating_sub(rows.start),
        }
    }
}
