//! The standard step `one-hot`: makes a column of zeros and ones for each category.

mod categories;
mod encoding;

use stepwell_sdk::prelude::*;
use stepwell_values::{Named, pointer};

use crate::categories::Category;
use crate::encoding::{Code, EncodedColumn};

/// What is encoded, and how.
#[parameters]
struct Parameters {
    /// The categories of each column, in the order of the new columns, such as
    /// `{ contract = ["Month-to-month", "One year", "Two year"] }`: text, whole numbers or booleans, as the column
    /// is.
    categories: Named<Vec<Category>>,
    /// What becomes of values that are not among the categories.
    #[serde(default)]
    handle_unknown: HandleUnknown,
    /// Which of the categories get no column, as the others say it already.
    drop: Option<DropRule>,
    /// Adds a column `…_null` for missing values. Without it, a missing value is 0 in all columns.
    #[serde(default)]
    dummy_na: bool,
    /// What stands between the column's name and the category in the new columns' names.
    #[serde(default = "underscore")]
    prefix_sep: String,
    /// The type of the new columns.
    #[serde(default)]
    dtype: Dtype,
    /// Passes the encoded columns on too, in front of the new ones.
    #[serde(default)]
    keep_original: bool,
}

/// What becomes of values that are not among the categories.
#[parameters]
#[derive(Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum HandleUnknown {
    /// The run ends.
    #[default]
    Error,
    /// They are 0 in all columns.
    Ignore,
    /// The row is rejected.
    Reject,
}

/// Which of the categories get no column.
#[parameters]
#[derive(Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum DropRule {
    /// The first one of each column.
    First,
    /// The first one of columns that have two.
    IfBinary,
}

/// The type of the new columns.
#[parameters]
#[derive(Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum Dtype {
    /// 0 and 1, of 8 bits.
    #[default]
    Uint8,
    /// 0 and 1, of 64 bits.
    Int64,
    /// 0.0 and 1.0, of 32 bits.
    Float32,
    /// 0.0 and 1.0, of 64 bits.
    Float64,
    /// False and true.
    Boolean,
}

fn underscore() -> String {
    "_".to_owned()
}

/// Makes a column of zeros and ones for each category.
///
/// As `get_dummies` of pandas and `OneHotEncoder` of scikit-learn. The new columns stand where the encoded column
/// stood, and are called `contract_One year`. The categories are given, not learned: so the columns are known before
/// any data is, and are the same for every file. A model that has its encoder inside needs none of this.
///
/// ```toml
/// [steps.encoded]
/// uses  = "std/one-hot"
/// input = "customers"
/// with  = { categories = { contract = ["Month-to-month", "One year", "Two year"] }, drop = "first" }
/// ```
#[step(name = "one-hot")]
struct OneHot {
    columns: Vec<EncodedColumn>,
    handle_unknown: HandleUnknown,
    dtype: Dtype,
}

impl Step for OneHot {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        if parameters.categories.is_empty() {
            problems.push(
                StepError::new("no_columns", "`categories` names no column")
                    .at_parameter("/categories"),
            );
        }
        for name in parameters.categories.keys() {
            problems.check(
                inputs
                    .column(name)
                    .at_parameter(pointer(["categories", name])),
            );
        }
        for (key, value) in inputs.schema().metadata() {
            plan.metadata(key, value);
        }
        let mut columns = Vec::new();
        for column in inputs.columns() {
            let Some(categories) = parameters.categories.get(column.name()) else {
                plan.pass(&column);
                continue;
            };
            plan.reads(&column);
            if parameters.keep_original {
                plan.pass(&column);
            }
            let encoded =
                EncodedColumn::new(column, categories, parameters.drop, parameters.dummy_na);
            let Some(encoded) = problems.check(encoded) else {
                continue;
            };
            for name in encoded.names(&parameters.prefix_sep) {
                plan.make(Field::new(name, parameters.dtype.data_type(), false));
            }
            columns.push(encoded);
        }
        problems.into_result()?;
        Ok(Self {
            columns,
            handle_unknown: parameters.handle_unknown,
            dtype: parameters.dtype,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let columns = self.columns.iter().map(EncodedColumn::column);
        let arrays = batch.arrays(columns)?;
        let mut codes = Vec::with_capacity(arrays.len());
        for (column, array) in self.columns.iter().zip(&arrays) {
            codes.push(column.codes(array.as_ref())?);
        }
        // Row by row, so that batches of any size end at the same value.
        let unknown: Vec<Option<usize>> = (0..batch.rows())
            .map(|row| codes.iter().position(|codes| codes[row] == Code::Unknown))
            .collect();
        match self.handle_unknown {
            HandleUnknown::Ignore => {}
            HandleUnknown::Error => {
                let first = unknown
                    .iter()
                    .enumerate()
                    .find_map(|(row, column)| Some((row, (*column)?)));
                if let Some((row, column)) = first {
                    return Err(self.columns[column].unknown(arrays[column].as_ref(), row));
                }
            }
            HandleUnknown::Reject => {
                let kept: BooleanArray = unknown
                    .iter()
                    .map(|column| Some(column.is_none()))
                    .collect();
                if kept.true_count() < batch.rows() {
                    self.reject(&batch, &unknown, output)?;
                    for codes in &mut codes {
                        let mut column = unknown.iter();
                        codes.retain(|_| column.next().is_some_and(Option::is_none));
                    }
                    return output.filter(&batch, &kept, self.make(&codes));
                }
            }
        }
        output.emit(&batch, self.make(&codes))
    }
}

impl OneHot {
    /// Refuses the rows that have an unknown value, each for the first column that has one.
    fn reject(
        &self,
        batch: &Batch,
        unknown: &[Option<usize>],
        output: &Output,
    ) -> Result<(), StepError> {
        for (position, column) in self.columns.iter().enumerate() {
            let refused: BooleanArray = unknown
                .iter()
                .map(|column| Some(*column == Some(position)))
                .collect();
            let reason = format!("`{}` is not one of the categories", column.column().name());
            output.reject(batch, &refused, "unknown_category", &reason)?;
        }
        Ok(())
    }

    fn make(&self, codes: &[Vec<Code>]) -> Vec<ArrayRef> {
        let columns = self.columns.iter().zip(codes);
        columns
            .flat_map(|(column, codes)| {
                column
                    .made_codes()
                    .iter()
                    .map(|wanted| self.dtype.array(codes.iter().map(|code| code == wanted)))
            })
            .collect()
    }
}
