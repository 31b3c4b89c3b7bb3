//! From a column of any type to values of one kind.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};

use crate::vector::without_time_zone;
use crate::{ValuesError, Vector};

const DAY_IN_MILLISECONDS: i64 = 86_400_000;

pub(crate) fn read(array: &dyn Array) -> Result<Vector, ValuesError> {
    Ok(match array.data_type() {
        DataType::Boolean => Vector::Boolean(array.as_boolean().clone()),
        DataType::Int8 => integers::<Int8Type>(array),
        DataType::Int16 => integers::<Int16Type>(array),
        DataType::Int32 => integers::<Int32Type>(array),
        DataType::Int64 => Vector::Integer(array.as_primitive::<Int64Type>().clone()),
        DataType::UInt8 => integers::<UInt8Type>(array),
        DataType::UInt16 => integers::<UInt16Type>(array),
        DataType::UInt32 => integers::<UInt32Type>(array),
        DataType::UInt64 => {
            Vector::Integer(array.as_primitive::<UInt64Type>().try_unary(|value| {
                i64::try_from(value).map_err(|_| out_of_range(value, "a 64-bit integer"))
            })?)
        }
        DataType::Float16 => floats::<Float16Type>(array, |value| value.to_f64()),
        DataType::Float32 => floats::<Float32Type>(array, f64::from),
        DataType::Float64 => Vector::Float(array.as_primitive::<Float64Type>().clone()),
        DataType::Decimal32(_, scale) => {
            let scale = Scale::new(*scale);
            floats::<Decimal32Type>(array, |value| scale.apply(f64::from(value)))
        }
        DataType::Decimal64(_, scale) => {
            let scale = Scale::new(*scale);
            floats::<Decimal64Type>(array, |value| scale.apply(value as f64))
        }
        DataType::Decimal128(_, scale) => {
            let scale = Scale::new(*scale);
            floats::<Decimal128Type>(array, |value| scale.apply(value as f64))
        }
        DataType::Utf8 => Vector::Text(array.as_string::<i32>().clone()),
        DataType::LargeUtf8 => Vector::Text(array.as_string::<i64>().iter().collect()),
        DataType::Utf8View => Vector::Text(array.as_string_view().iter().collect()),
        DataType::Date32 => Vector::Date(array.as_primitive::<Date32Type>().clone()),
        DataType::Date64 => {
            Vector::Date(array.as_primitive::<Date64Type>().try_unary(|value| {
                i32::try_from(value.div_euclid(DAY_IN_MILLISECONDS))
                    .map_err(|_| out_of_range(value, "a date"))
            })?)
        }
        DataType::Timestamp(unit, _) => return timestamps(array, *unit),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let values = read(dictionary.values().as_ref())?;
            if values.is_empty() {
                return Ok(Vector::nulls_of(values.kind(), array.len()));
            }
            let keys = dictionary.normalized_keys();
            values.gather_optional(
                keys.into_iter()
                    .enumerate()
                    .map(|(row, key)| dictionary.keys().is_valid(row).then_some(key)),
            )
        }
        other => {
            return Err(ValuesError::UnsupportedType {
                data_type: other.clone(),
            });
        }
    })
}

fn out_of_range(value: impl ToString, expected: &'static str) -> ValuesError {
    ValuesError::OutOfRange {
        value: value.to_string(),
        expected,
    }
}

fn integers<T: ArrowPrimitiveType>(array: &dyn Array) -> Vector
where
    T::Native: Into<i64>,
{
    Vector::Integer(array.as_primitive::<T>().unary(Into::into))
}

fn floats<T: ArrowPrimitiveType>(array: &dyn Array, convert: impl Fn(T::Native) -> f64) -> Vector {
    Vector::Float(array.as_primitive::<T>().unary(convert))
}

/// What the digits of a decimal are divided by. Division by a power of ten that is exact gives the number
/// that is nearest to the decimal, which multiplication by its inverse would not.
struct Scale {
    divisor: f64,
    factor: f64,
}

impl Scale {
    fn new(scale: i8) -> Self {
        let power = |exponent: u32| (0..exponent).fold(1.0, |power, _| power * 10.0);
        if scale >= 0 {
            Self {
                divisor: power(u32::from(scale.unsigned_abs())),
                factor: 1.0,
            }
        } else {
            Self {
                divisor: 1.0,
                factor: power(u32::from(scale.unsigned_abs())),
            }
        }
    }

    fn apply(&self, digits: f64) -> f64 {
        digits * self.factor / self.divisor
    }
}

fn timestamps(array: &dyn Array, unit: TimeUnit) -> Result<Vector, ValuesError> {
    const EXPECTED: &str = "a timestamp in microseconds";
    let scaled = |value: i64, factor: i64| {
        value
            .checked_mul(factor)
            .ok_or_else(|| out_of_range(value, EXPECTED))
    };
    let array = match unit {
        TimeUnit::Second => array
            .as_primitive::<TimestampSecondType>()
            .try_unary::<_, TimestampMicrosecondType, _>(|value| scaled(value, 1_000_000))?,
        TimeUnit::Millisecond => {
            array
                .as_primitive::<TimestampMillisecondType>()
                .try_unary::<_, TimestampMicrosecondType, _>(|value| scaled(value, 1_000))?
        }
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().clone(),
        TimeUnit::Nanosecond => array
            .as_primitive::<TimestampNanosecondType>()
            .unary(|value| value.div_euclid(1_000)),
    };
    Ok(Vector::Timestamp(without_time_zone(array)))
}
