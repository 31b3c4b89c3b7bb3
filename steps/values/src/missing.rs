//! Which values are missing.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;

/// Which values are missing: null, or NaN in a column of floating-point numbers.
pub fn missing(array: &dyn Array) -> BooleanBuffer {
    let rows = array.len();
    let nulls = array.logical_nulls();
    let is_null = |row: usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    match array.data_type() {
        DataType::Float16 => {
            let values = array.as_primitive::<Float16Type>();
            BooleanBuffer::collect_bool(rows, |row| is_null(row) || values.value(row).is_nan())
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>();
            BooleanBuffer::collect_bool(rows, |row| is_null(row) || values.value(row).is_nan())
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>();
            BooleanBuffer::collect_bool(rows, |row| is_null(row) || values.value(row).is_nan())
        }
        _ => BooleanBuffer::collect_bool(rows, is_null),
    }
}

/// Whether a column of the type may have missing values although it has no nulls.
pub fn has_nan(data_type: &DataType) -> bool {
    data_type.is_floating()
}
