//! A step that goes wrong is stopped, the error says why, and the engine goes on.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use serde_json::json;
use stepwell_engine::{Engine, EngineError, EngineOptions, OpenOptions, Outcome, StepComponent};
use stepwell_plan::Limits;
use stepwell_test_components::guest;

fn misbehaving() -> &'static StepComponent {
    static STEP: OnceLock<StepComponent> = OnceLock::new();
    STEP.get_or_init(|| {
        Engine::new(&EngineOptions::default())
            .unwrap()
            .load(&guest("misbehaving"))
            .unwrap()
    })
}

fn batch() -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
    RecordBatch::try_from_iter([("number", numbers)]).unwrap()
}

fn run(how: &str, during: &str, limits: Limits) -> Result<Outcome, EngineError> {
    let options = OpenOptions {
        parameters: json!({ "how": how, "during": during }),
        inputs: vec![batch().schema()],
        limits,
        ..OpenOptions::default()
    };
    let mut instance = misbehaving().open(options)?;
    let outcome = instance.process(0, batch().into())?;
    instance.finish()?;
    Ok(outcome)
}

/// Expects an error of a code whose message contains `says`; the next run is not disturbed by it.
fn check(how: &str, during: &str, limits: Limits, code: &str, says: &str) {
    let error = run(how, during, limits).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    let mut identity = misbehaving()
        .open(OpenOptions {
            parameters: json!({ "how": "flood", "during": "finish" }),
            inputs: vec![batch().schema()],
            ..OpenOptions::default()
        })
        .unwrap();
    let outcome = identity.process(0, batch().into()).unwrap();
    assert_eq!(outcome.emitted[0].batch.to_record_batch().unwrap(), batch());
}

fn short() -> Limits {
    Limits {
        time: Duration::from_millis(100),
        ..Limits::default()
    }
}

#[test]
fn a_step_that_spins_is_stopped() {
    for during in ["open", "process", "finish"] {
        check(
            "spin",
            during,
            short(),
            "limit_exceeded",
            &format!("limit on time (100ms per call) in `{during}`"),
        );
    }
}

#[test]
fn a_step_that_eats_memory_is_stopped() {
    for during in ["open", "process", "finish"] {
        let says = format!("limit on memory (67108864 bytes) in `{during}`");
        let limits = Limits {
            memory: 64 << 20,
            ..Limits::default()
        };
        check("allocate", during, limits, "limit_exceeded", &says);
    }
}

#[test]
fn a_step_that_emits_too_much_is_stopped() {
    let limits = Limits {
        rows: 1_000,
        ..Limits::default()
    };
    check(
        "repeat",
        "process",
        limits,
        "limit_exceeded",
        "limit on rows (1000 per call) in `process`: 1002 rows",
    );
}

#[test]
fn a_step_that_panics_says_why() {
    for during in ["open", "process", "finish"] {
        check(
            "panic",
            during,
            Limits::default(),
            "step_crashed",
            "the sky fell",
        );
    }
}

#[test]
fn a_step_that_fails_is_believed() {
    check(
        "fail",
        "open",
        Limits::default(),
        "step_refused",
        "the day was `bad`",
    );
    check(
        "fail",
        "process",
        Limits::default(),
        "step_failed",
        "the day was `bad`",
    );
    let error = run("fail", "process", Limits::default()).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("try tomorrow"));
}

#[test]
fn a_flood_of_messages_is_cut() {
    let limits = Limits {
        log: 1_000,
        ..Limits::default()
    };
    let outcome = run("flood", "process", limits).unwrap();
    let bytes: usize = outcome.log.iter().map(|record| record.message.len()).sum();
    assert!(bytes <= 1_000, "{bytes} bytes");
    assert_eq!(outcome.log.len() as u64 + outcome.log_dropped, 100_000);
}

#[test]
fn a_map_step_cannot_emit_at_the_end() {
    let says = "a step must declare itself `stateful` in `open` to emit in `finish`";
    check(
        "emit_in_finish",
        "finish",
        Limits::default(),
        "step_failed",
        says,
    );
}
