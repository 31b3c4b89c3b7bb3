//! The standard step `scale`: brings columns of numbers to a common scale.

mod fit;
mod statistics;

use std::collections::BTreeSet;
use std::sync::Arc;

use stepwell_sdk::prelude::*;
use stepwell_values::{Kind, Named, read_floats};

use crate::fit::Fit;
use crate::statistics::{Scaling, Statistics};

/// What is scaled, and how.
#[parameters]
struct Parameters {
    /// The columns of numbers.
    columns: Vec<String>,
    /// How they are scaled.
    #[serde(default)]
    method: Method,
    /// With `minmax`: what the smallest and the largest value become.
    #[serde(default = "zero_to_one")]
    feature_range: [f64; 2],
    /// With `robust`: the quantiles between which lies what becomes 1, in percent.
    #[serde(default = "quartiles")]
    quantile_range: [f64; 2],
    /// What is known of the columns, such as `{ tenure = { mean = 32.4, std = 24.6 } }`. Columns that are not here are
    /// learned from all rows, which the step then waits for.
    #[serde(default)]
    statistics: Named<Statistics>,
}

/// How columns are scaled.
#[parameters]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Method {
    /// Subtracts the `mean` and divides by the standard deviation, `std`, that of the population.
    #[default]
    Standard,
    /// The smallest value, `min`, becomes 0 and the largest, `max`, 1.
    Minmax,
    /// Subtracts the `median` and divides by the interquartile range, `iqr`, so that a few far values weigh little.
    Robust,
}

fn zero_to_one() -> [f64; 2] {
    [0.0, 1.0]
}

fn quartiles() -> [f64; 2] {
    [25.0, 75.0]
}

/// Brings columns of numbers to a common scale.
///
/// As `StandardScaler`, `MinMaxScaler` and `RobustScaler` of scikit-learn, with the same numbers: null and NaN are left
/// out when a column is learned, and stay as they are; a column whose values are all the same becomes 0, or with
/// `minmax` the beginning of `feature_range`. The columns become `float64`.
///
/// Give `statistics` to score new data as the model was trained, and so that batches are passed on as they come:
///
/// ```toml
/// [steps.scaled]
/// uses  = "std/scale"
/// input = "customers"
/// with  = { columns = ["tenure"], statistics = { tenure = { mean = 32.37, std = 24.56 } } }
/// ```
#[step(name = "scale")]
struct Scale {
    columns: Vec<InputColumn>,
    method: Method,
    feature_range: [f64; 2],
    quantile_range: [f64; 2],
    /// In the order of the columns; none for those that are learned.
    given: Vec<Option<Scaling>>,
    fits: Vec<Option<Fit>>,
    /// Batches that wait for the columns to be learned.
    kept: Vec<Batch>,
}

impl Step for Scale {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let Parameters {
            columns: names,
            method,
            feature_range,
            quantile_range,
            statistics,
        } = parameters;
        let mut problems = Problems::new();
        let mut columns = inputs.listed(&names, "/columns", &mut problems);
        // One that is listed twice is one problem, and no more for its values.
        let mut seen = BTreeSet::new();
        columns.retain(|column| seen.insert(column.index()));
        problems.extend(statistics::check_names(&names, &statistics));
        problems.extend(statistics::check_ranges(feature_range, quantile_range));
        for column in &columns {
            if !Kind::of(column.data_type())
                .is_some_and(|kind| kind.is_number() || kind == Kind::Boolean)
            {
                problems.push(column.wrong_type("a number"));
            }
        }
        let given: Vec<Option<Scaling>> = columns
            .iter()
            .map(|column| {
                let statistics = statistics.get(column.name())?;
                problems.check(statistics.scaling(column.name(), method, feature_range))
            })
            .collect();
        problems.into_result()?;
        plan.reads_each(&columns);
        plan.pass_all();
        for column in &columns {
            let field = Field::new(
                column.name(),
                DataType::Float64,
                column.field().is_nullable(),
            );
            plan.make_or_replace(field.with_metadata(column.field().metadata().clone()));
        }
        let fits: Vec<Option<Fit>> = given
            .iter()
            .map(|given| given.is_none().then(|| Fit::new(method)))
            .collect();
        if fits.iter().any(Option::is_some) {
            plan.stateful();
        }
        Ok(Self {
            columns,
            method,
            feature_range,
            quantile_range,
            given,
            fits,
            kept: Vec::new(),
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        if self.fits.iter().all(Option::is_none) {
            let scalings: Vec<Scaling> = self.given.iter().flatten().copied().collect();
            return self.emit(&batch, &scalings, output);
        }
        let learned = self.columns.iter().zip(&mut self.fits);
        let learned = learned.filter_map(|(column, fit)| Some((column, fit.as_mut()?)));
        let learned = learned.map(|(column, fit)| Ok((column, fit, floats(&batch, column)?)));
        let mut learned = learned.collect::<Result<Vec<_>, StepError>>()?;
        // The first row that has one, so that batches of any size end at the same value.
        let infinite = learned
            .iter()
            .enumerate()
            .filter_map(|(place, (_, _, values))| {
                let row = values
                    .iter()
                    .position(|value| value.is_some_and(f64::is_infinite))?;
                Some((row, place))
            });
        if let Some((row, place)) = infinite.min() {
            let (column, _, values) = &learned[place];
            return Err(infinite_value(column, values.value(row)));
        }
        for (_, fit, values) in &mut learned {
            fit.add(values);
        }
        batch.release();
        self.kept.push(batch);
        Ok(())
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        let mut scalings = Vec::with_capacity(self.columns.len());
        for (given, fit) in self.given.iter().zip(&mut self.fits) {
            scalings.extend(match fit {
                Some(fit) => Some(
                    fit.statistics(self.quantile_range)
                        .fitted(self.method, self.feature_range),
                ),
                None => *given,
            });
        }
        for batch in std::mem::take(&mut self.kept) {
            self.emit(&batch, &scalings, output)?;
        }
        Ok(())
    }
}

impl Scale {
    fn emit(&self, batch: &Batch, scalings: &[Scaling], output: &Output) -> Result<(), StepError> {
        let mut made: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for (column, scaling) in self.columns.iter().zip(scalings) {
            made.push(Arc::new(
                floats(batch, column)?.unary::<_, Float64Type>(|value| scaling.apply(value)),
            ));
        }
        output.emit(batch, made)
    }
}

fn floats(batch: &Batch, column: &InputColumn) -> Result<Float64Array, StepError> {
    read_floats(batch.array(column)?.as_ref()).map_err(|error| {
        StepError::data(error.code(), format!("column `{}`: {error}", column.name()))
    })
}

fn infinite_value(column: &InputColumn, value: f64) -> StepError {
    let message = format!("column `{}` has the value {value}", column.name());
    StepError::data("infinite_value", message)
        .with_hint("replace infinite values before, or give the column's `statistics`")
}
