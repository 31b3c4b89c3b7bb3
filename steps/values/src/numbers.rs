//! Columns of numbers.

use arrow_array::{Array, Float64Array};

use crate::{ValuesError, Vector};

/// A column of numbers as floating-point values. Booleans count as 0 and 1.
///
/// # Errors
/// Those of [`Vector::read`], and [`ValuesError::UnsupportedType`] for text, dates and timestamps.
pub fn read_floats(array: &dyn Array) -> Result<Float64Array, ValuesError> {
    match Vector::read(array)? {
        Vector::Float(values) => Ok(values),
        Vector::Integer(values) => Ok(values.unary(|value| value as f64)),
        Vector::Boolean(values) => Ok(values
            .iter()
            .map(|value| value.map(|value| f64::from(u8::from(value))))
            .collect()),
        Vector::Text(_) | Vector::Date(_) | Vector::Timestamp(_) => {
            Err(ValuesError::UnsupportedType {
                data_type: array.data_type().clone(),
            })
        }
    }
}

/// The median: of an even number of values, the mean of the two in the middle. Sorts the values.
/// `None` if there are none.
///
/// ```
/// assert_eq!(stepwell_values::median(&mut [4.0, 1.0, 3.0]), Some(3.0));
/// assert_eq!(stepwell_values::median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
/// ```
pub fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.is_empty() {
        None
    } else if values.len() % 2 == 1 {
        Some(values[middle])
    } else {
        // Halves first: the sum of two large values would be infinite.
        Some(values[middle - 1] / 2.0 + values[middle] / 2.0)
    }
}

/// The nearest integer, of two the even one; `None` outside of 64 bits and for NaN.
pub fn round_half_to_even(value: f64) -> Option<i64> {
    let rounded = value.round_ties_even();
    // 2^63 is exact as a floating-point number, 2^63 - 1 is not.
    let limit = 9_223_372_036_854_775_808.0;
    (rounded >= -limit && rounded < limit).then_some(rounded as i64)
}
