//! The step's own tests, which run its cases natively.

use std::env;
use std::io::{self, Write};
use std::process::Command;

use anyhow::{Context, Result};
use console::style;
use stepwell_build::StepPackage;

use crate::show::print;
use crate::show::text::safe;

/// Runs `cargo test` of the step's crate; whether all tests passed. What failed is shown as Cargo writes it.
pub(super) fn test(package: &StepPackage, offline: bool) -> Result<bool> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .current_dir(&package.folder)
        .args(["test", "--quiet", "--package", &package.name]);
    if offline {
        command.arg("--offline");
    }
    // The cases were accepted in the sandbox: here they are only compared.
    command.env_remove("STEPWELL_BLESS");
    let output = command.output().context("cannot run `cargo test`")?;
    if output.status.success() {
        print(&format!(
            "  {} natively (cargo test)\n",
            style("ok").green()
        ))?;
        return Ok(true);
    }
    print(&format!(
        "  {} natively (cargo test)\n",
        style("FAILED").red()
    ))?;
    for stream in [&output.stdout, &output.stderr] {
        let text = safe(&String::from_utf8_lossy(stream));
        io::stderr().lock().write_all(text.as_bytes())?;
    }
    Ok(false)
}
