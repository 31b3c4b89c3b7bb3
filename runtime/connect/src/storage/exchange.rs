//! Putting one folder in the place of another.

use std::io::{self, ErrorKind};
use std::path::Path;

/// Puts the folder `new` at `target`. What was there is at `new` or at `aside` then.
///
/// Linux and macOS let two folders change places in one step, so that there is always one at `target`. Where the
/// system or the file system cannot do that, the old folder steps aside first; a run that is killed between the two
/// steps leaves it at `aside`, and the next run puts it back.
pub(super) fn replace_folder(new: &Path, target: &Path, aside: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(target).is_err() {
        return std::fs::rename(new, target);
    }
    match exchange(new, target) {
        Err(error) if cannot_exchange(&error) => replace_in_two_steps(new, target, aside),
        exchanged => exchanged,
    }
}

/// Puts the folder `new` at `target`, where nothing must be.
pub(super) fn place_folder(new: &Path, target: &Path) -> io::Result<()> {
    match rename_to_nothing(new, target) {
        Err(error) if cannot_exchange(&error) => match std::fs::symlink_metadata(target) {
            Ok(_) => Err(ErrorKind::AlreadyExists.into()),
            Err(_) => std::fs::rename(new, target),
        },
        renamed => renamed,
    }
}

fn cannot_exchange(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unsupported | ErrorKind::InvalidInput
    )
}

fn replace_in_two_steps(new: &Path, target: &Path, aside: &Path) -> io::Result<()> {
    std::fs::rename(target, aside)?;
    std::fs::rename(new, target).inspect_err(|_| {
        let _ = std::fs::rename(aside, target);
    })
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_to_nothing(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::NOREPLACE)?)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_to_nothing(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{place_folder, replace_folder, replace_in_two_steps};

    #[test]
    fn a_folder_takes_the_place_of_another_in_one_step_or_two() {
        for replace in [replace_folder, replace_in_two_steps] {
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            for name in ["new", "target"] {
                fs::create_dir(path(name)).unwrap();
                fs::write(path(name).join("file"), name).unwrap();
            }
            replace(&path("new"), &path("target"), &path("aside")).unwrap();
            assert_eq!(fs::read(path("target/file")).unwrap(), b"new");
            let old = fs::read(path("new/file")).or_else(|_| fs::read(path("aside/file")));
            assert_eq!(old.unwrap(), b"target");
        }
    }

    #[test]
    fn the_old_folder_comes_back_when_the_new_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("target")).unwrap();
        for replace in [replace_folder, replace_in_two_steps] {
            assert!(replace(&path("missing"), &path("target"), &path("aside")).is_err());
            assert!(path("target").is_dir());
            assert!(!path("aside").exists());
        }
    }

    #[test]
    fn what_is_there_is_not_replaced_where_nothing_must_be() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("new")).unwrap();
        fs::create_dir(path("target")).unwrap();
        let error = place_folder(&path("new"), &path("target")).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        fs::remove_dir(path("target")).unwrap();
        place_folder(&path("new"), &path("target")).unwrap();
        assert!(path("target").is_dir() && !path("new").exists());
    }
}
