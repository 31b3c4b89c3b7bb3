//! The start of a new step.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::BuildError;
use crate::standard_library::{read_error, write_error};

/// Where a new step takes the SDK from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkSource {
    /// The registry, in this version: `0.1`.
    Version(String),
    /// A folder: `sdk/rust` of a checkout.
    Path(PathBuf),
}

/// The files of a new step: where they go, and their text.
const FILES: [(&str, &str); 8] = [
    (
        "Cargo.toml",
        include_str!("../templates/rust/Cargo.toml.template"),
    ),
    ("README.md", include_str!("../templates/rust/README.md")),
    (".gitignore", include_str!("../templates/rust/gitignore")),
    (
        "src/lib.rs",
        include_str!("../templates/rust/src/lib.rs.template"),
    ),
    (
        "tests/cases.rs",
        include_str!("../templates/rust/tests/cases.rs.template"),
    ),
    (
        "cases/clips_to_the_range.case",
        include_str!("../templates/rust/cases/clips_to_the_range.case"),
    ),
    (
        "cases/rejects_what_is_not_a_number.case",
        include_str!("../templates/rust/cases/rejects_what_is_not_a_number.case"),
    ),
    (
        "cases/refuses_an_empty_range.case",
        include_str!("../templates/rust/cases/refuses_an_empty_range.case"),
    ),
];

/// Words that Cargo or Rust keep for themselves.
const RESERVED: [&str; 46] = [
    "abstract", "alloc", "as", "async", "await", "become", "box", "break", "build", "const",
    "continue", "core", "crate", "deps", "do", "dyn", "else", "enum", "examples", "extern",
    "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match",
    "mod", "move", "mut", "priv", "pub", "ref", "return", "self", "static", "std", "struct",
    "super", "test", "true",
];

/// Begins a new step in a folder, which is made: a crate that builds and passes its cases as it comes.
///
/// Gives the files that were written.
///
/// # Errors
/// The name is not one, the folder is not empty or cannot be written, or the SDK is not where it should be.
pub fn scaffold(name: &str, folder: &Path, sdk: &SdkSource) -> Result<Vec<PathBuf>, BuildError> {
    if let Some(reason) = why_not_a_name(name) {
        return Err(BuildError::Name {
            name: name.to_owned(),
            reason,
        });
    }
    if folder.exists() {
        let mut entries = fs::read_dir(folder).map_err(read_error(folder))?;
        if entries.next().is_some() {
            return Err(BuildError::NotEmpty {
                path: folder.to_owned(),
            });
        }
    }
    let folder_from_root = std::path::absolute(folder).map_err(read_error(folder))?;
    let replacements = [
        ("{{name}}", name.to_owned()),
        ("{{crate}}", name.replace('-', "_")),
        ("{{type}}", type_name(name)),
        ("{{sdk}}", sdk_dependency(sdk, "")?),
        (
            "{{sdk_for_tests}}",
            sdk_dependency(sdk, ", features = [\"testing\"]")?,
        ),
        ("{{workspace}}", workspace_note(&folder_from_root)),
    ];
    let mut written = Vec::new();
    for (file, template) in FILES {
        let path = folder.join(file);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(write_error(parent))?;
        let text = replacements
            .iter()
            .fold(template.to_owned(), |text, (mark, value)| {
                text.replace(mark, value)
            });
        fs::write(&path, text).map_err(write_error(&path))?;
        written.push(path);
    }
    Ok(written)
}

fn why_not_a_name(name: &str) -> Option<&'static str> {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if !name.split('-').all(is_word) {
        Some("a name is made of lowercase words, joined by `-`, such as `parse-dates`")
    } else if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        Some("a name begins with a letter")
    } else if name.len() > 64 {
        Some("a name has 64 letters at most")
    } else if RESERVED.contains(&name) || name == "stepwell-sdk" {
        Some("the word is taken by Rust or Cargo")
    } else {
        None
    }
}

/// `parse-dates` as the name of a type: `ParseDates`.
fn type_name(name: &str) -> String {
    let capitalized = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    name.split('-').map(capitalized).collect()
}

fn sdk_dependency(sdk: &SdkSource, features: &str) -> Result<String, BuildError> {
    let source = match sdk {
        SdkSource::Version(version) => format!("version = {}", toml::Value::from(version.as_str())),
        SdkSource::Path(path) => {
            let path = path.canonicalize().map_err(read_error(path))?;
            if !path.join("Cargo.toml").is_file() {
                return Err(read_error(&path.join("Cargo.toml"))(
                    std::io::ErrorKind::NotFound.into(),
                ));
            }
            format!("path = {}", toml::Value::from(path.display().to_string()))
        }
    };
    Ok(format!("stepwell-sdk = {{ {source}{features} }}"))
}

/// A crate below a workspace that does not list it is an error to Cargo, so it is made to stand alone.
fn workspace_note(folder: &Path) -> String {
    let is_workspace = |above: &Path| {
        let manifest = fs::read_to_string(above.join("Cargo.toml")).unwrap_or_default();
        let manifest: toml::Table = manifest.parse().unwrap_or_default();
        manifest.contains_key("workspace")
    };
    if folder.ancestors().skip(1).any(is_workspace) {
        "\n# This crate stands alone. To make it part of the workspace around it, remove this and list it there.\n[workspace]\n".to_owned()
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{type_name, why_not_a_name};

    #[test]
    fn names_are_lowercase_words() {
        for name in ["a", "parse-dates", "step2"] {
            assert_eq!(why_not_a_name(name), None, "{name}");
        }
        for name in [
            "",
            "-",
            "a-",
            "A",
            "my_step",
            "1st",
            "../x",
            "match",
            "test",
            "ä",
            &"a".repeat(65),
        ] {
            assert!(why_not_a_name(name).is_some(), "{name}");
        }
        assert_eq!(type_name("parse-dates-2"), "ParseDates2");
    }
}
