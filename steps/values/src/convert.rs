//! Values of one type as values of another.

use std::sync::Arc;

use arrow_array::types::*;
use arrow_array::{
    ArrayRef, ArrowPrimitiveType, BooleanArray, LargeStringArray, PrimitiveArray, StringArray,
    StringViewArray,
};
use arrow_buffer::BooleanBuffer;
use arrow_schema::{DataType, TimeUnit};
use half::f16;

use crate::cell::Cell;
use crate::{days_of, microseconds_of};
use crate::{fixed_offset, parse_iso_date, parse_iso_datetime, text};

const DAY_IN_NANOSECONDS: i128 = 86_400_000_000_000;

/// Values as an array, and the rows whose value does not fit it: there the array is null.
#[derive(Debug, Clone)]
pub struct Converted {
    /// The values.
    pub array: ArrayRef,
    /// Whether the value of a row did not fit.
    pub failed: BooleanBuffer,
}

/// Whether values can be converted to a type: all numbers but 256-bit decimals, booleans, texts, dates, and
/// timestamps.
pub fn is_convertible(target: &DataType) -> bool {
    convert(target, 0, |_| Cell::Null).is_some()
}

/// Makes an array of values. `None` if values cannot be converted to the type.
///
/// Nothing is lost unseen: a number with a fraction is no integer, and what does not fit is marked. Digits after
/// a decimal's scale are rounded, half away from zero, and fractions of a second that a timestamp's unit cannot
/// hold are cut off. Text is read after white space at its ends is removed.
pub fn convert<'a>(
    target: &DataType,
    rows: usize,
    cell: impl Fn(usize) -> Cell<'a>,
) -> Option<Converted> {
    convert_dyn(target, rows, &cell)
}

/// [`convert`], compiled once for all kinds of access to the values: it is a twentieth of a step's bytes.
fn convert_dyn<'a>(
    target: &DataType,
    rows: usize,
    cell: &dyn Fn(usize) -> Cell<'a>,
) -> Option<Converted> {
    let column = Column { rows, cell, target };
    Some(match target {
        DataType::Boolean => {
            let mut failed = column.failures();
            let values: BooleanArray = (0..rows)
                .map(|row| failed.value(row, cell(row), boolean))
                .collect();
            failed.with(Arc::new(values))
        }
        DataType::Int8 => column.whole::<Int8Type>(),
        DataType::Int16 => column.whole::<Int16Type>(),
        DataType::Int32 => column.whole::<Int32Type>(),
        DataType::Int64 => column.whole::<Int64Type>(),
        DataType::UInt8 => column.whole::<UInt8Type>(),
        DataType::UInt16 => column.whole::<UInt16Type>(),
        DataType::UInt32 => column.whole::<UInt32Type>(),
        DataType::UInt64 => column.whole::<UInt64Type>(),
        DataType::Float16 => column.primitive::<Float16Type>(|cell| float(cell).map(f16::from_f64)),
        DataType::Float32 => {
            column.primitive::<Float32Type>(|cell| float(cell).map(|value| value as f32))
        }
        DataType::Float64 => column.primitive::<Float64Type>(float),
        DataType::Decimal32(precision, scale) => {
            column.decimal::<Decimal32Type>(*precision, *scale)
        }
        DataType::Decimal64(precision, scale) => {
            column.decimal::<Decimal64Type>(*precision, *scale)
        }
        DataType::Decimal128(precision, scale) => {
            column.decimal::<Decimal128Type>(*precision, *scale)
        }
        DataType::Utf8 => Column::texts(&column, |values| {
            Arc::new(values.into_iter().collect::<StringArray>())
        }),
        DataType::LargeUtf8 => Column::texts(&column, |values| {
            Arc::new(values.into_iter().collect::<LargeStringArray>())
        }),
        DataType::Utf8View => Column::texts(&column, |values| {
            Arc::new(values.into_iter().collect::<StringViewArray>())
        }),
        DataType::Date32 => column.primitive::<Date32Type>(|cell| i32::try_from(day(cell)?).ok()),
        DataType::Date64 => column.primitive::<Date64Type>(|cell| {
            i64::try_from(day(cell)? * (DAY_IN_NANOSECONDS / 1_000_000)).ok()
        }),
        DataType::Timestamp(unit, zone) => {
            let offset = match zone {
                Some(zone) => fixed_offset(zone),
                None => Some(0),
            };
            match unit {
                TimeUnit::Second => column.moments::<TimestampSecondType>(1_000_000_000, offset),
                TimeUnit::Millisecond => {
                    column.moments::<TimestampMillisecondType>(1_000_000, offset)
                }
                TimeUnit::Microsecond => column.moments::<TimestampMicrosecondType>(1_000, offset),
                TimeUnit::Nanosecond => column.moments::<TimestampNanosecondType>(1, offset),
            }
        }
        _ => return None,
    })
}

