use arrow_schema::ArrowError;

/// A schema or an array that is not what the contract says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A field's format string is none of the Arrow C data interface's, or its children do not fit it.
    #[error("field `{field}`: {reason}")]
    Field {
        /// The field's name.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A schema or an array is nested deeper than [`MAX_NESTING`](crate::MAX_NESTING).
    #[error("nested deeper than {} levels", crate::MAX_NESTING)]
    TooDeep,
    /// The number of fields, nodes or buffers is not what the tree needs.
    #[error("expected {expected} {what}, got {got}")]
    Count {
        /// `fields`, `nodes` or `buffers`.
        what: &'static str,
        /// What the tree needs.
        expected: usize,
        /// What there was.
        got: usize,
    },
    /// The values are not valid for their type.
    #[error("{0}")]
    Values(ArrowError),
}

impl From<ArrowError> for LayoutError {
    fn from(error: ArrowError) -> Self {
        Self::Values(error)
    }
}
