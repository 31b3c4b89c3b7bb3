//! The kinds of values.

use std::fmt;

use arrow_schema::{DataType, TimeUnit};

/// A kind of values that the standard steps compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// True or false.
    Boolean,
    /// Whole numbers, of 64 bits.
    Integer,
    /// Floating-point numbers, of 64 bits.
    Float,
    /// UTF-8 text.
    Text,
    /// Days of the calendar.
    Date,
    /// Moments, in microseconds; in UTC where the column has a time zone.
    Timestamp,
}

impl Kind {
    /// The kind that columns of a type are read as; `None` for types that cannot be computed with.
    ///
    /// Decimals are read as floating-point numbers, dictionaries as their values.
    pub fn of(data_type: &DataType) -> Option<Self> {
        use DataType::*;
        match data_type {
            Boolean => Some(Self::Boolean),
            Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 => Some(Self::Integer),
            Float16 | Float32 | Float64 | Decimal32(..) | Decimal64(..) | Decimal128(..) => {
                Some(Self::Float)
            }
            Utf8 | LargeUtf8 | Utf8View => Some(Self::Text),
            Date32 | Date64 => Some(Self::Date),
            Timestamp(_, _) => Some(Self::Timestamp),
            Dictionary(_, values) => Self::of(values),
            _ => None,
        }
    }

    /// Whether values of the kind are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Float)
    }

    /// The Arrow type of a vector of the kind; of timestamps, the one without a time zone.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::Text => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        }
    }

    /// What values of the kind are, in words: `a number`, `text`.
    pub fn description(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::Float => "a number",
            Self::Text => "text",
            Self::Date => "a date",
            Self::Timestamp => "a timestamp",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Text => "text",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
        })
    }
}
