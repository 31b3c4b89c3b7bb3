//! What one step costs per batch: columns that it does not touch are free, columns that it reads are copied.
//!
//! `cargo bench -p stepwell-engine --bench hop`

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch};
use serde_json::json;
use stepwell_engine::{Batch, Engine, EngineOptions, OpenOptions, StepInstance};
use stepwell_test_components::guest;

fn main() {
    divan::main();
}

fn batch(n_columns: usize, n_rows: usize) -> RecordBatch {
    let column = |index: usize| -> (String, ArrayRef) {
        let values = (0..n_rows).map(|row| (row * index) as f64);
        (
            format!("column_{index}"),
            Arc::new(Float64Array::from_iter_values(values)),
        )
    };
    RecordBatch::try_from_iter((0..n_columns).map(column)).expect("columns have one length")
}

fn open(by: &str, batch: &RecordBatch) -> StepInstance {
    let engine = Engine::new(&EngineOptions::default()).expect("this machine runs WebAssembly");
    let options = OpenOptions {
        parameters: json!({ "by": by }),
        inputs: vec![batch.schema()],
        ..OpenOptions::default()
    };
    let step = engine
        .load(&guest("identity"))
        .expect("the guest is a step");
    step.open(options).expect("the guest takes any schema")
}

fn bench(bencher: divan::Bencher<'_, '_>, by: &str, n_columns: usize, n_rows: usize) {
    let batch = batch(n_columns, n_rows);
    let mut instance = open(by, &batch);
    let batch = Batch::from(batch);
    bencher.bench_local(|| {
        instance
            .process(0, batch.clone())
            .expect("identity does not fail")
    });
}

/// Columns that are passed by handle, whatever their number and length.
#[divan::bench(args = [2, 200], consts = [1_024, 65_536])]
fn untouched_columns<const ROWS: usize>(bencher: divan::Bencher<'_, '_>, n_columns: usize) {
    bench(bencher, "handle", n_columns, ROWS);
}

/// Columns that are copied in and out.
#[divan::bench(args = [1, 8], consts = [1_024, 65_536])]
fn read_columns<const ROWS: usize>(bencher: divan::Bencher<'_, '_>, n_columns: usize) {
    bench(bencher, "read", n_columns, ROWS);
}
