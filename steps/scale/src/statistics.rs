//! What is known of a column, and what follows from it.

use stepwell_sdk::closest_name;
use stepwell_sdk::prelude::*;
use stepwell_values::{Named, pointer};

use crate::Method;

/// What is known of a column: of `standard` scaling `mean` and `std`, of `minmax` `min` and `max`, of `robust`
/// `median` and `iqr`.
#[parameters]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Statistics {
    /// The mean, for `standard`.
    pub(crate) mean: Option<f64>,
    /// The standard deviation of the population, for `standard`.
    pub(crate) std: Option<f64>,
    /// The smallest value, for `minmax`.
    pub(crate) min: Option<f64>,
    /// The largest value, for `minmax`.
    pub(crate) max: Option<f64>,
    /// The median, for `robust`.
    pub(crate) median: Option<f64>,
    /// The range between the quartiles, or between the quantiles of `quantile_range`, for `robust`.
    pub(crate) iqr: Option<f64>,
}

/// What is done with each value: `(value - center) / scale * factor + start`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scaling {
    center: f64,
    scale: f64,
    factor: f64,
    start: f64,
}

impl Scaling {
    pub(crate) fn apply(self, value: f64) -> f64 {
        (value - self.center) / self.scale * self.factor + self.start
    }
}

impl Statistics {
    /// The scaling of a column by what the pipeline gives.
    pub(crate) fn scaling(
        &self,
        column: &str,
        method: Method,
        feature_range: [f64; 2],
    ) -> Result<Scaling, Problems> {
        let mut problems = Problems::new();
        let place = pointer(["statistics", column]);
        let needed = method.statistics();
        for (name, value) in self.named() {
            let problem = match (needed.contains(&name), value) {
                (true, None) => {
                    let message = format!(
                        "statistics of column `{column}` lack `{name}`; {}",
                        method.needs()
                    );
                    StepError::new("missing_statistic", message).at_parameter(&place)
                }
                (false, Some(_)) => {
                    let message = format!(
                        "statistics of column `{column}` have `{name}`, which is unused; {}",
                        method.needs()
                    );
                    StepError::new("unused_statistic", message)
                        .at_parameter(format!("{place}/{name}"))
                }
                (true, Some(value)) if matches!(name, "std" | "iqr") && value < 0.0 => {
                    let message = format!("`{name}` of column `{column}` is {value}, below 0");
                    StepError::new("negative_statistic", message)
                        .at_parameter(format!("{place}/{name}"))
                }
                _ => continue,
            };
            problems.push(problem);
        }
        if let (Some(min), Some(max), Method::Minmax) = (self.min, self.max, method)
            && min > max
        {
            let message =
                format!("`min` of column `{column}` is {min}, above `max`, which is {max}");
            problems
                .push(StepError::new("empty_range", message).at_parameter(format!("{place}/min")));
        }
        problems.into_result()?;
        Ok(self.fitted(method, feature_range))
    }

    /// The scaling by statistics that are complete.
    pub(crate) fn fitted(&self, method: Method, feature_range: [f64; 2]) -> Scaling {
        let known = |value: Option<f64>| value.unwrap_or_default();
        let (center, scale) = match method {
            Method::Standard => (known(self.mean), known(self.std)),
            Method::Minmax => (known(self.min), known(self.max) - known(self.min)),
            Method::Robust => (known(self.median), known(self.iqr)),
        };
        let (factor, start) = match method {
            Method::Minmax => (feature_range[1] - feature_range[0], feature_range[0]),
            Method::Standard | Method::Robust => (1.0, 0.0),
        };
        // Values that are all the same are only moved.
        let scale = if scale == 0.0 { 1.0 } else { scale };
        Scaling {
            center,
            scale,
            factor,
            start,
        }
    }

    fn named(&self) -> [(&'static str, Option<f64>); 6] {
        [
            ("mean", self.mean),
            ("std", self.std),
            ("min", self.min),
            ("max", self.max),
            ("median", self.median),
            ("iqr", self.iqr),
        ]
    }
}

impl Method {
    fn statistics(self) -> [&'static str; 2] {
        match self {
            Self::Standard => ["mean", "std"],
            Self::Minmax => ["min", "max"],
            Self::Robust => ["median", "iqr"],
        }
    }

    fn needs(self) -> String {
        let [first, second] = self.statistics();
        format!(
            "`{}` needs `{first}` and `{second}`",
            format!("{self:?}").to_lowercase()
        )
    }
}

/// Statistics of columns that are not scaled, columns that are scaled twice, and no columns at all.
pub(crate) fn check_names(columns: &[String], statistics: &Named<Statistics>) -> Problems {
    let mut problems = Problems::new();
    if columns.is_empty() {
        problems.push(StepError::new("no_columns", "`columns` is empty").at_parameter("/columns"));
    }
    for (position, column) in columns.iter().enumerate() {
        if columns[..position].contains(column) {
            let problem = StepError::new(
                "repeated_column",
                format!("column `{column}` is listed twice"),
            );
            problems.push(problem.at_parameter(format!("/columns/{position}")));
        }
    }
    for name in statistics.keys().filter(|name| !columns.contains(name)) {
        let message =
            format!("statistics are given of column `{name}`, which is not among `columns`");
        let problem = StepError::new("unused_statistics", message)
            .at_parameter(pointer(["statistics", name]));
        problems.push(
            match closest_name(name, columns.iter().map(String::as_str)) {
                Some(closest) => problem.with_hint(format!("did you mean `{closest}`?")),
                None => problem,
            },
        );
    }
    problems
}

/// Ranges that go from high to low.
pub(crate) fn check_ranges(feature_range: [f64; 2], quantile_range: [f64; 2]) -> Problems {
    let mut problems = Problems::new();
    let [low, high] = feature_range;
    if low >= high {
        let message = format!("`feature_range` goes from {low} to {high}, which is not upwards");
        problems.push(StepError::new("empty_range", message).at_parameter("/feature_range"));
    }
    let [low, high] = quantile_range;
    if !(0.0 <= low && low < high && high <= 100.0) {
        let message = format!(
            "`quantile_range` goes from {low} to {high}, expected two percentages, the lower first"
        );
        problems.push(StepError::new("bad_quantiles", message).at_parameter("/quantile_range"));
    }
    problems
}
