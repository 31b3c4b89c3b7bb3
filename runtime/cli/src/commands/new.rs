//! `stepwell new`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use stepwell_build::{SdkSource, scaffold};

use crate::arguments::{Language, New, NewArguments, NewStepArguments};
use crate::show::print;

/// The environment variable that says where the SDK is, instead of the registry.
const SDK_VARIABLE: &str = "STEPWELL_SDK_PATH";

pub(crate) fn run(arguments: &NewArguments) -> Result<ExitCode> {
    match &arguments.what {
        New::Step(arguments) => new_step(arguments),
    }
}

fn new_step(arguments: &NewStepArguments) -> Result<ExitCode> {
    let Language::Rust = arguments.lang;
    let folder = arguments
        .path
        .clone()
        .unwrap_or_else(|| PathBuf::from(&arguments.name));
    let written = scaffold(&arguments.name, &folder, &sdk())?;
    let mut text = format!("made the step `{}`:\n", arguments.name);
    for file in written {
        text.push_str(&format!("  {}\n", file.display()));
    }
    text.push_str(&format!(
        "\nnext:\n  cd {}\n  stepwell test    # runs its cases, natively and in the sandbox\n  stepwell build   # makes the component\n",
        folder.display()
    ));
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Where a new step takes the SDK from: what the environment says, the checkout that this program was built in, or
/// the registry.
fn sdk() -> SdkSource {
    if let Some(path) = env::var_os(SDK_VARIABLE).filter(|path| !path.is_empty()) {
        return SdkSource::Path(path.into());
    }
    let program = env::current_exe()
        .and_then(|program| program.canonicalize())
        .ok();
    let checkout = program
        .as_deref()
        .and_then(|program| program.ancestors().find_map(sdk_of_checkout));
    match checkout {
        Some(path) => SdkSource::Path(path),
        None => SdkSource::Version(env!("CARGO_PKG_VERSION").to_owned()),
    }
}

fn sdk_of_checkout(folder: &Path) -> Option<PathBuf> {
    let sdk = folder.join("sdk").join("rust");
    let is_ours = sdk.join("Cargo.toml").is_file() && folder.join("sdk").join("wit").is_dir();
    is_ours.then_some(sdk)
}
