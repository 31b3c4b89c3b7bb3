//! Learning a column's statistics.

use stepwell_sdk::prelude::*;

use crate::Method;
use crate::statistics::Statistics;

/// What is known of a column so far. Rows are taken in their order, so that batches of any size give the same.
pub(crate) enum Fit {
    /// Welford's way, which loses nothing where the values are large and close to each other.
    Standard {
        count: u64,
        mean: f64,
        squares: f64,
    },
    Minmax {
        min: f64,
        max: f64,
    },
    /// Quantiles need all values.
    Robust {
        values: Vec<f64>,
    },
}

impl Fit {
    pub(crate) fn new(method: Method) -> Self {
        match method {
            Method::Standard => Self::Standard {
                count: 0,
                mean: 0.0,
                squares: 0.0,
            },
            Method::Minmax => Self::Minmax {
                min: f64::INFINITY,
                max: f64::NEG_INFINITY,
            },
            Method::Robust => Self::Robust { values: Vec::new() },
        }
    }

    /// Takes values that are finite, or missing.
    pub(crate) fn add(&mut self, values: &Float64Array) {
        let known = values.iter().flatten().filter(|value| !value.is_nan());
        for value in known {
            match self {
                Self::Standard {
                    count,
                    mean,
                    squares,
                } => {
                    *count += 1;
                    let distance = value - *mean;
                    *mean += distance / *count as f64;
                    *squares += distance * (value - *mean);
                }
                Self::Minmax { min, max } => {
                    // Not with `f64::min`, which on some machines takes 0 and on others -0.
                    if value < *min {
                        *min = value;
                    }
                    if value > *max {
                        *max = value;
                    }
                }
                Self::Robust { values } => values.push(value),
            }
        }
    }

    /// Of a column without values: whatever, as there is nothing to scale.
    pub(crate) fn statistics(&mut self, quantile_range: [f64; 2]) -> Statistics {
        match self {
            Self::Standard {
                count,
                mean,
                squares,
            } => Statistics {
                mean: Some(*mean),
                std: Some((*squares / (*count).max(1) as f64).sqrt()),
                ..Statistics::default()
            },
            Self::Minmax { min, max } => Statistics {
                min: Some(*min),
                max: Some(*max),
                ..Statistics::default()
            },
            Self::Robust { values } => {
                values.sort_unstable_by(f64::total_cmp);
                let [low, high] = quantile_range;
                Statistics {
                    median: Some(quantile(values, 50.0)),
                    iqr: Some(quantile(values, high) - quantile(values, low)),
                    ..Statistics::default()
                }
            }
        }
    }
}

/// The quantile of sorted values, between two of them in proportion, as NumPy's default.
fn quantile(sorted: &[f64], percent: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let position = percent / 100.0 * last as f64;
    let below = position.floor();
    let (low, high) = (
        sorted[below as usize],
        sorted[(below as usize + 1).min(last)],
    );
    low + (high - low) * (position - below)
}
