//! A small table of every kind of column that expressions read.

use std::sync::{Arc, LazyLock};

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int16Array,
    Int64Array, RecordBatch, StringArray, StringViewArray, TimestampMicrosecondArray,
    TimestampSecondArray, UInt64Array,
};

/// The table.
pub(crate) fn table() -> &'static RecordBatch {
    static TABLE: LazyLock<RecordBatch> = LazyLock::new(make);
    &TABLE
}

fn make() -> RecordBatch {
    let columns: [(&str, ArrayRef); 13] = [
        (
            "a",
            Arc::new(Int64Array::from(vec![
                Some(1),
                Some(i64::MIN),
                Some(i64::MAX),
                None,
                Some(0),
            ])),
        ),
        (
            "b",
            Arc::new(Int16Array::from(vec![
                Some(2),
                Some(-1),
                Some(3),
                Some(400),
                None,
            ])),
        ),
        (
            "u",
            Arc::new(UInt64Array::from(vec![0, 1, 7, i64::MAX as u64, 12])),
        ),
        (
            "x",
            Arc::new(Float64Array::from(vec![
                Some(0.5),
                Some(f64::NEG_INFINITY),
                Some(f64::NAN),
                None,
                Some(1e300),
            ])),
        ),
        (
            "y",
            Arc::new(Float32Array::from(vec![
                Some(1.5),
                Some(-2.5),
                Some(-0.0),
                Some(4e9),
                None,
            ])),
        ),
        (
            "s",
            Arc::new(StringArray::from(vec![
                Some("Ada Lovelace"),
                Some(""),
                Some("grüße, 🎉"),
                None,
                Some("12"),
            ])),
        ),
        (
            "t",
            Arc::new(StringViewArray::from(vec![
                Some("2024-02-29"),
                Some("b%"),
                Some("ü"),
                Some("(a+)+"),
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
                Some(i32::MAX),
                Some(i32::MIN),
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
                TimestampMicrosecondArray::from(vec![
                    Some(0),
                    Some(i64::MAX),
                    None,
                    Some(i64::MIN),
                    Some(2),
                ])
                .with_timezone("+02:00"),
            ),
        ),
        (
            "n",
            Arc::new(
                Decimal128Array::from(vec![Some(1010), Some(5), None, Some(0), Some(-250)])
                    .with_precision_and_scale(38, 2)
                    .expect("a decimal type"),
            ),
        ),
        (
            "total charges",
            Arc::new(Int64Array::from(vec![10, 20, 30, 40, 50])),
        ),
    ];
    let columns = columns.map(|(name, column)| (name, column, true));
    RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length")
}
