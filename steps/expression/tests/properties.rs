//! Expressions against an evaluator that goes value by value.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;
use stepwell_expression::Expression;

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(String),
}

/// A value, null, or an error.
type Result = std::result::Result<Option<Value>, ()>;

#[derive(Debug, Clone)]
struct Row {
    a: Option<i64>,
    b: Option<i64>,
    x: Option<f64>,
    s: Option<String>,
    p: Option<bool>,
}

/// An expression as text, and how its value is computed of one row.
#[derive(Clone)]
struct Sample {
    text: String,
    compute: Arc<dyn Fn(&Row) -> Result + Send + Sync>,
}

impl std::fmt::Debug for Sample {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn sample(
    text: impl Into<String>,
    compute: impl Fn(&Row) -> Result + Send + Sync + 'static,
) -> Sample {
    Sample {
        text: text.into(),
        compute: Arc::new(compute),
    }
}

fn integer(value: Result) -> std::result::Result<Option<i64>, ()> {
    Ok(value?.map(|value| match value {
        Value::Integer(value) => value,
        other => panic!("{other:?} is no integer"),
    }))
}

fn float(value: Result) -> std::result::Result<Option<f64>, ()> {
    Ok(value?.map(|value| match value {
        Value::Float(value) => value,
        other => panic!("{other:?} is no float"),
    }))
}

fn boolean(value: Result) -> std::result::Result<Option<bool>, ()> {
    Ok(value?.map(|value| match value {
        Value::Boolean(value) => value,
        other => panic!("{other:?} is no boolean"),
    }))
}

fn text(value: Result) -> std::result::Result<Option<String>, ()> {
    Ok(value?.map(|value| match value {
        Value::Text(value) => value,
        other => panic!("{other:?} is no text"),
    }))
}

fn integers(depth: u32) -> BoxedStrategy<Sample> {
    let leaves = prop_oneof![
        Just(sample("a", |row| Ok(row.a.map(Value::Integer)))),
        Just(sample("b", |row| Ok(row.b.map(Value::Integer)))),
        (-3_i64..4)
            .prop_map(|value| sample(value.to_string(), move |_| Ok(Some(Value::Integer(value))))),
        Just(sample(i64::MAX.to_string(), |_| Ok(Some(Value::Integer(
            i64::MAX
        ))))),
    ];
    if depth == 0 {
        return leaves.boxed();
    }
    let binary = (integers(depth - 1), integers(depth - 1), 0..5_usize).prop_map(
        |(left, right, operator)| {
            let symbol = ["+", "-", "*", "//", "%"][operator];
            sample(
                format!("({} {symbol} {})", left.text, right.text),
                move |row| {
                    let (left, right) = (
                        integer((left.compute)(row))?,
                        integer((right.compute)(row))?,
                    );
                    let (Some(left), Some(right)) = (left, right) else {
                        return Ok(None);
                    };
                    let (left, right) = (i128::from(left), i128::from(right));
                    let value = match operator {
                        0 => left + right,
                        1 => left - right,
                        2 => left * right,
                        _ if right == 0 => return Ok(None),
                        3 => left / right,
                        _ => left % right,
                    };
                    i64::try_from(value)
                        .map(|value| Some(Value::Integer(value)))
                        .map_err(|_| ())
                },
            )
        },
    );
    let choice = (
        booleans(depth - 1),
        integers(depth - 1),
        integers(depth - 1),
    )
        .prop_map(|(condition, one, other)| {
            let written = format!(
                "case when {} then {} else {} end",
                condition.text, one.text, other.text
            );
            sample(written, move |row| {
                match boolean((condition.compute)(row))? {
                    Some(true) => (one.compute)(row),
                    _ => (other.compute)(row),
                }
            })
        });
    let coalesce = (integers(depth - 1), integers(depth - 1)).prop_map(|(one, other)| {
        sample(
            format!("coalesce({}, {})", one.text, other.text),
            move |row| match (one.compute)(row)? {
                None => (other.compute)(row),
                value => Ok(value),
            },
        )
    });
    let length = texts(depth - 1).prop_map(|inner| {
        sample(format!("length({})", inner.text), move |row| {
            Ok(text((inner.compute)(row))?
                .map(|value| Value::Integer(value.chars().count() as i64)))
        })
    });
    prop_oneof![2 => leaves, 4 => binary, 2 => choice, 1 => coalesce, 1 => length].boxed()
}

fn floats(depth: u32) -> BoxedStrategy<Sample> {
    let leaves = prop_oneof![
        Just(sample("x", |row| Ok(row.x.map(Value::Float)))),
        Just(sample("2.5", |_| Ok(Some(Value::Float(2.5))))),
    ];
    if depth == 0 {
        return leaves.boxed();
    }
    let binary =
        (floats(depth - 1), floats(depth - 1), 0..4_usize).prop_map(|(left, right, operator)| {
            let symbol = ["+", "-", "*", "/"][operator];
            sample(
                format!("({} {symbol} {})", left.text, right.text),
                move |row| {
                    let (left, right) = (float((left.compute)(row))?, float((right.compute)(row))?);
                    let (Some(left), Some(right)) = (left, right) else {
                        return Ok(None);
                    };
                    Ok(match operator {
                        0 => Some(left + right),
                        1 => Some(left - right),
                        2 => Some(left * right),
                        _ => (right != 0.0).then(|| left / right),
                    }
                    .map(Value::Float))
                },
            )
        });
    let cast = integers(depth - 1).prop_map(|inner| {
        sample(format!("cast({} as double)", inner.text), move |row| {
            Ok(integer((inner.compute)(row))?.map(|value| Value::Float(value as f64)))
        })
    });
    prop_oneof![1 => leaves, 2 => binary, 1 => cast].boxed()
}

fn texts(depth: u32) -> BoxedStrategy<Sample> {
    let leaves = prop_oneof![
        Just(sample("s", |row| Ok(row.s.clone().map(Value::Text)))),
        Just(sample("'ö%'", |_| Ok(Some(Value::Text("ö%".to_owned()))))),
    ];
    if depth == 0 {
        return leaves.boxed();
    }
    let joined = (texts(depth - 1), texts(depth - 1)).prop_map(|(left, right)| {
        sample(format!("({} || {})", left.text, right.text), move |row| {
            let (left, right) = (text((left.compute)(row))?, text((right.compute)(row))?);
            Ok(left
                .zip(right)
                .map(|(left, right)| Value::Text(left + &right)))
        })
    });
    let upper = texts(depth - 1).prop_map(|inner| {
        sample(format!("upper({})", inner.text), move |row| {
            Ok(text((inner.compute)(row))?.map(|value| Value::Text(value.to_uppercase())))
        })
    });
    let written = integers(depth - 1).prop_map(|inner| {
        sample(format!("cast({} as text)", inner.text), move |row| {
            Ok(integer((inner.compute)(row))?.map(|value| Value::Text(value.to_string())))
        })
    });
    prop_oneof![2 => leaves, 1 => joined, 1 => upper, 1 => written].boxed()
}

fn booleans(depth: u32) -> BoxedStrategy<Sample> {
    let leaves = prop_oneof![
        3 => Just(sample("p", |row| Ok(row.p.map(Value::Boolean)))),
        1 => Just(sample("true", |_| Ok(Some(Value::Boolean(true))))),
        1 => Just(sample("cast(null as boolean)", |_| Ok(None))),
    ];
    if depth == 0 {
        return leaves.boxed();
    }
    let logic = (booleans(depth - 1), booleans(depth - 1), any::<bool>()).prop_map(
        |(left, right, is_and)| {
            let word = if is_and { "and" } else { "or" };
            sample(
                format!("({} {word} {})", left.text, right.text),
                move |row| {
                    let left = boolean((left.compute)(row))?;
                    if left == Some(!is_and) {
                        return Ok(left.map(Value::Boolean));
                    }
                    let right = boolean((right.compute)(row))?;
                    Ok(match (left, right) {
                        (_, Some(right)) if right != is_and => Some(right),
                        (Some(_), Some(_)) => Some(is_and),
                        _ => None,
                    }
                    .map(Value::Boolean))
                },
            )
        },
    );
    let not = booleans(depth - 1).prop_map(|inner| {
        sample(format!("(not {})", inner.text), move |row| {
            Ok(boolean((inner.compute)(row))?.map(|value| Value::Boolean(!value)))
        })
    });
    let is_null = integers(depth - 1).prop_map(|inner| {
        sample(format!("({} is null)", inner.text), move |row| {
            Ok(Some(Value::Boolean((inner.compute)(row)?.is_none())))
        })
    });
    let less = (integers(depth - 1), integers(depth - 1)).prop_map(|(left, right)| {
        sample(format!("({} < {})", left.text, right.text), move |row| {
            let (left, right) = (
                integer((left.compute)(row))?,
                integer((right.compute)(row))?,
            );
            Ok(left
                .zip(right)
                .map(|(left, right)| Value::Boolean(left < right)))
        })
    });
    let equal = (texts(depth - 1), texts(depth - 1)).prop_map(|(left, right)| {
        sample(format!("({} = {})", left.text, right.text), move |row| {
            let (left, right) = (text((left.compute)(row))?, text((right.compute)(row))?);
            Ok(left
                .zip(right)
                .map(|(left, right)| Value::Boolean(left == right)))
        })
    });
    prop_oneof![2 => leaves, 3 => logic, 1 => not, 1 => is_null, 2 => less, 1 => equal].boxed()
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let small =
        || prop_oneof![6 => (-3_i64..4).prop_map(Some), 1 => Just(Some(i64::MIN)), 2 => Just(None)];
    let row = (
        small(),
        small(),
        prop::option::of(prop_oneof![
            Just(0.0),
            Just(-1.5),
            Just(f64::NAN),
            Just(1e300)
        ]),
        prop::option::of(prop_oneof![
            Just(String::new()),
            Just("ö%".to_owned()),
            Just("1".to_owned())
        ]),
        any::<Option<bool>>(),
    );
    prop::collection::vec(row.prop_map(|(a, b, x, s, p)| Row { a, b, x, s, p }), 0..20)
}

fn batch(rows: &[Row]) -> RecordBatch {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(rows.iter().map(|row| row.a).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.b).collect::<Int64Array>()),
        Arc::new(rows.iter().map(|row| row.x).collect::<Float64Array>()),
        Arc::new(
            rows.iter()
                .map(|row| row.s.clone())
                .collect::<StringArray>(),
        ),
        Arc::new(rows.iter().map(|row| row.p).collect::<BooleanArray>()),
    ];
    let field = |name, data_type| Field::new(name, data_type, true);
    let schema = Schema::new(vec![
        field("a", DataType::Int64),
        field("b", DataType::Int64),
        field("x", DataType::Float64),
        field("s", DataType::Utf8),
        field("p", DataType::Boolean),
    ]);
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