struct Column<'c, 'a> {
    rows: usize,
    cell: &'c dyn Fn(usize) -> Cell<'a>,
    target: &'c DataType,
}

impl<'a> Column<'_, 'a> {
    fn failures(&self) -> Failures {
        Failures {
            failed: vec![false; self.rows],
        }
    }

    fn primitive<T: ArrowPrimitiveType>(
        &self,
        convert: impl Fn(Cell<'a>) -> Option<T::Native>,
    ) -> Converted {
        let mut failed = self.failures();
        let values: PrimitiveArray<T> = (0..self.rows)
            .map(|row| failed.value(row, (self.cell)(row), &convert))
            .collect();
        failed.with(Arc::new(values.with_data_type(self.target.clone())))
    }

    fn whole<T: ArrowPrimitiveType>(&self) -> Converted
    where
        T::Native: TryFrom<i128>,
    {
        self.primitive::<T>(|cell| T::Native::try_from(whole(cell)?).ok())
    }

    fn decimal<T: ArrowPrimitiveType>(&self, precision: u8, scale: i8) -> Converted
    where
        T::Native: TryFrom<i128>,
    {
        let limit = 10_i128
            .checked_pow(u32::from(precision))
            .unwrap_or(i128::MAX);
        self.primitive::<T>(|cell| {
            let digits = decimal(cell, scale)?;
            if digits.checked_abs()? >= limit {
                None
            } else {
                T::Native::try_from(digits).ok()
            }
        })
    }

    fn moments<T: ArrowPrimitiveType<Native = i64>>(
        &self,
        unit: i128,
        offset: Option<i32>,
    ) -> Converted {
        self.primitive::<T>(|cell| i64::try_from(moment(cell, offset)?.div_euclid(unit)).ok())
    }

    fn texts(&self, collect: impl FnOnce(Vec<Option<String>>) -> ArrayRef) -> Converted {
        let mut failed = self.failures();
        let values = (0..self.rows)
            .map(|row| failed.value(row, (self.cell)(row), text::write))
            .collect();
        failed.with(collect(values))
    }
}

struct Failures {
    failed: Vec<bool>,
}

impl Failures {
    fn value<'a, T>(
        &mut self,
        row: usize,
        cell: Cell<'a>,
        convert: impl Fn(Cell<'a>) -> Option<T>,
    ) -> Option<T> {
        if cell == Cell::Null {
            return None;
        }
        let value = convert(cell);
        self.failed[row] = value.is_none();
        value
    }

    fn with(self, array: ArrayRef) -> Converted {
        Converted {
            array,
            failed: self.failed.into(),
        }
    }
}

fn boolean(cell: Cell<'_>) -> Option<bool> {
    match cell {
        Cell::Boolean(value) => Some(value),
        Cell::Decimal(0, _) => Some(false),
        Cell::Decimal(1, 0) => Some(true),
        Cell::Float(value) if value == 0.0 || value == 1.0 => Some(value == 1.0),
        Cell::Text(text) => text::read_boolean(text),
        _ => None,
    }
}

