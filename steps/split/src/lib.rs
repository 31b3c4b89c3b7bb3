//! The standard step `split`: splits rows into those to train with and those to test with.

use stepwell_sdk::prelude::*;
use stepwell_values::RowKeys;
use twox_hash::XxHash3_64;

/// How rows are split.
#[parameters]
struct Parameters {
    /// The part of all rows that is for tests, between 0 and 1. Each row is drawn for itself, so the number of rows is
    /// about, not exactly, this part.
    #[serde(default = "a_quarter")]
    test_size: f64,
    /// Columns by whose values rows are split: rows with the same values stay together. So no customer is in both.
    #[serde(default)]
    key: Vec<String>,
    /// Another seed splits otherwise.
    #[serde(default)]
    seed: u64,
}

fn a_quarter() -> f64 {
    0.25
}

/// Splits rows into those to train with and those to test with.
///
/// As `train_test_split` of scikit-learn and, with `key`, `GroupShuffleSplit`. Where a row goes depends on the seed and
/// the row's number, or on the seed and the values of `key`, and on nothing else. With `key` a row stays on its side
/// when others are added.
///
/// ```toml
/// [steps.parts]
/// uses  = "std/split"
/// input = "customers"
/// with  = { test_size = 0.2, key = ["customer_id"] }
///
/// [sinks.held_out]
/// input = "parts.test"
/// path  = "held_out.parquet"
/// ```
#[step(
    name = "split",
    outputs(train = "The rows to train with.", test = "The rows to test with.")
)]
struct Split {
    test_size: f64,
    seed: u64,
    by: By,
}

enum By {
    /// The rows' numbers, of which this is that of the next one.
    Number(u64),
    Key(Vec<InputColumn>, RowKeys),
}

impl Step for Split {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let Parameters {
            test_size,
            key,
            seed,
        } = parameters;
        let mut problems = Problems::new();
        if !(test_size > 0.0 && test_size < 1.0) {
            let message =
                format!("`test_size` is {test_size}, expected a part of all rows, between 0 and 1");
            problems.push(StepError::new("bad_test_size", message).at_parameter("/test_size"));
        }
        let columns = inputs.listed(&key, "/key", &mut problems);
        let keys = RowKeys::new(columns.iter().map(InputColumn::data_type)).map_err(
            |(position, error)| {
                let column = &columns[position];
                StepError::new(error.code(), format!("column `{}`: {error}", column.name()))
                    .at_column(column.port(), column.name())
            },
        );
        let Some(keys) = problems.check(keys) else {
            return Err(problems);
        };
        problems.into_result()?;
        for output in plan.outputs() {
            output.pass_all();
        }
        let by = if columns.is_empty() {
            // The rows before have to be counted.
            plan.stateful();
            By::Number(0)
        } else {
            plan.reads_each(&columns);
            By::Key(columns, keys)
        };
        // With the step's name, so that another step with the same seed and key draws otherwise.
        Ok(Self {
            test_size,
            seed: XxHash3_64::oneshot_with_seed(seed, b"split"),
            by,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let (test_size, seed) = (self.test_size, self.seed);
        let is_test = |of: &[u8]| draw(seed, of) < test_size;
        let tests: Vec<bool> = match &mut self.by {
            By::Number(next) => {
                let first = *next;
                *next += batch.rows() as u64;
                (first..*next)
                    .map(|row| is_test(&row.to_le_bytes()))
                    .collect()
            }
            By::Key(columns, keys) => keys
                .encode(batch.rows(), &batch.arrays(columns.iter())?)
                .iter()
                .map(is_test)
                .collect(),
        };
        let trains: BooleanArray = tests.iter().map(|is_test| Some(!is_test)).collect();
        output.port("train")?.filter(&batch, &trains, columns![])?;
        output
            .port("test")?
            .filter(&batch, &BooleanArray::from(tests), columns![])
    }

    fn save(&self) -> Result<Vec<u8>, StepError> {
        match &self.by {
            By::Number(next) => Ok(next.to_le_bytes().to_vec()),
            By::Key(..) => Ok(Vec::new()),
        }
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        match (&mut self.by, <[u8; 8]>::try_from(state)) {
            (By::Number(next), Ok(number)) => {
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

/// A number from 0 on, below 1, that follows from the seed and what it is drawn for.
fn draw(seed: u64, of: &[u8]) -> f64 {
    // As many bits as a floating-point number between 0 and 1 holds.
    (XxHash3_64::oneshot_with_seed(seed, of) >> 11) as f64 / (1u64 << 53) as f64
}
