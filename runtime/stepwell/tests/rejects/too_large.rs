//! Batches that do not fit the memory of a step.

use insta::assert_snapshot;
use stepwell::arrow::array::{ArrayRef, Int64Array, StringArray};
use stepwell::{Error, RecordBatch, Summary};

use crate::support::{World, host, numbers, run, shown, without_sizes};

/// Runs a step with 16 MiB of memory on texts that it reads, all rows in one batch.
fn read_texts(lengths: &[usize], with: &str) -> (Vec<usize>, Result<Summary, Error>) {
    let world = World::new(&format!(
        "[steps.last]\npath = 'picky.wasm'\ninput = 'numbers'
        with = {{ column = 'n', read = 'name'{with} }}\nlimits = {{ memory = '16 MiB' }}"
    ));
    let numbers: ArrayRef =
        std::sync::Arc::new(Int64Array::from_iter_values(1..=lengths.len() as i64));
    let texts = lengths.iter().map(|length| "x".repeat(*length));
    let texts: ArrayRef = std::sync::Arc::new(StringArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("n", numbers), ("name", texts)]).unwrap();
    let output = stepwell::BatchCollector::new();
    let pipeline = world
        .pipeline(65_536, 1)
        .source("numbers", batch.schema(), [batch]);
    let checked = pipeline.collect("out", &output).check(host()).unwrap();
    let ran = checked.run();
    (
        output.take().iter().map(RecordBatch::num_rows).collect(),
        ran,
    )
}

#[test]
fn a_batch_is_split_before_it_is_sent_where_its_columns_would_fill_the_memory() {
    // 32 MiB for a memory of 16.
    let (parts, ran) = read_texts(&[1 << 20; 32], "");
    assert_eq!(
        parts, [2; 16],
        "a quarter of the memory is for columns that are read"
    );
    let step = &ran.unwrap().steps[0];
    assert_eq!((step.rows_in, step.batches, step.instances), (32, 16, 1));
}

#[test]
fn a_step_with_state_gets_smaller_batches_too() {
    let (parts, ran) = read_texts(&[1 << 20; 32], ", late = true");
    assert_eq!(parts, [2; 16]);
    assert_eq!(ran.unwrap().steps[0].instances, 1);
}

#[test]
fn a_row_that_alone_does_not_fit_is_an_error_of_the_limit() {
    let (_, ran) = read_texts(&[10, 20 << 20, 10], "");
    assert_snapshot!(without_sizes(&shown(&ran.unwrap_err())), @"
    error[limit_exceeded]: step `last` on row 2 of source `numbers` (`memory://numbers`): the step went past its limit on memory (16777216 bytes) in `process`: [size] bytes
    blame: limit
    hint: raise `limits.memory` of this step if it is right to need more
    ");
}

#[test]
fn a_batch_of_which_a_step_makes_too_much_is_tried_again_in_parts() {
    // 40 MiB for all rows, 1 MiB for each.
    let (_, out, summary) = run("rejects = 'rejects.csv'
        [steps.last]\npath = 'picky.wasm'\ninput = 'numbers'
        with = { column = 'n', bytes_per_row = 1_048_576 }\nlimits = { memory = '16 MiB' }");
    assert_eq!(numbers(&out).len(), 40);
    assert_eq!(summary.steps[0].rows_rejected, 0);
}
