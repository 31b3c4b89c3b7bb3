//! What must hold before anything is merged.

use anyhow::Result;

use crate::shell::{cargo, run, say, succeeds};
use crate::{book, onnx_runtime, steps};

/// All checks. The tests are the last, so that their summaries are the last that is seen.
pub(crate) fn test() -> Result<()> {
    say("format");
    run(cargo().args(["fmt", "--all", "--check"]))?;
    // Tests run the components, so these come first.
    steps::steps()?;
    onnx_runtime::fetch()?;
    lint()?;
    docs()?;
    book::build()?;
    deny()?;
    say("tests");
    run(cargo().args(["test", "--workspace", "--no-fail-fast"]))
}

/// Formats all code.
pub(crate) fn format() -> Result<()> {
    run(cargo().args(["fmt", "--all"]))
}

/// clippy, with warnings as errors.
pub(crate) fn lint() -> Result<()> {
    say("lints");
    run(cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// The reference of all libraries. The command line is left out: its name is that of the facade.
pub(crate) fn docs() -> Result<()> {
    say("reference");
    run(cargo()
        .args(["doc", "--workspace", "--lib", "--no-deps"])
        .env("RUSTDOCFLAGS", "--deny warnings"))
}

/// Licences and sources of all dependencies, where cargo-deny is installed.
fn deny() -> Result<()> {
    say("licences and sources of dependencies");
    if succeeds(cargo().args(["deny", "--version"])) {
        run(cargo().args(["deny", "check", "bans", "licenses", "sources"]))
    } else {
        eprintln!("    left out: cargo-deny is not installed");
        Ok(())
    }
}

/// Writes what is generated from code and committed.
pub(crate) fn write_schema() -> Result<()> {
    say("the JSON Schema of pipeline files");
    run(cargo()
        .args([
            "test",
            "--quiet",
            "--package",
            "stepwell-plan",
            "--test",
            "plan",
            "schema",
        ])
        .env("STEPWELL_UPDATE_SCHEMA", "1"))
}
