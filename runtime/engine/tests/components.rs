//! What is not a step is refused, with what it is instead; compiled code is kept and used again.

use stepwell_engine::{Engine, EngineError, EngineOptions, inspect};
use stepwell_plan::Capability;
use stepwell_test_components::guest;

fn load(bytes: &[u8]) -> Result<(), EngineError> {
    Engine::new(&EngineOptions::default())
        .unwrap()
        .load(bytes)
        .map(|_| ())
}

fn check(bytes: &[u8], code: &str, says: &str) {
    let error = load(bytes).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.hint().is_some());
}

/// The identity step with one text in it replaced by another of the same length.
fn patched(from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = guest("identity");
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|place| bytes[*place..].starts_with(from.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "`{from}` is not in the component");
    for place in places {
        bytes[place..place + from.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[test]
fn what_is_not_a_step_is_refused() {
    check(b"", "not_a_step", "it is empty");
    check(b"id,name\n1,ada\n", "not_a_step", "it is not WebAssembly");
    check(
        b"\0asm\x01\0\0\0",
        "not_a_step",
        "it is a WebAssembly module, not a component",
    );
    check(
        b"\0asm\x0d\0\x01\0",
        "not_a_step",
        "it is a component, but exports no `stepwell:step/step`",
    );
    let whole = guest("identity");
    check(
        &whole[..whole.len() / 2],
        "not_a_step",
        "its bytes are damaged at offset",
    );
}

#[test]
fn a_step_for_another_contract_is_refused() {
    check(
        &patched("stepwell:step/step@0.1.0", "stepwell:step/step@0.9.0"),
        "contract_version",
        "version 0.9.0",
    );
}

#[test]
fn a_step_that_asks_for_what_is_not_there_is_refused() {
    let bytes = patched("stepwell:step/host@0.1.0", "wasi:sockets/tcp@0.2.0!!");
    assert!(load(&bytes).is_err());
    let bytes = patched("stepwell:step/host@0.1.0", "stepwell:step/disk@0.1.0");
    check(&bytes, "unknown_imports", "`stepwell:step/disk@0.1.0`");
}

#[test]
fn a_damaged_component_never_panics() {
    let whole = guest("identity");
    let step = (whole.len() / 199).max(1);
    for place in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        // Some changes are in data that nobody checks: then it is still a component.
        let _ = inspect(&bytes);
        let _ = inspect(&whole[..place]);
    }
}

#[test]
fn inspection_shows_what_the_binary_can_do() {
    let bytes = guest("identity");
    let binary = inspect(&bytes).unwrap();
    assert_eq!(binary.size, bytes.len() as u64);
    assert_eq!(binary.contract_version, "0.1.0");
    assert_eq!(binary.capabilities().count(), 0, "{:?}", binary.imports);
    assert!(
        binary
            .producers
            .iter()
            .any(|(field, _)| field == "language"),
        "{:?}",
        binary.producers
    );
}

#[test]
fn compiled_code_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = EngineOptions::default().with_cache_folder(folder.path().join("code"));
    let bytes = guest("identity");
    let files = || {
        std::fs::read_dir(folder.path().join("code"))
            .unwrap()
            .count()
    };
    for _ in 0..2 {
        let step = Engine::new(&options).unwrap().load(&bytes).unwrap();
        assert_eq!(step.description().unwrap().name, "identity");
        assert!(!step.capabilities().contains(&Capability::Model));
        assert_eq!(files(), 1);
    }
}
