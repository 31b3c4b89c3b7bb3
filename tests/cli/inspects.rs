//! What steps and models are.

use crate::support::{Sandbox, assert_shows, workspace};

#[test]
fn a_step_shows_what_it_is_and_what_it_can_ask_for() {
    let ran = Sandbox::new().run(["inspect", "identity.wasm"]).well();
    let size = regex::Regex::new("size {2,}.*").unwrap();
    let made_with = regex::Regex::new("made with {2}.*").unwrap();
    let text = size.replace(&ran.text(), "size [size]").into_owned();
    insta::assert_snapshot!(made_with.replace(&text, "made with [languages and tools]"));
}

#[test]
fn a_step_is_one_object_for_programs() {
    let ran = Sandbox::new()
        .run(["inspect", "identity.wasm", "--json"])
        .well();
    let step: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(step["name"], "identity");
    assert_eq!(step["contract_version"], "0.1.0");
    assert_eq!(
        step["size"],
        stepwell_test_components::guest("identity").len()
    );
    assert!(step["digest"].as_str().unwrap().starts_with("sha256:"));
    assert!(step["parameters"]["properties"]["by"].is_object());
}

#[test]
fn a_model_shows_what_it_takes_and_gives() {
    let models = workspace().join("runtime/models/tests/data");
    for name in ["logistic_texts", "forest"] {
        let sandbox = Sandbox::empty();
        std::fs::copy(
            models.join(name).join("model.onnx"),
            sandbox.path("model.onnx"),
        )
        .unwrap();
        insta::assert_snapshot!(
            format!("model_{name}"),
            sandbox.run(["inspect", "model.onnx"]).well().text()
        );
    }
}

#[test]
fn a_model_is_one_object_for_programs() {
    let sandbox = Sandbox::empty();
    let model = workspace().join("runtime/models/tests/data/linear_regression/model.onnx");
    std::fs::copy(model, sandbox.path("model.onnx")).unwrap();
    assert_shows!(sandbox.run(["inspect", "model.onnx", "--json"]));
}

#[test]
fn the_standard_steps_are_listed_with_what_they_do() {
    let sandbox = Sandbox::with_standard_steps_only();
    let ran = sandbox.run(["steps", "--json"]).well();
    let steps: Vec<serde_json::Value> = serde_json::from_slice(&ran.stdout).unwrap();
    assert!(steps.iter().any(|step| step["name"] == "std/impute"));
    let text = sandbox.run(["steps"]).well().stdout();
    for step in &steps {
        let summary = step["summary"].as_str().unwrap();
        assert!(
            !summary.is_empty() && !summary.starts_with('('),
            "{}: {summary}",
            step["name"]
        );
        assert!(text.contains(summary), "{text}");
    }
}
