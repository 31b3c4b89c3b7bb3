//! Fills missing values with a constant or a statistic.

mod filling;

use filling::{Filler, Statistic, filled, with_carried};
use stepwell_sdk::prelude::*;
use stepwell_sdk::serde_json::Value;
use stepwell_sdk::type_name;
use stepwell_values::{Kind, Named, cells, convert, is_convertible, missing, pointer};

/// What missing values are filled with.
#[parameters]
struct Parameters {
    /// Columns to fill with the strategy.
    #[serde(default)]
    columns: Vec<String>,
    /// What they are filled with.
    #[serde(default)]
    strategy: Strategy,
    /// The value of the strategy `constant`.
    #[serde(default)]
    fill_value: Option<Value>,
    /// Values by column, for columns that are each filled with their own, such as statistics of an earlier run:
    /// `values = { tenure = 29, contract = "none" }`.
    #[serde(default)]
    values: Named<Value>,
}

/// What missing values are filled with.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
enum Strategy {
    /// The mean of the column. Whole numbers become `float64`.
    #[default]
    Mean,
    /// The median of the column. Whole numbers become `float64`.
    Median,
    /// The value that the column has most often; of several, the one that comes first.
    MostFrequent,
    /// The value of the row before.
    Forward,
    /// `fill_value`.
    Constant,
}

/// Fills missing values with a constant or a statistic.
///
/// Missing are nulls, and NaN in columns of floating-point numbers. The strategies `mean`, `median` and
/// `most_frequent` are computed of the whole input first: the step keeps its batches (in the host) until
/// it has seen all. `constant` and `values` need no other row. A column without any value stays as it is.
#[step(name = "impute")]
struct Impute {
    fillers: Vec<Filler>,
    /// Batches that wait for statistics.
    batches: Vec<Batch>,
    waits: bool,
}

