//! Groups rows and aggregates columns.

mod accumulator;
mod function;

use std::collections::HashMap;

use accumulator::Accumulator;
use function::{Aggregation, Function};
use stepwell_sdk::prelude::*;
use stepwell_values::{Named, RowKeys, Vector, pointer};

/// How rows are grouped, and what is computed of each group.
#[parameters]
struct Parameters {
    /// The columns to group by. Without any all rows are one group.
    #[serde(default)]
    by: Vec<String>,
    /// What to compute, by the name of the new column: `columns = { customers = "count", charges = "sum(total_charges)" }`.
    /// Functions are `count`, `sum`, `mean`, `median`, `min`, `max`, `std`, `var`, `first`, `last` and `n_unique`.
    columns: Named<String>,
    /// The order of the groups.
    #[serde(default)]
    order: Order,
}

/// The order of the groups.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
enum Order {
    /// As they come first in the input.
    #[default]
    Appearance,
    /// By their values, ascending, nulls last.
    Sorted,
}

/// Groups rows and aggregates columns.
///
/// Nulls (of floating-point numbers, NaN too) do not count in any function but `count` without a column, which counts
/// rows; null is a group of its own. The sum of no values is 0, the mean and all others of none are null. Sums of whole
/// numbers are exact, and an error where they do not fit 64 bits. `std` and `var` are those of a sample (they divide by
/// n - 1). One row is given for each group, at the end of the input.
#[step(name = "aggregate")]
struct Aggregate {
    by: Vec<InputColumn>,
    aggregations: Vec<Aggregation>,
    keys: RowKeys,
    order: Order,
    groups: HashMap<Box<[u8]>, usize>,
    /// The groups' keys in the order of appearance.
    group_keys: Vec<Box<[u8]>>,
    /// For each aggregation its value of each group.
    values: Vec<Vec<Accumulator>>,
}

impl Step for Aggregate {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        if parameters.columns.is_empty() && parameters.by.is_empty() {
            problems.push(StepError::new(
                "no_columns",
                "neither `by` nor `columns` names a column",
            ));
        }
        let by = inputs.listed(&parameters.by, "/by", &mut problems);
        let keys =
            RowKeys::new(by.iter().map(InputColumn::data_type)).map_err(|(position, error)| {
                let message = format!("column `{}`: {error}", by[position].name());
                StepError::new(error.code(), message).at_parameter(format!("/by/{position}"))
            });
        let keys = problems.check(keys);
        if parameters.order == Order::Sorted {
            for column in &by {
                if stepwell_values::Kind::of(column.data_type()).is_none() {
                    let error = column
                        .wrong_type("of a type that can be sorted")
                        .at_parameter("/order");
                    problems.push(error);
                }
            }
        }
        let mut aggregations = Vec::new();
        for (name, text) in &parameters.columns {
            let place = pointer(["columns", name]);
            if parameters.by.contains(name) {
                let message = format!("column `{name}` is grouped by and computed");
                problems.push(StepError::new("duplicate_column", message).at_parameter(&place));
                continue;
            }
            let aggregation = Function::parse(text)
                .and_then(|(function, column)| Aggregation::new(name, function, column, inputs));
            aggregations.extend(problems.check(aggregation.at_parameter(&place)));
        }
        problems.into_result()?;
        let Some(keys) = keys else {
            return Err(Problems::new());
        };
        plan.stateful();
        plan.reads_each(&by);
        for (column, data_type) in by.iter().zip(keys.data_types()) {
            plan.make(
                column
                    .field()
                    .as_ref()
                    .clone()
                    .with_data_type(data_type.clone()),
            );
        }
        for aggregation in &aggregations {
            if let Some(column) = &aggregation.column {
                plan.reads(column);
            }
            plan.make(aggregation.field());
        }
        let values = aggregations.iter().map(|_| Vec::new()).collect();
        let mut step = Self {
            by,
            aggregations,
            keys,
            order: parameters.order,
            groups: HashMap::new(),
            group_keys: Vec::new(),
            values,
        };
        if step.by.is_empty() {
            // All rows are one group, even if there are none.
            step.group(&[]);
        }
        Ok(step)
    }

    fn process(&mut self, batch: Batch, _: &mut Output) -> Result<(), StepError> {
        let encoded = self.keys.encode(batch.rows(), &batch.arrays(&self.by)?);
        let groups: Vec<usize> = encoded.iter().map(|key| self.group(key)).collect();
        for (aggregation, values) in self.aggregations.iter().zip(&mut self.values) {
            let array = aggregation
                .column
                .as_ref()
                .map(|column| batch.array(column))
                .transpose()?;
            accumulator::accumulate(aggregation, array.as_ref(), &groups, values)?;
        }
        Ok(())
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        let order = self.group_order()?;
        let keys = order.iter().map(|group| self.group_keys[*group].as_ref());
        let mut made = self.keys.decode(keys);
        for (aggregation, values) in self.aggregations.iter().zip(&mut self.values) {
            let values = order.iter().map(|group| values[*group].take());
            made.push(aggregation.array(values.collect())?);
        }
        if order.is_empty() {
            Ok(())
        } else {
            output.emit_made(made)
        }
    }
}

impl Aggregate {
    /// The number of the group of this key.
    fn group(&mut self, key: &[u8]) -> usize {
        if let Some(group) = self.groups.get(key) {
            return *group;
        }
        let group = self.group_keys.len();
        self.groups.insert(key.into(), group);
        self.group_keys.push(key.into());
        for (aggregation, values) in self.aggregations.iter().zip(&mut self.values) {
            values.push(aggregation.function.accumulator());
        }
        group
    }

    fn group_order(&self) -> Result<Vec<usize>, StepError> {
        let mut order: Vec<usize> = (0..self.group_keys.len()).collect();
        if self.order == Order::Appearance {
            return Ok(order);
        }
        let columns = self.keys.decode(self.group_keys.iter().map(AsRef::as_ref));
        let vectors = columns
            .iter()
            .map(|column| Vector::read(column.as_ref()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| StepError::data(error.code(), error.to_string()))?;
        order.sort_by(|left, right| {
            vectors
                .iter()
                .map(|vector| vector.compare_rows(*left, *right))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        Ok(order)
    }
}
