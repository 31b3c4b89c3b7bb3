//! What the tests of this crate look at: the workspace's packages and the files of the checkout.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};

/// The checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What Cargo knows of the workspace and all its dependencies.
///
/// # Panics
/// When Cargo does not answer.
#[must_use]
pub fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .exec()
        .expect("cargo describes the workspace")
}

/// The files of the checkout that are not ignored, by their paths from the root, with `/` between folders.
///
/// # Panics
/// When a folder cannot be read.
#[must_use]
pub fn files() -> Vec<String> {
    let walk = ignore::WalkBuilder::new(root())
        .hidden(false)
        .require_git(false)
        .filter_entry(|entry| entry.file_name() != ".git" && entry.file_name() != "target")
        .build();
    let mut files: Vec<String> = walk
        .map(|entry| entry.expect("the checkout can be read"))
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()))
        .map(|entry| {
            let path = entry
                .path()
                .strip_prefix(root())
                .expect("files are below the root");
            path.components()
                .map(|part| part.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join("/")
        })
        .collect();
    files.sort();
    files
}

/// The text of a file of the checkout; nothing where it is not text.
///
/// # Panics
/// When the file cannot be read.
#[must_use]
pub fn text(file: &str) -> Option<String> {
    let bytes = fs::read(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    String::from_utf8(bytes).ok()
}

/// Fails with every finding, if there are some.
///
/// # Panics
/// When there are findings.
pub fn assert_none(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} findings\n{}",
        findings.len(),
        findings.join("\n")
    );
}
