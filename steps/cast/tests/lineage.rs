//! Only the columns that are needed are read, and all others are passed by reference.

use std::sync::Arc;

use stepwell_sdk::arrow::schema::{DataType, Field, Schema};
use stepwell_sdk::native::NativeStep;
use stepwell_sdk::serde_json::{Value, json};

/// The columns that are read, and those that are passed, of `id`, `tenure`, `charges` and `contract`.
fn check(parameters: Value, reads: &[&str], passes: &[&str]) {
    let schema = Schema::new(vec![
        Field::new("id", DataType::Int64, false),
        Field::new("tenure", DataType::Int64, true),
        Field::new("charges", DataType::Float64, true),
        Field::new("contract", DataType::Utf8, true),
    ]);
    let step = NativeStep::open(step_cast::STEP, parameters, &[Arc::new(schema.clone())]).unwrap();
    let name = |column: usize| schema.field(column).name().as_str();
    let opened = step.opened();
    let actual: Vec<&str> = opened
        .reads()
        .iter()
        .map(|(_, column)| name(*column))
        .collect();
    assert_eq!(actual, reads);
    let actual: Vec<&str> = opened.outputs()[0]
        .passes()
        .iter()
        .map(|pass| name(pass.column))
        .collect();
    assert_eq!(actual, passes);
}

#[test]
fn columns_of_the_type_already_are_not_read() {
    let parameters = json!({ "columns": { "id": "int64", "tenure": "float64" } });
    check(parameters, &["tenure"], &["id", "charges", "contract"]);
}
