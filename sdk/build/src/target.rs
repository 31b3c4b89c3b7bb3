//! Teaching a toolchain to compile to WebAssembly.

use std::path::Path;
use std::process::Command;

use crate::error::BuildError;
use crate::progress::{Progress, ProgressFn, run_well};
use crate::standard_library::build_standard_library;
use crate::toolchain::{TARGET, Toolchain};

/// How the target came to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetOrigin {
    /// It was there before.
    Installed,
    /// rustup fetched it.
    Rustup,
    /// The standard library was compiled from its sources.
    Source,
}

/// Sees to it that the toolchain that is active in a folder can compile steps.
///
/// Where the target [`TARGET`] is missing, rustup is asked for it. Where there is no rustup, or it
/// cannot download, the standard library is compiled once from the toolchain's own sources or from
/// those that Debian packages, and put where rustup would have put it.
///
/// # Errors
/// There is no Rust toolchain, or all of that failed.
pub fn prepare_target(folder: &Path, progress: ProgressFn<'_>) -> Result<TargetOrigin, BuildError> {
    let toolchain = Toolchain::active(folder)?;
    if toolchain.has_target() {
        return Ok(TargetOrigin::Installed);
    }
    let mut tried = Vec::new();
    progress(Progress::Phase(
        "fetching the WebAssembly target with rustup",
    ));
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add", TARGET])
        .current_dir(folder)
        .env("RUST_BACKTRACE", "0");
    match run_well(&mut rustup, progress) {
        Ok(_) if toolchain.has_target() => return Ok(TargetOrigin::Rustup),
        Ok(_) => tried.push("rustup says that it is there, and it is not".to_owned()),
        Err(error) => tried.push(with_source(&error)),
    }
    progress(Progress::Phase(
        "compiling the standard library for WebAssembly, which is done once",
    ));
    match build_standard_library(&toolchain, progress) {
        Ok(()) if toolchain.has_target() => return Ok(TargetOrigin::Source),
        Ok(()) => tried.push("the compiled standard library is incomplete".to_owned()),
        Err(error) => tried.push(with_source(&error)),
    }
    Err(BuildError::Target {
        sysroot: toolchain.sysroot,
        tried,
    })
}

fn with_source(error: &BuildError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
