//! Values without parts: how each type is written and read.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{date32_to_datetime, date64_to_datetime};
use arrow_array::timezone::Tz;
use arrow_array::types::*;
use arrow_schema::{DataType, IntervalUnit, TimeUnit};
use chrono::{
    DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeZone, Timelike, Utc,
};

use crate::value::Value;

/// The value at a row that is not null, of a type without parts.
pub(crate) fn scalar_value(array: &dyn Array, row: usize) -> Value {
    macro_rules! literal {
        ($type:ty) => {
            Value::Literal(array.as_primitive::<$type>().value(row).to_string())
        };
    }
    macro_rules! float {
        ($type:ty) => {
            float_value(&format!("{:?}", array.as_primitive::<$type>().value(row)))
        };
    }
    macro_rules! decimal {
        ($type:ty, $scale:expr) => {
            Value::String(write_decimal(
                &array.as_primitive::<$type>().value(row).to_string(),
                *$scale,
            ))
        };
    }
    macro_rules! counted {
        ($type:ty) => {{
            let raw = array.as_primitive::<$type>().value(row).into();
            Value::String(write_counted(array.data_type(), raw))
        }};
    }
    match array.data_type() {
        DataType::Boolean => Value::Literal(array.as_boolean().value(row).to_string()),
        DataType::Int8 => literal!(Int8Type),
        DataType::Int16 => literal!(Int16Type),
        DataType::Int32 => literal!(Int32Type),
        DataType::Int64 => literal!(Int64Type),
        DataType::UInt8 => literal!(UInt8Type),
        DataType::UInt16 => literal!(UInt16Type),
        DataType::UInt32 => literal!(UInt32Type),
        DataType::UInt64 => literal!(UInt64Type),
        DataType::Float16 => {
            let value = array.as_primitive::<Float16Type>().value(row);
            float_value(&format!("{:?}", value.to_f32()))
        }
        DataType::Float32 => float!(Float32Type),
        DataType::Float64 => float!(Float64Type),
        DataType::Decimal32(_, scale) => decimal!(Decimal32Type, scale),
        DataType::Decimal64(_, scale) => decimal!(Decimal64Type, scale),
        DataType::Decimal128(_, scale) => decimal!(Decimal128Type, scale),
        DataType::Decimal256(_, scale) => decimal!(Decimal256Type, scale),
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
        DataType::Duration(TimeUnit::Second) => literal!(DurationSecondType),
        DataType::Duration(TimeUnit::Millisecond) => literal!(DurationMillisecondType),
        DataType::Duration(TimeUnit::Microsecond) => literal!(DurationMicrosecondType),
        DataType::Duration(TimeUnit::Nanosecond) => literal!(DurationNanosecondType),
        DataType::Interval(IntervalUnit::YearMonth) => literal!(IntervalYearMonthType),
        DataType::Interval(IntervalUnit::DayTime) => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            numbers(&[
                ("days", value.days.into()),
                ("milliseconds", value.milliseconds.into()),
            ])
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            numbers(&[
                ("months", value.months.into()),
                ("days", value.days.into()),
                ("nanoseconds", value.nanoseconds),
            ])
        }
        DataType::Utf8 => Value::String(array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => Value::String(array.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => Value::String(array.as_string_view().value(row).to_owned()),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => hex(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => hex(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => hex(array.as_fixed_size_binary().value(row)),
        other => unreachable!("values of the type {other} have parts"),
    }
}

/// JSON has no literal for what is not finite, so those are strings.
fn float_value(text: &str) -> Value {
    if text.ends_with(|last: char| last.is_ascii_digit()) {
        Value::Literal(text.to_owned())
    } else {
        Value::String(text.to_owned())
    }
}

fn numbers(fields: &[(&str, i64)]) -> Value {
    let field =
        |(name, value): &(&str, i64)| ((*name).to_owned(), Value::Literal(value.to_string()));
    Value::Struct(fields.iter().map(field).collect())
}

fn hex(bytes: &[u8]) -> Value {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    Value::String(std::iter::once("0x".to_owned()).chain(digits).collect())
}

/// Reads the bytes that [`hex`] writes.
pub(crate) fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    if digits.len() % 2 == 1 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok())
        .collect()
}

/// Sets the point into the digits of a decimal.
fn write_decimal(unscaled: &str, scale: i8) -> String {
    let (sign, digits) = match unscaled.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", unscaled),
    };
    let places = usize::from(scale.unsigned_abs());
    if scale == 0 || (scale < 0 && digits == "0") {
        format!("{sign}{digits}")
    } else if scale < 0 {
        format!("{sign}{digits}{}", "0".repeat(places))
    } else {
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        format!("{sign}{whole}.{fraction}")
    }
}

