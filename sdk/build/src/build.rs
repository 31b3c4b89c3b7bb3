//! From the crates of steps to components in files.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{CrateType, Message};

use crate::component::make_component;
use crate::error::BuildError;
use crate::packages::{StepPackage, Workspace, find_steps};
use crate::progress::{Progress, ProgressFn, run};
use crate::standard_library::{read_error, write_error};
use crate::toolchain::{TARGET, Toolchain, cargo};

/// How to build.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BuildOptions {
    /// Optimized for use, or quick to build.
    pub profile: Profile,
    /// The folder of the components; `stepwell` in Cargo's target folder if none is given.
    pub folder: Option<PathBuf>,
    /// The component's path in that folder; `NAME.wasm` by the crate's name if nothing else is said.
    pub file_name: fn(&StepPackage) -> String,
    /// Whether to do without the network (`cargo --offline`).
    pub offline: bool,
}

/// What a build is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Profile {
    /// Small and fast components, as they are published.
    #[default]
    Step,
    /// Quick builds, with names and line numbers in the component.
    Debug,
}

/// A component that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// The crate.
    pub package: String,
    /// The crate's version.
    pub version: String,
    /// The component's file.
    pub path: PathBuf,
    /// The component's size in bytes.
    pub bytes: u64,
    /// Whether the file is another than before.
    pub changed: bool,
}

