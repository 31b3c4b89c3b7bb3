//! A step that has nothing to do with an attack, and must not notice it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, LargeStringArray, RecordBatch};
use serde_json::json;
use stepwell_engine::{Engine, EngineOptions, OpenOptions, StepComponent, StepInstance};
use stepwell_test_components::guest;

/// The one engine of all attacks.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut options = EngineOptions::default();
        // What a step may use up to say what it is.
        options.describe_limits.time = Duration::from_millis(500);
        Engine::new(&options).unwrap()
    })
}

/// Rows that steps are given: a number, a text, and what is not for them.
pub(crate) fn batch() -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 4]));
    let large = "x".repeat(100_000);
    let texts: ArrayRef = Arc::new(LargeStringArray::from(vec![&large, "b", "c", "d"]));
    let secrets: ArrayRef = Arc::new(LargeStringArray::from(vec!["s"; 4]));
    RecordBatch::try_from_iter([("number", numbers), ("text", texts), ("secret", secrets)]).unwrap()
}

/// An open instance of a step that gives back what it is given.
pub(crate) struct Bystander {
    instance: StepInstance,
}

impl Bystander {
    /// Opens it, before an attack.
    pub(crate) fn open() -> Self {
        static IDENTITY: OnceLock<StepComponent> = OnceLock::new();
        let identity = IDENTITY.get_or_init(|| engine().load(&guest("identity")).unwrap());
        let options = OpenOptions {
            parameters: json!({ "by": "read" }),
            inputs: vec![batch().schema()],
            ..OpenOptions::default()
        };
        let mut bystander = Self {
            instance: identity.open(options).unwrap(),
        };
        bystander.works();
        bystander
    }

    /// Sees, after the attack, that this instance and a new one do what they should.
    pub(crate) fn check(mut self) {
        self.works();
        drop(Self::open());
    }

    fn works(&mut self) {
        let outcome = self.instance.process(0, batch().into()).unwrap();
        let given_back = outcome.emitted[0].batch.to_record_batch().unwrap();
        assert_eq!(given_back, batch());
    }
}