impl Step for Impute {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        if parameters.columns.is_empty() && parameters.values.is_empty() {
            problems.push(StepError::new(
                "no_columns",
                "neither `columns` nor `values` names a column to fill",
            ));
        }
        if parameters.strategy == Strategy::Constant && parameters.fill_value.is_none() {
            problems.push(
                StepError::new(
                    "no_fill_value",
                    "the strategy `constant` needs a `fill_value`",
                )
                .at_parameter("/strategy"),
            );
        }
        if parameters.strategy != Strategy::Constant && parameters.fill_value.is_some() {
            problems.push(
                StepError::new(
                    "unused_fill_value",
                    "`fill_value` is used by the strategy `constant` only",
                )
                .at_parameter("/fill_value")
                .with_hint("set `strategy = \"constant\"`"),
            );
        }
        let mut fillers: Vec<Filler> = Vec::new();
        for (position, name) in parameters.columns.iter().enumerate() {
            let place = format!("/columns/{position}");
            let Some(column) = problems.check(inputs.column(name).at_parameter(&place)) else {
                continue;
            };
            if parameters.values.contains_key(name)
                || fillers.iter().any(|filler| filler.column == column)
            {
                problems.push(twice(name).at_parameter(&place));
                continue;
            }
            let filler = match (parameters.strategy, &parameters.fill_value) {
                (Strategy::Constant, None) => continue,
                (Strategy::Constant, Some(value)) => {
                    constant(column, value).at_parameter("/fill_value")
                }
                (strategy, _) => strategy_filler(column, strategy).at_parameter(&place),
            };
            fillers.extend(problems.check(filler));
        }
        for (name, value) in &parameters.values {
            let place = pointer(["values", name]);
            let column = inputs.column(name).at_parameter(&place);
            let filler = column.and_then(|column| constant(column, value).at_parameter(&place));
            fillers.extend(problems.check(filler));
        }
        problems.into_result()?;
        plan.pass_all();
        for filler in &fillers {
            plan.reads(&filler.column);
            plan.replace(filler.column.name(), filler.field());
        }
        let waits = fillers.iter().any(Filler::waits);
        if waits
            || fillers
                .iter()
                .any(|filler| matches!(filler.statistic, Statistic::Forward(_)))
        {
            plan.stateful();
        }
        Ok(Self {
            fillers,
            batches: Vec::new(),
            waits,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        if !self.waits {
            return emit(&mut self.fillers, &batch, output);
        }
        for filler in &mut self.fillers {
            filler.observe(&batch.array(&filler.column)?)?;
        }
        batch.release();
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        for filler in &mut self.fillers {
            filler.settle();
        }
        for batch in std::mem::take(&mut self.batches) {
            emit(&mut self.fillers, &batch, output)?;
        }
        Ok(())
    }
}

fn emit(fillers: &mut [Filler], batch: &Batch, output: &Output) -> Result<(), StepError> {
    let mut made: Vec<ArrayRef> = Vec::with_capacity(fillers.len());
    for filler in fillers {
        let array = batch.array(&filler.column)?;
        made.push(match &mut filler.statistic {
            Statistic::Forward(carried) => with_carried(&array, &filler.data_type, carried)?,
            statistic => filled(&array, &filler.data_type, statistic.value())?,
        });
    }
    output.emit(batch, made)
}

fn twice(name: &str) -> StepError {
    StepError::new(
        "duplicate_column",
        format!("column `{name}` is to be filled twice"),
    )
}

/// The type that the values are given in: dictionaries as their values.
fn value_type(column: &InputColumn) -> Result<DataType, StepError> {
    let data_type = match column.data_type() {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        other => other.clone(),
    };
    if is_convertible(&data_type) {
        return Ok(data_type);
    }
    let message = format!(
        "column `{}` is `{}`, whose values cannot be filled",
        column.name(),
        type_name(&data_type)
    );
    Err(StepError::new("unsupported_type", message))
}

fn strategy_filler(column: InputColumn, strategy: Strategy) -> Result<Filler, StepError> {
    let data_type = value_type(&column)?;
    let statistic = match strategy {
        Strategy::Mean => Statistic::mean(),
        Strategy::Median => Statistic::median(),
        Strategy::MostFrequent => Statistic::most_frequent(column.data_type()),
        Strategy::Forward | Strategy::Constant => Statistic::Forward(None),
    };
    let is_average = matches!(strategy, Strategy::Mean | Strategy::Median);
    match Kind::of(&data_type) {
        Some(Kind::Integer) if is_average => Ok(Filler {
            column,
            data_type: DataType::Float64,
            statistic,
        }),
        Some(kind) if is_average && !kind.is_number() => {
            let hint = "`most_frequent`, `forward` and `constant` fill columns of any type";
            Err(column.wrong_type("a number").with_hint(hint))
        }
        _ => Ok(Filler {
            column,
            data_type,
            statistic,
        }),
    }
}

fn constant(column: InputColumn, value: &Value) -> Result<Filler, StepError> {
    let data_type = value_type(&column)?;
    let value = single(value, &data_type).ok_or_else(|| {
        StepError::new(
            "bad_fill_value",
            format!(
                "`{value}` is no `{}`, as column `{}` is",
                type_name(&data_type),
                column.name()
            ),
        )
    })?;
    Ok(Filler {
        column,
        data_type,
        statistic: Statistic::Known(Some(value)),
    })
}

/// A parameter as an array of one value.
fn single(value: &Value, data_type: &DataType) -> Option<ArrayRef> {
    let parsed: ArrayRef = match value {
        Value::Bool(value) => std::sync::Arc::new(BooleanArray::from(vec![*value])),
        Value::Number(number) => match number.as_i64() {
            Some(value) => std::sync::Arc::new(Int64Array::from(vec![value])),
            None => std::sync::Arc::new(Float64Array::from(vec![number.as_f64()?])),
        },
        Value::String(text) => std::sync::Arc::new(StringArray::from(vec![text.as_str()])),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_text = matches!(Kind::of(data_type), Some(Kind::Text));
    // A number is no text by mistake.
    if is_text != matches!(value, Value::String(_)) && is_text {
        return None;
    }
    let converted = convert(data_type, 1, cells(&parsed)?)?;
    (!converted.failed.value(0))
        .then_some(converted.array)
        .filter(|array| !missing(array).value(0))
}
