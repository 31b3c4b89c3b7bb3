//! A folder of parts that is written: as a whole at its place, or not there at all.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::exchange::{place_folder, replace_folder};
use super::old_files::{OldFile, old_files};
use super::output::Output;
use super::place::{LocalPlace, PlaceProblem, sync_folder};

/// A folder beside its place, which changes places with it at the end. So it holds all that is to be there then: new
/// parts, and those of the old ones that stay, as second names of the same files.
pub(crate) struct StagedFolder {
    /// Removed before the place is let go.
    staging: TempDir,
    place: LocalPlace,
    /// The absolute path of the place.
    path: String,
}

impl StagedFolder {
    /// Starts a folder. The folders that it is in are made if they are missing.
    pub(crate) fn create(full: &Path) -> io::Result<Self> {
        let place = LocalPlace::claim(full)?;
        let staging = place.temporary_folder()?;
        let path = std::path::absolute(full).unwrap_or_else(|_| full.to_owned());
        Ok(Self {
            staging,
            place,
            path: path.to_string_lossy().into_owned(),
        })
    }

    /// The absolute path of the place.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// What is at the place now.
    pub(crate) fn old_files(&self) -> io::Result<Vec<OldFile>> {
        old_files(self.place.target())
    }

    /// Where a file is that is at the place now.
    pub(crate) fn old_path(&self, file: &OldFile) -> PathBuf {
        self.place.target().join(file.path())
    }

    /// Starts a file, with the folders that it is in.
    pub(crate) fn part(&self, path: &str) -> io::Result<Output> {
        let full = self.staging.path().join(path);
        self.make_parent(&full)?;
        Output::part(&full, path.to_owned())
    }

    /// Keeps a file that is at the place now.
    pub(crate) fn keep(&self, file: &OldFile) -> io::Result<()> {
        let (old, new) = (self.old_path(file), self.staging.path().join(file.path()));
        self.make_parent(&new)?;
        match fs::hard_link(&old, &new) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            // Not every file system has second names, and none has any number of them.
            Err(_) => {
                fs::copy(&old, &new)?;
                fs::File::open(&new)?.sync_all()
            }
        }
    }

    fn make_parent(&self, full: &Path) -> io::Result<()> {
        if !self.staging.path().exists() {
            return Err(PlaceProblem::Lost.into());
        }
        full.parent().map_or(Ok(()), fs::create_dir_all)
    }

    /// Makes sure that the folder is stored, as far as that can be before it is in its place, and that it can be put
    /// there. Its files are stored already.
    pub(crate) fn sync(&self) -> io::Result<()> {
        if !self.staging.path().exists() {
            return Err(PlaceProblem::Lost.into());
        }
        if let Ok(metadata) = fs::metadata(self.place.target()) {
            fs::set_permissions(self.staging.path(), metadata.permissions())?;
        }
        sync_tree(self.staging.path())
    }

    /// Puts the folder in its place. [`sync`](Self::sync) comes before. `is_new`: nothing may be there but an empty
    /// folder.
    pub(crate) fn commit(self, is_new: bool) -> io::Result<()> {
        let target = self.place.target();
        if is_new {
            // Fails where somebody has put something there.
            match fs::remove_dir(target) {
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => {
                    return Err(PlaceProblem::Exists.into());
                }
                _ => {}
            }
            place_folder(self.staging.path(), target)
        } else {
            replace_folder(self.staging.path(), target, &self.place.aside())
        }
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => PlaceProblem::Lost.into(),
            ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty => PlaceProblem::Exists.into(),
            _ => error,
        })?;
        sync_folder(self.place.folder());
        // The old folder is where the new one was, or aside. What cannot be removed is removed by the next run.
        let _ = fs::remove_dir_all(self.place.aside());
        drop(self.staging);
        self.place.keep();
        Ok(())
    }
}

fn sync_tree(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        }
    }
    sync_folder(folder);
    Ok(())
}
