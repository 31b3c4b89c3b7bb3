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
    let mut modules = String::new();
    for page in pages.into_iter().filter(|page| page.is_file()) {
        println!("cargo::rerun-if-changed={}", page.display());
        let page = page
            .canonicalize()
            .expect("a page that was listed is there");
        writeln!(
            modules,
            "#[doc = include_str!({page:?})]\nmod {} {{}}",
            module_name(&page)
        )
        .expect("a string takes all that is written to it");
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("pages.rs");
    fs::write(out, modules).expect("cargo's output folder can be written");
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
