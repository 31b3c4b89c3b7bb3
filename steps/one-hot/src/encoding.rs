//! From values to zeros and ones.

use std::sync::Arc;

use stepwell_sdk::prelude::*;
use stepwell_values::Vector;

use crate::categories::{Category, Places};
use crate::{DropRule, Dtype};

/// A column with its categories.
pub(crate) struct EncodedColumn {
    column: InputColumn,
    categories: Vec<Category>,
    places: Places,
    made: Vec<Code>,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Code {
    /// The category at this place.
    Category(usize),
    Null,
    Unknown,
}

impl EncodedColumn {
    pub(crate) fn new(
        column: InputColumn,
        categories: &[Category],
        drop: Option<DropRule>,
        dummy_na: bool,
    ) -> Result<Self, Problems> {
        let places = Places::new(&column, categories)?;
        let n_dropped = match drop {
            Some(DropRule::First) => 1,
            Some(DropRule::IfBinary) if categories.len() == 2 => 1,
            Some(DropRule::IfBinary) | None => 0,
        };
        let mut made: Vec<Code> = (n_dropped..categories.len()).map(Code::Category).collect();
        if dummy_na {
            made.push(Code::Null);
        }
        Ok(Self {
            column,
            categories: categories.to_vec(),
            places,
            made,
        })
    }

    pub(crate) fn column(&self) -> &InputColumn {
        &self.column
    }

    /// What each of the new columns stands for.
    pub(crate) fn made_codes(&self) -> &[Code] {
        &self.made
    }

    /// The names of the new columns.
    pub(crate) fn names(&self, separator: &str) -> Vec<String> {
        let name = |code: &Code| match code {
            Code::Category(place) => format!(
                "{}{separator}{}",
                self.column.name(),
                self.categories[*place]
            ),
            Code::Null | Code::Unknown => format!("{}{separator}null", self.column.name()),
        };
        self.made.iter().map(name).collect()
    }

    /// What each value is.
    pub(crate) fn codes(&self, array: &dyn Array) -> Result<Vec<Code>, StepError> {
        fn code<V>(value: Option<V>, place: impl Fn(V) -> Option<usize>) -> Code {
            match value {
                None => Code::Null,
                Some(value) => place(value).map_or(Code::Unknown, Code::Category),
            }
        }
        let places = &self.places;
        Ok(match self.vector(array)? {
            Vector::Boolean(values) => values
                .iter()
                .map(|value| code(value, |value| places.booleans.get(&value).copied()))
                .collect(),
            Vector::Integer(values) => values
                .iter()
                .map(|value| code(value, |value| places.integers.get(&value).copied()))
                .collect(),
            Vector::Text(values) => values
                .iter()
                .map(|value| code(value, |value| places.texts.get(value).copied()))
                .collect(),
            // `open` has refused columns of other kinds.
            other => (0..other.len()).map(|_| Code::Unknown).collect(),
        })
    }

    /// The error that says that a value is not among the categories.
    pub(crate) fn unknown(&self, array: &dyn Array, row: usize) -> StepError {
        let value = match self.vector(array) {
            Err(error) => return error,
            Ok(Vector::Boolean(values)) => values.value(row).to_string(),
            Ok(Vector::Integer(values)) => values.value(row).to_string(),
            Ok(Vector::Text(values)) => values.value(row).to_owned(),
            Ok(other) => other.kind().to_string(),
        };
        let message = format!(
            "column `{}` has the value `{value}`, which is not among its categories",
            self.column.name()
        );
        StepError::data("unknown_category", message)
            .with_hint("`handle_unknown = \"ignore\"` makes it 0 in all columns, `\"reject\"` puts such rows aside")
    }

    fn vector(&self, array: &dyn Array) -> Result<Vector, StepError> {
        Vector::read(array).map_err(|error| {
            StepError::data(
                error.code(),
                format!("column `{}`: {error}", self.column.name()),
            )
        })
    }
}

impl Dtype {
    pub(crate) fn data_type(self) -> DataType {
        match self {
            Self::Uint8 => DataType::UInt8,
            Self::Int64 => DataType::Int64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Boolean => DataType::Boolean,
        }
    }

    pub(crate) fn array(self, values: impl Iterator<Item = bool>) -> ArrayRef {
        let values = values.map(u8::from);
        match self {
            Self::Uint8 => Arc::new(UInt8Array::from_iter_values(values)),
            Self::Int64 => Arc::new(Int64Array::from_iter_values(values.map(i64::from))),
            Self::Float32 => Arc::new(Float32Array::from_iter_values(values.map(f32::from))),
            Self::Float64 => Arc::new(Float64Array::from_iter_values(values.map(f64::from))),
            Self::Boolean => Arc::new(
                values
                    .map(|value| Some(value == 1))
                    .collect::<BooleanArray>(),
            ),
        }
    }
}
