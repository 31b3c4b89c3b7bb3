//! Cleans text: white space, case, Unicode, accents, replacements.

mod cleaning;

use cleaning::{Case, Cleaning, Unicode};
use stepwell_sdk::prelude::*;
use stepwell_values::{Cell, Kind, Named, cells, convert};

/// What is done to the text, in the order of the parameters here.
#[parameters]
struct Parameters {
    /// The columns to clean. All columns of text by default.
    #[serde(default)]
    columns: Vec<String>,
    /// The Unicode form: `nfc` writes equal characters in one way, `nfkc` also replaces variants (`ﬁ`, `①`, full width).
    #[serde(default)]
    unicode: Option<Unicode>,
    /// Removes accents and other marks: `é` becomes `e`.
    #[serde(default)]
    strip_accents: bool,
    /// Removes white space at both ends.
    #[serde(default)]
    trim: bool,
    /// Makes one space of white space of any length and kind.
    #[serde(default)]
    collapse_whitespace: bool,
    /// Upper and lower case: `lower`, `upper` or `title`.
    #[serde(default)]
    case: Option<Case>,
    /// Replacements of whole values, as they are after the steps above: `replace = { "n/a" = "unknown" }`.
    #[serde(default)]
    replace: Named<String>,
    /// Makes null of empty text.
    #[serde(default)]
    empty_as_null: bool,
}

/// Cleans text.
///
/// Columns keep their types (dictionaries become their values); null stays null.
#[step(name = "normalize-text")]
struct NormalizeText {
    columns: Vec<InputColumn>,
    cleaning: Cleaning,
}

impl Step for NormalizeText {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let is_text = |column: &InputColumn| Kind::of(column.data_type()) == Some(Kind::Text);
        let columns = if parameters.columns.is_empty() {
            inputs.columns().filter(is_text).collect()
        } else {
            inputs.listed(&parameters.columns, "/columns", &mut problems)
        };
        for column in columns.iter().filter(|column| !is_text(column)) {
            let position = parameters
                .columns
                .iter()
                .position(|name| name == column.name())
                .unwrap_or_default();
            problems.push(
                column
                    .wrong_type("text")
                    .at_parameter(format!("/columns/{position}")),
            );
        }
        let cleaning = Cleaning {
            unicode: parameters.unicode,
            strip_accents: parameters.strip_accents,
            trim: parameters.trim,
            collapse_whitespace: parameters.collapse_whitespace,
            case: parameters.case,
            replace: parameters.replace.into_iter().collect(),
            empty_as_null: parameters.empty_as_null,
        };
        if cleaning.does_nothing() {
            problems.push(
                StepError::new("nothing_to_do", "no parameter says what to do to the text")
                    .with_hint("set `trim`, `case`, `collapse_whitespace`, `unicode`, `strip_accents`, `replace` or `empty_as_null`"),
            );
        }
        problems.into_result()?;
        plan.reads_each(&columns);
        plan.pass_all();
        for column in &columns {
            let nullable = column.field().is_nullable() || cleaning.empty_as_null;
            let field = column
                .field()
                .as_ref()
                .clone()
                .with_data_type(target(column))
                .with_nullable(nullable);
            plan.replace(column.name(), field);
        }
        Ok(Self { columns, cleaning })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let mut made = Vec::with_capacity(self.columns.len());
        for (column, array) in self.columns.iter().zip(batch.arrays(&self.columns)?) {
            made.push(self.clean(&array, &target(column))?);
        }
        output.emit(&batch, made)
    }
}

impl NormalizeText {
    fn clean(&self, array: &ArrayRef, target: &DataType) -> Result<ArrayRef, StepError> {
        let unreadable = || {
            StepError::data(
                "unsupported_type",
                format!(
                    "values of `{}` are no text",
                    stepwell_sdk::type_name(array.data_type())
                ),
            )
        };
        let values = cells(array).ok_or_else(unreadable)?;
        let cleaned: Vec<Option<String>> = (0..array.len())
            .map(|row| match values(row) {
                Cell::Text(text) => self.cleaning.clean(text),
                _ => None,
            })
            .collect();
        let cell = |row: usize| cleaned[row].as_deref().map_or(Cell::Null, Cell::Text);
        Ok(convert(target, array.len(), cell)
            .ok_or_else(unreadable)?
            .array)
    }
}

fn target(column: &InputColumn) -> DataType {
    match column.data_type() {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        other => other.clone(),
    }
}
