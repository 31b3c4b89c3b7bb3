//! What a user reads when the inference library is not as it should be. No test here may load a library
//! that works: a process keeps the first one that does.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use stepwell_models::{LibraryLookup, ModelCatalog, ModelError};

fn load_with(lookup: LibraryLookup) -> ModelError {
    let model = common::data("linear_regression/model.onnx");
    ModelCatalog::new(lookup).load(&model).unwrap_err()
}

fn shown(error: &ModelError, folder: &Path) -> String {
    let text = format!("{}: {error}\nhint: {}", error.code(), error.hint().unwrap());
    text.replace(&folder.display().to_string(), "…")
}

#[test]
fn a_library_that_is_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let error = load_with(LibraryLookup::at(folder.path().join("nowhere")));
    insta::assert_snapshot!(shown(&error, folder.path()));
    assert_eq!(
        load_with(LibraryLookup::at(folder.path())).code(),
        "model_library_missing"
    );
}

#[test]
fn a_file_that_is_no_library() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("libonnxruntime.so");
    std::fs::write(
        &path,
        "not a library, but more than a few bytes long, as a page of an error would be",
    )
    .unwrap();
    let error = load_with(LibraryLookup::at(&path));
    assert_eq!(error.code(), "model_library_unusable");
    assert!(
        error.to_string().contains(&path.display().to_string()),
        "{error}"
    );
    assert_eq!(
        load_with(LibraryLookup::at(path)).code(),
        "model_library_unusable",
        "failures are tried again"
    );
}

#[test]
#[cfg(all(unix, not(target_os = "macos")))]
fn a_library_that_is_cut_short() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fake_library(folder.path(), "1.10.0");
    let bytes = std::fs::read(whole).unwrap();
    let path = folder.path().join("short.so");
    for length in [1, 64, 1000, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = load_with(LibraryLookup::at(&path));
        assert_eq!(
            error.code(),
            "model_library_unusable",
            "{length} bytes: {error}"
        );
    }
    let error = load_with(LibraryLookup::at(&path));
    insta::assert_snapshot!(shown(&error, folder.path()));
}

#[test]
#[cfg(all(unix, not(target_os = "macos")))]
fn another_library() {
    let folder = tempfile::tempdir().unwrap();
    let path = build(
        folder.path(),
        "another",
        "#[unsafe(no_mangle)] pub extern \"C\" fn answer() -> u32 { 42 }",
    );
    insta::assert_snapshot!(shown(&load_with(LibraryLookup::at(path)), folder.path()));
}

#[test]
#[cfg(all(unix, not(target_os = "macos")))]
fn a_library_that_is_too_old() {
    let folder = tempfile::tempdir().unwrap();
    let path = fake_library(folder.path(), "1.10.0");
    insta::assert_snapshot!(shown(&load_with(LibraryLookup::at(path)), folder.path()));
}

/// A library with the entry point of ONNX Runtime that says it has this version, and can do nothing.
fn fake_library(folder: &Path, version: &str) -> PathBuf {
    let source = format!(
        r#"
        use std::ffi::{{c_char, c_void}};
        #[repr(C)] pub struct Base {{ api: extern "C" fn(u32) -> *const c_void, version: extern "C" fn() -> *const c_char }}
        extern "C" fn api(_: u32) -> *const c_void {{ std::ptr::null() }}
        extern "C" fn version() -> *const c_char {{ c"{version}".as_ptr() }}
        static BASE: Base = Base {{ api, version }};
        #[unsafe(no_mangle)] pub extern "C" fn OrtGetApiBase() -> *const Base {{ &BASE }}
        "#
    );
    build(folder, "fake", &source)
}

fn build(folder: &Path, name: &str, source: &str) -> PathBuf {
    let file = folder.join(format!("{name}.rs"));
    std::fs::write(&file, source).unwrap();
    let library = folder.join(format!("lib{name}.so"));
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--edition", "2024", "--crate-type", "cdylib", "-o"])
        .args([&library, &file])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    library
}
