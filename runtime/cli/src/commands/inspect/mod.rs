//! `stepwell inspect`.

mod model;
mod step;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::InspectArguments;

pub(crate) fn run(arguments: &InspectArguments) -> Result<ExitCode> {
    let file = Path::new(&arguments.file);
    if file
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"))
    {
        model::inspect(file, arguments.json)?;
    } else {
        step::inspect(&arguments.file, arguments.json)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Lines of a name and a value, the values below each other.
fn facts(facts: &[(&str, String)]) -> String {
    let widest = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts
        .iter()
        .map(|(name, value)| format!("{name:widest$}  {value}\n"))
        .collect()
}
