//! Where the inference library lies on this machine.

use std::env;
use std::io::{Read as _, Seek as _, SeekFrom};
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

/// Whether a file is a shared library that was cut short, as by a download that broke off.
///
/// The loader maps such a file as if it were whole, and the program dies from a signal when it touches
/// what is not there. So the table of sections, which stands at the end, and all that is loaded must lie
/// in the file. Other formats than 64-bit ELF are left to their loaders, which check.
pub(crate) fn is_cut_short(path: &Path) -> std::io::Result<bool> {
    const SEGMENTS_AT_MOST: usize = 1 << 12;
    let mut file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    let mut header = [0; 64];
    let read = read_up_to(&mut file, &mut header)?;
    if !header.starts_with(b"\x7fELF\x02\x01") {
        return Ok(false);
    }
    if read < header.len() {
        return Ok(true);
    }
    let segments = SEGMENTS_AT_MOST.min(usize::from(u16_at(&header, 0x38)));
    let sections_end = u64_at(&header, 0x28)
        .saturating_add(u64::from(u16_at(&header, 0x3a)) * u64::from(u16_at(&header, 0x3c)));
    file.seek(SeekFrom::Start(u64_at(&header, 0x20)))?;
    let mut table = vec![0; segments * SEGMENT_BYTES];
    if read_up_to(&mut file, &mut table)? < table.len() {
        return Ok(true);
    }
    let segments_end = table
        .chunks_exact(SEGMENT_BYTES)
        .map(|segment| u64_at(segment, 0x08).saturating_add(u64_at(segment, 0x20)));
    Ok(segments_end.chain([sections_end]).any(|end| end > size))
}

const SEGMENT_BYTES: usize = 56;

fn read_up_to(file: &mut std::fs::File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut bytes = Vec::with_capacity(buffer.len());
    file.take(buffer.len() as u64).read_to_end(&mut bytes)?;
    buffer[..bytes.len()].copy_from_slice(&bytes);
    Ok(bytes.len())
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(files: &[&str], expect: Option<&str>) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let found = LibraryLookup::at(folder.path()).find();
        let expect = expect.map(|name| Found::File(folder.path().join(name)));
        assert_eq!(found.ok(), expect, "{files:?}");
    }

    #[test]
    fn the_name_without_a_version_comes_first() {
        let [plain, major, whole] =
            ["", ".1", ".1.32.0"].map(|version| format!("{}{version}", FILE_NAMES[0]));
        check(&[&plain, &major, &whole], Some(&plain));
        check(&[&whole], Some(&whole));
        check(&["libonnx.so", "notes.txt"], None);
        check(&[], None);
    }

    #[test]
    fn the_first_place_that_has_it_is_taken() {
        let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = full.path().join(FILE_NAMES[0]);
        std::fs::write(&file, "").unwrap();
        let folder = |folder: &tempfile::TempDir| Place::Folder(folder.path().to_owned());
        let lookup = LibraryLookup {
            places: vec![folder(&empty), folder(&full), Place::System],
        };
        assert_eq!(lookup.find().unwrap(), Found::File(file));
        let lookup = LibraryLookup {
            places: vec![folder(&empty), Place::System],
        };
        assert_eq!(
            lookup.find().unwrap(),
            Found::System(PathBuf::from(FILE_NAMES[0]))
        );
    }
}
