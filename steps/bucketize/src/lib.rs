//! The standard step `bucketize`: sorts numbers into buckets between edges.

mod buckets;

use std::sync::Arc;

use stepwell_sdk::prelude::*;
use stepwell_values::{Kind, read_floats};

use crate::buckets::{Bucket, Buckets};

/// The buckets of a column.
#[parameters]
struct Parameters {
    /// The column of numbers.
    column: String,
    /// Where one bucket ends and the next begins, in ascending order.
    edges: Vec<f64>,
    /// The buckets' names, from the lowest on. By default, their intervals, such as `(18, 65]`; with `false`, their
    /// numbers, from 0 on.
    #[serde(default)]
    labels: Option<Labels>,
    /// Whether a number that is an edge belongs to the bucket below it, `(18, 65]`, or else to the one above it,
    /// `[18, 65)`.
    #[serde(default = "yes")]
    right: bool,
    /// What becomes of numbers below the first and above the last edge.
    #[serde(default)]
    outside: Outside,
    /// The name of the new column. By default, the column itself is replaced.
    output: Option<String>,
}

/// Names, or whether there are any.
#[parameters]
#[serde(untagged)]
enum Labels {
    /// Intervals if true, numbers if false.
    Intervals(bool),
    /// One name for each bucket.
    Names(Vec<String>),
}

/// What becomes of numbers below the first and above the last edge.
#[parameters]
#[derive(Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Outside {
    /// They are in buckets of their own, one below the first edge and one above the last.
    #[default]
    Bucket,
    /// Null.
    Null,
    /// The row is rejected.
    Reject,
}

fn yes() -> bool {
    true
}

/// Sorts numbers into buckets between edges.
///
/// As `cut` of pandas, Polars and R. With edges 18 and 65 there are three buckets: up to 18, over 18 up to 65, over
/// 65. With `right = false` an edge belongs to the bucket above it: below 18, 18 and over, 65 and over. With
/// `outside = "null"` there are only the buckets between the edges, here one, with both of its ends.
///
/// Null and NaN are in no bucket: they become null.
///
/// ```toml
/// [steps.risk]
/// uses  = "std/bucketize"
/// input = "scores"
/// with  = { column = "probability", edges = [0.3, 0.6], labels = ["low", "medium", "high"], output = "risk" }
/// ```
#[step(name = "bucketize")]
struct Bucketize {
    column: InputColumn,
    buckets: Buckets,
    /// None: the buckets' numbers.
    labels: Option<Vec<String>>,
    outside: Outside,
    reason: String,
}

impl Step for Bucketize {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let Parameters {
            column,
            edges,
            labels,
            right,
            outside,
            output,
        } = parameters;
        let mut problems = Problems::new();
        let column = problems.check(number_column(inputs, &column).at_parameter("/column"));
        let buckets = problems.check(Buckets::new(edges, right, outside == Outside::Bucket));
        let labels = match (labels, &buckets) {
            (Some(Labels::Intervals(false)), _) | (_, None) => None,
            (None | Some(Labels::Intervals(true)), Some(buckets)) => Some(buckets.intervals()),
            (Some(Labels::Names(names)), Some(buckets)) => {
                problems.check(check_labels(&names, buckets));
                Some(names)
            }
        };
        let (Some(column), Some(buckets)) = (column, buckets) else {
            return Err(problems);
        };
        problems.into_result()?;
        plan.reads(&column);
        plan.pass_all();
        let data_type = if labels.is_some() {
            DataType::Utf8
        } else {
            DataType::Int64
        };
        let may_be_nan = Kind::of(column.data_type()) == Some(Kind::Float);
        let nullable = column.field().is_nullable() || may_be_nan || outside == Outside::Null;
        plan.make_or_replace(Field::new(
            output.as_deref().unwrap_or(column.name()),
            data_type,
            nullable,
        ));
        let reason = format!(
            "`{}` is not between the first and the last edge",
            column.name()
        );
        Ok(Self {
            column,
            buckets,
            labels,
            outside,
            reason,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let values = batch.array(&self.column)?;
        let values = read_floats(values.as_ref())
            .map_err(|error| StepError::data(error.code(), error.to_string()))?;
        let found: Vec<Option<Bucket>> = values
            .iter()
            .map(|value| {
                value
                    .filter(|value| !value.is_nan())
                    .map(|value| self.buckets.find(value))
            })
            .collect();
        let is_refused = |bucket: &Option<Bucket>| {
            self.outside == Outside::Reject && *bucket == Some(Bucket::Outside)
        };
        let kept = found
            .iter()
            .filter(|bucket| !is_refused(bucket))
            .map(|bucket| match bucket {
                Some(Bucket::Number(number)) => Some(*number),
                Some(Bucket::Outside) | None => None,
            });
        let made: ArrayRef = match &self.labels {
            Some(labels) => Arc::new(
                kept.map(|number| Some(labels[number?].as_str()))
                    .collect::<StringArray>(),
            ),
            // A step has no room for more edges than fit.
            None => Arc::new(
                kept.map(|number| Some(number? as i64))
                    .collect::<Int64Array>(),
            ),
        };
        if made.len() == batch.rows() {
            return output.emit(&batch, columns![made]);
        }
        let refused: BooleanArray = found
            .iter()
            .map(|bucket| Some(is_refused(bucket)))
            .collect();
        output.reject(&batch, &refused, "outside", &self.reason)?;
        let kept: BooleanArray = found
            .iter()
            .map(|bucket| Some(!is_refused(bucket)))
            .collect();
        output.filter(&batch, &kept, columns![made])
    }
}

fn number_column(inputs: &Inputs, name: &str) -> Result<InputColumn, StepError> {
    let column = inputs.column(name)?;
    match Kind::of(column.data_type()) {
        Some(kind) if kind.is_number() => Ok(column),
        _ => Err(column.wrong_type("a number")),
    }
}

fn check_labels(labels: &[String], buckets: &Buckets) -> Result<(), StepError> {
    if labels.len() == buckets.count() {
        return Ok(());
    }
    let intervals: Vec<String> = buckets
        .intervals()
        .iter()
        .map(|interval| format!("`{interval}`"))
        .collect();
    let problem = StepError::new(
        "wrong_labels",
        format!(
            "{} labels for {} buckets: {}",
            labels.len(),
            buckets.count(),
            intervals.join(", ")
        ),
    );
    let problem = problem.at_parameter("/labels");
    Err(if labels.len() + 2 == buckets.count() {
        problem.with_hint("with `outside = \"null\"` or `\"reject\"` there are only the buckets between the edges")
    } else {
        problem
    })
}
