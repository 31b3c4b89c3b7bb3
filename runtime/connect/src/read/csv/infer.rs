//! Columns and their types, from the first rows of a file.

use std::collections::HashSet;

use arrow_array::timezone::Tz;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_cast::parse::{Parser, string_to_datetime};
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::parse::check_type;
use super::records::{RecordReader, Records};
use crate::compression::decompress;
use crate::csv_dialect::CsvDialect;
use crate::error::ConnectError;
use crate::read::{Probe, ReadContext, SAMPLE_BYTES, TableFile};

/// Reads the names of the columns and infers the types from the rows that follow.
pub(crate) fn probe(
    context: &ReadContext,
    file: &TableFile,
    sample_rows: usize,
) -> Result<Probe, ConnectError> {
    let stream = decompress(&file.input, file.input.sample()?, file.compression)?;
    let mut reader = RecordReader::new(&file.input, file.compression, stream, &file.dialect)?;
    let mut records = Records::default();
    let mut sampled_rows = 0;
    let mut sampled_bytes = 0;
    let names = match file.dialect.header {
        true => read_header(&mut reader, &mut records, file)?,
        false => Vec::new(),
    };
    let mut names = names;
    let mut kinds = vec![Kinds::default(); names.len()];
    while sampled_rows < sample_rows && sampled_bytes < SAMPLE_BYTES {
        reader.read(&mut records, (sample_rows - sampled_rows).min(1024))?;
        if records.len() == 0 {
            break;
        }
        if names.is_empty() {
            names = numbered_names(records.fields());
            kinds = vec![Kinds::default(); names.len()];
        }
        let text = records.text(reader.file(), &names)?;
        for record in 0..records.len() {
            for (field, kinds) in kinds.iter_mut().enumerate() {
                // What is no text on its own is found when the row is read.
                if let Some(value) = text.get(records.range(record, field)) {
                    kinds.add(value, &file.dialect);
                }
            }
        }
        sampled_rows += records.len();
        sampled_bytes += text.len() as u64;
    }
    if names.is_empty() {
        return Err(empty(file));
    }
    let fields: Vec<Field> = names
        .into_iter()
        .zip(kinds)
        .map(|(name, kinds)| {
            let data_type = match context.types.get(&name) {
                Some(data_type) => data_type.clone(),
                None => kinds.data_type(),
            };
            Field::new(name, data_type, true)
        })
        .collect();
    for field in fields
        .iter()
        .filter(|field| context.types.contains_key(field.name()))
    {
        check_type(context, field)?;
    }
    Ok(Probe {
        schema: Schema::new(fields),
        sampled_rows: Some(sampled_rows),
        rows: None,
    })
}

/// The names of the columns, each different: a second `a` is `a_2`, one without a name has its number.
pub(super) fn read_header(
    reader: &mut RecordReader,
    records: &mut Records,
    file: &TableFile,
) -> Result<Vec<String>, ConnectError> {
    reader.read(records, 1)?;
    if records.len() == 0 {
        return Err(empty(file));
    }
    let text = records.text(reader.file(), &[])?;
    let given: Vec<&str> = (0..records.fields())
        .map(|field| text.get(records.range(0, field)).unwrap_or_default().trim())
        .collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut names = Vec::with_capacity(given.len());
    for (position, name) in given.iter().enumerate() {
        let wanted = match *name {
            "" => format!("column_{}", position + 1),
            name => name.to_owned(),
        };
        let mut unique = wanted.clone();
        let mut number = 2;
        while taken.contains(&unique) || (unique != wanted && given.contains(&unique.as_str())) {
            unique = format!("{wanted}_{number}");
            number += 1;
        }
        taken.insert(unique.clone());
        names.push(unique);
    }
    Ok(names)
}

pub(super) fn numbered_names(count: usize) -> Vec<String> {
    (1..=count)
        .map(|number| format!("column_{number}"))
        .collect()
}

fn empty(file: &TableFile) -> ConnectError {
    ConnectError::EmptyFile {
        dataset: file.input.dataset.clone(),
        file: file.input.label.clone(),
    }
}

/// What the values of a column look like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Kinds(u16);

