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
    let all = find_steps(root()).map_err(with_hint)?;
    let standard = |package: &StepPackage| {
        let name = package.name.strip_prefix("step-").unwrap_or(&package.name);
        format!("{name}-{}.wasm", package.version)
    };
    let guest = |package: &StepPackage| {
        let name = package.folder.file_name().unwrap_or_default();
        format!("{}.wasm", name.to_string_lossy())
    };
    say("the standard steps");
    build_below("steps", &target_folder().join("steps/std"), standard, &all)?;
    say("the tests' guests");
    build_below("tests/guests", &target_folder().join("guests"), guest, &all)
}

/// Builds the steps below a folder of the checkout.
fn build_below(
    sources: &str,
    components: &Path,
    file_name: fn(&StepPackage) -> String,
    all: &[StepPackage],
) -> Result<()> {
    let sources = root().join(sources);
    let packages: Vec<StepPackage> = all
        .iter()
        .filter(|package| package.folder.starts_with(&sources))
        .cloned()
        .collect();
    let mut options = BuildOptions::new();
    options.folder = Some(components.to_owned());
    options.file_name = file_name;
    let built = build_steps(&packages, &options, &mut tell).map_err(with_hint)?;
    remove_others(components, &built)?;
    for step in &built {
        let state = if step.changed { "new" } else { "as it was" };
        let kilobytes = step.bytes.div_ceil(1024);
        eprintln!("    {:<18} {kilobytes:>6} KiB  {state}", step.package);
    }
    Ok(())
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
