//! `stepwell schema`.

use std::process::ExitCode;

use anyhow::Result;
use stepwell::plan::pipeline_schema;

pub(crate) fn run() -> Result<ExitCode> {
    crate::show::print_json(&pipeline_schema())?;
    Ok(ExitCode::SUCCESS)
}
