//! The standard step `sample`: draws rows at random, the same ones every time.

mod draw;
mod reservoir;

use stepwell_sdk::prelude::*;
use stepwell_values::RowKeys;

use crate::draw::Draw;
use crate::reservoir::Reservoir;

/// Which rows are drawn: give `fraction` or `n`.
#[parameters]
struct Parameters {
    /// The part of all rows that is drawn, from 0 to 1. Each row is drawn or not for itself, so the number of rows is
    /// about, not exactly, this part.
    fraction: Option<f64>,
    /// How many rows are drawn; all of them, if there are no more. They come out at the end, in their order.
    n: Option<u64>,
    /// With `fraction`: columns by whose values rows are drawn, all rows with the same values or none. So the same
    /// customers are drawn from every table that has them.
    #[serde(default)]
    key: Vec<String>,
    /// Another seed draws other rows.
    #[serde(default)]
    seed: u64,
}

/// Draws rows at random, the same ones every time.
///
/// As `sample` of pandas and Polars and `slice_sample` of dplyr, without replacement. Which rows are drawn depends on
/// the seed and the rows' numbers, or on the seed and the values of `key`, and on nothing else: a run can be repeated.
///
/// ```toml
/// [steps.some]
/// uses  = "std/sample"
/// input = "events"
/// with  = { fraction = 0.1, key = ["customer_id"] }
/// ```
#[step(name = "sample")]
struct Sample {
    draw: Draw,
    kind: Kind,
}

enum Kind {
    /// By the rows' numbers, of which `next` is that of the next one.
    Fraction {
        fraction: f64,
        next: u64,
    },
    FractionOfKeys {
        fraction: f64,
        columns: Vec<InputColumn>,
        keys: RowKeys,
    },
    Rows(Reservoir),
}

impl Step for Sample {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let columns = inputs.listed(&parameters.key, "/key", &mut problems);
        let keys = RowKeys::new(columns.iter().map(InputColumn::data_type)).map_err(
            |(position, error)| {
                let column = &columns[position];
                StepError::new(error.code(), format!("column `{}`: {error}", column.name()))
                    .at_column(column.port(), column.name())
            },
        );
        let keys = problems.check(keys);
        let kind = match (parameters.fraction, parameters.n) {
            (None, None) | (Some(_), Some(_)) => {
                let message =
                    "give `fraction`, the part of all rows to draw, or `n`, how many rows";
                problems.push(StepError::new("fraction_or_n", message));
                None
            }
            (Some(fraction), None) => {
                if !(0.0..=1.0).contains(&fraction) {
                    let message =
                        format!("`fraction` is {fraction}, expected a number from 0 to 1");
                    problems
                        .push(StepError::new("bad_fraction", message).at_parameter("/fraction"));
                }
                keys.map(|keys| match columns.is_empty() {
                    true => Kind::Fraction { fraction, next: 0 },
                    false => Kind::FractionOfKeys {
                        fraction,
                        columns,
                        keys,
                    },
                })
            }
            (None, Some(n)) => {
                if !parameters.key.is_empty() {
                    let message =
                        "`key` is for `fraction`: with `n`, rows are drawn each for itself";
                    problems.push(StepError::new("unused_key", message).at_parameter("/key"));
                }
                Some(Kind::Rows(Reservoir::new(n)))
            }
        };
        let Some(kind) = kind else {
            return Err(problems);
        };
        problems.into_result()?;
        match &kind {
            Kind::FractionOfKeys { columns, .. } => plan.reads_each(columns),
            // The rows before have to be counted.
            Kind::Fraction { .. } | Kind::Rows(_) => plan.stateful(),
        }
        plan.pass_all();
        Ok(Self {
            draw: Draw::new(parameters.seed),
            kind,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let drawn: BooleanArray = match &mut self.kind {
            Kind::Rows(reservoir) => {
                reservoir.add(batch, &self.draw);
                return Ok(());
            }
            Kind::Fraction { fraction, next } => {
                let first = *next;
                *next += batch.rows() as u64;
                (first..*next)
                    .map(|row| Some(self.draw.unit(&row.to_le_bytes()) < *fraction))
                    .collect()
            }
            Kind::FractionOfKeys {
                fraction,
                columns,
                keys,
            } => {
                let rows = keys.encode(batch.rows(), &batch.arrays(columns.iter())?);
                rows.iter()
                    .map(|key| Some(self.draw.unit(key) < *fraction))
                    .collect()
            }
        };
        output.filter(&batch, &drawn, columns![])
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        match &mut self.kind {
            Kind::Rows(reservoir) => reservoir.emit(output),
            Kind::Fraction { .. } | Kind::FractionOfKeys { .. } => Ok(()),
        }
    }

    fn save(&self) -> Result<Vec<u8>, StepError> {
        match &self.kind {
            Kind::Fraction { next, .. } => Ok(next.to_le_bytes().to_vec()),
            Kind::FractionOfKeys { .. } => Ok(Vec::new()),
            Kind::Rows(_) => Err(StepError::new(
                "not_saved",
                "rows that are drawn so far cannot be saved",
            )
            .with_hint("a run that draws `n` rows starts from the beginning when it is repeated")),
        }
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        match (&mut self.kind, <[u8; 8]>::try_from(state)) {
            (Kind::Fraction { next, .. }, Ok(number)) => {
                *next = u64::from_le_bytes(number);
                Ok(())
            }
            _ => Err(StepError::new(
                "bad_state",
                "the state is not one that this step has saved",
            )),
        }
    }
}
