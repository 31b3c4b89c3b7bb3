//! Single steps inside a program.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use stepwell::arrow::array::{ArrayRef, Int64Array};
use stepwell::{Blame, Error, Host, HostOptions, RecordBatch, Step, StepLibrary};

fn host() -> Host {
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled");
    Host::new(HostOptions::new().cache_folder(cache)).unwrap()
}

fn identity() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity.wasm");
    fs::write(&path, stepwell_test_components::guest("identity")).unwrap();
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

fn batch() -> RecordBatch {
    let column = |values: [i64; 3]| Arc::new(Int64Array::from(values.to_vec())) as ArrayRef;
    RecordBatch::try_from_iter([("a", column([1, 2, 3])), ("b", column([4, 5, 6]))]).unwrap()
}

#[test]
fn a_step_takes_batches_and_gives_batches() {
    let (_folder, path) = identity();
    let step = Step::load(&host(), path).unwrap();
    assert_eq!(step.description().unwrap().name, "identity");
    let step = step.parameters(serde_json::json!({ "by": "read" }));
    let mut run = step.open(batch().schema()).unwrap();
    assert_eq!(run.process(batch()).unwrap(), [batch()]);
    assert_eq!(
        run.process(batch().slice(1, 1)).unwrap(),
        [batch().slice(1, 1)]
    );
    assert!(run.finish().unwrap().is_empty());
    assert!(run.take_rejected().is_empty());
}

#[test]
fn a_step_reads_only_the_columns_that_it_may() {
    let (_folder, path) = identity();
    let step = Step::load(&host(), path)
        .unwrap()
        .parameters(serde_json::json!({ "by": "read" }));
    let error = step
        .clone()
        .allow_columns(["a"])
        .open(batch().schema())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("it reads the columns `b`, which it was not allowed"),
        "{error}"
    );
    assert_eq!(error.blame(), Blame::Pipeline);
    assert!(
        step.allow_columns(["a", "b"])
            .open(batch().schema())
            .is_ok()
    );
}

#[test]
fn parameters_that_do_not_fit_are_the_callers_fault() {
    let (_folder, path) = identity();
    let step = Step::load(&host(), path)
        .unwrap()
        .parameters(serde_json::json!({ "by": "reed" }));
    let error = step.open(batch().schema()).unwrap_err();
    assert!(matches!(error, Error::Step { .. }));
    assert_eq!(error.blame(), Blame::Pipeline, "{error}");
}

#[test]
fn a_step_is_found_by_name_in_the_library() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("my")).unwrap();
    for version in ["0.1.0", "0.2.0"] {
        let file = folder.path().join(format!("my/same-{version}.wasm"));
        fs::write(file, stepwell_test_components::guest("identity")).unwrap();
    }
    let library = StepLibrary::new([folder.path().to_owned()]);
    let host = Host::new(HostOptions::new().library(library)).unwrap();
    let path = |name: &str| Step::load(&host, name).map(|step| step.path().to_owned());
    assert!(path("my/same").unwrap().ends_with("my/same-0.2.0.wasm"));
    assert!(path("my/same@0.1").unwrap().ends_with("my/same-0.1.0.wasm"));
    let code = |name: &str| path(name).unwrap_err().code();
    assert_eq!(code("my/sane"), "unknown_step");
    assert_eq!(code("my/same@3"), "no_matching_version");
    assert_eq!(code("my/same@latest"), "bad_step_name");
    assert_eq!(code("same"), "bad_step_name");
    assert_eq!(code("../same"), "bad_step_name");
    assert_eq!(code("same.wasm"), "step_not_readable");
}
