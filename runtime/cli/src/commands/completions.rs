//! `stepwell completions`.

use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory;

use crate::arguments::{Arguments, CompletionsArguments};

pub(crate) fn run(arguments: &CompletionsArguments) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Arguments::command(),
        "stepwell",
        &mut script,
    );
    crate::show::print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
