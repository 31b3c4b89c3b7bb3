//! From the paths of a source to its files: folders and globs are expanded, in the order of their names.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use glob::{MatchOptions, Pattern};
use object_store::ObjectMeta;

use super::failure::read_failure;
use super::input::{InputFile, InputPlace};
use super::{Location, RemotePlace};
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::file_name::extension_format;
use crate::source::OpenOptions;
use crate::standard::StandardInput;

/// `*` stops at a folder, and does not match hidden files.
const MATCH_OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The files of a source, at least one.
pub(crate) fn list(
    dataset: &Dataset,
    options: &OpenOptions,
    paths: &[String],
) -> Result<Vec<InputFile>, ConnectError> {
    let mut files = Vec::new();
    for path in paths {
        match options.storage.locate(dataset, &options.base_dir, path)? {
            Location::Standard => files.push(InputFile {
                dataset: dataset.clone(),
                label: Arc::from("-"),
                size: None,
                place: InputPlace::Standard(options.standard_input.clone()),
            }),
            Location::Local(full) => {
                list_local(dataset, &options.base_dir, path, &full, &mut files)?
            }
            Location::Remote(place) => list_remote(dataset, path, &place, &mut files)?,
        }
    }
    Ok(files)
}

fn list_local(
    dataset: &Dataset,
    base_dir: &Path,
    path: &str,
    full: &Path,
    files: &mut Vec<InputFile>,
) -> Result<(), ConnectError> {
    let input = |label: String, found: PathBuf, size: u64| InputFile {
        dataset: dataset.clone(),
        label: Arc::from(label),
        size: Some(size),
        place: InputPlace::Local(found),
    };
    let found = match std::fs::metadata(full) {
        Ok(metadata) if metadata.is_file() => {
            files.push(input(path.to_owned(), full.to_owned(), metadata.len()));
            return Ok(());
        }
        // A pipe can be read once, as standard input can.
        Ok(metadata) if !metadata.is_dir() => {
            let pipe = std::fs::File::open(full)
                .map_err(|error| read_failure(dataset, path, None, error))?;
            files.push(InputFile {
                dataset: dataset.clone(),
                label: Arc::from(path),
                size: None,
                place: InputPlace::Standard(StandardInput::new(pipe)),
            });
            return Ok(());
        }
        Ok(_) => std::fs::read_dir(full)
            .map_err(|error| read_failure(dataset, path, None, error))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|found| {
                is_data_name(found) && extension_format(&found.to_string_lossy()).is_some()
            })
            .collect(),
        Err(_) if is_glob(path) => matching(dataset, path, full)?,
        Err(error) => return Err(read_failure(dataset, path, Some(full), error)),
    };
    let mut found: Vec<(PathBuf, u64)> = found
        .into_iter()
        .filter_map(|found| {
            let metadata = std::fs::metadata(&found).ok()?;
            metadata.is_file().then_some((found, metadata.len()))
        })
        .collect();
    if found.is_empty() {
        let folder = existing_folder(full);
        return Err(ConnectError::NoMatch {
            dataset: dataset.clone(),
            pattern: path.to_owned(),
            folder: label_of(base_dir, &folder),
            present: visible_names(&folder),
        });
    }
    found.sort();
    files.extend(
        found
            .into_iter()
            .map(|(found, size)| input(label_of(base_dir, &found), found, size)),
    );
    Ok(())
}

/// The files that a glob matches.
fn matching(dataset: &Dataset, path: &str, full: &Path) -> Result<Vec<PathBuf>, ConnectError> {
    // Only what the pipeline wrote is a glob: the folder that it is relative to may hold any character.
    let pattern = match full.to_str() {
        Some(full) => match full.strip_suffix(path) {
            Some(base) => format!("{}{path}", Pattern::escape(base)),
            None => full.to_owned(),
        },
        None => path.to_owned(),
    };
    let found = glob::glob_with(&pattern, MATCH_OPTIONS)
        .map_err(|error| bad_glob(dataset, path, &error))?;
    let literal = existing_folder(full);
    found
        .map(|found| found.map_err(|error| read_failure(dataset, path, None, error.into())))
        .filter(|found| match found {
            Ok(found) => is_wanted(found.strip_prefix(&literal).unwrap_or(found), path),
            Err(_) => true,
        })
        .collect()
}

