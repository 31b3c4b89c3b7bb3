//! The folders in which steps are found by name.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use semver::{Version, VersionReq};

use crate::error::Error;

/// The environment variable that names folders of steps, separated as those of `PATH` are.
pub const STEPS_VARIABLE: &str = "STEPWELL_STEPS";

/// The folders in which steps are found by name: `std/impute` in version 0.1.0 is the file
/// `std/impute-0.1.0.wasm` in one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StepLibrary {
    folders: Vec<PathBuf>,
}

/// A step of a [`StepLibrary`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct InstalledStep {
    /// The collection, such as `std`.
    pub collection: String,
    /// The step's name in the collection, such as `impute`.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// The component's file.
    pub path: PathBuf,
}

impl InstalledStep {
    /// The name by which a pipeline refers to it: `std/impute`.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}/{}", self.collection, self.name)
    }
}

impl StepLibrary {
    /// These folders; those that do not exist are passed over.
    #[must_use]
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            folders: folders.into_iter().collect(),
        }
    }

    /// The folders of an installation, in this order: those that the environment variable `STEPWELL_STEPS` names;
    /// beside the program, `steps`, `../steps` and `../lib/stepwell/steps`; `stepwell/steps` among the user's data.
    #[must_use]
    pub fn standard() -> Self {
        let named = env::var_os(STEPS_VARIABLE).unwrap_or_default();
        let program = env::current_exe().ok();
        let program_folder = program.as_deref().and_then(Path::parent);
        Self::new(standard_folders(&named, program_folder, dirs::data_dir()))
    }

    /// The folders, in the order in which they are looked into.
    #[must_use]
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// All steps, by collection and name, the highest version first. Of a version that several folders have, the
    /// first folder's counts.
    #[must_use]
    pub fn list(&self) -> Vec<InstalledStep> {
        let mut steps: Vec<InstalledStep> = Vec::new();
        for folder in &self.folders {
            for collection in entries(folder) {
                let Some(name) = collection.file_name().and_then(|name| name.to_str()) else {
                    continue;
                };
                for path in entries(&collection) {
                    let Some(step) = installed_step(name, &path) else {
                        continue;
                    };
                    let is_same = |other: &InstalledStep| {
                        (&other.collection, &other.name, &other.version)
                            == (&step.collection, &step.name, &step.version)
                    };
                    if !steps.iter().any(is_same) {
                        steps.push(step);
                    }
                }
            }
        }
        steps.sort_by(|a, b| {
            (&a.collection, &a.name, &b.version).cmp(&(&b.collection, &b.name, &a.version))
        });
        steps
    }

    /// The highest version of a step that will do.
    ///
    /// # Errors
    /// [`Error::NoStepsInstalled`], [`Error::UnknownStep`] with the names that are like it, and
    /// [`Error::NoMatchingVersion`].
    pub fn find(
        &self,
        collection: &str,
        name: &str,
        version: Option<&VersionReq>,
    ) -> Result<InstalledStep, Error> {
        let reference = format!("{collection}/{name}");
        let steps = self.list();
        if steps.is_empty() {
            return Err(Error::NoStepsInstalled {
                reference,
                searched: self.folders.clone(),
            });
        }
        let of_name: Vec<&InstalledStep> = steps
            .iter()
            .filter(|step| step.collection == collection && step.name == name)
            .collect();
        if of_name.is_empty() {
            return Err(Error::UnknownStep {
                alternatives: by_similarity(&reference, &steps),
                reference,
            });
        }
        let fitting = of_name
            .iter()
            .find(|step| version.is_none_or(|version| version.matches(&step.version)));
        match (fitting, version) {
            (Some(step), _) => Ok((*step).clone()),
            (None, requirement) => Err(Error::NoMatchingVersion {
                step: reference,
                // `2` is read as `^2`; it is shown as people write it.
                requirement: requirement
                    .map(|version| version.to_string().trim_start_matches('^').to_owned())
                    .unwrap_or_default(),
                versions: of_name
                    .iter()
                    .map(|step| step.version.to_string())
                    .collect(),
            }),
        }
    }
}

fn standard_folders(
    named: &OsString,
    program_folder: Option<&Path>,
    data_folder: Option<PathBuf>,
) -> Vec<PathBuf> {
    let named = env::split_paths(named).filter(|folder| !folder.as_os_str().is_empty());
    let mut folders: Vec<PathBuf> = named.collect();
    if let Some(folder) = program_folder {
        let above = folder.parent().unwrap_or(folder);
        folders.push(folder.join("steps"));
        folders.push(above.join("steps"));
        folders.push(above.join("lib").join("stepwell").join("steps"));
    }
    folders.extend(data_folder.map(|folder| folder.join("stepwell").join("steps")));
    folders
}

