//! Names of Arrow types, as people read and write them.
//!
//! This module prints them and `parse_type` reads them; nothing else does. They live here because this crate is what the
//! SDK's side (cases of steps, messages of steps) and the host's side (pipeline files, explanations)
//! share besides the contract.

use std::fmt::{self, Write};

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit, UnionMode};

/// The name of every type, without what goes into its parentheses or angle brackets.
pub const TYPE_NAMES: &[&str] = &[
    "null",
    "boolean",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "decimal32",
    "decimal64",
    "decimal128",
    "decimal256",
    "date32",
    "date64",
    "time32",
    "time64",
    "timestamp",
    "duration",
    "interval",
    "utf8",
    "large_utf8",
    "utf8_view",
    "binary",
    "large_binary",
    "binary_view",
    "fixed_size_binary",
    "list",
    "large_list",
    "list_view",
    "large_list_view",
    "fixed_size_list",
    "struct",
    "map",
    "sparse_union",
    "dense_union",
    "dictionary",
    "run_end_encoded",
];

/// The name of a type: `utf8`, `timestamp(us, UTC)`, `list<int64>`, `struct<a: int64 not null>`.
///
/// [`parse_type`](crate::parse_type) reads it back: the same type, but for metadata of nested fields, which has no
/// place in a name.
///
/// ```
/// use arrow_schema::{DataType, TimeUnit};
/// use stepwell_layout::type_name;
///
/// assert_eq!(type_name(&DataType::Utf8), "utf8");
/// let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
/// assert_eq!(type_name(&time), "timestamp(us, UTC)");
/// ```
pub fn type_name(data_type: &DataType) -> String {
    TypeName(data_type).to_string()
}

/// A field as text: its name, its type, and `not null` where it may hold no null.
///
/// ```
/// use arrow_schema::{DataType, Field};
/// use stepwell_layout::field_name_and_type;
///
/// let field = Field::new("customer id", DataType::Int64, false);
/// assert_eq!(field_name_and_type(&field), r#""customer id": int64 not null"#);
/// ```
pub fn field_name_and_type(field: &Field) -> String {
    let mut text = String::new();
    write_child(&mut text, field, "", true).expect("a string takes all that is written to it");
    text
}

struct TypeName<'a>(&'a DataType);

impl fmt::Display for TypeName<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DataType::Null => out.write_str("null"),
            DataType::Boolean => out.write_str("boolean"),
            DataType::Int8 => out.write_str("int8"),
            DataType::Int16 => out.write_str("int16"),
            DataType::Int32 => out.write_str("int32"),
            DataType::Int64 => out.write_str("int64"),
            DataType::UInt8 => out.write_str("uint8"),
            DataType::UInt16 => out.write_str("uint16"),
            DataType::UInt32 => out.write_str("uint32"),
            DataType::UInt64 => out.write_str("uint64"),
            DataType::Float16 => out.write_str("float16"),
            DataType::Float32 => out.write_str("float32"),
            DataType::Float64 => out.write_str("float64"),
            DataType::Decimal32(precision, scale) => write!(out, "decimal32({precision}, {scale})"),
            DataType::Decimal64(precision, scale) => write!(out, "decimal64({precision}, {scale})"),
            DataType::Decimal128(precision, scale) => {
                write!(out, "decimal128({precision}, {scale})")
            }
            DataType::Decimal256(precision, scale) => {
                write!(out, "decimal256({precision}, {scale})")
            }
            DataType::Date32 => out.write_str("date32"),
            DataType::Date64 => out.write_str("date64"),
            DataType::Time32(unit) => write!(out, "time32({})", unit_name(unit)),
            DataType::Time64(unit) => write!(out, "time64({})", unit_name(unit)),
            DataType::Timestamp(unit, None) => write!(out, "timestamp({})", unit_name(unit)),
            DataType::Timestamp(unit, Some(zone)) => {
                write!(out, "timestamp({}, ", unit_name(unit))?;
                write_word(out, zone, is_zone_character)?;
                out.write_str(")")
            }
            DataType::Duration(unit) => write!(out, "duration({})", unit_name(unit)),
            DataType::Interval(unit) => write!(out, "interval({})", interval_unit_name(unit)),
            DataType::Utf8 => out.write_str("utf8"),
            DataType::LargeUtf8 => out.write_str("large_utf8"),
            DataType::Utf8View => out.write_str("utf8_view"),
            DataType::Binary => out.write_str("binary"),
            DataType::LargeBinary => out.write_str("large_binary"),
            DataType::BinaryView => out.write_str("binary_view"),
            DataType::FixedSizeBinary(size) => write!(out, "fixed_size_binary({size})"),
            DataType::List(item) => write_list(out, "list", item),
            DataType::LargeList(item) => write_list(out, "large_list", item),
            DataType::ListView(item) => write_list(out, "list_view", item),
            DataType::LargeListView(item) => write_list(out, "large_list_view", item),
            DataType::FixedSizeList(item, size) => {
                out.write_str("fixed_size_list<")?;
                write_child(out, item, "item", true)?;
                write!(out, ", {size}>")
            }
            DataType::Struct(fields) => {
                out.write_str("struct<")?;
                for (index, field) in fields.iter().enumerate() {
                    separate(out, index)?;
                    write_child(out, field, "", true)?;
                }
                out.write_str(">")
            }
            DataType::Map(entries, sorted) => {
                out.write_str("map<")?;
                write_map_entries(out, entries)?;
                out.write_str(if *sorted { ", sorted>" } else { ">" })
            }
            DataType::Union(fields, mode) => {
                out.write_str(match mode {
                    UnionMode::Sparse => "sparse_union<",
                    UnionMode::Dense => "dense_union<",
                })?;
                for (index, (id, field)) in fields.iter().enumerate() {
                    separate(out, index)?;
                    write!(out, "{id} = ")?;
                    write_child(out, field, "", true)?;
                }
                out.write_str(">")
            }
            DataType::Dictionary(keys, values) => {
                write!(out, "dictionary<{}, {}>", TypeName(keys), TypeName(values))
            }
            DataType::RunEndEncoded(run_ends, values) => {
                out.write_str("run_end_encoded<")?;
                write_child(out, run_ends, "run_ends", false)?;
                out.write_str(", ")?;
                write_child(out, values, "values", true)?;
                out.write_str(">")
            }
        }
    }
}