impl Kinds {
    const BOOLEAN: u16 = 1;
    const INTEGER: u16 = 1 << 1;
    const FLOAT: u16 = 1 << 2;
    const DATE: u16 = 1 << 3;
    const TIMESTAMP: u16 = 1 << 4;
    const ZONED: u16 = 1 << 5;
    const NANOSECONDS: u16 = 1 << 6;
    const TEXT: u16 = 1 << 7;

    fn add(&mut self, value: &str, dialect: &CsvDialect) {
        if self.0 & Self::TEXT == 0 && !dialect.is_null(value) {
            self.0 |= kind(value.trim_matches(' '));
        }
    }

    /// The narrowest type that holds all values as they are written.
    fn data_type(self) -> DataType {
        let unit = match self.0 & Self::NANOSECONDS {
            0 => TimeUnit::Microsecond,
            _ => TimeUnit::Nanosecond,
        };
        match self.0 & !Self::NANOSECONDS {
            Self::BOOLEAN => DataType::Boolean,
            Self::INTEGER => DataType::Int64,
            kinds if kinds != 0 && kinds & !(Self::INTEGER | Self::FLOAT) == 0 => DataType::Float64,
            Self::DATE => DataType::Date32,
            kinds if kinds != 0 && kinds & !(Self::DATE | Self::TIMESTAMP) == 0 => {
                DataType::Timestamp(unit, None)
            }
            Self::ZONED => DataType::Timestamp(unit, Some("UTC".into())),
            0 => DataType::Null,
            _ => DataType::Utf8,
        }
    }
}

fn kind(value: &str) -> u16 {
    if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        return Kinds::BOOLEAN;
    }
    if is_number(value) {
        let digits = value.strip_prefix('-').unwrap_or(value);
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // What does not fit is an identifier: as a float, it would lose digits.
            return Int64Type::parse(value).map_or(Kinds::TEXT, |_| Kinds::INTEGER);
        }
        if Float64Type::parse(value).is_some() {
            return Kinds::FLOAT;
        }
    }
    match timestamp_shape(value) {
        Some(shape) if !shape.has_time => {
            Date32Type::parse(value).map_or(Kinds::TEXT, |_| Kinds::DATE)
        }
        Some(shape) if is_timestamp(value) => {
            let zone = if shape.zoned {
                Kinds::ZONED
            } else {
                Kinds::TIMESTAMP
            };
            let precision = if shape.fraction_digits > 6 {
                Kinds::NANOSECONDS
            } else {
                0
            };
            zone | precision
        }
        _ => Kinds::TEXT,
    }
}

fn is_timestamp(value: &str) -> bool {
    "+00:00"
        .parse::<Tz>()
        .is_ok_and(|zone| string_to_datetime(&zone, value).is_ok())
}

/// Whether a text is a number and nothing else: `007` and `+49` are identifiers, which lose something as numbers.
fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value).as_bytes();
    match digits {
        [b'0', b'0'..=b'9', ..] => false,
        [b'0'..=b'9', ..] => true,
        [b'.', b'0'..=b'9', ..] => true,
        _ => matches!(
            value,
            "NaN" | "nan" | "inf" | "-inf" | "Infinity" | "-Infinity"
        ),
    }
}

/// The parts of a date or timestamp in ISO 8601.
struct TimestampShape {
    has_time: bool,
    fraction_digits: usize,
    zoned: bool,
}

fn timestamp_shape(value: &str) -> Option<TimestampShape> {
    let bytes = value.as_bytes();
    let matches = |pattern: &[u8], bytes: &[u8]| {
        bytes.len() >= pattern.len()
            && pattern
                .iter()
                .zip(bytes)
                .all(|(pattern, byte)| match pattern {
                    b'9' => byte.is_ascii_digit(),
                    pattern => pattern == byte,
                })
    };
    if !matches(b"9999-99-99", bytes) {
        return None;
    }
    let Some((separator, time)) = bytes[10..].split_first() else {
        return Some(TimestampShape {
            has_time: false,
            fraction_digits: 0,
            zoned: false,
        });
    };
    if !matches!(separator, b'T' | b' ') || !matches(b"99:99:99", time) {
        return None;
    }
    let (fraction_digits, zone) = match &time[8..] {
        [b'.', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            (digits, &rest[digits..])
        }
        rest => (0, rest),
    };
    let zoned = match zone {
        [] => false,
        [b'Z'] => true,
        [b'+' | b'-', offset @ ..] if matches(b"99:99", offset) && offset.len() == 5 => true,
        _ => return None,
    };
    Some(TimestampShape {
        has_time: true,
        fraction_digits,
        zoned,
    })
}

