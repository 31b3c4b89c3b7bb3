//! A local file or folder that will be replaced: nobody else's meanwhile, and what takes its place is made beside it.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempDir};

use super::lock::PlaceLock;

/// The end of all names that are used beside a place.
const SUFFIX: &str = ".stepwell";
/// Random characters in a name.
const RANDOM_CHARACTERS: usize = 6;
/// How often a folder may be removed by others between our making it and using it.
const ATTEMPTS: usize = 100;

/// Something about a place that has an error of its own. Travels within [`io::Error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PlaceProblem {
    /// Another run writes there.
    InUse,
    /// Something is mounted there, so that it cannot be renamed.
    MountPoint,
    /// What was written is gone: somebody removed the folder.
    Lost,
    /// There is something already, which the sink's mode rules out.
    Exists,
    /// The file was changed since it was copied.
    Changed,
    /// A folder of parts holds something else.
    Foreign {
        /// Its path from the folder.
        found: String,
    },
}

impl fmt::Display for PlaceProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self:?}")
    }
}

impl std::error::Error for PlaceProblem {}

impl From<PlaceProblem> for io::Error {
    fn from(problem: PlaceProblem) -> Self {
        Self::other(problem)
    }
}

/// A place that is ours until this is dropped.
pub(super) struct LocalPlace {
    target: PathBuf,
    folder: PathBuf,
    name: OsString,
    /// Dropped before the folders that were made for it.
    _lock: PlaceLock,
    created: CreatedFolders,
}

impl LocalPlace {
    /// Takes a place over: makes the folders that it is in, keeps other runs off, and clears away what killed ones
    /// have left.
    pub(super) fn claim(full: &Path) -> io::Result<Self> {
        // A link is written through, as other programs do, not replaced.
        let target = std::fs::canonicalize(full).unwrap_or_else(|_| full.to_owned());
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let name = target
            .file_name()
            .ok_or(ErrorKind::InvalidInput)?
            .to_owned();
        let mut attempts = 0..ATTEMPTS;
        let (created, lock) = loop {
            match Self::lock(&folder, &hidden(&name, "-lock")) {
                Ok(locked) => break locked,
                // A run that failed has removed the folder that we found, as it had made it.
                Err(error) if is_about_existence(&error) && attempts.next().is_some() => {}
                Err(error) => return Err(error),
            }
        };
        let place = Self {
            target,
            folder,
            name,
            _lock: lock,
            created,
        };
        place.recover()?;
        if is_mount_point(&place.target) {
            return Err(PlaceProblem::MountPoint.into());
        }
        Ok(place)
    }

    fn lock(folder: &Path, name: &OsString) -> io::Result<(CreatedFolders, PlaceLock)> {
        let created = CreatedFolders::make(folder)?;
        match PlaceLock::acquire(&folder.join(name))? {
            Some(lock) => Ok((created, lock)),
            None => Err(PlaceProblem::InUse.into()),
        }
    }

    /// The place itself, with links followed.
    pub(super) fn target(&self) -> &Path {
        &self.target
    }

    /// The folder that the place is in.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where an old folder waits while a new one takes its place, where the two cannot change places in one step.
    pub(super) fn aside(&self) -> PathBuf {
        self.folder.join(hidden(&self.name, "-old"))
    }

    /// Repairs what a killed run has left: it cannot be another's, since the lock is ours.
    fn recover(&self) -> io::Result<()> {
        let aside = self.aside();
        if std::fs::symlink_metadata(&aside).is_ok() {
            match std::fs::symlink_metadata(&self.target) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    std::fs::rename(&aside, &self.target)?;
                }
                _ => std::fs::remove_dir_all(&aside)?,
            }
        }
        for entry in std::fs::read_dir(&self.folder)?.filter_map(Result::ok) {
            if is_leftover(
                &entry.file_name().to_string_lossy(),
                &self.name.to_string_lossy(),
            ) {
                // What cannot be removed does no harm but to take space.
                let _ = match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    true => std::fs::remove_dir_all(entry.path()),
                    false => std::fs::remove_file(entry.path()),
                };
            }
        }
        Ok(())
    }

    /// A file beside the place.
    pub(super) fn temporary_file(&self) -> io::Result<NamedTempFile> {
        self.temporary(0o666, |builder| builder.tempfile_in(&self.folder))
    }

    /// A folder beside the place.
    pub(super) fn temporary_folder(&self) -> io::Result<TempDir> {
        self.temporary(0o777, |builder| builder.tempdir_in(&self.folder))
    }

    /// Makes something with the permissions of anything else that is new, not private to its owner: it becomes the
    /// output.
    fn temporary<T>(
        &self,
        mode: u32,
        make: impl FnOnce(&Builder<'_, '_>) -> io::Result<T>,
    ) -> io::Result<T> {
        let prefix = format!(".{}.", self.name.to_string_lossy());
        let mut builder = Builder::new();
        builder
            .prefix(&prefix)
            .suffix(SUFFIX)
            .rand_bytes(RANDOM_CHARACTERS);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(mode));
        }
        #[cfg(not(unix))]
        let _ = mode;
        make(&builder)
    }

    /// Lets go of a place that holds what was written.
    pub(super) fn keep(self) {
        self.created.keep();
    }
}

fn is_about_existence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists)
}

fn hidden(name: &OsString, kind: &str) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(SUFFIX);
    hidden.push(kind);
    hidden
}

/// Whether a name is one that a run which writes to `name` uses beside it.
fn is_leftover(found: &str, name: &str) -> bool {
    found
        .strip_prefix('.')
        .and_then(|rest| rest.strip_prefix(name))
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.strip_suffix(SUFFIX))
        .is_some_and(|random| {
            random.len() == RANDOM_CHARACTERS
                && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// Whether something is mounted at a path: what is below could be replaced, the path itself cannot.
fn is_mount_point(path: &Path) -> bool {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
        statx(CWD, path, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty())
            .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = path;
        false
    }
}

/// Makes what was done to a folder last through a power cut. Not all systems can, and the files themselves are safe
/// already.
pub(super) fn sync_folder(folder: &Path) {
    #[cfg(unix)]
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = folder;
}

/// Folders that were made for an output, and go again with it.
struct CreatedFolders(Vec<PathBuf>);

impl CreatedFolders {
    fn make(folder: &Path) -> io::Result<Self> {
        let missing = folder
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
            .map(Path::to_owned)
            .collect();
        if folder.ancestors().any(Path::is_file) {
            return Err(ErrorKind::NotADirectory.into());
        }
        let made = Self(missing);
        std::fs::create_dir_all(folder)?;
        Ok(made)
    }

    fn keep(mut self) {
        for folder in self.0.drain(..) {
            if let Some(parent) = folder.parent() {
                sync_folder(parent);
            }
        }
    }
}

impl Drop for CreatedFolders {
    fn drop(&mut self) {
        for folder in &self.0 {
            // One that others have put something into stays.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_leftover;

    #[test]
    fn leftovers_are_those_of_the_place_alone() {
        assert!(is_leftover(".a.csv.Ab12yZ.stepwell", "a.csv"));
        for other in [
            ".a.csv.Ab12yZ.stepwell",
            "a.Ab12yZ.stepwell",
            ".a.Ab12yZ",
            ".a.Ab12y.stepwell",
            ".a.Ab-2yZ.stepwell",
            ".a.stepwell-lock",
            ".b.Ab12yZ.stepwell",
            ".a",
        ] {
            assert!(!is_leftover(other, "a"), "{other}");
        }
    }
}
