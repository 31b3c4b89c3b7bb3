//! From values to an array.

use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BinaryViewBuilder, FixedSizeBinaryBuilder, LargeBinaryBuilder,
};
use arrow_array::types::*;
use arrow_array::{
    ArrayRef, BooleanArray, LargeStringArray, NullArray, PrimitiveArray, StringArray,
    StringViewArray,
};
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use stepwell_layout::type_name;

use crate::nested::{dictionary, fixed_size_list, list, list_view, map, runs, struct_, union};
use crate::scalar::{parse_counted, parse_decimal, parse_hex};
use crate::value::Value;

/// Makes an array of values. The error says which value does not fit and what would.
pub(crate) fn build(data_type: &DataType, values: &[Value]) -> Result<ArrayRef, String> {
    let parse_text = |value: &Value| text_of(value).map(str::to_owned);
    macro_rules! parsed {
        ($type:ty) => {
            primitive::<$type>(data_type, values, |value| text_of(value)?.parse().ok())
        };
    }
    macro_rules! decimal {
        ($type:ty, $precision:expr, $scale:expr) => {
            primitive::<$type>(data_type, values, |value| {
                parse_decimal(text_of(value)?, *$precision, *$scale)?
                    .parse()
                    .ok()
            })
        };
    }
    macro_rules! counted {
        ($type:ty) => {
            primitive::<$type>(data_type, values, |value| {
                parse_counted(data_type, text_of(value)?)?.try_into().ok()
            })
        };
    }
    match data_type {
        DataType::Null => match values.iter().find(|value| **value != Value::Null) {
            Some(value) => Err(unfit(data_type, value)),
            None => Ok(Arc::new(NullArray::new(values.len()))),
        },
        DataType::Boolean => {
            let values = options(data_type, values, |value| {
                text_of(value)?.parse::<bool>().ok()
            })?;
            Ok(Arc::new(BooleanArray::from(values)))
        }
        DataType::Int8 => parsed!(Int8Type),
        DataType::Int16 => parsed!(Int16Type),
        DataType::Int32 => parsed!(Int32Type),
        DataType::Int64 => parsed!(Int64Type),
        DataType::UInt8 => parsed!(UInt8Type),
        DataType::UInt16 => parsed!(UInt16Type),
        DataType::UInt32 => parsed!(UInt32Type),
        DataType::UInt64 => parsed!(UInt64Type),
        DataType::Float16 => primitive::<Float16Type>(data_type, values, |value| {
            Some(half::f16::from_f32(text_of(value)?.parse().ok()?))
        }),
        DataType::Float32 => parsed!(Float32Type),
        DataType::Float64 => parsed!(Float64Type),
        DataType::Decimal32(precision, scale) => decimal!(Decimal32Type, precision, scale),
        DataType::Decimal64(precision, scale) => decimal!(Decimal64Type, precision, scale),
        DataType::Decimal128(precision, scale) => decimal!(Decimal128Type, precision, scale),
        DataType::Decimal256(precision, scale) => decimal!(Decimal256Type, precision, scale),
        DataType::Date32 => counted!(Date32Type),
        DataType::Date64 => counted!(Date64Type),
        DataType::Time32(TimeUnit::Second) => counted!(Time32SecondType),
        DataType::Time32(_) => counted!(Time32MillisecondType),
        DataType::Time64(TimeUnit::Nanosecond) => counted!(Time64NanosecondType),
        DataType::Time64(_) => counted!(Time64MicrosecondType),
        DataType::Timestamp(TimeUnit::Second, _) => counted!(TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => counted!(TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => counted!(TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => counted!(TimestampNanosecondType),
        DataType::Duration(TimeUnit::Second) => parsed!(DurationSecondType),
        DataType::Duration(TimeUnit::Millisecond) => parsed!(DurationMillisecondType),
        DataType::Duration(TimeUnit::Microsecond) => parsed!(DurationMicrosecondType),
        DataType::Duration(TimeUnit::Nanosecond) => parsed!(DurationNanosecondType),
        DataType::Interval(IntervalUnit::YearMonth) => parsed!(IntervalYearMonthType),
        DataType::Interval(IntervalUnit::DayTime) => {
            primitive::<IntervalDayTimeType>(data_type, values, |value| {
                let [days, milliseconds] = numbers(value, ["days", "milliseconds"])?;
                Some(IntervalDayTimeType::make_value(
                    days.try_into().ok()?,
                    milliseconds.try_into().ok()?,
                ))
            })
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            primitive::<IntervalMonthDayNanoType>(data_type, values, |value| {
                let [months, days, nanoseconds] =
                    numbers(value, ["months", "days", "nanoseconds"])?;
                Some(IntervalMonthDayNanoType::make_value(
                    months.try_into().ok()?,
                    days.try_into().ok()?,
                    nanoseconds,
                ))
            })
        }
        DataType::Utf8 => Ok(Arc::new(StringArray::from(options(
            data_type, values, string_of,
        )?))),
        DataType::LargeUtf8 => Ok(Arc::new(LargeStringArray::from(options(
            data_type, values, string_of,
        )?))),
        DataType::Utf8View => Ok(Arc::new(StringViewArray::from(options(
            data_type, values, string_of,
        )?))),
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            for value in options(data_type, values, |value| parse_hex(text_of(value)?))? {
                builder.append_option(value);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::LargeBinary => {
            let mut builder = LargeBinaryBuilder::new();
            for value in options(data_type, values, |value| parse_hex(text_of(value)?))? {
                builder.append_option(value);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::BinaryView => {
            let mut builder = BinaryViewBuilder::new();
            for value in options(data_type, values, |value| parse_hex(text_of(value)?))? {
                builder.append_option(value);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::FixedSizeBinary(size) => {
            let mut builder = FixedSizeBinaryBuilder::new(*size);
            for (value, bytes) in values.iter().zip(options(data_type, values, |value| {
                parse_hex(&parse_text(value)?)
            })?) {
                match bytes {
                    Some(bytes) => builder
                        .append_value(bytes)
                        .map_err(|_| unfit(data_type, value))?,
                    None => builder.append_null(),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::List(item) => list::<i32>(data_type, item, values),
        DataType::LargeList(item) => list::<i64>(data_type, item, values),
        DataType::ListView(item) => list_view::<i32>(data_type, item, values),
        DataType::LargeListView(item) => list_view::<i64>(data_type, item, values),
        DataType::FixedSizeList(item, size) => fixed_size_list(data_type, item, *size, values),
        DataType::Struct(fields) => struct_(data_type, fields, values),
        DataType::Map(entries, sorted) => map(data_type, entries, *sorted, values),
        DataType::Union(fields, mode) => union(data_type, fields, *mode, values),
        DataType::Dictionary(keys, items) => match keys.as_ref() {
            DataType::Int8 => dictionary::<Int8Type>(items, values),
            DataType::Int16 => dictionary::<Int16Type>(items, values),
            DataType::Int32 => dictionary::<Int32Type>(items, values),
            DataType::Int64 => dictionary::<Int64Type>(items, values),
            DataType::UInt8 => dictionary::<UInt8Type>(items, values),
            DataType::UInt16 => dictionary::<UInt16Type>(items, values),
            DataType::UInt32 => dictionary::<UInt32Type>(items, values),
            DataType::UInt64 => dictionary::<UInt64Type>(items, values),
            _ => Err(format!("there is no type `{}`", type_name(data_type))),
        },
        DataType::RunEndEncoded(run_ends, items) => match run_ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(data_type, items, values),
            DataType::Int32 => runs::<Int32Type>(data_type, items, values),
            DataType::Int64 => runs::<Int64Type>(data_type, items, values),
            _ => Err(format!("there is no type `{}`", type_name(data_type))),
        },
    }
}

/// What to write for a value of a type, for messages.
fn example(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Null => "`null`",
        DataType::Boolean => "`true` or `false`",
        DataType::Date32 | DataType::Date64 => "such as `2026-01-31`",
        DataType::Time32(_) | DataType::Time64(_) => "such as `23:59:59`",
        DataType::Timestamp(_, None) => "such as `2026-01-31T23:59:59`",
        DataType::Timestamp(_, Some(_)) => {
            "such as `2026-01-31T23:59:59Z` or `2026-01-31T23:59:59+02:00`"
        }
        DataType::Interval(IntervalUnit::DayTime) => r#"such as `{"days": 1, "milliseconds": 5}`"#,
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            r#"such as `{"months": 1, "days": 2, "nanoseconds": 3}`"#
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => r#"such as "text""#,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            "bytes in hexadecimal, such as `0x00ff`"
        }
        DataType::FixedSizeBinary(_) => "that many bytes in hexadecimal, such as `0x00ff`",
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(_, _) => "a list, such as `[1, null]`",
        DataType::Struct(_) => r#"a JSON object, such as `{"a": 1}`"#,
        DataType::Map(_, _) => r#"a list of pairs, such as `[["key", 1]]`"#,
        DataType::Union(_, _) => "a type id and a value, such as `[0, 1.5]`",
        _ => "a number that the type can hold",
    }
}

pub(crate) fn unfit(data_type: &DataType, value: &Value) -> String {
    let value = text_of(value).map_or_else(|| value.to_string(), str::to_owned);
    format!(
        "`{value}` is not a value of the type `{}`: expected {}",
        type_name(data_type),
        example(data_type)
    )
}

/// What stands for a value without parts, between quotes or not.
pub(crate) fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Literal(text) | Value::String(text) => Some(text),
        _ => None,
    }
}

fn string_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn options<'v, T>(
    data_type: &DataType,
    values: &'v [Value],
    parse: impl Fn(&'v Value) -> Option<T>,
) -> Result<Vec<Option<T>>, String> {
    values
        .iter()
        .map(|value| match value {
            Value::Null => Ok(None),
            value => parse(value)
                .map(Some)
                .ok_or_else(|| unfit(data_type, value)),
        })
        .collect()
}

fn primitive<T: ArrowPrimitiveType>(
    data_type: &DataType,
    values: &[Value],
    parse: impl Fn(&Value) -> Option<T::Native>,
) -> Result<ArrayRef, String> {
    let values = options(data_type, values, parse)?;
    let array: PrimitiveArray<T> = values.into_iter().collect();
    Ok(Arc::new(array.with_data_type(data_type.clone())))
}

fn numbers<const N: usize>(value: &Value, names: [&str; N]) -> Option<[i64; N]> {
    let Value::Struct(fields) = value else {
        return None;
    };
    if fields
        .iter()
        .any(|(name, _)| !names.contains(&name.as_str()))
    {
        return None;
    }
    let mut numbers = [0; N];
    for (number, name) in numbers.iter_mut().zip(names) {
        if let Some((_, value)) = fields.iter().find(|(field, _)| field == name) {
            *number = text_of(value)?.parse().ok()?;
        }
    }
    Some(numbers)
}
