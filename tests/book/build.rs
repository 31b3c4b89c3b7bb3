//! Makes every page that is written by hand the documentation of a module, so that `cargo test` compiles
//! and runs its snippets of Rust.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    let mut pages = vec![root.join("README.md")];
    for folder in ["docs", "docs/reference"] {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        pages.extend(
            entries
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|extension| extension == "md")),
        );
    }
    pages.sort();
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    let mut modules = String::new();
    for page in pages.into_iter().filter(|page| page.is_file()) {
        println!("cargo::rerun-if-changed={}", page.display());
        let page = page
            .canonicalize()
            .expect("a page that was listed is there");
        let name = module_name(&page);
        let text = fs::read_to_string(&page).expect("a page that was listed can be read");
        let copy = out.join(&name).with_extension("md");
        fs::write(&copy, with_main(&text)).expect("cargo's output folder can be written");
        writeln!(modules, "#[doc = include_str!({copy:?})]\nmod {name} {{}}")
            .expect("a string takes all that is written to it");
    }
    fs::write(out.join("pages.rs"), modules).expect("cargo's output folder can be written");
}

/// Gives snippets that define a step a function `main`: rustdoc puts those without one into a function, where
/// the module that `#[step]` makes would not find the step. A reader need not see that.
fn with_main(page: &str) -> String {
    let mut text = String::new();
    let mut in_step = false;
    for line in page.lines() {
        in_step |= line.starts_with("#[step");
        if in_step && line == "```" {
            text.push_str("# fn main() {}\n");
            in_step = false;
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn module_name(page: &Path) -> String {
    let stem = page.file_stem().unwrap_or_default().to_string_lossy();
    let folder = page
        .parent()
        .and_then(Path::file_name)
        .unwrap_or_default()
        .to_string_lossy();
    let is_word = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    format!("{folder}_{stem}").chars().map(is_word).collect()
}