fn unit_name(unit: &TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    }
}

fn interval_unit_name(unit: &IntervalUnit) -> &'static str {
    match unit {
        IntervalUnit::YearMonth => "year_month",
        IntervalUnit::DayTime => "day_time",
        IntervalUnit::MonthDayNano => "month_day_nano",
    }
}

fn separate(out: &mut impl Write, index: usize) -> fmt::Result {
    out.write_str(if index == 0 { "" } else { ", " })
}

fn write_list(out: &mut impl Write, name: &str, item: &Field) -> fmt::Result {
    write!(out, "{name}<")?;
    write_child(out, item, "item", true)?;
    out.write_str(">")
}

/// Maps have a field for their entries, a struct of two fields. Its parts are written, unless
/// something about it is unusual: then the field is written whole.
fn write_map_entries(out: &mut impl Write, entries: &Field) -> fmt::Result {
    match entries.data_type() {
        DataType::Struct(fields)
            if fields.len() == 2 && entries.name() == "entries" && !entries.is_nullable() =>
        {
            write_child(out, &fields[0], "key", false)?;
            out.write_str(", ")?;
            write_child(out, &fields[1], "value", true)
        }
        _ => write_child(out, entries, "", false),
    }
}

/// Writes what differs from the usual name and nullability, and the type.
fn write_child(
    out: &mut impl Write,
    field: &Field,
    usual_name: &str,
    usually_nullable: bool,
) -> fmt::Result {
    if usual_name.is_empty() || field.name() != usual_name {
        write_word(out, field.name(), is_name_character)?;
        out.write_str(": ")?;
    }
    write!(out, "{}", TypeName(field.data_type()))?;
    match (field.is_nullable(), usually_nullable) {
        (false, true) => out.write_str(" not null"),
        (true, false) => out.write_str(" nullable"),
        _ => Ok(()),
    }
}

pub(crate) fn is_name_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
}

pub(crate) fn is_zone_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '+' | '/' | ':')
}

/// Writes a word as it is if it can be read back so, otherwise between quotes.
fn write_word(out: &mut impl Write, word: &str, is_plain: fn(char) -> bool) -> fmt::Result {
    if !word.is_empty() && word.chars().all(is_plain) {
        return out.write_str(word);
    }
    out.write_char('"')?;
    for character in word.chars() {
        match character {
            '"' | '\\' => write!(out, "\\{character}")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            control if control.is_control() => write!(out, "\\u{{{:x}}}", control as u32)?,
            other => out.write_char(other)?,
        }
    }
    out.write_char('"')
}
