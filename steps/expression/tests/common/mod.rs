//! A table that expressions are tried on, and how results are shown.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::*;
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use stepwell_expression::Expression;
use stepwell_values::{date_of, datetime_of};

/// Five rows of every kind of column.
pub(crate) fn table() -> RecordBatch {
    let day = 86_400_000_000;
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "a",
            Arc::new(Int64Array::from(vec![
                Some(1),
                Some(-2),
                Some(0),
                None,
                Some(7),
            ])),
        ),
        (
            "b",
            Arc::new(Int16Array::from(vec![
                Some(2),
                Some(0),
                Some(3),
                Some(4),
                None,
            ])),
        ),
        (
            "x",
            Arc::new(Float64Array::from(vec![
                Some(0.5),
                Some(-2.5),
                Some(f64::NAN),
                None,
                Some(1e300),
            ])),
        ),
        (
            "y",
            Arc::new(Float32Array::from(vec![
                Some(1.5),
                Some(2.5),
                Some(0.0),
                Some(4.0),
                None,
            ])),
        ),
        (
            "s",
            Arc::new(StringArray::from(vec![
                Some("Ada Lovelace"),
                Some(""),
                Some("grüße"),
                None,
                Some("12"),
            ])),
        ),
        (
            "t",
            Arc::new(StringViewArray::from(vec![
                Some("a"),
                Some("b%"),
                Some("ü"),
                Some("d"),
                None,
            ])),
        ),
        (
            "p",
            Arc::new(BooleanArray::from(vec![
                Some(true),
                Some(false),
                None,
                Some(true),
                None,
            ])),
        ),
        (
            "d",
            Arc::new(Date32Array::from(vec![
                Some(0),
                Some(19_782),
                Some(-1),
                None,
                Some(19_813),
            ])),
        ),
        (
            "m",
            Arc::new(TimestampSecondArray::from(vec![
                Some(0),
                Some(1_709_211_599),
                Some(-1),
                None,
                Some(60),
            ])),
        ),
        (
            "z",
            Arc::new(
                TimestampMicrosecondArray::from(vec![Some(0), Some(day), None, Some(1), Some(2)])
                    .with_timezone("+02:00"),
            ),
        ),
        (
            "n",
            Arc::new(
                Decimal128Array::from(vec![Some(1010), Some(5), None, Some(0), Some(-250)])
                    .with_precision_and_scale(10, 2)
                    .unwrap(),
            ),
        ),
        (
            "total charges",
            Arc::new(Int64Array::from(vec![10, 20, 30, 40, 50])),
        ),
        ("nothing", Arc::new(NullArray::new(5))),
        (
            "l",
            Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(vec![
                None::<
                    Vec<Option<i64>>,
                >;
                5
            ])),
        ),
    ];
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

/// Evaluates an expression on a table.
pub(crate) fn evaluate(text: &str, table: &RecordBatch) -> Result<ArrayRef, String> {
    let expression = Expression::compile(text, &table.schema()).map_err(|errors| {
        let lines: Vec<String> = errors
            .iter()
            .map(|error| match error.hint() {
                Some(hint) => format!("{}: {error} (hint: {hint})", error.code()),
                None => format!("{}: {error}", error.code()),
            })
            .collect();
        lines.join("\n")
    })?;
    let columns: Vec<ArrayRef> = expression
        .columns()
        .iter()
        .map(|index| table.column(*index).clone())
        .collect();
    let result = expression
        .evaluate(table.num_rows(), &columns)
        .map_err(|error| format!("{}: {error}", error.code()))?;
    assert_eq!(result.data_type(), expression.data_type());
    Ok(result)
}

/// An expression's type and values on the table, or what is wrong with it.
pub(crate) fn show(text: &str) -> String {
    let result = match evaluate(text, &table()) {
        Ok(result) => result,
        Err(message) => return message,
    };
    let mut shown = String::new();
    let data_type = result.data_type();
    for row in 0..result.len() {
        if row > 0 {
            shown.push_str(" | ");
        }
        if result.is_null(row) {
            shown.push_str("null");
            continue;
        }
        let value: Box<dyn std::fmt::Debug> = match data_type {
            DataType::Boolean => Box::new(result.as_boolean().value(row)),
            DataType::Int64 => Box::new(result.as_primitive::<Int64Type>().value(row)),
            DataType::Float64 => Box::new(result.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => Box::new(result.as_string::<i32>().value(row)),
            DataType::Date32 => {
                Box::new(date_of(result.as_primitive::<Date32Type>().value(row)).unwrap())
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => Box::new(
                datetime_of(result.as_primitive::<TimestampMicrosecondType>().value(row)).unwrap(),
            ),
            other => panic!("expressions give no {other}"),
        };
        write!(shown, "{value:?}").unwrap();
    }
    format!("{data_type}: {shown}")
}
