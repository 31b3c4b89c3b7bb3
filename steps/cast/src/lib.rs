//! Converts columns to other types.

use stepwell_sdk::prelude::*;
use stepwell_sdk::{parse_type, type_name};
use stepwell_values::{Named, cells, convert, is_convertible, pointer, text};

/// The new types.
#[parameters]
struct Parameters {
    /// New types by column: `columns = { total_charges = "float64", signed_up = "date32" }`.
    columns: Named<String>,
    /// What becomes of a value that does not fit the type: `fail` ends the run, `null` puts null in its place,
    /// `reject` puts its row with the rejected rows.
    #[serde(default)]
    errors: Errors,
}

/// What becomes of a value that does not fit.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
enum Errors {
    /// The run ends.
    #[default]
    Fail,
    /// It becomes null.
    Null,
    /// Its row is rejected.
    Reject,
}

/// Converts columns to other types.
///
/// Numbers, booleans, text, dates and timestamps are converted to each other where that makes sense. Nothing is
/// lost unseen: a number with a fraction does not fit an integer, a number that is too large does not fit, a text
/// must be a number. Decimals are rounded to their digits, timestamps to their unit. `yes`, `no`, `true`, `false`,
/// `1` and `0` are booleans.
#[step(name = "cast")]
struct Cast {
    casts: Vec<ColumnCast>,
    errors: Errors,
}

struct ColumnCast {
    column: InputColumn,
    target: DataType,
}

impl Step for Cast {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let mut casts = Vec::new();
        plan.pass_all();
        for (name, target) in &parameters.columns {
            let place = pointer(["columns", name]);
            let column = problems.check(inputs.column(name).at_parameter(&place));
            let target = problems.check(parse_target(target).at_parameter(&place));
            let (Some(column), Some(target)) = (column, target) else {
                continue;
            };
            if *column.data_type() == target {
                // It is what it should be, and need not be read.
                continue;
            }
            if let Err(problem) = check_types(&column, &target) {
                problems.push(problem.at_parameter(&place));
                continue;
            }
            let nullable = column.field().is_nullable() || parameters.errors == Errors::Null;
            let field = column
                .field()
                .as_ref()
                .clone()
                .with_data_type(target.clone())
                .with_nullable(nullable);
            plan.reads(&column);
            plan.replace(name, field);
            casts.push(ColumnCast { column, target });
        }
        problems.into_result()?;
        Ok(Self {
            casts,
            errors: parameters.errors,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let mut kept = vec![true; batch.rows()];
        for cast in &self.casts {
            let array = batch.array(&cast.column)?;
            let (_, failed) = converted(&array, &cast.target)?;
            if self.errors == Errors::Null || failed.count_set_bits() == 0 {
                continue;
            }
            if self.errors == Errors::Fail {
                let row = failed.set_indices().next().unwrap_or_default();
                return Err(self.failure(cast, &array, row));
            }
            let rejected: BooleanArray = (0..batch.rows())
                .map(|row| Some(kept[row] && failed.value(row)))
                .collect();
            for (row, kept) in kept.iter_mut().enumerate() {
                *kept &= !failed.value(row);
            }
            let reason = format!(
                "`{}` is no `{}`",
                cast.column.name(),
                type_name(&cast.target)
            );
            output.reject(&batch, &rejected, "bad_value", &reason)?;
        }
        let rows: Vec<u32> = (0..batch.rows())
            .filter(|row| kept[*row])
            .map(|row| row as u32)
            .collect();
        let mut made = Vec::new();
        for cast in &self.casts {
            let array = batch.array(&cast.column)?;
            made.push(kept_values(&array, &cast.target, &rows)?);
        }
        if rows.len() == batch.rows() {
            output.emit(&batch, made)
        } else {
            output.take(&batch, rows, made)
        }
    }
}

impl Cast {
    fn failure(&self, cast: &ColumnCast, array: &ArrayRef, row: usize) -> StepError {
        let value = cells(array)
            .and_then(|cell| text::write(cell(row)))
            .unwrap_or_default();
        let message = format!(
            "`{value}` in column `{}` is no `{}`",
            cast.column.name(),
            type_name(&cast.target)
        );
        StepError::data("bad_value", message).with_hint(
            "`errors = \"null\"` puts null in its place, `errors = \"reject\"` rejects the row",
        )
    }
}

fn parse_target(text: &str) -> Result<DataType, StepError> {
    let target =
        parse_type(text).map_err(|error| StepError::new("unknown_type", error.to_string()))?;
    if is_convertible(&target) {
        return Ok(target);
    }
    Err(StepError::new(
        "unsupported_type",
        format!("no column can be converted to `{}`", type_name(&target)),
    )
    .with_hint(
        "types are the numbers, `boolean`, `utf8`, `date32`, `timestamp(us)` and their variants",
    ))
}

fn check_types(column: &InputColumn, target: &DataType) -> Result<(), StepError> {
    use stepwell_values::Kind::*;
    let from = match column.data_type() {
        DataType::Null => return Ok(()),
        other => stepwell_values::Kind::of(other),
    };
    let fits = match (from, stepwell_values::Kind::of(target)) {
        (None, _) | (_, None) => false,
        (Some(Text), _) | (_, Some(Text)) => true,
        (Some(Date), Some(Timestamp)) => needs_no_clock(target),
        (Some(Timestamp), Some(Timestamp)) => is_zoned(column.data_type()) == is_zoned(target),
        (Some(Timestamp), Some(Date)) => !is_zoned(column.data_type()),
        (Some(Date), Some(Date)) => true,
        (Some(Date | Timestamp), _) | (_, Some(Date | Timestamp)) => false,
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let problem = StepError::new(
        "unsupported_type",
        format!(
            "column `{}` is `{}`, which cannot be converted to `{}`",
            column.name(),
            type_name(column.data_type()),
            type_name(target)
        ),
    );
    Err(match (is_zoned(column.data_type()), is_zoned(target)) {
        (false, false) => problem,
        _ => problem.with_hint("`parse-dates` turns text into timestamps with a time zone"),
    })
}

fn is_zoned(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(_, Some(_)))
}

/// Whether midnight of a day is known without the rules of a time zone.
fn needs_no_clock(target: &DataType) -> bool {
    match target {
        DataType::Timestamp(_, Some(zone)) => stepwell_values::fixed_offset(zone).is_some(),
        _ => true,
    }
}

fn converted(
    array: &ArrayRef,
    target: &DataType,
) -> Result<(ArrayRef, stepwell_sdk::arrow::buffer::BooleanBuffer), StepError> {
    let values = cells(array).ok_or_else(|| unreadable(array))?;
    let converted = convert(target, array.len(), values).ok_or_else(|| unreadable(array))?;
    Ok((converted.array, converted.failed))
}

fn kept_values(array: &ArrayRef, target: &DataType, rows: &[u32]) -> Result<ArrayRef, StepError> {
    let values = cells(array).ok_or_else(|| unreadable(array))?;
    let converted = convert(target, rows.len(), |row| values(rows[row] as usize));
    Ok(converted.ok_or_else(|| unreadable(array))?.array)
}

fn unreadable(array: &ArrayRef) -> StepError {
    StepError::data(
        "unsupported_type",
        format!(
            "values of `{}` cannot be converted",
            type_name(array.data_type())
        ),
    )
}
