//! Random tables come back as they were written, whatever the sizes of batches on both sides.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow_schema::{DataType, Field, Schema};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use stepwell_connect::open_source;
use stepwell_plan::type_name;
use stepwell_test_arrays::{Random, every_type};

use crate::support::{Folder, concat, read_all, source_spec};

/// Writes a table in batches of `write_rows`, reads it in batches of several sizes, and compares.
fn check(name: &str, table: &RecordBatch, types: &Map<String, Value>, write_rows: usize) {
    let folder = Folder::new();
    let rows = table.num_rows();
    let batches: Vec<RecordBatch> = (0..rows.max(1))
        .step_by(write_rows)
        .map(|start| table.slice(start, write_rows.min(rows - start)))
        .collect();
    let summary = folder.write(json!({"path": name}), &batches).unwrap();
    assert_eq!(summary.rows, rows as u64);
    assert_eq!(
        summary.bytes,
        std::fs::metadata(folder.path(name)).unwrap().len()
    );
    for batch_rows in [1, 7, 1000] {
        let mut options = folder.open_options();
        options.batch_rows = batch_rows;
        let spec = source_spec(json!({"path": name, "types": types}));
        let mut source = open_source("t", &spec, &options).unwrap();
        let read = read_all(source.as_mut()).unwrap();
        let schema = source.schema();
        assert_eq!(
            concat(&schema, &read).columns(),
            table.columns(),
            "{name} {schema:?}"
        );
    }
}

/// Types that Parquet holds without loss.
fn is_parquet(data_type: &DataType) -> bool {
    !data_type.is_nested()
        && *data_type != DataType::FixedSizeBinary(0)
        && !matches!(
            data_type,
            DataType::Decimal32(_, ..0)
                | DataType::Decimal64(_, ..0)
                | DataType::Decimal128(_, ..0)
                | DataType::Decimal256(_, ..0)
                | DataType::RunEndEncoded(..)
                | DataType::Interval(_)
                | DataType::Null
                | DataType::Dictionary(..)
        )
}

fn random_table(types: &[DataType], seed: u64, columns: usize, rows: usize) -> RecordBatch {
    let mut random = Random::new(seed);
    let fields: Vec<Field> = (0..columns)
        .map(|column| {
            let data_type = types[random.below(types.len())].clone();
            Field::new(format!("c{column}"), data_type, true)
        })
        .collect();
    random.batch_of(Schema::new(fields), rows)
}

/// A table of what text formats can hold: dates within the calendar, floats that are numbers, text that is not
/// empty (CSV cannot tell it from null).
fn text_table() -> impl Strategy<Value = RecordBatch> {
    let columns = |rows: usize| {
        (
            vec(option::of(any::<bool>()), rows),
            vec(option::of(any::<i64>()), rows),
            vec(
                option::of(
                    prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL,
                ),
                rows,
            ),
            vec(option::of(-700_000..2_900_000_i32), rows),
            vec(
                option::of(-60_000_000_000_000_000..250_000_000_000_000_000_i64),
                rows,
            ),
            vec(
                option::of(-99_999_999_999_999_999_999..=99_999_999_999_999_999_999_i128),
                rows,
            ),
            vec(option::of("[^\0]{1,12}|[ ,\"\n\r\t;']{1,5}"), rows),
        )
    };
    (0_usize..40).prop_flat_map(columns).prop_map(
        |(booleans, integers, floats, dates, times, decimals, texts)| {
            let decimals = Decimal128Array::from(decimals)
                .with_precision_and_scale(20, 3)
                .unwrap();
            let zoned = TimestampMicrosecondArray::from(times.clone()).with_timezone("UTC");
            let columns: [(&str, ArrayRef); 8] = [
                ("boolean", Arc::new(BooleanArray::from(booleans))),
                ("integer", Arc::new(Int64Array::from(integers))),
                ("float", Arc::new(Float64Array::from(floats))),
                ("date", Arc::new(Date32Array::from(dates))),
                ("time", Arc::new(TimestampMicrosecondArray::from(times))),
                ("zoned", Arc::new(zoned)),
                ("decimal", Arc::new(decimals)),
                ("text", Arc::new(StringArray::from(texts))),
            ];
            crate::support::batch(columns)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tables_of_any_type_come_back_as_they_were(
        seed in any::<u64>(),
        columns in 1_usize..6,
        rows in 0_usize..60,
        write_rows in 1_usize..40,
    ) {
        let every = every_type();
        let parquet: Vec<DataType> = every.iter().filter(|data_type| is_parquet(data_type)).cloned().collect();
        for name in ["a.arrow", "a.arrows.zst"] {
            check(name, &random_table(&every, seed, columns, rows), &Map::new(), write_rows);
        }
        check("a.parquet", &random_table(&parquet, seed, columns, rows), &Map::new(), write_rows);
    }

    #[test]
    fn tables_of_text_come_back_as_they_were(table in text_table(), write_rows in 1_usize..40) {
        let mut types = Map::new();
        for field in table.schema().fields() {
            types.insert(field.name().clone(), Value::String(type_name(field.data_type())));
        }
        for name in ["a.csv", "a.csv.gz", "a.tsv"] {
            check(name, &table, &types, write_rows);
        }
        // No rows of JSON are no columns either.
        if table.num_rows() > 0 {
            check("a.jsonl", &table, &types, write_rows);
            check("a.json.zst", &table, &types, write_rows);
        }
    }
}