/// The digits of a decimal without its point, if it has no more digits than precision and scale allow.
pub(crate) fn parse_decimal(text: &str, precision: u8, scale: i8) -> Option<String> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let places = usize::from(scale.unsigned_abs());
    let mut digits = whole.to_owned();
    if scale >= 0 {
        let fraction = if fraction.len() > places {
            let (kept, dropped) = fraction.split_at(places);
            dropped.bytes().all(|digit| digit == b'0').then_some(kept)?
        } else {
            fraction
        };
        digits.push_str(fraction);
        digits.push_str(&"0".repeat(places - fraction.len()));
    } else if digits.bytes().any(|digit| digit != b'0') {
        if fraction.bytes().any(|digit| digit != b'0') {
            return None;
        }
        digits = digits.strip_suffix(&"0".repeat(places))?.to_owned();
    }
    let digits = digits.trim_start_matches('0');
    if digits.len() > usize::from(precision) {
        return None;
    }
    Some(if digits.is_empty() {
        "0".to_owned()
    } else {
        format!("{sign}{digits}")
    })
}

/// Writes a date, time or timestamp by the calendar, or as the number that it is where the calendar
/// has no place for it.
fn write_counted(data_type: &DataType, raw: i64) -> String {
    match calendar_text(data_type, raw) {
        Some(text) if parse_counted(data_type, &text) == Some(raw) => text,
        _ => raw.to_string(),
    }
}

fn calendar_text(data_type: &DataType, raw: i64) -> Option<String> {
    const NAIVE: &str = "%Y-%m-%dT%H:%M:%S%.f";
    match data_type {
        DataType::Date32 => {
            let date = date32_to_datetime(i32::try_from(raw).ok()?)?;
            Some(date.format("%Y-%m-%d").to_string())
        }
        DataType::Date64 => {
            let date = date64_to_datetime(raw)?;
            let format = if date.time() == NaiveTime::MIN {
                "%Y-%m-%d"
            } else {
                NAIVE
            };
            Some(date.format(format).to_string())
        }
        DataType::Time32(unit) | DataType::Time64(unit) => {
            let per_second = units_per_second(unit);
            let seconds = u32::try_from(raw / per_second).ok()?;
            let nanoseconds = u32::try_from(raw % per_second * (NANOSECONDS / per_second)).ok()?;
            let time = NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanoseconds)?;
            Some(time.format("%H:%M:%S%.f").to_string())
        }
        DataType::Timestamp(unit, zone) => {
            let per_second = units_per_second(unit);
            let nanoseconds = raw.rem_euclid(per_second) * (NANOSECONDS / per_second);
            let time = DateTime::<Utc>::from_timestamp(
                raw.div_euclid(per_second),
                u32::try_from(nanoseconds).ok()?,
            )?;
            match zone {
                None => Some(time.naive_utc().format(NAIVE).to_string()),
                Some(zone) => {
                    let zone: Tz = zone.parse().ok()?;
                    let time = zone.from_utc_datetime(&time.naive_utc());
                    Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
                }
            }
        }
        _ => None,
    }
}

const NANOSECONDS: i64 = 1_000_000_000;

fn units_per_second(unit: &TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => NANOSECONDS,
    }
}

/// Reads a date, time or timestamp: by the calendar, or as a number of the type's units.
pub(crate) fn parse_counted(data_type: &DataType, text: &str) -> Option<i64> {
    if let Ok(raw) = text.parse() {
        return Some(raw);
    }
    match data_type {
        DataType::Date32 => {
            let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some(date.signed_duration_since(NaiveDate::default()).num_days())
        }
        DataType::Date64 => count(parse_naive(text)?.and_utc(), &TimeUnit::Millisecond),
        DataType::Time32(unit) | DataType::Time64(unit) => {
            let time = ["%H:%M:%S%.f", "%H:%M"]
                .iter()
                .find_map(|format| NaiveTime::parse_from_str(text, format).ok())?;
            let day = NaiveDate::default().and_time(NaiveTime::MIN).and_utc();
            let seconds = i64::from(time.num_seconds_from_midnight());
            // A leap second has more than a second's nanoseconds, which no Arrow time can say.
            if i64::from(time.nanosecond()) >= NANOSECONDS {
                return None;
            }
            count(
                day + chrono::TimeDelta::new(seconds, time.nanosecond())?,
                unit,
            )
        }
        DataType::Timestamp(unit, None) => count(parse_naive(text)?.and_utc(), unit),
        DataType::Timestamp(unit, Some(_)) => {
            let time = DateTime::parse_from_rfc3339(text)
                .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%:z"))
                .ok()?;
            count(time.to_utc(), unit)
        }
        _ => None,
    }
}

fn parse_naive(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .or_else(|| Some(NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.into()))
}

/// The number of units since 1970, if the time is a whole number of them.
fn count(time: DateTime<Utc>, unit: &TimeUnit) -> Option<i64> {
    let per_second = units_per_second(unit);
    let nanoseconds = i64::from(time.timestamp_subsec_nanos());
    let per_unit = NANOSECONDS / per_second;
    if nanoseconds % per_unit != 0 {
        return None;
    }
    let whole = i128::from(time.timestamp()) * i128::from(per_second);
    i64::try_from(whole + i128::from(nanoseconds / per_unit)).ok()
}
