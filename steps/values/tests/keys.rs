//! Keys of rows: equal where the rows are, and back to the values.

use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::*;
use arrow_schema::{DataType, Field};
use proptest::prelude::*;
use stepwell_values::{RowKeys, Vector};

fn keys(columns: &[ArrayRef]) -> (RowKeys, Vec<Vec<u8>>) {
    let keys = RowKeys::new(columns.iter().map(|column| column.data_type())).unwrap();
    let rows = columns.first().map_or(0, |column| column.len());
    let encoded = keys
        .encode(rows, columns)
        .iter()
        .map(<[u8]>::to_vec)
        .collect();
    (keys, encoded)
}

#[test]
fn values_that_count_as_one_have_one_key() {
    let columns: Vec<ArrayRef> = vec![Arc::new(Float64Array::from(vec![
        Some(0.0),
        Some(-0.0),
        Some(f64::NAN),
        Some(-f64::NAN),
        None,
        None,
        Some(1.0),
    ]))];
    let (_, keys) = keys(&columns);
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[2], keys[3]);
    assert_eq!(keys[4], keys[5]);
    assert_ne!(keys[0], keys[4]);
    assert_ne!(keys[0], keys[6]);
}

#[test]
fn texts_of_neighbouring_columns_do_not_run_together() {
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec!["ab", "a"])),
        Arc::new(StringArray::from(vec!["c", "bc"])),
    ];
    let (_, keys) = keys(&columns);
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn dictionaries_are_keyed_by_their_values() {
    let dictionary: DictionaryArray<Int8Type> = vec![Some("x"), None, Some("y"), Some("x")]
        .into_iter()
        .collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(dictionary)];
    let (row_keys, keys) = keys(&columns);
    assert_eq!(keys[0], keys[3]);
    assert_ne!(keys[0], keys[2]);
    let decoded = row_keys.decode(keys.iter().map(Vec::as_slice));
    let expected = StringArray::from(vec![Some("x"), None, Some("y"), Some("x")]);
    assert_eq!(decoded[0].as_ref(), &expected as &dyn Array);
}

#[test]
fn nested_types_are_refused_by_position() {
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Int8, true)));
    let (position, error) = RowKeys::new([&DataType::Int8, &list]).unwrap_err();
    assert_eq!(position, 1);
    assert_eq!(error.code(), "unsupported_type");
}

proptest! {
    #[test]
    fn keys_come_back_as_the_values(
        rows in prop::collection::vec(
            (any::<Option<i16>>(), prop::option::of("\\PC{0,8}"), any::<Option<bool>>(), any::<Option<i128>>(), prop::option::of(prop::collection::vec(any::<u8>(), 3))),
            0..30,
        ),
        start in 0..5_usize,
    ) {
        let all: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|row| row.0).collect::<Int16Array>()),
            Arc::new(rows.iter().map(|row| row.1.clone()).collect::<StringArray>()),
            Arc::new(rows.iter().map(|row| row.1.clone()).collect::<LargeStringArray>()),
            Arc::new(rows.iter().map(|row| row.1.clone()).collect::<StringViewArray>()),
            Arc::new(rows.iter().map(|row| row.2).collect::<BooleanArray>()),
            Arc::new(rows.iter().map(|row| row.3.map(|value| value % 1_000)).collect::<Decimal128Array>()),
            Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(rows.iter().map(|row| row.4.clone()), 3).unwrap()),
            Arc::new(NullArray::new(rows.len())),
            Arc::new(rows.iter().map(|row| row.0.map(i64::from)).collect::<TimestampNanosecondArray>().with_timezone("Europe/Berlin")),
        ];
        // Slices, because keys are made of buffers.
        let start = start.min(rows.len());
        let columns: Vec<ArrayRef> = all.iter().map(|column| column.slice(start, rows.len() - start)).collect();
        let (row_keys, keys) = keys(&columns);
        let decoded = row_keys.decode(keys.iter().map(Vec::as_slice));
        for (column, decoded) in columns.iter().zip(&decoded) {
            prop_assert_eq!(column, decoded);
        }
        for (left, left_key) in keys.iter().enumerate() {
            for (right, right_key) in keys.iter().enumerate() {
                let same = columns.iter().all(|column| column.slice(left, 1) == column.slice(right, 1));
                prop_assert_eq!(same, left_key == right_key);
            }
        }
    }
}

#[test]
fn columns_of_all_numbers_are_read() {
    let check =
        |array: ArrayRef, expected: Vector| assert_eq!(Vector::read(&array).unwrap(), expected);
    let integers = Vector::from(Int64Array::from(vec![Some(1), None]));
    check(
        Arc::new(UInt64Array::from(vec![Some(1), None])),
        integers.clone(),
    );
    check(Arc::new(Int8Array::from(vec![Some(1), None])), integers);
    let decimals = Decimal128Array::from(vec![Some(101), None])
        .with_precision_and_scale(5, 1)
        .unwrap();
    check(
        Arc::new(decimals),
        Vector::from(Float64Array::from(vec![Some(10.1), None])),
    );
    let hundreds = Decimal128Array::from(vec![Some(101), None])
        .with_precision_and_scale(5, -2)
        .unwrap();
    check(
        Arc::new(hundreds),
        Vector::from(Float64Array::from(vec![Some(10100.0), None])),
    );
    let moments = TimestampNanosecondArray::from(vec![-1, 1_999]);
    check(
        Arc::new(moments),
        Vector::from(TimestampMicrosecondArray::from(vec![-1, 1])),
    );
    let error = Vector::read(&UInt64Array::from(vec![u64::MAX])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`18446744073709551615` does not fit a 64-bit integer"
    );
}
