//! `stepwell test`.

mod native;
mod sandbox;

use std::process::ExitCode;

use anyhow::Result;
use console::style;
use stepwell::{Host, Step};
use stepwell_build::{BuildOptions, StepPackage, build_steps, find_steps, prepare_target};
use stepwell_cases::Case;

use super::build::with_progress;
use crate::arguments::TestArguments;
use crate::show::failure::BadArgument;
use crate::show::print;
use crate::show::text::safe;
use crate::show::units::counted;

/// How many cases went how.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
    blessed: u64,
}

pub(crate) fn run(arguments: &TestArguments) -> Result<ExitCode> {
    let mut options = BuildOptions::new();
    options.offline = arguments.offline;
    let packages = find_steps(&arguments.folder)?;
    let built = with_progress(|progress| {
        prepare_target(&arguments.folder, progress)?;
        build_steps(&packages, &options, progress)
    })?;
    let host = Host::for_user()?;
    let mut tally = Tally::default();
    let mut native_failed = false;
    for package in &packages {
        let Some(component) = built.iter().find(|built| built.package == package.name) else {
            continue;
        };
        // Of a workspace, those steps are tested that have something to test.
        if packages.len() > 1 && !package.folder.join("cases").is_dir() {
            continue;
        }
        let step = Step::load(&host, component.path.to_string_lossy())?;
        test_in_sandbox(&step, package, arguments, &mut tally)?;
        if !arguments.sandbox_only {
            native_failed |= !native::test(package, arguments.offline)?;
        }
    }
    if tally.passed + tally.failed + tally.blessed == 0 {
        let filter = arguments.filter.as_deref().unwrap_or_default();
        return Err(BadArgument {
            message: format!("no case has `{filter}` in its name"),
            hint: Some(
                "the names of cases are those of the files in `cases/`, without their extension"
                    .to_owned(),
            ),
        }
        .into());
    }
    print(&conclusion(&tally, native_failed, arguments.sandbox_only))?;
    let has_failed = tally.failed > 0 || native_failed;
    Ok(if has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn test_in_sandbox(
    step: &Step,
    package: &StepPackage,
    arguments: &TestArguments,
    tally: &mut Tally,
) -> Result<()> {
    let cases = Case::load_dir(&package.folder.join("cases"))?;
    let is_wanted = |case: &&Case| {
        arguments
            .filter
            .as_ref()
            .is_none_or(|filter| case.name.contains(filter))
    };
    let wanted: Vec<&Case> = cases.iter().filter(is_wanted).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    print(&format!("{}\n", style(&package.name).bold()))?;
    for case in wanted {
        match sandbox::test(step, case, arguments.bless)? {
            sandbox::Verdict::Passed => {
                tally.passed += 1;
                print(&format!("  {} {}\n", style("ok").green(), case.name))?;
            }
            sandbox::Verdict::Blessed => {
                tally.blessed += 1;
                print(&format!("  {} {}\n", style("blessed").yellow(), case.name))?;
            }
            sandbox::Verdict::Failed(difference) => {
                tally.failed += 1;
                print(&format!("  {} {}\n", style("FAILED").red(), case.name))?;
                let difference = safe(&difference);
                let lines = difference.lines().map(|line| format!("    {line}\n"));
                print(&lines.collect::<String>())?;
            }
        }
    }
    Ok(())
}

fn conclusion(tally: &Tally, native_failed: bool, sandbox_only: bool) -> String {
    let mut parts = vec![format!("{} passed", counted(tally.passed, "case"))];
    if tally.blessed > 0 {
        parts.push(format!("{} blessed", tally.blessed));
    }
    if tally.failed > 0 {
        parts.push(format!("{} failed", tally.failed));
    }
    let natively = match (sandbox_only, native_failed) {
        (true, _) => "",
        (false, true) => "; natively, the step's tests failed",
        (false, false) => "; natively, all is well",
    };
    format!(
        "\nin the sandbox, in batches of 1, of 7 and of all rows: {}{natively}\n",
        parts.join(", ")
    )
}