/// Whether a value that parses as an inferred type is written as the values were that the type was inferred from.
/// What is not would lose something: `007` its zeros, a timestamp its time as a date.
pub(super) fn fits_inferred(data_type: &DataType, value: &str) -> bool {
    match data_type {
        DataType::Int64 | DataType::Float64 => is_number(value),
        DataType::Boolean => kind(value) == Kinds::BOOLEAN,
        DataType::Date32 => value.len() == 10,
        DataType::Timestamp(unit, zone) => timestamp_shape(value).is_some_and(|shape| {
            shape.zoned == zone.is_some()
                && (*unit == TimeUnit::Nanosecond || shape.fraction_digits <= 6)
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&str], expect: DataType) {
        let dialect = CsvDialect {
            header: true,
            delimiter: b',',
            quote: b'"',
            null_values: vec!["NA".to_owned()],
        };
        let mut kinds = Kinds::default();
        for value in values {
            kinds.add(value, &dialect);
        }
        assert_eq!(kinds.data_type(), expect, "{values:?}");
        if expect != DataType::Utf8 {
            for value in values.iter().filter(|value| !dialect.is_null(value)) {
                let fits = fits_inferred(&expect, value.trim());
                let is_date = expect != DataType::Date32 && value.len() == 10;
                assert!(fits || is_date, "{value} does not fit {expect}");
            }
        }
    }

    #[test]
    fn the_narrowest_type_that_loses_nothing_is_inferred() {
        let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
        let nanos = DataType::Timestamp(TimeUnit::Nanosecond, None);
        let zoned = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        check(&[], DataType::Null);
        check(&["", "NA", ""], DataType::Null);
        check(&["1", "", "-2", "NA"], DataType::Int64);
        check(&["0", "1"], DataType::Int64);
        check(&["9223372036854775807"], DataType::Int64);
        check(&["9223372036854775808"], DataType::Utf8);
        check(&["1", "2.5"], DataType::Float64);
        check(&["1e5", "-.5", "NaN", "-inf"], DataType::Float64);
        check(&[" 1", "2 "], DataType::Int64);
        check(&["007"], DataType::Utf8);
        check(&["-007"], DataType::Utf8);
        check(&["00.5"], DataType::Utf8);
        check(&["0.5", "-0.5"], DataType::Float64);
        check(&["+491234"], DataType::Utf8);
        check(&["1", "x"], DataType::Utf8);
        check(&["1-2"], DataType::Utf8);
        check(&["-"], DataType::Utf8);
        check(&[" "], DataType::Utf8);
        check(&["true", "False"], DataType::Boolean);
        check(&["true", "1"], DataType::Utf8);
        check(&["yes", "no"], DataType::Utf8);
        check(&["2024-02-29"], DataType::Date32);
        check(&["2023-02-29"], DataType::Utf8);
        check(&["2024-02-29", "12"], DataType::Utf8);
        check(&["2024-02-29 12:00:00"], micros.clone());
        check(&["2024-02-29T12:00:00.123456"], micros);
        check(&["2024-02-29T12:00:00.123456789"], nanos);
        check(
            &["2024-02-29T12:00:00Z", "2024-02-29 12:00:00+02:00"],
            zoned,
        );
        check(
            &["2024-02-29T12:00:00Z", "2024-02-29T12:00:00"],
            DataType::Utf8,
        );
        check(&["2024-02-29T25:00:00"], DataType::Utf8);
        check(&["29.02.2024"], DataType::Utf8);
    }

    #[test]
    fn a_date_among_timestamps_is_a_timestamp() {
        let dialect = CsvDialect {
            header: true,
            delimiter: b',',
            quote: b'"',
            null_values: Vec::new(),
        };
        let mut kinds = Kinds::default();
        kinds.add("2024-02-29", &dialect);
        kinds.add("2024-02-29T12:00:00", &dialect);
        let expect = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(kinds.data_type(), expect);
        assert!(fits_inferred(&expect, "2024-02-29"));
    }
}
