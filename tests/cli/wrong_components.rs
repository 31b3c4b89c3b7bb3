//! Files that are no step, or none for this host.

use crate::support::{Ran, Sandbox, assert_fails};

/// Checks the usual pipeline with other bytes in the place of its step. Inspecting them must fail, too.
fn check(bytes: &[u8]) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write("identity.wasm", bytes);
    let inspected = sandbox.fail(["inspect", "identity.wasm"]);
    assert_eq!(inspected.code, Some(2), "{}", inspected.text());
    let ran = sandbox.fail(["check", "pipeline.toml"]);
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    ran
}

fn identity() -> Vec<u8> {
    stepwell_test_components::guest("identity")
}

/// Replaces a text in a component with one of the same length.
fn patched(before: &str, after: &str) -> Vec<u8> {
    assert_eq!(before.len(), after.len());
    let mut bytes = identity();
    let mut replaced = 0;
    for start in 0..bytes.len() - before.len() {
        if bytes[start..].starts_with(before.as_bytes()) {
            bytes[start..start + after.len()].copy_from_slice(after.as_bytes());
            replaced += 1;
        }
    }
    assert_ne!(replaced, 0, "the component has no `{before}`");
    bytes
}

#[test]
fn a_file_that_is_text() {
    assert_fails!(check(b"not WebAssembly at all\n"));
}

#[test]
fn a_file_that_is_empty() {
    assert_fails!(check(b""));
}

#[test]
fn a_module_that_is_no_component() {
    assert_fails!(check(b"\0asm\x01\0\0\0"));
}

#[test]
fn a_component_that_is_no_step() {
    assert_fails!(check(b"\0asm\x0d\0\x01\0"));
}

#[test]
fn a_component_that_was_cut_short() {
    let bytes = identity();
    let ran = check(&bytes[..bytes.len() / 2]);
    assert!(ran.stderr.contains("error[not_a_step]"), "{}", ran.stderr);
}

#[test]
fn a_step_for_another_version_of_the_contract() {
    assert_fails!(check(&patched(
        "stepwell:step/step@0.1.0",
        "stepwell:step/step@0.2.0"
    )));
}

#[test]
fn a_step_that_imports_what_nobody_offers() {
    assert_fails!(check(&patched(
        "stepwell:step/host@0.1.0",
        "stepwell:step/file@0.1.0"
    )));
}

#[test]
fn a_step_file_that_is_not_there() {
    let sandbox = Sandbox::new();
    assert_fails!(sandbox.fail(["inspect", "identiti.wasm"]));
    let sandbox = Sandbox::with("identity.wasm", "identiti.wasm");
    assert_fails!(sandbox.fail(["check", "pipeline.toml"]));
}

#[test]
fn what_cannot_be_inspected_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("model.onnx", "not a model");
    assert_fails!(sandbox.fail(["inspect", "model.onnx"]));
    assert_fails!(sandbox.fail(["inspect", "missing.onnx"]));
    assert_fails!(sandbox.fail(["inspect", "a step"]));
}