/// What is in a folder; nothing where it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).collect()
}

fn installed_step(collection: &str, path: &Path) -> Option<InstalledStep> {
    if path.extension()? != "wasm" {
        return None;
    }
    let stem = path.file_stem()?.to_str()?;
    // Names hold `-` too, and so may versions: the first part that is a version begins the version.
    let (name, version) = stem.match_indices('-').find_map(|(at, _)| {
        let version = Version::parse(&stem[at + 1..]).ok()?;
        Some((&stem[..at], version))
    })?;
    Some(InstalledStep {
        collection: collection.to_owned(),
        name: name.to_owned(),
        version,
        path: path.to_owned(),
    })
}

fn by_similarity(reference: &str, steps: &[InstalledStep]) -> Vec<String> {
    let mut names: Vec<String> = steps.iter().map(InstalledStep::reference).collect();
    names.dedup();
    // Where names are equally near, their order is kept.
    names.sort_by(|a, b| {
        let likeness = |name: &str| strsim::normalized_damerau_levenshtein(reference, name);
        likeness(b).total_cmp(&likeness(a))
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(files: &[&str]) -> (tempfile::TempDir, StepLibrary) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let folders = ["first", "second"].map(|name| folder.path().join(name));
        let library = StepLibrary::new(folders);
        (folder, library)
    }

    fn check(files: &[&str], wanted: &str, expect: &str) {
        let (folder, library) = library(files);
        let (name, version) = wanted
            .split_once('@')
            .map_or((wanted, None), |(name, version)| {
                (name, Some(VersionReq::parse(version).unwrap()))
            });
        let (collection, name) = name.split_once('/').unwrap();
        let found = match library.find(collection, name, version.as_ref()) {
            Ok(step) => step
                .path
                .strip_prefix(folder.path())
                .unwrap()
                .display()
                .to_string(),
            Err(error) => format!("{}: {error}; hint: {:?}", error.code(), error.hint()),
        };
        assert_eq!(found.replace(&*folder.path().to_string_lossy(), ""), expect);
    }

    #[test]
    fn the_highest_version_that_will_do_is_found() {
        let files = &[
            "first/std/impute-0.1.2.wasm",
            "second/std/impute-0.1.10.wasm",
            "second/std/impute-0.2.0.wasm",
            "first/std/one-hot-1.0.0-beta.1.wasm",
        ];
        check(files, "std/impute", "second/std/impute-0.2.0.wasm");
        check(files, "std/impute@0.1", "second/std/impute-0.1.10.wasm");
        check(files, "std/impute@=0.1.2", "first/std/impute-0.1.2.wasm");
        check(files, "std/one-hot", "first/std/one-hot-1.0.0-beta.1.wasm");
    }

    #[test]
    fn the_first_folder_that_has_a_version_counts() {
        let files = &[
            "second/std/impute-0.1.0.wasm",
            "first/std/impute-0.1.0.wasm",
        ];
        check(files, "std/impute", "first/std/impute-0.1.0.wasm");
    }

    #[test]
    fn what_cannot_be_found_is_told_with_what_there_is() {
        let files = &[
            "first/std/impute-0.1.0.wasm",
            "first/std/scale-0.1.0.wasm",
            "first/std/notes.txt",
        ];
        check(
            files,
            "std/inpute",
            "unknown_step: there is no step `std/inpute`; there are `std/impute`, `std/scale`; \
             hint: Some(\"did you mean `std/impute`?\")",
        );
        check(
            files,
            "std/impute@2",
            "no_matching_version: no version of `std/impute` that is installed fits `2`; there are `0.1.0`; \
             hint: Some(\"ask for one that is installed: `std/impute@0.1.0`\")",
        );
        check(
            &[],
            "std/impute",
            "no_steps_installed: `std/impute` cannot be found: no steps are installed; hint: Some(\"`cargo xtask steps` \
             builds the standard steps in a checkout; elsewhere, set `STEPWELL_STEPS` to the folder that has `std/` in it; \
             looked into `/first`, `/second`\")",
        );
    }

    #[test]
    fn the_environment_comes_before_the_program_and_the_user() {
        let named = env::join_paths(["/a", "/b"]).unwrap();
        let folders = standard_folders(
            &named,
            Some(Path::new("/opt/bin")),
            Some("/home/u/data".into()),
        );
        let folders: Vec<String> = folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        let expect =
            "/a /b /opt/bin/steps /opt/steps /opt/lib/stepwell/steps /home/u/data/stepwell/steps";
        assert_eq!(folders.join(" "), expect);
    }
}
