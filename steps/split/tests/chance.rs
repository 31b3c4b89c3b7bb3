//! How many rows are split. The seeds are fixed, so that each of these holds every time or never.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use stepwell_sdk::arrow::array::RecordBatch;
use stepwell_sdk::arrow::schema::Schema;
use stepwell_sdk::native::NativeStep;
use stepwell_sdk::prelude::*;

const ROWS: i64 = 10_000;

/// The numbers of the rows to train with and of those to test with, of 10,000 that come in batches of this size. `key`
/// has 1,000 values.
fn split(parameters: Value, batch_size: i64) -> [Vec<i64>; 2] {
    let schema = Arc::new(Schema::new(vec![
        Field::new("row", DataType::Int64, false),
        Field::new("key", DataType::Int64, false),
    ]));
    let mut step = NativeStep::open(step_split::STEP, parameters, std::slice::from_ref(&schema))
        .expect("the step opens");
    for first in (0..ROWS).step_by(batch_size as usize) {
        let rows = first..(first + batch_size).min(ROWS);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(rows.clone())),
            Arc::new(Int64Array::from_iter_values(rows.map(|row| row % 1_000))),
        ];
        let batch = RecordBatch::try_new(schema.clone(), columns).expect("a batch");
        step.process(0, batch).expect("rows are taken");
    }
    step.finish().expect("the step finishes");
    [0, 1].map(|port| {
        let output = step.output(port).expect("an output");
        output
            .column(0)
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    })
}

#[test]
fn every_row_is_on_one_side() {
    for parameters in [json!({}), json!({ "key": ["key"], "test_size": 0.5 })] {
        let [train, test] = split(parameters, 1_000);
        let mut rows = [train, test].concat();
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..ROWS));
    }
}

#[test]
fn about_the_given_part_is_for_tests() {
    for (test_size, seed) in [(0.25, 0), (0.1, 1), (0.5, 2), (0.9, u64::MAX)] {
        let [_, test] = split(json!({ "test_size": test_size, "seed": seed }), 1_000);
        let expected = test_size * ROWS as f64;
        // Four standard deviations.
        let tolerance = 4.0 * (expected * (1.0 - test_size)).sqrt();
        assert!(
            (test.len() as f64 - expected).abs() < tolerance,
            "{} rows of {expected}",
            test.len()
        );
    }
}

#[test]
fn rows_of_a_key_are_on_one_side() {
    let [train, test] = split(json!({ "key": ["key"] }), 1_000);
    let keys = |rows: &[i64]| rows.iter().map(|row| row % 1_000).collect::<BTreeSet<_>>();
    assert!(keys(&train).is_disjoint(&keys(&test)));
    let n_tests = keys(&test).len();
    assert!((195..305).contains(&n_tests), "{n_tests} keys");
}

#[test]
fn batches_of_any_size_give_the_same_sides() {
    for parameters in [json!({}), json!({ "key": ["key"] })] {
        let whole = split(parameters.clone(), ROWS);
        for batch_size in [1, 7, 8_192] {
            assert_eq!(split(parameters.clone(), batch_size), whole);
        }
    }
}