fn bad_glob(dataset: &Dataset, path: &str, error: &glob::PatternError) -> ConnectError {
    ConnectError::InvalidOption {
        dataset: dataset.clone(),
        key: vec!["path".to_owned()],
        message: format!("`{path}` is not a glob: {}", error.msg.to_lowercase()),
        hint: Some(
            "`*` matches within a name, `**` matches folders; `[*]` is the character itself"
                .to_owned(),
        ),
    }
}

fn list_remote(
    dataset: &Dataset,
    path: &str,
    place: &RemotePlace,
    files: &mut Vec<InputFile>,
) -> Result<(), ConnectError> {
    let failure = |error| read_failure(dataset, path, None, error);
    let input = |meta: &ObjectMeta| {
        let place = RemotePlace {
            path: meta.location.clone(),
            ..place.clone()
        };
        InputFile {
            dataset: dataset.clone(),
            label: Arc::from(place.url()),
            size: Some(meta.size),
            place: InputPlace::Remote(place),
        }
    };
    if let Some(meta) = place.head().map_err(failure)? {
        files.push(input(&meta));
        return Ok(());
    }
    let missing = || ConnectError::NotFound {
        dataset: dataset.clone(),
        path: path.to_owned(),
        similar: Vec::new(),
    };
    // Web servers have no way to ask for what is in a folder.
    if place.base.starts_with("http") {
        return Err(missing());
    }
    let (folder, mut found): (_, Vec<ObjectMeta>) = if is_glob(place.path.as_ref()) {
        let pattern =
            Pattern::new(place.path.as_ref()).map_err(|error| bad_glob(dataset, path, &error))?;
        let folder = RemotePlace {
            path: literal_folder(place.path.as_ref()),
            ..place.clone()
        };
        let listed = folder.list().map_err(failure)?;
        let matched = listed
            .into_iter()
            .filter(|meta| {
                let name = meta.location.as_ref();
                let below = name.strip_prefix(folder.path.as_ref()).unwrap_or(name);
                pattern.matches_with(name, MATCH_OPTIONS) && is_wanted(Path::new(below), path)
            })
            .collect();
        (folder, matched)
    } else {
        let listed = place.list_folder().map_err(failure)?;
        let known = listed
            .into_iter()
            .filter(|meta| {
                let name = meta.location.as_ref();
                is_data_name(Path::new(name)) && extension_format(name).is_some()
            })
            .collect();
        (place.clone(), known)
    };
    if found.is_empty() {
        let present = folder.list_folder().map_err(failure)?;
        if present.is_empty() && !is_glob(place.path.as_ref()) {
            return Err(missing());
        }
        return Err(ConnectError::NoMatch {
            dataset: dataset.clone(),
            pattern: path.to_owned(),
            folder: folder.url(),
            present: present
                .iter()
                .filter_map(|meta| meta.location.filename().map(str::to_owned))
                .collect(),
        });
    }
    found.sort_by(|a, b| a.location.cmp(&b.location));
    files.extend(found.iter().map(input));
    Ok(())
}

fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Files that other tools put beside data: `.crc`, `_SUCCESS`, `_temporary`.
fn is_data_name(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| !name.to_string_lossy().starts_with(['.', '_']))
}

/// Whether a match of a glob is data: no part of it is hidden or starts with `_`, unless the glob says `_` itself.
fn is_wanted(below: &Path, pattern: &str) -> bool {
    pattern
        .split('/')
        .any(|part| part.starts_with(['_', '.']) && is_glob(part))
        || below.components().all(|part| match part {
            Component::Normal(name) => !name.to_string_lossy().starts_with(['.', '_']),
            _ => true,
        })
}

/// The deepest folder of a path that exists.
fn existing_folder(full: &Path) -> PathBuf {
    let found = full.ancestors().find(|folder| folder.is_dir());
    match found {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The part of a glob before the first segment that has a wildcard.
fn literal_folder(pattern: &str) -> object_store::path::Path {
    pattern
        .split('/')
        .take_while(|part| !is_glob(part))
        .collect()
}

/// A path as the pipeline would write it.
fn label_of(base_dir: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(base_dir).unwrap_or(path);
    if relative.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        relative.to_string_lossy().into_owned()
    }
}

/// The names in a folder that are not hidden, sorted; none if it cannot be read.
pub(super) fn visible_names(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}
