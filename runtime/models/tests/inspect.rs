//! What a model's file says of itself, and that no file can do harm by being read.

mod common;

use std::path::Path;

use proptest::prelude::*;
use stepwell_models::{ModelError, ModelSummary, inspect};

fn summary(name: &str) -> ModelSummary {
    inspect(&common::data(name).join("model.onnx")).unwrap()
}

fn inspect_bytes(bytes: &[u8]) -> Result<ModelSummary, ModelError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    inspect(file.path())
}

#[test]
fn a_classifier_with_texts() {
    insta::assert_json_snapshot!(summary("logistic_texts"));
}

#[test]
fn a_classifier_that_ends_with_maps() {
    insta::assert_json_snapshot!(summary("multinomial_zipmap"));
}

#[test]
fn classes_are_those_of_the_label() {
    let classes = |name| summary(name).classes;
    assert_eq!(classes("logistic_texts_zipmap"), ["no", "yes"]);
    assert_eq!(classes("impute_scale_zipmap"), ["0", "1"]);
    assert_eq!(classes("forest"), ["bronze", "gold", "silver"]);
    assert_eq!(classes("boosting"), ["0", "1"]);
    assert_eq!(classes("support_vectors"), ["no", "yes"]);
    // Picked from a tensor of labels; the classifiers in the ensemble have other classes.
    assert_eq!(classes("vote"), ["bronze", "gold", "silver"]);
    assert_eq!(classes("network"), ["bronze", "gold", "silver"]);
    assert_eq!(classes("naive_bayes"), ["bronze", "gold", "silver"]);
    assert_eq!(classes("linear_regression"), [""; 0]);
    assert_eq!(classes("kmeans"), [""; 0]);
}

#[test]
fn models_with_the_same_bytes_have_the_same_digest() {
    let path = common::data("forest/model.onnx");
    let bytes = std::fs::read(&path).unwrap();
    let copy = inspect_bytes(&bytes).unwrap();
    assert_eq!(copy, inspect(&path).unwrap());
    assert_ne!(copy.digest, summary("boosting").digest);
}

#[test]
fn the_model_of_the_example() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/churn/models/churn.onnx");
    let summary = inspect(&path).unwrap();
    assert_eq!(summary.producer_name, "skl2onnx");
    assert_eq!(summary.classes, ["0", "1"]);
    assert_eq!(summary.inputs.len(), 18);
    assert_eq!(summary.opsets["ai.onnx"], 18);
}

#[test]
fn no_part_of_a_model_is_a_model() {
    for name in ["logistic_texts", "multinomial_zipmap", "network"] {
        let bytes = std::fs::read(common::data(name).join("model.onnx")).unwrap();
        let whole = inspect_bytes(&bytes).unwrap();
        for length in 0..bytes.len() {
            if let Ok(part) = inspect_bytes(&bytes[..length]) {
                // Whole fields may be missing at the end; then the digest tells.
                assert_ne!(part.digest, whole.digest);
                assert_eq!(part.operators, whole.operators, "{name}, {length} bytes");
            }
        }
    }
}

#[test]
fn graphs_that_nest_too_deeply_are_refused() {
    // ModelProto.graph = GraphProto.node = NodeProto.attribute = AttributeProto.g = GraphProto.node = …
    let mut graph = Vec::new();
    for _ in 0..5_000 {
        graph = field(1, &field(5, &field(6, &graph)));
    }
    let error = inspect_bytes(&field(7, &graph)).unwrap_err();
    assert_eq!(error.code(), "model_not_onnx");
    assert!(
        error.to_string().ends_with("graphs nest too deeply"),
        "{error}"
    );

    let mut value_type = Vec::new();
    for _ in 0..5_000 {
        value_type = field(4, &field(1, &value_type));
    }
    let error = inspect_bytes(&field(7, &field(11, &field(2, &value_type)))).unwrap_err();
    assert!(
        error.to_string().ends_with("types nest too deeply"),
        "{error}"
    );
}

#[test]
fn a_small_file_of_many_parts_is_refused() {
    // Each of the nodes is empty: two bytes.
    let graph = field(1, &[]).repeat(1_000_001);
    let error = inspect_bytes(&field(7, &graph)).unwrap_err();
    assert_eq!(error.code(), "model_too_large", "{error}");
    let mut graph = field(1, &[]).repeat(1_000);
    graph.push(0x80);
    let error = inspect_bytes(&field(7, &graph)).unwrap_err();
    assert_eq!(error.code(), "model_not_onnx", "{error}");
}

/// A field of protobuf that holds a message, number 1 to 15.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(value);
    bytes
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = inspect_bytes(&bytes);
    }

    #[test]
    fn no_changed_model_makes_it_panic(
        name in prop::sample::select(vec!["logistic_texts_zipmap", "vote", "element_types"]),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = std::fs::read(common::data(name).join("model.onnx")).unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = inspect_bytes(&bytes);
    }
}
