//! `stepwell build`.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressStyle};
use stepwell_build::{
    BuildError, BuildOptions, Built, Profile, Progress, build_step, prepare_target,
};

use crate::arguments::BuildArguments;
use crate::show::text::safe;
use crate::show::{print, units};

pub(crate) fn run(arguments: &BuildArguments) -> Result<ExitCode> {
    let mut options = BuildOptions::new();
    options.offline = arguments.offline;
    if arguments.debug {
        options.profile = Profile::Debug;
    }
    let built = with_progress(|progress| {
        prepare_target(&arguments.folder, progress)?;
        build_step(&arguments.folder, &options, progress)
    })?;
    let path = match &arguments.output {
        None => built.path.clone(),
        Some(output) => {
            copy(&built, output)?;
            output.clone()
        }
    };
    let state = if built.changed { "" } else { ", as it was" };
    print(&format!(
        "{}: {}{state}\n",
        shown(&path).display(),
        units::bytes(built.bytes)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Puts a copy of the component elsewhere, whole or not at all.
fn copy(built: &Built, output: &Path) -> Result<()> {
    let failed = || format!("cannot write `{}`", output.display());
    let folder = match output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).with_context(failed)?;
    let bytes =
        fs::read(&built.path).with_context(|| format!("cannot read `{}`", built.path.display()))?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is its owner's alone otherwise.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).with_context(failed)?;
    file.write_all(&bytes).with_context(failed)?;
    file.persist(output)
        .map_err(|error| error.error)
        .with_context(failed)?;
    Ok(())
}

/// A path as seen from the current folder, where it is below it.
fn shown(path: &Path) -> &Path {
    match std::env::current_dir() {
        Ok(folder) => path.strip_prefix(folder).unwrap_or(path),
        Err(_) => path,
    }
}

/// Runs a build, and shows what it does: one line that changes on a terminal, each part of the work as a line
/// elsewhere. When the compiler refuses the step, what it wrote is shown in full.
pub(super) fn with_progress<T>(
    build: impl FnOnce(&mut dyn FnMut(Progress<'_>)) -> Result<T, BuildError>,
) -> Result<T> {
    let spinner = io::stderr().is_terminal().then(|| {
        let spinner = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {prefix}: {wide_msg}") {
            spinner.set_style(style);
        }
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner
    });
    let mut report = |progress: Progress<'_>| match (&spinner, progress) {
        (Some(spinner), Progress::Phase(phase)) => {
            spinner.set_prefix(phase.to_owned());
            spinner.set_message("");
        }
        (Some(spinner), Progress::Line(line)) => spinner.set_message(line.trim().to_owned()),
        // There is nowhere left to say that standard error cannot be written.
        (None, Progress::Phase(phase)) => drop(writeln!(io::stderr().lock(), "{phase}")),
        _ => {}
    };
    let result = build(&mut report);
    if let Some(spinner) = spinner {
        spinner.finish_and_clear();
    }
    if let Err(BuildError::Compile { output, .. } | BuildError::Command { output, .. }) = &result {
        let _ = io::stderr().lock().write_all(safe(output).as_bytes());
    }
    Ok(result?)
}
