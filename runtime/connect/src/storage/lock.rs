//! One writer at a time for each place.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How often a lock file may be removed by others between our opening and locking it.
const ATTEMPTS: usize = 1000;

/// A lock file that is held. The operating system lets go of the lock when its holder ends, however it ends, so that
/// no lock outlives its run; what outlives a killed run is an empty file, which the next run locks again.
pub(super) struct PlaceLock {
    path: PathBuf,
    /// Holds the lock until it is closed.
    _file: File,
}

impl PlaceLock {
    /// Locks a file, which is made if it is missing. `None`: somebody else holds it.
    pub(super) fn acquire(path: &Path) -> io::Result<Option<Self>> {
        for _ in 0..ATTEMPTS {
            let file = match open(path) {
                Ok(file) => file,
                // Removed or made since we looked.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Holders remove the file before they let go: what we locked may be in no folder any more.
            if is_at(&file, path)? {
                return Ok(Some(Self {
                    path: path.to_owned(),
                    _file: file,
                }));
            }
        }
        Err(io::Error::other("the lock file changes all the time"))
    }
}

/// Opens what is there for reading, which is enough to lock it, or makes it. A link is not followed: it would be
/// somebody else's file that is locked and removed.
fn open(path: &Path) -> io::Result<File> {
    let mut existing = OpenOptions::new();
    existing.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        existing.custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    match existing.open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path),
        opened => opened,
    }
}

/// Whether a file is the one at a path. Opens nothing: a process that has no handle left could not tell then, and would
/// leave the file that it has just made.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let locked = file.metadata()?;
    match std::fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (locked.dev(), locked.ino())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let locked = same_file::Handle::from_file(file.try_clone()?)?;
    match same_file::Handle::from_path(path) {
        Ok(found) => Ok(found == locked),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

impl Drop for PlaceLock {
    fn drop(&mut self) {
        // While it is still locked: whoever opened it meanwhile sees that it is gone, and makes another.
        let _ = std::fs::remove_file(&self.path);
    }
}
