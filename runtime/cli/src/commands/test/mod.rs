//! `stepwell test`.

mod native;
mod sandbox;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use console::style;
use stepwell::{Host, Step};
use stepwell_build::{BuildOptions, build_steps, find_steps, prepare_target};
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
    let mut tally = Tally::default();
    let native_failed = match &arguments.component {
        Some(component) => {
            let step = Step::load(&Host::for_user()?, component.to_string_lossy())?;
            let name = step.description()?.name.clone();
            test_in_sandbox(&step, &name, &arguments.folder, arguments, &mut tally)?;
            false
        }
        None => build_and_test(arguments, &mut tally)?,
    };
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
    let is_native = !arguments.sandbox_only && arguments.component.is_none();
    print(&conclusion(&tally, native_failed, is_native))?;
    let has_failed = tally.failed > 0 || native_failed;
    Ok(if has_failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Whether the tests of a step failed natively.
fn build_and_test(arguments: &TestArguments, tally: &mut Tally) -> Result<bool> {
    let mut options = BuildOptions::new();
    options.offline = arguments.offline;
    let packages = find_steps(&arguments.folder)?;
    let built = with_progress(|progress| {
        prepare_target(&arguments.folder, progress)?;
        build_steps(&packages, &options, progress)
    })?;
    let host = Host::for_user()?;
    let mut native_failed = false;
    for package in &packages {
        let component = built.iter().find(|built| built.package == package.name);
        // Of a workspace, those steps are tested that have something to test.
        let is_tested = packages.len() == 1 || package.folder.join("cases").is_dir();
        let (Some(component), true) = (component, is_tested) else {
            continue;
        };
        let step = Step::load(&host, component.path.to_string_lossy())?;
        test_in_sandbox(&step, &package.name, &package.folder, arguments, tally)?;
        if !arguments.sandbox_only {
            native_failed |= !native::test(package, arguments.offline)?;
        }
    }
    Ok(native_failed)
}

fn test_in_sandbox(
    step: &Step,
    name: &str,
    folder: &Path,
    arguments: &TestArguments,
    tally: &mut Tally,
) -> Result<()> {
    let cases = Case::load_dir(&folder.join("cases"))?;
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let wanted: Vec<&Case> = cases
        .iter()
        .filter(|case| case.name.contains(filter))
        .collect();
    if wanted.is_empty() {
        return Ok(());
    }
    print(&format!("{}\n", style(safe(name)).bold()))?;
    for case in wanted {
        let (word, count, difference) = match sandbox::test(step, case, arguments.bless)? {
            sandbox::Verdict::Passed => (style("ok").green(), &mut tally.passed, String::new()),
            sandbox::Verdict::Blessed => {
                (style("blessed").yellow(), &mut tally.blessed, String::new())
            }
            sandbox::Verdict::Failed(difference) => {
                (style("FAILED").red(), &mut tally.failed, safe(&difference))
            }
        };
        *count += 1;
        let lines = difference.lines().map(|line| format!("    {line}\n"));
        print(&format!(
            "  {word} {}\n{}",
            case.name,
            lines.collect::<String>()
        ))?;
    }
    Ok(())
}

fn conclusion(tally: &Tally, native_failed: bool, is_native: bool) -> String {
    let mut parts = vec![format!("{} passed", counted(tally.passed, "case"))];
    if tally.blessed > 0 {
        parts.push(format!("{} blessed", tally.blessed));
    }
    if tally.failed > 0 {
        parts.push(format!("{} failed", tally.failed));
    }
    let natively = match (is_native, native_failed) {
        (false, _) => "",
        (true, true) => "; natively, the step's tests failed",
        (true, false) => "; natively, all is well",
    };
    format!(
        "\nin the sandbox, in batches of 1, of 7 and of all rows: {}{natively}\n",
        parts.join(", ")
    )
}
