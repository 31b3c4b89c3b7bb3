//! The book below `docs/`.

use std::path::PathBuf;

use anyhow::Result;

use crate::shell::{cargo, program, root, run, say, succeeds, target_folder};

/// The version of mdbook that the book is written for.
const MDBOOK: &str = "0.5.4";

/// Builds the book. Snippets are tested by the tests of the workspace, which know how.
pub(crate) fn build() -> Result<()> {
    if !root().join("docs/book.toml").is_file() {
        return Ok(());
    }
    say("the book");
    let mdbook = mdbook()?;
    run(program(mdbook)
        .args(["build", "docs", "--dest-dir"])
        .arg(target_folder().join("book")))
}

/// mdbook, installed for this checkout alone, once.
fn mdbook() -> Result<PathBuf> {
    let tools = target_folder()
        .join("tools")
        .join(format!("mdbook-{MDBOOK}"));
    let mdbook = tools
        .join("bin")
        .join(format!("mdbook{}", std::env::consts::EXE_SUFFIX));
    if !succeeds(program(&mdbook).arg("--version")) {
        say("installing mdbook, which is done once");
        run(cargo()
            .args([
                "install",
                "mdbook",
                "--debug",
                "--locked",
                "--version",
                MDBOOK,
            ])
            .args(["--no-default-features", "--features", "search", "--root"])
            .arg(&tools))?;
    }
    Ok(mdbook)
}
