//! Which crates are steps.

use std::path::{Path, PathBuf};

use cargo_metadata::{CrateType, DependencyKind, Metadata, MetadataCommand, Package};

use crate::error::BuildError;
use crate::toolchain::cargo;

/// The crate that makes a crate a step, by depending on it.
const SDK: &str = "stepwell-sdk";

/// A crate that builds to a step.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StepPackage {
    /// The crate's name.
    pub name: String,
    /// The crate's version.
    pub version: String,
    /// The crate's folder.
    pub folder: PathBuf,
    pub(crate) id: String,
    pub(crate) workspace: Workspace,
    pub(crate) sdk_version: String,
}

/// The workspace around a crate; a crate that stands alone is one of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target_folder: PathBuf,
    /// Folders that sources are compiled from, and what stands for them in a component.
    pub(crate) remapped: Vec<(PathBuf, String)>,
}

/// The steps of a folder: the one whose `Cargo.toml` lies there, or, where that is a workspace, all of its
/// steps in the order of their names.
///
/// A step is a crate with a `cdylib` target that depends on `stepwell-sdk`; it needs no further mark.
///
/// # Errors
/// There is no crate that can be read, or none that is a step.
pub fn find_steps(folder: &Path) -> Result<Vec<StepPackage>, BuildError> {
    let metadata = read_metadata(folder)?;
    let workspace = workspace_of(&metadata);
    let candidates: Vec<&Package> = match metadata.root_package() {
        Some(package) => vec![package],
        None => metadata.workspace_packages(),
    };
    let mut reasons = Vec::new();
    let mut steps = Vec::new();
    for package in &candidates {
        match why_not_a_step(package) {
            Some(reason) => reasons.push(reason),
            None => steps.push(StepPackage {
                name: package.name.to_string(),
                version: package.version.to_string(),
                folder: package
                    .manifest_path
                    .parent()
                    .unwrap_or(&package.manifest_path)
                    .into(),
                id: package.id.repr.clone(),
                workspace: workspace.clone(),
                sdk_version: version_of(&metadata, SDK),
            }),
        }
    }
    steps.sort_by(|left, right| left.name.cmp(&right.name));
    match (candidates.as_slice(), steps.is_empty()) {
        (_, false) => Ok(steps),
        ([package], true) => Err(BuildError::NotAStep {
            package: package.name.to_string(),
            reason: reasons.remove(0).to_owned(),
        }),
        (_, true) => Err(BuildError::NotAStep {
            package: folder.display().to_string(),
            reason: "no crate of the workspace is one".to_owned(),
        }),
    }
}

fn read_metadata(folder: &Path) -> Result<Metadata, BuildError> {
    let manifest_error = |message: String| BuildError::Manifest {
        folder: folder.to_owned(),
        message,
    };
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        return Err(manifest_error("there is no `Cargo.toml`".to_owned()));
    }
    let manifest =
        std::path::absolute(&manifest).map_err(|error| manifest_error(error.to_string()))?;
    MetadataCommand::new()
        .cargo_path(cargo(folder).get_program())
        .current_dir(folder)
        .manifest_path(manifest)
        .exec()
        .map_err(|error| match error {
            cargo_metadata::Error::CargoMetadata { stderr } => {
                manifest_error(stderr.trim().trim_start_matches("error: ").to_owned())
            }
            other => manifest_error(other.to_string()),
        })
}

fn why_not_a_step(package: &Package) -> Option<&'static str> {
    let depends = package
        .dependencies
        .iter()
        .any(|dependency| dependency.name == SDK && dependency.kind == DependencyKind::Normal);
    // A step that is written against the bare contract says so.
    let says_so = package.metadata.get("stepwell").is_some();
    let is_cdylib = |types: &[CrateType]| types.contains(&CrateType::CDyLib);
    if !depends && !says_so {
        Some("it does not depend on `stepwell-sdk`")
    } else if !package
        .targets
        .iter()
        .any(|target| is_cdylib(&target.crate_types))
    {
        Some("its library is no `cdylib`")
    } else {
        None
    }
}

fn version_of(metadata: &Metadata, name: &str) -> String {
    let mut packages = metadata.packages.iter();
    let found = packages.find(|package| package.name.as_str() == name);
    found.map_or_else(String::new, |package| package.version.to_string())
}

/// Paths of source files end up in components, in the messages of panics. So that the same sources give
/// the same bytes on every machine, and nobody's home is told to everyone, folders get other names.
fn workspace_of(metadata: &Metadata) -> Workspace {
    let root: PathBuf = metadata.workspace_root.clone().into();
    let mut remapped = vec![(root.clone(), String::from("/step"))];
    for package in &metadata.packages {
        let folder: PathBuf = package
            .manifest_path
            .parent()
            .unwrap_or(&package.manifest_path)
            .into();
        let entry = match &package.source {
            // The folder above holds all crates of the registry.
            Some(_) => (
                folder.parent().unwrap_or(&folder).to_owned(),
                String::from("/crates"),
            ),
            None if folder.starts_with(&root) => continue,
            None => (
                folder,
                format!("/crates/{}-{}", package.name, package.version),
            ),
        };
        if !remapped.contains(&entry) {
            remapped.push(entry);
        }
    }
    Workspace {
        root,
        target_folder: metadata.target_directory.clone().into(),
        remapped,
    }
}
