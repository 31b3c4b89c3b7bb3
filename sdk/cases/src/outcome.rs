//! What came, or should have come, of running a step.

use arrow_array::RecordBatch;

/// What came of running a step on the inputs of a case, or what is expected to.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The step ran to its end.
    Output {
        /// Output ports by name, in the order of the step's description, each with all that was
        /// emitted there as one table (with no rows where nothing was emitted).
        tables: Vec<(String, RecordBatch)>,
        /// The refused rows.
        rejected: Vec<RejectedRows>,
    },
    /// The step did not open, or failed.
    Error {
        /// What it said, at least one.
        problems: Vec<Problem>,
    },
}

/// Rows that a step refused for one reason.
#[derive(Debug, Clone, PartialEq)]
pub struct RejectedRows {
    /// The input port that the rows came from.
    pub port: String,
    /// A short, stable word, such as `not_a_date`.
    pub code: String,
    /// The reason, for people.
    pub reason: String,
    /// The rows, with all columns of the input.
    pub rows: RecordBatch,
}

/// Something that a step found wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A short, stable word, such as `missing_column`.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
}