fn value_at(array: &dyn Array, row: usize) -> Option<Value> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        other => panic!("expressions give no {other} here"),
    })
}

fn same(left: &Option<Value>, right: &Option<Value>) -> bool {
    match (left, right) {
        (Some(Value::Float(left)), Some(Value::Float(right))) => {
            left == right || (left.is_nan() && right.is_nan())
        }
        (left, right) => left == right,
    }
}

fn check(sample: &Sample, rows: &[Row]) -> std::result::Result<(), TestCaseError> {
    let batch = batch(rows);
    let expected: std::result::Result<Vec<Option<Value>>, ()> =
        rows.iter().map(|row| (sample.compute)(row)).collect();
    let expression = Expression::compile(&sample.text, &batch.schema()).unwrap();
    let columns: Vec<ArrayRef> = expression
        .columns()
        .iter()
        .map(|index| batch.column(*index).clone())
        .collect();
    match (expression.evaluate(rows.len(), &columns), expected) {
        (Ok(actual), Ok(expected)) => {
            for (row, expected) in expected.iter().enumerate() {
                let actual = value_at(actual.as_ref(), row);
                prop_assert!(
                    same(&actual, expected),
                    "row {row}: {actual:?}, expected {expected:?}"
                );
            }
        }
        (Err(_), Err(())) => {}
        (Ok(_), Err(())) => prop_assert!(false, "no row fails, though one should"),
        (Err(error), Ok(_)) => prop_assert!(false, "{error}, though no row should fail"),
    }
    Ok(())
}

