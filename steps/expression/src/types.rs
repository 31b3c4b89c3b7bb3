//! The types of an expression's parts.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, TimeUnit};
use stepwell_values::{Kind, fixed_offset};

/// The type of a part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// Always null, which fits any type.
    Null,
    /// Values of a kind; of timestamps, those without a time zone.
    Plain(Kind),
    /// Timestamps with a time zone.
    Zoned(Arc<str>),
}

impl Type {
    pub(crate) const BOOLEAN: Self = Self::Plain(Kind::Boolean);
    pub(crate) const INTEGER: Self = Self::Plain(Kind::Integer);
    pub(crate) const FLOAT: Self = Self::Plain(Kind::Float);
    pub(crate) const TEXT: Self = Self::Plain(Kind::Text);
    pub(crate) const DATE: Self = Self::Plain(Kind::Date);
    pub(crate) const TIMESTAMP: Self = Self::Plain(Kind::Timestamp);

    /// The type that columns of an Arrow type are computed as, if they can be.
    pub(crate) fn of_column(data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Null => Some(Self::Null),
            DataType::Timestamp(_, Some(zone)) => Some(Self::Zoned(zone.clone())),
            DataType::Dictionary(_, values) => Self::of_column(values),
            other => Kind::of(other).map(Self::Plain),
        }
    }

    /// The kind of the values; `None` for null.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Null => None,
            Self::Plain(kind) => Some(*kind),
            Self::Zoned(_) => Some(Kind::Timestamp),
        }
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Plain(kind) if kind.is_number())
    }

    /// The Arrow type of a result; `None` for null.
    pub(crate) fn data_type(&self) -> Option<DataType> {
        match self {
            Self::Null => None,
            Self::Plain(kind) => Some(kind.data_type()),
            Self::Zoned(zone) => Some(DataType::Timestamp(
                TimeUnit::Microsecond,
                Some(zone.clone()),
            )),
        }
    }

    /// The time zone of timestamps that have one.
    pub(crate) fn time_zone(&self) -> Option<Arc<str>> {
        match self {
            Self::Zoned(zone) => Some(zone.clone()),
            Self::Null | Self::Plain(_) => None,
        }
    }

    /// What local time is ahead of the values, in microseconds; the zone if its clock is not known here.
    pub(crate) fn local_offset(&self) -> Result<i64, Arc<str>> {
        match self {
            Self::Zoned(zone) => fixed_offset(zone)
                .map(|seconds| i64::from(seconds) * 1_000_000)
                .ok_or_else(|| zone.clone()),
            Self::Null | Self::Plain(_) => Ok(0),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => formatter.write_str("null"),
            Self::Plain(kind) => formatter.write_str(kind.description()),
            Self::Zoned(zone) => write!(formatter, "a timestamp in the zone `{zone}`"),
        }
    }
}

/// The names of types in `cast`, each type's usual one first.
const TYPE_NAMES: [(&str, Kind); 20] = [
    ("boolean", Kind::Boolean),
    ("integer", Kind::Integer),
    ("double", Kind::Float),
    ("text", Kind::Text),
    ("date", Kind::Date),
    ("timestamp", Kind::Timestamp),
    ("bool", Kind::Boolean),
    ("int", Kind::Integer),
    ("bigint", Kind::Integer),
    ("int64", Kind::Integer),
    ("long", Kind::Integer),
    ("float", Kind::Float),
    ("float64", Kind::Float),
    ("real", Kind::Float),
    ("varchar", Kind::Text),
    ("string", Kind::Text),
    ("utf8", Kind::Text),
    ("date32", Kind::Date),
    ("datetime", Kind::Timestamp),
    ("timestamptz", Kind::Timestamp),
];

/// How many of the names are shown to who writes another.
const USUAL_NAMES: usize = 6;

/// The type that a name stands for in `cast`.
pub(crate) fn named_type(name: &str) -> Option<Type> {
    TYPE_NAMES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(known, kind)| match *known {
            "timestamptz" => Type::Zoned("UTC".into()),
            _ => Type::Plain(*kind),
        })
}

/// The types' usual names.
pub(crate) fn type_names() -> Vec<String> {
    TYPE_NAMES[..USUAL_NAMES]
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect()
}