impl BuildOptions {
    /// The options as they are best for a step that will be used.
    pub fn new() -> Self {
        Self {
            profile: Profile::default(),
            folder: None,
            file_name: |package| format!("{}.wasm", package.name),
            offline: false,
        }
    }
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Builds the step whose `Cargo.toml` lies in a folder.
///
/// # Errors
/// It is not a step, or does not compile. [`prepare_target`](crate::prepare_target) must have been called.
pub fn build_step(
    folder: &Path,
    options: &BuildOptions,
    progress: ProgressFn<'_>,
) -> Result<Built, BuildError> {
    let packages = find_steps(folder)?;
    if packages.len() > 1 {
        return Err(BuildError::SeveralSteps {
            folder: folder.to_owned(),
            packages: packages.into_iter().map(|package| package.name).collect(),
        });
    }
    let mut built = build_steps(&packages, options, progress)?;
    Ok(built.remove(0))
}

/// Builds several steps of one workspace in one run of Cargo, which compiles what they share once.
///
/// # Errors
/// They are of different workspaces, or one of them does not compile.
pub fn build_steps(
    packages: &[StepPackage],
    options: &BuildOptions,
    progress: ProgressFn<'_>,
) -> Result<Vec<Built>, BuildError> {
    let Some(first) = packages.first() else {
        return Ok(Vec::new());
    };
    let workspace = &first.workspace;
    if let Some(other) = packages
        .iter()
        .find(|package| package.workspace.root != workspace.root)
    {
        return Err(BuildError::Manifest {
            folder: other.folder.clone(),
            message: format!("it is not of the workspace `{}`", workspace.root.display()),
        });
    }
    let toolchain = Toolchain::active(&first.folder)?;
    progress(Progress::Phase("compiling"));
    let modules = compile(packages, workspace, &toolchain, options, progress)?;
    let folder = match &options.folder {
        Some(folder) => folder.clone(),
        None => workspace.target_folder.join("stepwell"),
    };
    progress(Progress::Phase("making components"));
    packages
        .iter()
        .map(|package| {
            let module = modules
                .get(&package.id)
                .ok_or_else(|| BuildError::Component {
                    package: package.name.clone(),
                    message: "cargo gave no WebAssembly module".to_owned(),
                })?;
            let module = fs::read(module).map_err(read_error(module))?;
            let component = make_component(&module, package, &toolchain.version)?;
            let path = folder.join((options.file_name)(package));
            let changed = write_whole(&path, &component)?;
            Ok(Built {
                package: package.name.clone(),
                version: package.version.clone(),
                path,
                bytes: component.len() as u64,
                changed,
            })
        })
        .collect()
}

/// Compiles the crates; gives the module of each by the crate's id.
fn compile(
    packages: &[StepPackage],
    workspace: &Workspace,
    toolchain: &Toolchain,
    options: &BuildOptions,
    progress: ProgressFn<'_>,
) -> Result<HashMap<String, PathBuf>, BuildError> {
    let mut command = cargo(&workspace.root);
    command.args(["build", "--lib", "--target", TARGET]);
    command.args(["--message-format", "json-render-diagnostics"]);
    if options.offline {
        command.arg("--offline");
    }
    match options.profile {
        Profile::Debug => {}
        Profile::Step => {
            command.args(["--profile", "step"]);
            if !has_step_profile(&workspace.root) {
                for setting in STEP_PROFILE {
                    command
                        .arg("--config")
                        .arg(format!("profile.step.{setting}"));
                }
            }
        }
    }
    add_flags(&mut command, workspace, toolchain);
    // Hash tables of dependencies get their random keys at compile time, where there is no other source of
    // randomness. The same sources must give the same bytes.
    command.env("CONST_RANDOM_SEED", "stepwell");
    for package in packages {
        command.arg("--package").arg(&package.name);
    }
    let finished = run(&mut command, progress)?;
    if !finished.success {
        return Err(BuildError::Compile {
            packages: packages
                .iter()
                .map(|package| package.name.clone())
                .collect(),
            output: finished.stderr,
        });
    }
    let mut modules = HashMap::new();
    for message in Message::parse_stream(finished.stdout.as_slice()).flatten() {
        if let Message::CompilerArtifact(artifact) = message
            && artifact.target.crate_types.contains(&CrateType::CDyLib)
            && let Some(module) = artifact
                .filenames
                .into_iter()
                .find(|file| file.extension() == Some("wasm"))
        {
            modules.insert(artifact.package_id.repr, module.into());
        }
    }
    Ok(modules)
}

/// The profile of published steps, for workspaces that define none of this name. One's own `[profile.step]` is
/// taken as it is.
const STEP_PROFILE: [&str; 6] = [
    "inherits=\"release\"",
    "opt-level=3",
    "lto=\"fat\"",
    "codegen-units=1",
    "panic=\"abort\"",
    "strip=true",
];

fn has_step_profile(root: &Path) -> bool {
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let manifest: toml::Table = manifest.parse().unwrap_or_default();
    let profiles = manifest.get("profile").and_then(toml::Value::as_table);
    profiles.is_some_and(|profiles| profiles.contains_key("step"))
}

/// Adds the compiler's flags without dropping the user's.
fn add_flags(command: &mut Command, workspace: &Workspace, toolchain: &Toolchain) {
    let mut flags: Vec<String> = workspace
        .remapped
        .iter()
        .map(|(folder, name)| format!("--remap-path-prefix={}={name}", folder.display()))
        .collect();
    // Every host runs vector instructions, and columns are what they are made for.
    flags.push("-Ctarget-feature=+simd128".to_owned());
    let sources = toolchain.sources();
    flags.push(format!(
        "--remap-path-prefix={}=/rustc/{}",
        sources.display(),
        toolchain.commit
    ));
    // Flags in the environment hide those of configuration files, so ours go where the user's are.
    let encoded = env::var("CARGO_ENCODED_RUSTFLAGS").ok();
    let plain = env::var("RUSTFLAGS").ok();
    let given: Option<Vec<String>> = encoded
        .map(|flags| flags.split('\x1f').map(str::to_owned).collect())
        .or_else(|| plain.map(|flags| flags.split_whitespace().map(str::to_owned).collect()));
    match given {
        Some(given) => {
            let all: Vec<String> = given
                .into_iter()
                .filter(|flag| !flag.is_empty())
                .chain(flags)
                .collect();
            command.env("CARGO_ENCODED_RUSTFLAGS", all.join("\x1f"));
        }
        None => {
            let flags = toml::Value::try_from(flags).expect("texts are values of TOML");
            command
                .arg("--config")
                .arg(format!("target.{TARGET}.rustflags={flags}"));
        }
    }
}

/// Writes a file that appears whole or not at all; says whether it is another than before.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<bool, BuildError> {
    if fs::read(path).is_ok_and(|before| before == bytes) {
        return Ok(false);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(write_error(folder))?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A temporary file is its owner's alone otherwise.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(write_error(path))?;
    file.write_all(bytes).map_err(write_error(path))?;
    file.as_file().sync_all().map_err(write_error(path))?;
    file.persist(path)
        .map_err(|error| write_error(path)(error.error))?;
    Ok(true)
}
