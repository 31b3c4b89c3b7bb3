//! What the standard steps can ask for.

use stepwell_engine::inspect;
use stepwell_test_components::standard_steps;

/// A step sees its columns and nothing else: no file, clock, socket, environment or random number. One of them
/// runs models, where a pipeline grants it one.
#[test]
fn standard_steps_ask_for_nothing_but_models() {
    let mut may_run_models = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(standard_steps().join("std")).unwrap() {
        let path = entry.unwrap().path();
        let binary = inspect(&std::fs::read(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for capability in binary.capabilities() {
            assert_eq!(
                capability, "stepwell:step/model@0.1.0",
                "asked for by `{name}`"
            );
            may_run_models.push(name.clone());
        }
        count += 1;
    }
    assert!(count >= 17, "only {count} standard steps were built");
    assert_eq!(may_run_models.len(), 1, "{may_run_models:?}");
    assert!(
        may_run_models[0].starts_with("predict-"),
        "{may_run_models:?}"
    );
}