fn whole(cell: Cell<'_>) -> Option<i128> {
    match cell {
        Cell::Boolean(value) => Some(i128::from(value)),
        Cell::Decimal(digits, scale) => {
            if scale <= 0 {
                return digits.checked_mul(power_of_ten(scale.unsigned_abs())?);
            }
            let unit = power_of_ten(scale.unsigned_abs())?;
            (digits % unit == 0).then(|| digits / unit)
        }
        // Beyond these, neighbouring numbers are more than 1 apart, and no integer type reaches them.
        Cell::Float(value) => (value.fract() == 0.0 && value.abs() < 1e20).then_some(value as i128),
        Cell::Text(text) => {
            let text = text.trim();
            text.parse()
                .ok()
                .or_else(|| whole(Cell::Float(text.parse().ok()?)))
        }
        _ => None,
    }
}

fn float(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Boolean(value) => Some(f64::from(u8::from(value))),
        Cell::Decimal(digits, 0) => Some(digits as f64),
        // The nearest number to the decimal is the one that its text is read as.
        Cell::Decimal(digits, scale) => text::write_decimal(digits, scale).parse().ok(),
        Cell::Float(value) => Some(value),
        Cell::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn decimal(cell: Cell<'_>, scale: i8) -> Option<i128> {
    match cell {
        Cell::Boolean(value) => decimal(Cell::Decimal(i128::from(value), 0), scale),
        Cell::Decimal(digits, from) => rescale(digits, i32::from(from), i32::from(scale)),
        // The shortest decimal that is read as the number is the one that was meant.
        Cell::Float(value) if value.is_finite() => decimal(Cell::Text(&format!("{value}")), scale),
        Cell::Text(text) => {
            let (digits, from) = text::read_decimal(text.trim())?;
            rescale(digits, from, i32::from(scale))
        }
        _ => None,
    }
}

/// Digits with another number of them after the point, rounded half away from zero.
fn rescale(digits: i128, from: i32, to: i32) -> Option<i128> {
    if to >= from {
        return digits.checked_mul(power_of_ten(u8::try_from(to - from).ok()?)?);
    }
    let Some(unit) = u8::try_from(from - to).ok().and_then(power_of_ten) else {
        return Some(0);
    };
    let (quotient, remainder) = (digits / unit, digits % unit);
    let round_up = remainder.abs() >= unit - remainder.abs();
    Some(quotient + if round_up { digits.signum() } else { 0 })
}

fn power_of_ten(exponent: u8) -> Option<i128> {
    10_i128.checked_pow(u32::from(exponent))
}

fn day(cell: Cell<'_>) -> Option<i128> {
    match cell {
        Cell::Date(days) => Some(i128::from(days)),
        Cell::Moment(nanoseconds) => Some(nanoseconds.div_euclid(DAY_IN_NANOSECONDS)),
        Cell::Text(text) => parse_iso_date(text.trim()).map(|date| i128::from(days_of(date))),
        _ => None,
    }
}

/// `offset` is that of the target's time zone, in seconds, if it has always the same.
fn moment(cell: Cell<'_>, offset: Option<i32>) -> Option<i128> {
    let seconds = |offset: i32| i128::from(offset) * 1_000_000_000;
    match cell {
        Cell::Moment(nanoseconds) => Some(nanoseconds),
        Cell::Date(days) => Some(i128::from(days) * DAY_IN_NANOSECONDS - seconds(offset?)),
        Cell::Text(text) => {
            let (datetime, own_offset) = parse_iso_datetime(text)?;
            let fraction = i128::from(datetime.and_utc().timestamp_subsec_nanos() % 1_000);
            let local = i128::from(microseconds_of(datetime)) * 1_000 + fraction;
            Some(local - seconds(own_offset.or(offset)?))
        }
        _ => None,
    }
}