proptest! {
    #[test]
    fn integers_are_those_of_the_rows(sample in integers(3), rows in rows()) {
        check(&sample, &rows)?;
    }

    #[test]
    fn floats_are_those_of_the_rows(sample in floats(3), rows in rows()) {
        check(&sample, &rows)?;
    }

    #[test]
    fn texts_are_those_of_the_rows(sample in texts(3), rows in rows()) {
        check(&sample, &rows)?;
    }

    #[test]
    fn booleans_are_those_of_the_rows(sample in booleans(4), rows in rows()) {
        check(&sample, &rows)?;
    }

    #[test]
    fn any_text_is_compiled_or_refused(text in "[a-z0-9 ()+*/%<>=!'\",.|:-]{0,60}|\\PC{0,20}") {
        // Whatever it is, there is no panic and every place is inside the text.
        if let Err(errors) = Expression::compile(&text, &batch(&[]).schema()) {
            prop_assert!(!errors.is_empty());
            for error in errors {
                prop_assert!(error.span.start <= error.span.end);
                prop_assert!(error.span.end <= text.chars().count());
            }
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    let schema = batch(&[]).schema();
    for text in [
        "(".repeat(100_000),
        "not ".repeat(100_000),
        format!("a{}", " + a".repeat(100_000)),
        "-".to_owned(),
    ] {
        assert!(Expression::compile(&text, &schema).is_err());
    }
}
