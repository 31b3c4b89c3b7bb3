//! What is in a folder of parts.

use std::fs::DirEntry;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::place::PlaceProblem;
use crate::file_name::extension_format;

/// Folders within folders, at most: more columns to partition by than anybody has.
const DEPTH: usize = 64;

/// A file in a folder of parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OldFile {
    /// The partition that it is in, such as `country=FR/city=Paris`; empty for the folder itself.
    pub(crate) partition: String,
    pub(crate) name: String,
    pub(crate) kind: OldFileKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OldFileKind {
    /// `part-…` with the extension of a format: what sinks write, ours and those of others.
    Part,
    /// Another file with the extension of a format, which may be somebody's data.
    Data,
    /// A hidden file.
    Hidden,
    /// What other tools say of the parts, which does not hold for others: `_SUCCESS`, `_metadata`, `.….crc`.
    Remark,
}

impl OldFile {
    /// The path from the folder.
    pub(crate) fn path(&self) -> String {
        join(&self.partition, &self.name)
    }

    /// The number of a part: `part-00007.parquet` has 7.
    pub(crate) fn number(&self) -> Option<u64> {
        let rest = self.name.strip_prefix("part-")?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().ok()
    }
}

/// A path below a partition, or below the folder itself.
pub(crate) fn join(partition: &str, name: &str) -> String {
    match partition {
        "" => name.to_owned(),
        _ => format!("{partition}/{name}"),
    }
}

/// All files in a folder of parts and its partitions, in the order of their paths; none if there is no such folder.
///
/// # Errors
/// [`PlaceProblem::Foreign`]: there is something that is in no folder of parts, so that this is probably another
/// folder than the user meant.
pub(crate) fn old_files(folder: &Path) -> io::Result<Vec<OldFile>> {
    let mut files = Vec::new();
    match walk(folder, "", DEPTH, &mut files) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        walked => walked?,
    }
    files.sort_by(|one, other| (&one.partition, &one.name).cmp(&(&other.partition, &other.name)));
    Ok(files)
}

fn walk(folder: &Path, partition: &str, depth: usize, files: &mut Vec<OldFile>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = join(partition, &name);
        let kind = entry.file_type()?;
        if kind.is_dir() && is_partition(&name) && depth > 0 {
            walk(&entry.path(), &path, depth - 1, files)?;
            continue;
        }
        let known = kind.is_file().then(|| file_kind(&entry, &name)).flatten();
        let Some(kind) = known else {
            return Err(PlaceProblem::Foreign { found: path }.into());
        };
        files.push(OldFile {
            partition: partition.to_owned(),
            name,
            kind,
        });
    }
    Ok(())
}

fn is_partition(name: &str) -> bool {
    name.find('=').is_some_and(|position| position > 0)
}

fn file_kind(entry: &DirEntry, name: &str) -> Option<OldFileKind> {
    // One that is no text could not be kept under its name.
    entry.file_name().to_str()?;
    if name.starts_with('_') || (name.starts_with('.') && name.ends_with(".crc")) {
        return Some(OldFileKind::Remark);
    }
    if name.starts_with('.') {
        return Some(OldFileKind::Hidden);
    }
    extension_format(name)?;
    match name.starts_with("part-") {
        true => Some(OldFileKind::Part),
        false => Some(OldFileKind::Data),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{OldFileKind, old_files};

    #[test]
    fn what_is_in_a_folder_of_parts_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        for path in [
            "part-00000.parquet",
            "a=1/b=x%2Fy/part-7-5c.snappy.parquet",
            "a=1/b=x%2Fy/.part-7-5c.snappy.parquet.crc",
            "a=1/data_0.parquet",
            "_SUCCESS",
            ".gitignore",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found: Vec<_> = old_files(folder.path())
            .unwrap()
            .into_iter()
            .map(|file| (file.path(), file.kind, file.number()))
            .collect();
        let expect = [
            (".gitignore", OldFileKind::Hidden, None),
            ("_SUCCESS", OldFileKind::Remark, None),
            ("part-00000.parquet", OldFileKind::Part, Some(0)),
            ("a=1/data_0.parquet", OldFileKind::Data, None),
            (
                "a=1/b=x%2Fy/.part-7-5c.snappy.parquet.crc",
                OldFileKind::Remark,
                None,
            ),
            (
                "a=1/b=x%2Fy/part-7-5c.snappy.parquet",
                OldFileKind::Part,
                Some(7),
            ),
        ];
        let expect: Vec<_> = expect
            .map(|(path, kind, number)| (path.to_owned(), kind, number))
            .into();
        assert_eq!(found, expect);
        assert_eq!(old_files(&folder.path().join("missing")).unwrap(), []);
    }

    #[test]
    fn anything_else_is_foreign() {
        for foreign in [
            "notes.txt",
            "deep/part-0.csv",
            ".git/config",
            "=x/part-0.csv",
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(foreign);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
            assert!(old_files(folder.path()).is_err(), "{foreign}");
        }
    }
}
