//! Whatever crosses the boundary comes back as it was: read and emitted again, and passed by handle.

use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use proptest::prelude::*;
use serde_json::json;
use stepwell_engine::{Engine, EngineOptions, OpenOptions, Outcome, StepComponent};
use stepwell_plan::Grants;
use stepwell_test_arrays::{Random, every_type};
use stepwell_test_components::guest;

fn identity() -> &'static StepComponent {
    static IDENTITY: OnceLock<StepComponent> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        Engine::new(&EngineOptions::default())
            .unwrap()
            .load(&guest("identity"))
            .unwrap()
    })
}

fn run(by: &str, batch: &RecordBatch) -> Outcome {
    let options = OpenOptions {
        parameters: json!({ "by": by }),
        inputs: vec![batch.schema()],
        ..OpenOptions::default()
    };
    let mut instance = identity().open(options).unwrap();
    assert_eq!(instance.opened().outputs[0].schema, batch.schema());
    instance.process(0, batch.clone().into()).unwrap()
}

fn check(batch: &RecordBatch) {
    for by in ["read", "handle"] {
        let mut outcome = run(by, batch);
        let emitted = outcome.emitted.pop();
        if batch.num_rows() == 0 {
            assert!(emitted.is_none(), "an empty batch is not worth a parcel");
            continue;
        }
        assert_eq!(
            &emitted.unwrap().batch.to_record_batch().unwrap(),
            batch,
            "by {by}"
        );
        assert!(outcome.emitted.is_empty());
    }
}

#[test]
fn every_type_crosses_and_returns() {
    for data_type in every_type() {
        for seed in 0..3 {
            let field = Field::new("x", data_type.clone(), true);
            check(&Random::new(seed).batch_of(Schema::new(vec![field]), 50));
        }
    }
}

#[test]
fn a_column_passed_by_handle_is_not_copied() {
    let batch = Random::new(7).batch(5, 100, 2);
    let outcome = run("handle", &batch);
    assert_eq!((outcome.bytes_read, outcome.bytes_made), (0, 0));
    let passed = outcome.emitted[0].batch.columns();
    for (passed, given) in passed.zip(batch.columns()) {
        assert!(Arc::ptr_eq(passed.unwrap(), given));
    }
}

#[test]
fn a_column_that_is_not_granted_cannot_be_read() {
    let batch = Random::new(7).batch(2, 10, 0);
    let open = |granted: &[&str]| {
        let columns = granted.iter().map(|name| (*name).to_owned()).collect();
        let options = OpenOptions {
            parameters: json!({ "by": "read" }),
            inputs: vec![batch.schema()],
            grants: Grants {
                columns: Some(columns),
                ..Grants::default()
            },
            ..OpenOptions::default()
        };
        identity()
            .open(options)
            .unwrap()
            .process(0, batch.clone().into())
    };
    assert!(open(&["column_0", "column_1"]).is_ok());
    let error = open(&["column_0"]).unwrap_err();
    assert_eq!(error.code(), "contract_violation");
    assert!(
        error
            .to_string()
            .contains("column `column_1`, which `allow.columns` does not grant"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_batch_crosses_and_returns(seed: u64, n_columns in 1_usize..6, n_rows in 0_usize..200, depth in 0_usize..5) {
        check(&Random::new(seed).batch(n_columns, n_rows, depth));
    }
}
