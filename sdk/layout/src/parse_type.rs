//! Reads the names of types that `type_name` writes.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit, UnionFields, UnionMode};

use crate::MAX_NESTING;
use crate::type_name::{is_name_character, is_zone_character};

/// Reads the name of a type, as [`type_name`](crate::type_name) writes it.
///
/// `string`, `bool`, `date`, `timestamp` and `decimal(p, s)` are understood as well: `utf8`,
/// `boolean`, `date32`, `timestamp(us)` and `decimal128(p, s)`.
///
/// # Errors
/// The text is not the name of a type; the error says where and what would have been one.
///
/// ```
/// use arrow_schema::DataType;
/// use stepwell_layout::parse_type;
///
/// assert_eq!(parse_type("decimal128(10, 2)").unwrap(), DataType::Decimal128(10, 2));
/// assert!(parse_type("decimal128").is_err());
/// ```
pub fn parse_type(text: &str) -> Result<DataType, ParseTypeError> {
    let mut parser = Parser { text, position: 0 };
    let data_type = parser.data_type(0)?;
    parser.end()?;
    Ok(data_type)
}

/// Reads a field, as [`field_name_and_type`](crate::field_name_and_type) writes it.
///
/// # Errors
/// The text is not a name, a colon and the name of a type.
pub fn parse_field(text: &str) -> Result<Field, ParseTypeError> {
    let mut parser = Parser { text, position: 0 };
    let name = match parser.child_name()? {
        Some(name) => name,
        None => return Err(parser.expected("a name, a colon and a type, such as `age: int64`")),
    };
    let field = parser.child_after_name(name, true, 0)?;
    parser.end()?;
    Ok(field)
}

/// A text that is not the name of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParseTypeError {
    /// The whole text.
    pub text: String,
    /// Where it stops to make sense, in bytes.
    pub position: usize,
    /// What is wrong there.
    pub problem: TypeProblem,
}

/// What is wrong with the name of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TypeProblem {
    /// A word that names no type; [`TYPE_NAMES`](crate::TYPE_NAMES) lists those that do.
    UnknownType(String),
    /// Something else should stand here.
    Expected(String),
    /// It reads well but there is no such type.
    Invalid(String),
}

impl ParseTypeError {
    /// A stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self.problem {
            TypeProblem::UnknownType(_) => "unknown_type",
            TypeProblem::Expected(_) | TypeProblem::Invalid(_) => "bad_type",
        }
    }
}

impl fmt::Display for ParseTypeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            TypeProblem::UnknownType(name) if *name == self.text.trim() => {
                write!(formatter, "`{name}` is not a type")
            }
            TypeProblem::UnknownType(name) => {
                write!(formatter, "`{name}` in `{}` is not a type", self.text)
            }
            TypeProblem::Expected(what) => match self.text.get(self.position..).map(str::trim) {
                None | Some("") => {
                    write!(formatter, "`{}` ends where {what} is expected", self.text)
                }
                Some(rest) => {
                    write!(
                        formatter,
                        "expected {what} before `{rest}` in `{}`",
                        self.text
                    )
                }
            },
            TypeProblem::Invalid(message) => write!(formatter, "`{}`: {message}", self.text),
        }
    }
}

