//! The standard steps, and the steps that tests need.

use std::path::Path;

use anyhow::{Context, Result};
use stepwell_build::{
    BuildError, BuildOptions, Built, Progress, StepPackage, TargetOrigin, build_steps, find_steps,
    prepare_target,
};

use crate::shell::{root, say, target_folder};

/// Sees to it that the toolchain compiles to WebAssembly.
pub(crate) fn target() -> Result<()> {
    say("the WebAssembly target");
    match prepare_target(root(), &mut tell).map_err(with_hint)? {
        TargetOrigin::Installed => eprintln!("    it is there"),
        TargetOrigin::Rustup => eprintln!("    rustup fetched it"),
        _ => eprintln!("    it was compiled from source"),
    }
    Ok(())
}

/// Builds the standard steps and the tests' guests.
pub(crate) fn steps() -> Result<()> {
    target()?;
    let packages = find_steps(root()).map_err(with_hint)?;
    say("the standard steps and the tests' guests");
    let mut options = BuildOptions::new();
    options.folder = Some(target_folder());
    options.file_name = |package| {
        let folder = package.folder.file_name().unwrap_or_default();
        let name = folder.to_string_lossy();
        match is_standard(package) {
            true => format!("{STANDARD}/{name}-{}.wasm", package.version),
            false => format!("{GUESTS}/{name}.wasm"),
        }
    };
    let built = build_steps(&packages, &options, &mut tell).map_err(with_hint)?;
    for folder in [STANDARD, GUESTS] {
        remove_others(&target_folder().join(folder), &built)?;
    }
    for step in &built {
        let state = if step.changed { "new" } else { "as it was" };
        let kilobytes = step.bytes.div_ceil(1024);
        eprintln!("    {:<18} {kilobytes:>6} KiB  {state}", step.package);
    }
    Ok(())
}

/// The standard steps' components, in Cargo's target folder.
const STANDARD: &str = "steps/std";

/// The components of the tests' guests, in Cargo's target folder.
const GUESTS: &str = "guests";

fn is_standard(package: &StepPackage) -> bool {
    package.folder.starts_with(root().join("steps"))
}

/// Removes components of steps and versions that are no more, or a pipeline would still find them.
fn remove_others(folder: &Path, built: &[Built]) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let reading = || format!("cannot read `{}`", folder.display());
    for entry in std::fs::read_dir(folder).with_context(reading)? {
        let path = entry.with_context(reading)?.path();
        let is_component = path
            .extension()
            .is_some_and(|extension| extension == "wasm");
        if is_component && !built.iter().any(|step| step.path == path) {
            std::fs::remove_file(&path)
                .with_context(|| format!("cannot remove `{}`", path.display()))?;
        }
    }
    Ok(())
}

fn tell(progress: Progress<'_>) {
    match progress {
        Progress::Phase(phase) => eprintln!("    {phase}"),
        Progress::Line(line) => eprintln!("    {line}"),
        _ => {}
    }
}

fn with_hint(error: BuildError) -> anyhow::Error {
    let hint = error.hint();
    let error = anyhow::Error::from(error);
    match hint {
        Some(hint) => anyhow::anyhow!("{error:#}\nhint: {hint}"),
        None => error,
    }
}
