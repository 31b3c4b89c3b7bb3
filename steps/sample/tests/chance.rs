//! What is drawn of many rows. The seeds are fixed, so that each of these holds every time or never.

use std::sync::Arc;

use serde_json::{Value, json};
use stepwell_sdk::arrow::array::RecordBatch;
use stepwell_sdk::arrow::schema::Schema;
use stepwell_sdk::native::NativeStep;
use stepwell_sdk::prelude::*;

const ROWS: i64 = 10_000;

/// The numbers of the rows that are drawn of 10,000, which come in batches of this size. `key` has 1,000 values.
fn drawn(parameters: Value, batch_size: i64) -> Vec<i64> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("row", DataType::Int64, false),
        Field::new("key", DataType::Int64, false),
    ]));
    let mut step = NativeStep::open(step_sample::STEP, parameters, std::slice::from_ref(&schema))
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
    let output = step.output(0).expect("an output");
    output
        .column(0)
        .as_primitive::<Int64Type>()
        .values()
        .to_vec()
}

#[test]
fn a_fraction_is_about_that_part_of_the_rows() {
    for (fraction, seed) in [(0.1, 0), (0.3, 1), (0.5, 2), (0.9, u64::MAX)] {
        let rows = drawn(json!({ "fraction": fraction, "seed": seed }), 1_000);
        let expected = fraction * ROWS as f64;
        // Four standard deviations.
        let tolerance = 4.0 * (expected * (1.0 - fraction)).sqrt();
        assert!(
            (rows.len() as f64 - expected).abs() < tolerance,
            "{} rows of {expected}",
            rows.len()
        );
    }
}

#[test]
fn a_number_of_rows_is_that_number_from_everywhere() {
    let rows = drawn(json!({ "n": 1_000 }), 256);
    assert_eq!(rows.len(), 1_000);
    assert!(rows.is_sorted());
    for tenth in 0..10 {
        let n_drawn = rows.iter().filter(|row| **row / 1_000 == tenth).count();
        assert!(
            (60..140).contains(&n_drawn),
            "{n_drawn} of the tenth {tenth}"
        );
    }
}

#[test]
fn batches_of_any_size_give_the_same_rows() {
    for parameters in [
        json!({ "n": 137 }),
        json!({ "fraction": 0.05 }),
        json!({ "fraction": 0.05, "key": ["key"] }),
    ] {
        let whole = drawn(parameters.clone(), ROWS);
        for batch_size in [1, 7, 8_192] {
            assert_eq!(drawn(parameters.clone(), batch_size), whole);
        }
    }
}

#[test]
fn rows_of_a_key_are_all_drawn_or_none() {
    let rows = drawn(json!({ "fraction": 0.2, "key": ["key"] }), 1_000);
    let keys: std::collections::BTreeSet<i64> = rows.iter().map(|row| row % 1_000).collect();
    assert_eq!(rows.len(), keys.len() * 10);
    assert!((150..250).contains(&keys.len()), "{} keys", keys.len());
}

#[test]
fn another_seed_draws_other_rows() {
    let of_seed = |seed: u64| drawn(json!({ "n": 1_000, "seed": seed }), 1_000);
    let others = of_seed(2);
    let common = of_seed(1).iter().filter(|row| others.contains(row)).count();
    // Of 1,000 rows that are drawn twice of 10,000, about 100 are the same.
    assert!((50..150).contains(&common), "{common} rows are the same");
}
