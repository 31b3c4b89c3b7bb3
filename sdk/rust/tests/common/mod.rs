//! What the tests have in common: tables in one line each, and everything that a user reads as text.
#![allow(dead_code)] // Each test file uses its part.

use std::fmt::Write;
use std::sync::Arc;

use stepwell_sdk::arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use stepwell_sdk::native::NativeStep;
use stepwell_sdk::{Problems, StepDefinition, StepError, Subject};

/// Five customers: `id`, `name`, `tenure` (with a null) and `total_charges` (with a null).
pub(crate) fn customers() -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5]))),
        (
            "name",
            Arc::new(StringArray::from(vec!["ada", "ben", "cleo", "dan", "eve"])),
        ),
        (
            "tenure",
            Arc::new(Int64Array::from(vec![
                Some(2),
                Some(4),
                None,
                Some(1),
                Some(10),
            ])),
        ),
        (
            "total_charges",
            Arc::new(Float64Array::from(vec![
                Some(20.0),
                None,
                Some(9.0),
                Some(7.5),
                Some(100.0),
            ])),
        ),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .unwrap()
}

/// Runs a step on the customers and shows what it gave, or what it said was wrong.
pub(crate) fn run(step: &StepDefinition, parameters: serde_json::Value) -> String {
    let customers = customers();
    match NativeStep::open(*step, parameters, &[customers.schema()]) {
        Err(problems) => show_problems(&problems),
        Ok(mut step) => {
            let result = step.process(0, customers).and_then(|()| step.finish());
            show(&step, result)
        }
    }
}

/// What an opened step gave so far, and how it ended.
pub(crate) fn show(step: &NativeStep, result: Result<(), StepError>) -> String {
    let mut text = String::new();
    for (port, output) in step.opened().outputs().iter().enumerate() {
        let table = step.output(port).unwrap();
        writeln!(
            text,
            "{}:\n{}",
            output.name(),
            stepwell_cases::write_table(&table).trim_end()
        )
        .unwrap();
    }
    for rejected in step.rejected() {
        let rows = stepwell_cases::write_table(&rejected.rows);
        writeln!(
            text,
            "rejected as {} ({}):\n{}",
            rejected.code,
            rejected.reason,
            rows.trim_end()
        )
        .unwrap();
    }
    for (level, message) in step.logs() {
        writeln!(text, "{level:?}: {message}").unwrap();
    }
    if let Err(error) = result {
        text.push_str(&show_problems(&error.into()));
    }
    text
}

/// Problems as text, one per line.
pub(crate) fn show_problems(problems: &Problems) -> String {
    let mut text = String::new();
    for problem in problems {
        let subject = match &problem.subject {
            Subject::Parameter(pointer) => format!("parameter {pointer:?}"),
            Subject::Column(port, name) => format!("column {name:?} of input {port}"),
            Subject::Data => "data".to_owned(),
            Subject::Step => "step".to_owned(),
        };
        writeln!(text, "{} at {subject}: {}", problem.code, problem.message).unwrap();
        if let Some(hint) = &problem.hint {
            writeln!(text, "  hint: {hint}").unwrap();
        }
    }
    text.trim_end().to_owned()
}