impl std::error::Error for ParseTypeError {}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.position..]
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
    }

    fn error(&self, position: usize, problem: TypeProblem) -> ParseTypeError {
        ParseTypeError {
            text: self.text.to_owned(),
            position,
            problem,
        }
    }

    fn expected(&self, what: &str) -> ParseTypeError {
        self.error(self.position, TypeProblem::Expected(what.to_owned()))
    }

    fn invalid(&self, message: impl Into<String>) -> ParseTypeError {
        self.error(self.position, TypeProblem::Invalid(message.into()))
    }

    fn accept(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(token);
        if found {
            self.position += token.len();
        }
        found
    }

    fn require(&mut self, token: &str) -> Result<(), ParseTypeError> {
        if self.accept(token) {
            Ok(())
        } else {
            Err(self.expected(&format!("`{token}`")))
        }
    }

    fn end(&mut self) -> Result<(), ParseTypeError> {
        self.skip_space();
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.expected("the end"))
        }
    }

    /// A run of plain characters, or text between quotes.
    fn word(&mut self, is_plain: fn(char) -> bool) -> Result<Option<String>, ParseTypeError> {
        self.skip_space();
        if !self.rest().starts_with('"') {
            let rest = self.rest();
            let length = rest.find(|c| !is_plain(c)).unwrap_or(rest.len());
            let word = rest[..length].to_owned();
            self.position += length;
            return Ok((length > 0).then_some(word));
        }
        let mut word = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        let mut length = None;
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    length = Some(offset + 1);
                    break;
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some(escaped @ ('"' | '\\')) => word.push(escaped),
                    Some('n') => word.push('\n'),
                    Some('r') => word.push('\r'),
                    Some('t') => word.push('\t'),
                    Some('u') => {
                        let digits: String = characters
                            .by_ref()
                            .map(|(_, c)| c)
                            .skip_while(|c| *c == '{')
                            .take_while(|c| *c != '}')
                            .collect();
                        match u32::from_str_radix(&digits, 16)
                            .ok()
                            .and_then(char::from_u32)
                        {
                            Some(control) => word.push(control),
                            None => return Err(self.invalid("`\\u{…}` names no character")),
                        }
                    }
                    _ => {
                        return Err(self
                            .invalid("after `\\` comes one of `\"`, `\\`, `n`, `r`, `t`, `u{…}`"));
                    }
                },
                other => word.push(other),
            }
        }
        match length {
            Some(length) => {
                self.position += length;
                Ok(Some(word))
            }
            None => Err(self.invalid("a quote is not closed")),
        }
    }

    fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, ParseTypeError> {
        self.skip_space();
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_ascii_digit() && c != '-')
            .unwrap_or(rest.len());
        match rest[..length].parse() {
            Ok(number) => {
                self.position += length;
                Ok(number)
            }
            Err(_) => Err(self.expected(what)),
        }
    }

    fn data_type(&mut self, depth: usize) -> Result<DataType, ParseTypeError> {
        if depth > MAX_NESTING {
            return Err(self.invalid(format!("types nest more than {MAX_NESTING} deep")));
        }
        self.skip_space();
        let start = self.position;
        let rest = self.rest();
        let length = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        if length == 0 {
            return Err(self.expected("a type"));
        }
        let name = rest[..length].to_owned();
        self.position += length;
        Ok(match name.as_str() {
            "null" => DataType::Null,
            "boolean" | "bool" => DataType::Boolean,
            "int8" => DataType::Int8,
            "int16" => DataType::Int16,
            "int32" => DataType::Int32,
            "int64" => DataType::Int64,
            "uint8" => DataType::UInt8,
            "uint16" => DataType::UInt16,
            "uint32" => DataType::UInt32,
            "uint64" => DataType::UInt64,
            "float16" => DataType::Float16,
            "float32" => DataType::Float32,
            "float64" => DataType::Float64,
            "decimal32" => self.decimal(9, DataType::Decimal32)?,
            "decimal64" => self.decimal(18, DataType::Decimal64)?,
            "decimal128" | "decimal" => self.decimal(38, DataType::Decimal128)?,
            "decimal256" => self.decimal(76, DataType::Decimal256)?,
            "date32" | "date" => DataType::Date32,
            "date64" => DataType::Date64,
            "time32" => DataType::Time32(self.unit(&["s", "ms"])?),
            "time64" => DataType::Time64(self.unit(&["us", "ns"])?),
            "timestamp" => self.timestamp()?,
            "duration" => DataType::Duration(self.unit(&["s", "ms", "us", "ns"])?),
            "interval" => DataType::Interval(self.interval_unit()?),
            "utf8" | "string" => DataType::Utf8,
            "large_utf8" => DataType::LargeUtf8,
            "utf8_view" => DataType::Utf8View,
            "binary" => DataType::Binary,
            "large_binary" => DataType::LargeBinary,
            "binary_view" => DataType::BinaryView,
            "fixed_size_binary" => {
                self.require("(")?;
                let size = self.size()?;
                self.require(")")?;
                DataType::FixedSizeBinary(size)
            }
            "list" => DataType::List(self.list_item(depth)?),
            "large_list" => DataType::LargeList(self.list_item(depth)?),
            "list_view" => DataType::ListView(self.list_item(depth)?),
            "large_list_view" => DataType::LargeListView(self.list_item(depth)?),
            "fixed_size_list" => {
                self.require("<")?;
                let item = self.child("item", true, depth)?;
                self.require(",")?;
                let size = self.size()?;
                self.require(">")?;
                DataType::FixedSizeList(Arc::new(item), size)
            }
            "struct" => {
                let mut fields = Vec::new();
                self.require("<")?;
                while !self.accept(">") {
                    if !fields.is_empty() {
                        self.require(",")?;
                    }
                    fields.push(self.named_child(depth)?);
                }
                DataType::Struct(fields.into())
            }
            "map" => self.map(depth)?,
            "sparse_union" => self.union(UnionMode::Sparse, depth)?,
            "dense_union" => self.union(UnionMode::Dense, depth)?,
            "dictionary" => self.dictionary(depth)?,
            "run_end_encoded" => self.run_end_encoded(depth)?,
            _ => return Err(self.error(start, TypeProblem::UnknownType(name))),
        })
    }

    fn decimal(
        &mut self,
        max_precision: u8,
        make: fn(u8, i8) -> DataType,
    ) -> Result<DataType, ParseTypeError> {
        self.require("(")?;
        let precision: u8 = self.number("the precision, a number of digits")?;
        if precision == 0 || precision > max_precision {
            return Err(self.invalid(format!("the precision is 1 to {max_precision}")));
        }
        let scale: i8 = if self.accept(",") {
            self.number("the scale, a number of digits after the point")?
        } else {
            0
        };
        if scale > 0 && scale.unsigned_abs() > precision {
            return Err(self.invalid("the scale is not more than the precision"));
        }
        self.require(")")?;
        Ok(make(precision, scale))
    }

    fn unit_word(&mut self, units: &[&str]) -> Result<TimeUnit, ParseTypeError> {
        let start = self.position;
        let word = self.word(is_name_character)?.unwrap_or_default();
        if !units.contains(&word.as_str()) {
            self.position = start;
            let units: Vec<String> = units.iter().map(|unit| format!("`{unit}`")).collect();
            return Err(self.expected(&format!("a unit, one of {}", units.join(", "))));
        }
        Ok(match word.as_str() {
            "s" => TimeUnit::Second,
            "ms" => TimeUnit::Millisecond,
            "us" => TimeUnit::Microsecond,
            _ => TimeUnit::Nanosecond,
        })
    }

    fn unit(&mut self, units: &[&str]) -> Result<TimeUnit, ParseTypeError> {
        self.require("(")?;
        let unit = self.unit_word(units)?;
        self.require(")")?;
        Ok(unit)
    }

    fn timestamp(&mut self) -> Result<DataType, ParseTypeError> {
        if !self.accept("(") {
            return Ok(DataType::Timestamp(TimeUnit::Microsecond, None));
        }
        let unit = self.unit_word(&["s", "ms", "us", "ns"])?;
        let zone = if self.accept(",") {
            match self.word(is_zone_character)? {
                Some(zone) => Some(zone.into()),
                None => return Err(self.expected("a time zone, such as `UTC` or `Europe/Berlin`")),
            }
        } else {
            None
        };
        self.require(")")?;
        Ok(DataType::Timestamp(unit, zone))
    }

    fn interval_unit(&mut self) -> Result<IntervalUnit, ParseTypeError> {
        self.require("(")?;
        let start = self.position;
        let unit = match self.word(is_name_character)?.as_deref() {
            Some("year_month") => IntervalUnit::YearMonth,
            Some("day_time") => IntervalUnit::DayTime,
            Some("month_day_nano") => IntervalUnit::MonthDayNano,
            _ => {
                self.position = start;
                return Err(
                    self.expected("a unit, one of `year_month`, `day_time`, `month_day_nano`")
                );
            }
        };
        self.require(")")?;
        Ok(unit)
    }

    fn size(&mut self) -> Result<i32, ParseTypeError> {
        let size: i32 = self.number("a size")?;
        if size < 0 {
            return Err(self.invalid("a size is not negative"));
        }
        Ok(size)
    }

    fn list_item(&mut self, depth: usize) -> Result<Arc<Field>, ParseTypeError> {
        self.require("<")?;
        let item = self.child("item", true, depth)?;
        self.require(">")?;
        Ok(Arc::new(item))
    }

    /// `name:`, if that is what comes next.
    fn child_name(&mut self) -> Result<Option<String>, ParseTypeError> {
        let start = self.position;
        match self.word(is_name_character)? {
            Some(name) if self.accept(":") => Ok(Some(name)),
            _ => {
                self.position = start;
                Ok(None)
            }
        }
    }

    fn child_after_name(
        &mut self,
        name: String,
        usually_nullable: bool,
        depth: usize,
    ) -> Result<Field, ParseTypeError> {
        let data_type = self.data_type(depth + 1)?;
        let nullable = if self.accept("not null") {
            false
        } else if self.accept("nullable") {
            true
        } else {
            usually_nullable
        };
        Ok(Field::new(name, data_type, nullable))
    }

    fn child(
        &mut self,
        usual_name: &str,
        usually_nullable: bool,
        depth: usize,
    ) -> Result<Field, ParseTypeError> {
        let name = self.child_name()?.unwrap_or_else(|| usual_name.to_owned());
        self.child_after_name(name, usually_nullable, depth)
    }

    fn named_child(&mut self, depth: usize) -> Result<Field, ParseTypeError> {
        match self.child_name()? {
            Some(name) => self.child_after_name(name, true, depth),
            None => Err(self.expected("a name, a colon and a type, such as `a: int64`")),
        }
    }

    fn map(&mut self, depth: usize) -> Result<DataType, ParseTypeError> {
        self.require("<")?;
        let first = self.child("key", false, depth)?;
        let after_first = self.position;
        let entries = if self.accept(",") && !self.is_sorted_mark() {
            let value = self.child("value", true, depth)?;
            Field::new(
                "entries",
                DataType::Struct(vec![first, value].into()),
                false,
            )
        } else {
            // One child only: the field of the entries, written whole.
            self.position = after_first;
            match first.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => first,
                _ => return Err(self.expected("a comma and the type of the map's values")),
            }
        };
        let sorted = self.accept(",");
        if sorted {
            self.require("sorted")?;
        }
        self.require(">")?;
        Ok(DataType::Map(Arc::new(entries), sorted))
    }

    /// Whether `sorted>` comes next, which is not the name of a value's field.
    fn is_sorted_mark(&self) -> bool {
        self.rest()
            .trim_start()
            .strip_prefix("sorted")
            .is_some_and(|rest| rest.trim_start().starts_with('>'))
    }

    fn union(&mut self, mode: UnionMode, depth: usize) -> Result<DataType, ParseTypeError> {
        let mut ids: Vec<i8> = Vec::new();
        let mut fields = Vec::new();
        self.require("<")?;
        while !self.accept(">") {
            if !fields.is_empty() {
                self.require(",")?;
            }
            let id: i8 = self.number("a type id, a number from 0 to 127")?;
            self.require("=")?;
            fields.push(self.named_child(depth)?);
            ids.push(id);
        }
        let fields =
            UnionFields::try_new(ids, fields).map_err(|error| self.invalid(error.to_string()))?;
        Ok(DataType::Union(fields, mode))
    }

    fn dictionary(&mut self, depth: usize) -> Result<DataType, ParseTypeError> {
        self.require("<")?;
        let keys = self.data_type(depth + 1)?;
        if !keys.is_dictionary_key_type() {
            return Err(self.invalid("the keys of a dictionary are integers"));
        }
        self.require(",")?;
        let values = self.data_type(depth + 1)?;
        self.require(">")?;
        Ok(DataType::Dictionary(Box::new(keys), Box::new(values)))
    }

    fn run_end_encoded(&mut self, depth: usize) -> Result<DataType, ParseTypeError> {
        self.require("<")?;
        let run_ends = self.child("run_ends", false, depth)?;
        if !run_ends.data_type().is_run_ends_type() {
            return Err(self.invalid("run ends are `int16`, `int32` or `int64`"));
        }
        self.require(",")?;
        let values = self.child("values", true, depth)?;
        self.require(">")?;
        Ok(DataType::RunEndEncoded(
            Arc::new(run_ends),
            Arc::new(values),
        ))
    }
}
