//! Single values of columns of any flat type, without a loss.

use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};

/// A value of a column, on its way to another type.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A whole number, or a decimal: digits, and how many of them are after the point.
    Decimal(i128, i8),
    /// A floating-point number.
    Float(f64),
    /// Text.
    Text(&'a str),
    /// Days since 1970-01-01.
    Date(i32),
    /// Nanoseconds since 1970-01-01, in UTC where the column has a time zone.
    Moment(i128),
}

/// The values of a column, row by row.
pub type Cells<'a> = Box<dyn Fn(usize) -> Cell<'a> + 'a>;

/// Access to the values of a column. `None` for types without flat values: nested ones, bytes, times of day,
/// durations and intervals.
pub fn cells(array: &dyn Array) -> Option<Cells<'_>> {
    let cells: Cells<'_> = match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            valid(array, |row| Cell::Boolean(array.value(row)))
        }
        DataType::Int8 => whole::<Int8Type>(array),
        DataType::Int16 => whole::<Int16Type>(array),
        DataType::Int32 => whole::<Int32Type>(array),
        DataType::Int64 => whole::<Int64Type>(array),
        DataType::UInt8 => whole::<UInt8Type>(array),
        DataType::UInt16 => whole::<UInt16Type>(array),
        DataType::UInt32 => whole::<UInt32Type>(array),
        DataType::UInt64 => whole::<UInt64Type>(array),
        DataType::Decimal32(_, scale) => decimal::<Decimal32Type>(array, *scale),
        DataType::Decimal64(_, scale) => decimal::<Decimal64Type>(array, *scale),
        DataType::Decimal128(_, scale) => decimal::<Decimal128Type>(array, *scale),
        DataType::Float16 => float::<Float16Type>(array, |value| value.to_f64()),
        DataType::Float32 => float::<Float32Type>(array, f64::from),
        DataType::Float64 => float::<Float64Type>(array, |value| value),
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            valid(array, |row| Cell::Text(array.value(row)))
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            valid(array, |row| Cell::Text(array.value(row)))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            valid(array, |row| Cell::Text(array.value(row)))
        }
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            valid(array, |row| Cell::Date(array.value(row)))
        }
        DataType::Date64 => moment::<Date64Type>(array, 1_000_000),
        DataType::Timestamp(TimeUnit::Second, _) => {
            moment::<TimestampSecondType>(array, 1_000_000_000)
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            moment::<TimestampMillisecondType>(array, 1_000_000)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            moment::<TimestampMicrosecondType>(array, 1_000)
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => moment::<TimestampNanosecondType>(array, 1),
        DataType::Null => Box::new(|_| Cell::Null),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let values = cells(dictionary.values().as_ref())?;
            if dictionary.values().is_empty() {
                return Some(Box::new(|_| Cell::Null));
            }
            let places = dictionary.normalized_keys();
            let keys = dictionary.keys();
            Box::new(move |row| {
                if keys.is_null(row) {
                    Cell::Null
                } else {
                    values(places[row])
                }
            })
        }
        _ => return None,
    };
    Some(cells)
}

fn valid<'a>(array: &'a dyn Array, value: impl Fn(usize) -> Cell<'a> + 'a) -> Cells<'a> {
    Box::new(move |row| {
        if array.is_null(row) {
            Cell::Null
        } else {
            value(row)
        }
    })
}

fn whole<T: ArrowPrimitiveType>(array: &dyn Array) -> Cells<'_>
where
    T::Native: Into<i128>,
{
    let array = array.as_primitive::<T>();
    valid(array, |row| Cell::Decimal(array.value(row).into(), 0))
}

fn decimal<T: ArrowPrimitiveType>(array: &dyn Array, scale: i8) -> Cells<'_>
where
    T::Native: Into<i128>,
{
    let array = array.as_primitive::<T>();
    valid(array, move |row| {
        Cell::Decimal(array.value(row).into(), scale)
    })
}

fn float<'a, T: ArrowPrimitiveType>(
    array: &'a dyn Array,
    convert: impl Fn(T::Native) -> f64 + 'a,
) -> Cells<'a> {
    let array = array.as_primitive::<T>();
    valid(array, move |row| Cell::Float(convert(array.value(row))))
}

fn moment<T: ArrowPrimitiveType<Native = i64>>(array: &dyn Array, unit: i128) -> Cells<'_> {
    let array = array.as_primitive::<T>();
    valid(array, move |row| {
        Cell::Moment(i128::from(array.value(row)) * unit)
    })
}
