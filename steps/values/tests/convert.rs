//! Values of one type as values of another.

use std::sync::Arc;

use arrow_array::*;
use arrow_schema::{DataType, TimeUnit};
use stepwell_values::{Cell, cells, convert, is_convertible, text};

/// What the values become, each as text; `!` where one does not fit.
fn check(array: ArrayRef, target: &DataType, expected: &[&str]) {
    let values = cells(&array).unwrap();
    let converted = convert(target, array.len(), &values).unwrap();
    assert_eq!(converted.array.data_type(), target);
    let shown = cells(&converted.array).unwrap();
    let actual: Vec<String> = (0..array.len())
        .map(|row| match text::write(shown(row)) {
            _ if converted.failed.value(row) => "!".to_owned(),
            Some(text) => text,
            None => "null".to_owned(),
        })
        .collect();
    assert_eq!(actual, expected);
}

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(
        values
            .iter()
            .map(|value| (*value != "null").then_some(*value))
            .collect::<StringArray>(),
    )
}

fn floats() -> ArrayRef {
    Arc::new(Float64Array::from(vec![
        Some(1.0),
        Some(-2.5),
        Some(f64::NAN),
        None,
        Some(1e19),
    ]))
}

#[test]
fn a_number_that_does_not_fit_is_marked() {
    check(floats(), &DataType::Int64, &["1", "!", "!", "null", "!"]);
    check(
        floats(),
        &DataType::UInt64,
        &["1", "!", "!", "null", "10000000000000000000"],
    );
    let integers: ArrayRef = Arc::new(Int64Array::from(vec![Some(127), Some(128), Some(-1), None]));
    check(
        integers.clone(),
        &DataType::Int8,
        &["127", "!", "-1", "null"],
    );
    check(
        integers.clone(),
        &DataType::UInt16,
        &["127", "128", "!", "null"],
    );
    check(
        integers.clone(),
        &DataType::Boolean,
        &["!", "!", "!", "null"],
    );
    check(
        integers,
        &DataType::Float32,
        &["127.0", "128.0", "-1.0", "null"],
    );
}

#[test]
fn decimals_are_exact() {
    let target = DataType::Decimal128(5, 2);
    check(
        texts(&[
            "1.005", "-1.005", "1.004", "999.994", "999.995", "1e2", "x", "", "null",
        ]),
        &target,
        &[
            "1.01", "-1.01", "1.00", "999.99", "!", "100.00", "!", "!", "null",
        ],
    );
    check(floats(), &target, &["1.00", "-2.50", "!", "null", "!"]);
    let decimals: ArrayRef = Arc::new(
        Decimal128Array::from(vec![Some(101), Some(-5), None])
            .with_precision_and_scale(5, 2)
            .unwrap(),
    );
    check(
        decimals.clone(),
        &DataType::Float64,
        &["1.01", "-0.05", "null"],
    );
    check(decimals.clone(), &DataType::Int32, &["!", "!", "null"]);
    check(
        decimals.clone(),
        &DataType::Decimal64(3, 1),
        &["1.0", "-0.1", "null"],
    );
    check(decimals, &DataType::Utf8, &["1.01", "-0.05", "null"]);
}

#[test]
fn text_is_read() {
    check(
        texts(&[" 12 ", "12.0", "12.5", "a"]),
        &DataType::Int32,
        &["12", "12", "!", "!"],
    );
    check(
        texts(&["1.5", " -1e3", "nan", "a"]),
        &DataType::Float64,
        &["1.5", "-1000.0", "NaN", "!"],
    );
    check(
        texts(&["Yes", "0", "maybe"]),
        &DataType::Boolean,
        &["true", "false", "!"],
    );
    check(
        texts(&["2024-02-29", "2023-02-29", "2024-02-29 12:00"]),
        &DataType::Date32,
        &["2024-02-29", "!", "2024-02-29"],
    );
    let moments = texts(&[
        "2024-02-29",
        "2024-02-29T12:30:00.123456789",
        "2024-02-29 12:30:00+02:00",
        "noon",
    ]);
    check(
        moments.clone(),
        &DataType::Timestamp(TimeUnit::Nanosecond, None),
        &[
            "2024-02-29T00:00:00",
            "2024-02-29T12:30:00.123456789",
            "2024-02-29T10:30:00",
            "!",
        ],
    );
    check(
        moments.clone(),
        &DataType::Timestamp(TimeUnit::Millisecond, Some("+01:00".into())),
        &[
            "2024-02-28T23:00:00",
            "2024-02-29T11:30:00.123",
            "2024-02-29T10:30:00",
            "!",
        ],
    );
    // Where local time is not known, only what says its offset is.
    check(
        moments,
        &DataType::Timestamp(TimeUnit::Second, Some("Europe/Berlin".into())),
        &["!", "!", "2024-02-29T10:30:00", "!"],
    );
}

#[test]
fn dates_and_moments_are_converted() {
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![Some(-1), Some(i32::MAX), None]));
    check(
        dates.clone(),
        &DataType::Timestamp(TimeUnit::Nanosecond, None),
        &["1969-12-31T00:00:00", "!", "null"],
    );
    check(dates, &DataType::Utf8View, &["1969-12-31", "!", "null"]);
    let moments: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![
        Some(-1),
        Some(1_500_000_000),
    ]));
    check(
        moments.clone(),
        &DataType::Date32,
        &["1969-12-31", "1970-01-01"],
    );
    check(
        moments.clone(),
        &DataType::Timestamp(TimeUnit::Second, None),
        &["1969-12-31T23:59:59", "1970-01-01T00:00:01"],
    );
    check(moments, &DataType::Int64, &["!", "!"]);
}

#[test]
fn types_without_flat_values_are_refused() {
    assert!(!is_convertible(&DataType::Binary));
    assert!(is_convertible(&DataType::Decimal32(9, 2)));
    assert!(cells(&BinaryArray::from(vec![&b"a"[..]])).is_none());
    assert_eq!(cells(&NullArray::new(1)).unwrap()(0), Cell::Null);
}
