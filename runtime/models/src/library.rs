//! Where the inference library lies on this machine.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::ModelError;

/// The environment variable that names the library's file, or the folder that it lies in.
pub const LIBRARY_VARIABLE: &str = "STEPWELL_ONNXRUNTIME";

#[cfg(target_os = "windows")]
const FILE_NAMES: &[&str] = &["onnxruntime.dll"];
#[cfg(target_os = "macos")]
const FILE_NAMES: &[&str] = &["libonnxruntime.dylib", "libonnxruntime.1.dylib"];
#[cfg(not(any(target_os = "windows", target_os = "macos")))]
const FILE_NAMES: &[&str] = &["libonnxruntime.so", "libonnxruntime.so.1"];

/// Where to look for the library of ONNX Runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryLookup {
    places: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// The user says that it is this file, or in this folder.
    Named(PathBuf),
    /// It may be in this folder.
    Folder(PathBuf),
    /// The operating system may know it.
    System,
}

/// A library that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    File(PathBuf),
    /// The name by which the operating system may know it.
    System(PathBuf),
}

impl Default for LibraryLookup {
    /// The same as [`LibraryLookup::standard`].
    fn default() -> Self {
        Self::standard()
    }
}

impl LibraryLookup {
    /// The places where the library may lie, the first one that has it being used:
    ///
    /// 1. the file or folder that `STEPWELL_ONNXRUNTIME` names; if it is set, no other place is tried,
    /// 2. the folder of the program,
    /// 3. `../onnxruntime/` from there (a checkout, where the program is `target/release/stepwell`),
    /// 4. `../lib/stepwell/` from there (an installation),
    /// 5. `stepwell/onnxruntime/` in the user's cache folder,
    /// 6. wherever the operating system finds libraries.
    pub fn standard() -> Self {
        let named = env::var_os(LIBRARY_VARIABLE).filter(|value| !value.is_empty());
        if let Some(path) = named {
            return Self::at(path);
        }
        let mut places = Vec::new();
        if let Some(folder) = env::current_exe().ok().as_deref().and_then(Path::parent) {
            places.push(Place::Folder(folder.to_owned()));
            let above = folder.parent().unwrap_or(folder);
            places.push(Place::Folder(above.join("onnxruntime")));
            places.push(Place::Folder(above.join("lib").join("stepwell")));
            // Cargo keeps the programs of tests one folder deeper than others.
            if folder.file_name().is_some_and(|name| name == "deps")
                && let Some(target) = above.parent()
            {
                places.push(Place::Folder(target.join("onnxruntime")));
            }
        }
        if let Some(cache) = dirs::cache_dir() {
            places.push(Place::Folder(cache.join("stepwell").join("onnxruntime")));
        }
        places.push(Place::System);
        Self { places }
    }

    /// This file, or the library in this folder, and no other place.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            places: vec![Place::Named(path.into())],
        }
    }

    pub(crate) fn find(&self) -> Result<Found, ModelError> {
        for place in &self.places {
            match place {
                Place::Named(path) if path.is_file() => return Ok(Found::File(path.clone())),
                Place::Named(path) | Place::Folder(path) => {
                    if let Some(file) = file_in(path) {
                        return Ok(Found::File(file));
                    }
                }
                Place::System => return Ok(Found::System(PathBuf::from(FILE_NAMES[0]))),
            }
        }
        Err(self.missing())
    }

    pub(crate) fn missing(&self) -> ModelError {
        let searched = self.places.iter().map(|place| match place {
            Place::Named(path) | Place::Folder(path) => path.display().to_string(),
            Place::System => "the system's library folders".to_owned(),
        });
        ModelError::LibraryMissing {
            searched: searched.collect(),
        }
    }
}

/// The library in a folder, under the name without a version before the others, as the wheel has it
/// with its whole version (`libonnxruntime.so.1.32.0`).
fn file_in(folder: &Path) -> Option<PathBuf> {
    let by_name = FILE_NAMES.iter().map(|name| folder.join(name));
    by_name.into_iter().find(|file| file.is_file()).or_else(|| {
        let mut versioned: Vec<PathBuf> = std::fs::read_dir(folder)
            .ok()?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| {
                let name = path.file_name().and_then(|name| name.to_str());
                name.is_some_and(|name| name.starts_with(FILE_NAMES[0])) && path.is_file()
            })
            .collect();
        versioned.sort();
        versioned.pop()
    })
}
