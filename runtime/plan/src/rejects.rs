//! What becomes of rows that a step refuses or fails on, as a pipeline file says it.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::grants::{Grants, HttpGrant};
use crate::step::{Mode, Opened};

/// What the table of rejected rows is called where sinks are called by their names.
pub const REJECTS_NAME: &str = "pipeline.rejects";

/// What becomes of rows that a step fails on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnError {
    /// The run ends, and no output is changed.
    #[default]
    Fail,
    /// The whole batch is rejected; how many rows that are depends on `batch_rows`.
    RejectBatch,
    /// The rows that the step fails on are searched for and rejected, the others go on. The step must treat each
    /// row alone.
    RejectRows,
}

impl fmt::Display for OnError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Fail => "fail",
            Self::RejectBatch => "reject-batch",
            Self::RejectRows => "reject-rows",
        })
    }
}

/// Why a batch cannot be given to a step again after it has failed on it; `None`: it can.
pub(crate) fn why_not_again(opened: &Opened, grants: &Grants) -> Option<&'static str> {
    let changes_hosts = |grant: &HttpGrant| {
        let only_reads = |method: &String| matches!(method.as_str(), "GET" | "HEAD");
        !grant.methods.iter().all(only_reads)
    };
    if opened.mode == Mode::Stateful {
        Some("it keeps state from batch to batch, which is lost when it fails")
    } else if grants.random {
        Some("it may draw random numbers, which would be others the second time")
    } else if grants.writes() {
        Some("it may write files, and would write a second time")
    } else if grants.http.iter().any(changes_hosts) {
        Some("it may change something on another host, and would do so a second time")
    } else {
        None
    }
}

/// How many rows may be rejected before a run ends with an error. Displayed as a person would write it: `100 rows`,
/// `1 %`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MaxRejects {
    /// So many rows.
    Rows(u64),
    /// A share of the rows that come in, in percent from 0 to 100. It is compared when all rows have been counted.
    Percent(f64),
}

impl MaxRejects {
    /// Whether `n_rejected` rows of `n_rows` are more than may be.
    #[must_use]
    pub fn is_exceeded(self, n_rejected: u64, n_rows: u64) -> bool {
        match self {
            Self::Rows(most) => n_rejected > most,
            Self::Percent(most) => n_rejected as f64 * 100.0 > most * n_rows as f64,
        }
    }

    /// Whether so many rejected rows are more than may be, however many rows come in.
    #[must_use]
    pub fn is_exceeded_already(self, n_rejected: u64) -> bool {
        matches!(self, Self::Rows(most) if n_rejected > most)
    }
}

impl fmt::Display for MaxRejects {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows(1) => formatter.write_str("1 row"),
            Self::Rows(rows) => write!(formatter, "{rows} rows"),
            Self::Percent(percent) => write!(formatter, "{percent} %"),
        }
    }
}

/// The schema of the table of rejected rows.
///
/// | column | what it holds |
/// |---|---|
/// | `step` | the step that refused the row, or failed on it |
/// | `code` | the short word that the step gave, or the code of the failure |
/// | `reason` | the reason for people |
/// | `source` | the source that the row came from; null where a step made it |
/// | `file` | the file of that source |
/// | `row` | the row's number in the file, from 1; the header of a CSV file does not count |
/// | `original` | the row as the source gave it, a JSON object |
/// | `seen` | the row as the step got it, a JSON object |
///
/// Rows of different steps have different columns, so that the rows themselves are JSON texts: these go into every
/// format of a sink, and both pandas and DuckDB take them apart.
#[must_use]
pub fn rejects_schema() -> SchemaRef {
    let text = |name: &str, nullable| Field::new(name, DataType::Utf8, nullable);
    Arc::new(Schema::new(vec![
        text("step", false),
        text("code", false),
        text("reason", false),
        text("source", true),
        text("file", true),
        Field::new("row", DataType::UInt64, true),
        text("original", true),
        text("seen", false),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_exceeded_by_one_row_more_than_it_says() {
        let check = |most: MaxRejects, n_rejected, n_rows, expect| {
            let found = most.is_exceeded(n_rejected, n_rows);
            assert_eq!(found, expect, "{most}: {n_rejected} of {n_rows}");
        };
        check(MaxRejects::Rows(0), 0, 0, false);
        check(MaxRejects::Rows(0), 1, 1_000, true);
        check(MaxRejects::Rows(3), 3, 3, false);
        check(MaxRejects::Percent(1.0), 3, 300, false);
        check(MaxRejects::Percent(1.0), 3, 299, true);
        check(MaxRejects::Percent(0.1), 1, 1_000, false);
        check(MaxRejects::Percent(0.0), 0, 0, false);
        check(MaxRejects::Percent(100.0), 5, 5, false);
    }
}
