//! What is known of the values of a group.

use std::cmp::Ordering;
use std::collections::HashSet;

use stepwell_sdk::prelude::*;
use stepwell_values::{Vector, median, missing, read_floats};

use crate::function::{Aggregation, Function};

/// What is known of the values of a group.
pub(crate) enum Accumulator {
    Count(i64),
    /// The sum; of none there is nothing yet, and no kind.
    Sum(Option<Sum>),
    Mean {
        sum: f64,
        count: f64,
    },
    Median(Vec<f64>),
    /// Count, mean, and sum of squared differences from it, after Welford.
    Variance {
        count: f64,
        mean: f64,
        squares: f64,
    },
    /// One of the values: its key, and the value to compare with.
    Value(Option<(Box<[u8]>, Vector)>),
    Unique(HashSet<Box<[u8]>>),
}

pub(crate) enum Sum {
    /// More than enough bits for all sums on the way, so that only the result must fit.
    Whole(i128),
    Float(f64),
}

impl Accumulator {
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Count(0))
    }

    /// The value of a count or of a sum of whole numbers.
    ///
    /// The error is a sum that does not fit.
    pub(crate) fn whole(&self) -> Result<Option<i64>, i128> {
        match self {
            Self::Count(count) => Ok(Some(*count)),
            Self::Unique(values) => Ok(Some(values.len() as i64)),
            Self::Sum(None) => Ok(Some(0)),
            Self::Sum(Some(Sum::Whole(sum))) => i64::try_from(*sum).map(Some).map_err(|_| *sum),
            _ => Ok(None),
        }
    }

    /// The value of a function of floating-point numbers; `root` makes a standard deviation of a variance.
    pub(crate) fn float(self, root: bool) -> Option<f64> {
        match self {
            Self::Sum(None) => Some(0.0),
            Self::Sum(Some(Sum::Float(sum))) => Some(sum),
            Self::Mean { sum, count } => (count > 0.0).then(|| sum / count),
            Self::Median(mut values) => median(&mut values),
            Self::Variance { count, squares, .. } => {
                let variance = (count > 1.0).then(|| squares / (count - 1.0))?;
                Some(if root { variance.sqrt() } else { variance })
            }
            _ => None,
        }
    }

    /// The key of a function that gives one of the values.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        match self {
            Self::Value(Some((key, _))) => Some(key),
            _ => None,
        }
    }
}

/// Takes the rows of a batch into the values of their groups.
pub(crate) fn accumulate(
    aggregation: &Aggregation,
    array: Option<&ArrayRef>,
    groups: &[usize],
    values: &mut [Accumulator],
) -> Result<(), StepError> {
    let Some(array) = array else {
        for group in groups {
            if let Accumulator::Count(count) = &mut values[*group] {
                *count += 1;
            }
        }
        return Ok(());
    };
    let missing = missing(array);
    let rows = || {
        groups
            .iter()
            .copied()
            .enumerate()
            .filter(|(row, _)| !missing.value(*row))
    };
    match aggregation.function {
        Function::Count => {
            for (_, group) in rows() {
                if let Accumulator::Count(count) = &mut values[group] {
                    *count += 1;
                }
            }
        }
        Function::Sum if aggregation.is_whole() => {
            let numbers = whole_numbers(array)?;
            for (row, group) in rows() {
                let before = match &values[group] {
                    Accumulator::Sum(Some(Sum::Whole(sum))) => *sum,
                    _ => 0,
                };
                values[group] =
                    Accumulator::Sum(Some(Sum::Whole(before + i128::from(numbers.value(row)))));
            }
        }
        Function::Sum | Function::Mean | Function::Median | Function::Std | Function::Var => {
            let numbers = read_floats(array).map_err(values_error)?;
            for (row, group) in rows() {
                values[group].add(numbers.value(row));
            }
        }
        function => {
            let Some(keys) = &aggregation.keys else {
                return Ok(());
            };
            let encoded = keys.encode(array.len(), std::slice::from_ref(array));
            if function == Function::NUnique {
                for (row, group) in rows() {
                    if let Accumulator::Unique(seen) = &mut values[group]
                        && !seen.contains(encoded.row(row))
                    {
                        seen.insert(encoded.row(row).into());
                    }
                }
                return Ok(());
            }
            let compared = match function {
                Function::Min | Function::Max => {
                    Some(Vector::read(array.as_ref()).map_err(values_error)?)
                }
                _ => None,
            };
            for (row, group) in rows() {
                let Accumulator::Value(best) = &mut values[group] else {
                    continue;
                };
                let replaces = match (&*best, &compared) {
                    (None, _) => true,
                    (Some(_), None) => function == Function::Last,
                    (Some((_, known)), Some(compared)) => {
                        let order = compared.compare_values(row, known, 0);
                        order
                            == if function == Function::Min {
                                Ordering::Less
                            } else {
                                Ordering::Greater
                            }
                    }
                };
                if replaces {
                    let value = match &compared {
                        Some(compared) => compared.gather(&[row as u32]),
                        None => Vector::nulls_of(stepwell_values::Kind::Boolean, 0),
                    };
                    *best = Some((encoded.row(row).into(), value));
                }
            }
        }
    }
    Ok(())
}

impl Accumulator {
    fn add(&mut self, value: f64) {
        match self {
            Self::Sum(sum) => {
                let before = match sum {
                    Some(Sum::Float(before)) => *before,
                    _ => 0.0,
                };
                *sum = Some(Sum::Float(before + value));
            }
            Self::Mean { sum, count } => {
                *sum += value;
                *count += 1.0;
            }
            Self::Median(values) => values.push(value),
            Self::Variance {
                count,
                mean,
                squares,
            } => {
                *count += 1.0;
                let difference = value - *mean;
                *mean += difference / *count;
                *squares += difference * (value - *mean);
            }
            Self::Count(_) | Self::Value(_) | Self::Unique(_) => {}
        }
    }
}

fn whole_numbers(array: &ArrayRef) -> Result<Int64Array, StepError> {
    match Vector::read(array.as_ref()).map_err(values_error)? {
        Vector::Integer(values) => Ok(values),
        Vector::Boolean(values) => Ok(values.iter().map(|value| value.map(i64::from)).collect()),
        other => Err(StepError::data(
            "wrong_type",
            format!("values of the kind {} have no whole sum", other.kind()),
        )),
    }
}

fn values_error(error: stepwell_values::ValuesError) -> StepError {
    StepError::data(error.code(), error.to_string())
}
