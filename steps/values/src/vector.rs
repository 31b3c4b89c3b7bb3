//! Values of one kind.

use std::sync::Arc;

use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow_buffer::NullBuffer;

use crate::{Kind, ValuesError};

/// Values of one kind, any of them null.
#[derive(Debug, Clone, PartialEq)]
pub enum Vector {
    /// True or false.
    Boolean(BooleanArray),
    /// Whole numbers.
    Integer(Int64Array),
    /// Floating-point numbers.
    Float(Float64Array),
    /// UTF-8 text.
    Text(StringArray),
    /// Days since 1970-01-01.
    Date(Date32Array),
    /// Microseconds since 1970-01-01, without a time zone.
    Timestamp(TimestampMicrosecondArray),
}

impl Vector {
    /// The values of a column, as the kind that [`Kind::of`] gives for its type.
    ///
    /// Moments are rounded down to microseconds, decimals to the nearest floating-point number.
    ///
    /// # Errors
    /// [`ValuesError::UnsupportedType`], and [`ValuesError::OutOfRange`] where an unsigned integer or a
    /// moment does not fit 64 bits.
    pub fn read(array: &dyn Array) -> Result<Self, ValuesError> {
        crate::read::read(array)
    }

    /// The kind of the values.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Boolean(_) => Kind::Boolean,
            Self::Integer(_) => Kind::Integer,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
            Self::Date(_) => Kind::Date,
            Self::Timestamp(_) => Kind::Timestamp,
        }
    }

    /// The values as an array, of [`Kind::data_type`].
    pub fn as_array(&self) -> &dyn Array {
        match self {
            Self::Boolean(array) => array,
            Self::Integer(array) => array,
            Self::Float(array) => array,
            Self::Text(array) => array,
            Self::Date(array) => array,
            Self::Timestamp(array) => array,
        }
    }

    /// The values as an array; timestamps get the time zone, if there is one.
    pub fn into_array(self, time_zone: Option<Arc<str>>) -> ArrayRef {
        match self {
            Self::Boolean(array) => Arc::new(array),
            Self::Integer(array) => Arc::new(array),
            Self::Float(array) => Arc::new(array),
            Self::Text(array) => Arc::new(array),
            Self::Date(array) => Arc::new(array),
            Self::Timestamp(array) => Arc::new(array.with_timezone_opt(time_zone)),
        }
    }

    /// How many values there are, nulls included.
    pub fn len(&self) -> usize {
        self.as_array().len()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Which values are null.
    pub fn nulls(&self) -> Option<&NullBuffer> {
        self.as_array().nulls()
    }

    /// Whether the value at a row is null.
    pub fn is_null(&self, row: usize) -> bool {
        self.as_array().is_null(row)
    }

    /// The values at these rows, in this order.
    pub fn gather(&self, rows: &[u32]) -> Self {
        self.gather_optional(rows.iter().map(|row| Some(*row as usize)))
    }

    /// The values at these rows, in this order; null for `None`.
    pub fn gather_optional(&self, rows: impl Iterator<Item = Option<usize>>) -> Self {
        macro_rules! gathered {
            ($array:expr) => {
                rows.map(|row| {
                    row.filter(|row| $array.is_valid(*row))
                        .map(|row| $array.value(row))
                })
                .collect()
            };
        }
        match self {
            Self::Boolean(array) => Self::Boolean(gathered!(array)),
            Self::Integer(array) => Self::Integer(gathered!(array)),
            Self::Float(array) => Self::Float(gathered!(array)),
            Self::Text(array) => Self::Text(gathered!(array)),
            Self::Date(array) => Self::Date(gathered!(array)),
            Self::Timestamp(array) => Self::Timestamp(gathered!(array)),
        }
    }

    /// That many nulls.
    pub fn nulls_of(kind: Kind, len: usize) -> Self {
        match kind {
            Kind::Boolean => Self::Boolean(BooleanArray::new_null(len)),
            Kind::Integer => Self::Integer(Int64Array::new_null(len)),
            Kind::Float => Self::Float(Float64Array::new_null(len)),
            Kind::Text => Self::Text(StringArray::new_null(len)),
            Kind::Date => Self::Date(Date32Array::new_null(len)),
            Kind::Timestamp => Self::Timestamp(TimestampMicrosecondArray::new_null(len)),
        }
    }
}

macro_rules! from_arrays {
    ($($array:ty => $variant:ident;)*) => {$(
        impl From<$array> for Vector {
            fn from(array: $array) -> Self {
                Self::$variant(array)
            }
        }
    )*};
}

from_arrays! {
    BooleanArray => Boolean;
    Int64Array => Integer;
    Float64Array => Float;
    StringArray => Text;
    Date32Array => Date;
}

impl From<TimestampMicrosecondArray> for Vector {
    fn from(array: TimestampMicrosecondArray) -> Self {
        Self::Timestamp(without_time_zone(array))
    }
}

/// The zone is part of the column's type, which whoever computes knows already.
pub(crate) fn without_time_zone(
    array: arrow_array::PrimitiveArray<TimestampMicrosecondType>,
) -> TimestampMicrosecondArray {
    array.with_timezone_opt::<Arc<str>>(None)
}
