//! What can be wrong with a column's values.

use arrow_schema::DataType;
use stepwell_layout::type_name;

/// What can be wrong with a column's values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValuesError {
    /// The type is none that the standard steps compute with.
    #[error("values of the type `{}` cannot be computed with", type_name(.data_type))]
    UnsupportedType {
        /// The column's type.
        data_type: DataType,
    },
    /// Rows cannot be told apart by a column of this type.
    #[error("rows cannot be compared by values of the type `{}`", type_name(.data_type))]
    UnsupportedKey {
        /// The column's type.
        data_type: DataType,
    },
    /// A value does not fit the kind that the column is read as.
    #[error("`{value}` does not fit {expected}")]
    OutOfRange {
        /// The value.
        value: String,
        /// What it should fit, in words, such as `a 64-bit integer`.
        expected: &'static str,
    },
}

impl ValuesError {
    /// A short, stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedType { .. } | Self::UnsupportedKey { .. } => "unsupported_type",
            Self::OutOfRange { .. } => "out_of_range",
        }
    }
}
