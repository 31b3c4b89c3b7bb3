//! `stepwell check`.

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use stepwell::plan::Diagnostic;
use stepwell::{Error, Host};

use crate::arguments::CheckArguments;
use crate::show::diagnostics::{self, JsonDiagnostic};
use crate::show::failure::Failure;
use crate::show::units::counted;
use crate::show::{print, print_json};

/// What a check found, as JSON.
#[derive(Serialize)]
struct JsonCheck<'a> {
    ok: bool,
    diagnostics: Vec<JsonDiagnostic<'a>>,
}

pub(crate) fn run(arguments: &CheckArguments) -> Result<ExitCode> {
    crate::interrupt::install();
    let checked =
        super::load(&arguments.pipeline).and_then(|pipeline| pipeline.check(&Host::for_user()?));
    match checked {
        Ok(checked) if arguments.json => {
            print_found(true, checked.warnings())?;
            Ok(ExitCode::SUCCESS)
        }
        Ok(checked) => {
            diagnostics::print(checked.warnings());
            let plan = checked.plan();
            let mut line = format!(
                "{}: {}, {} and {} fit together",
                plan.name,
                counted(plan.sources.len() as u64, "source"),
                counted(plan.steps.len() as u64, "step"),
                counted(plan.sinks.len() as u64, "sink")
            );
            if !checked.warnings().is_empty() {
                line.push_str(&format!(
                    "; {}",
                    counted(checked.warnings().len() as u64, "warning")
                ));
            }
            print(&format!("{line}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error @ Error::InvalidPipeline(_)) if arguments.json => {
            print_found(false, error.diagnostics())?;
            Ok(ExitCode::from(Failure::new(&error.into()).exit_code))
        }
        Err(error) => Err(error.into()),
    }
}

fn print_found(ok: bool, diagnostics: &[Diagnostic]) -> Result<()> {
    print_json(&JsonCheck {
        ok,
        diagnostics: diagnostics.iter().map(JsonDiagnostic::from).collect(),
    })
}
