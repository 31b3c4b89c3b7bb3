//! The components that tests run, as `cargo xtask steps` builds them.

use std::fs;
use std::path::{Path, PathBuf};

/// The bytes of a guest's component, by the name of its folder in `tests/guests`.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn guest(name: &str) -> Vec<u8> {
    let path = guest_path(name);
    fs::read(&path).unwrap_or_else(|error| missing(&path, &error))
}

/// The file of a guest's component, by the name of its folder in `tests/guests`.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn guest_path(name: &str) -> PathBuf {
    let path = target_folder()
        .join("guests")
        .join(name)
        .with_extension("wasm");
    fs::metadata(&path).unwrap_or_else(|error| missing(&path, &error));
    path
}

/// The folder of the standard steps, as a host is given it: `std/<name>-<version>.wasm` lies in it.
///
/// # Panics
/// When they were not built.
#[must_use]
pub fn standard_steps() -> PathBuf {
    let folder = target_folder().join("steps");
    fs::metadata(folder.join("std")).unwrap_or_else(|error| missing(&folder, &error));
    folder
}

fn missing<T>(path: &Path, error: &std::io::Error) -> T {
    panic!(
        "`{}`: {error}\nhint: build the components with `cargo xtask steps`",
        path.display()
    )
}

/// Cargo's target folder: the one that this test was built into. The program of a doc test lies elsewhere; the
/// components are then in the workspace's own.
fn target_folder() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let is_target = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    match test.ancestors().find(is_target) {
        Some(target) => target.to_owned(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"),
    }
}
