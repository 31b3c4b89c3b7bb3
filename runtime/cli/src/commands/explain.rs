//! `stepwell explain`.

use std::process::ExitCode;

use anyhow::Result;
use stepwell::Host;
use stepwell::plan::explain::Format;

use crate::arguments::{ExplainArguments, ExplainFormat};
use crate::show::{diagnostics, print};

pub(crate) fn run(arguments: &ExplainArguments) -> Result<ExitCode> {
    crate::interrupt::install();
    let checked = super::load(&arguments.pipeline)?.check(&Host::for_user()?)?;
    diagnostics::print(checked.warnings());
    let format = match arguments.format {
        ExplainFormat::Tree => Format::Tree,
        ExplainFormat::Mermaid => Format::Mermaid,
        ExplainFormat::Dot => Format::Dot,
        ExplainFormat::Json => Format::Json,
    };
    print(&checked.explain(format))?;
    Ok(ExitCode::SUCCESS)
}
