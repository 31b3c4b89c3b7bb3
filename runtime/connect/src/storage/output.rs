//! A file that is written, wherever it is: whole at its place, or not there at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile, TempPath};

use super::remote::RemoteWriter;
use super::{Location, write_failure};
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::sink::SinkOptions;

/// Bytes that are gathered before the system is called.
const BUFFER_BYTES: usize = 128 << 10;

/// Whether a sink's path can be a file's, as far as it can be told without writing.
pub(crate) fn check_place(
    dataset: &Dataset,
    options: &SinkOptions,
    path: &str,
) -> Result<(), ConnectError> {
    match options.storage.locate(dataset, &options.base_dir, path)? {
        Location::Local(full) if full.is_dir() || path.ends_with('/') => {
            Err(ConnectError::IsDirectory {
                dataset: dataset.clone(),
                path: path.to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// A file that is written.
pub(crate) struct Output {
    place: OutputPlace,
    bytes: u64,
    path: String,
}

enum OutputPlace {
    /// A hidden file beside the place, renamed at the end.
    Replace {
        file: BufWriter<File>,
        temporary: TempPath,
        target: PathBuf,
        created: CreatedFolders,
    },
    /// A pipe or device, which cannot be replaced.
    Special(BufWriter<File>),
    Remote(RemoteWriter),
    Standard(BufWriter<Box<dyn Write + Send>>),
}

impl Output {
    /// Starts a file at a sink's path. Folders that are missing are made.
    pub(crate) fn create(
        dataset: &Dataset,
        options: &SinkOptions,
        path: &str,
    ) -> Result<Self, ConnectError> {
        check_place(dataset, options, path)?;
        let failure = |error| write_failure(dataset, path, error);
        let (place, shown) =
            match options.storage.locate(dataset, &options.base_dir, path)? {
                Location::Standard => {
                    let stream = options.standard_output.take().ok_or_else(|| {
                        ConnectError::StreamTaken {
                            dataset: dataset.clone(),
                            stream: "standard output",
                        }
                    })?;
                    let buffered = BufWriter::with_capacity(BUFFER_BYTES, stream);
                    (OutputPlace::Standard(buffered), path.to_owned())
                }
                Location::Remote(place) => {
                    (OutputPlace::Remote(RemoteWriter::new(&place)), place.url())
                }
                Location::Local(full) => {
                    let place = Self::create_local(&full).map_err(failure)?;
                    let shown = std::path::absolute(&full).unwrap_or(full);
                    (place, shown.to_string_lossy().into_owned())
                }
            };
        Ok(Self {
            place,
            bytes: 0,
            path: shown,
        })
    }

    fn create_local(full: &Path) -> io::Result<OutputPlace> {
        // A link is written through, as other programs do, not replaced.
        let target = std::fs::canonicalize(full).unwrap_or_else(|_| full.to_owned());
        if let Ok(metadata) = std::fs::metadata(&target)
            && !metadata.is_file()
        {
            let file = OpenOptions::new().write(true).open(&target)?;
            return Ok(OutputPlace::Special(BufWriter::with_capacity(
                BUFFER_BYTES,
                file,
            )));
        }
        let folder = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let created = CreatedFolders::make(folder)?;
        let name = target
            .file_name()
            .ok_or(io::ErrorKind::InvalidInput)?
            .to_string_lossy();
        let (file, temporary) = temporary_file(&format!(".{name}."), folder)?.into_parts();
        Ok(OutputPlace::Replace {
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            temporary,
            target,
            created,
        })
    }

    /// The absolute path, the URL, or `-`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Bytes that were written.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes sure that what was written is stored, as far as that can be before it is in its place.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        match &mut self.place {
            OutputPlace::Replace { file, .. } => file.get_ref().sync_all(),
            _ => Ok(()),
        }
    }

    /// Puts the file in its place. [`sync`](Self::sync) comes before.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self.place {
            OutputPlace::Replace {
                file,
                temporary,
                target,
                created,
            } => {
                drop(file);
                temporary.persist(&target).map_err(|error| error.error)?;
                created.keep();
                sync_folder(&target);
                Ok(())
            }
            OutputPlace::Remote(writer) => writer.complete(),
            OutputPlace::Special(_) | OutputPlace::Standard(_) => Ok(()),
        }
    }

    /// Takes back what was written.
    pub(crate) fn abort(self) {
        match self.place {
            // The folders are removed after the file in them, and only if they are empty.
            OutputPlace::Replace {
                temporary, created, ..
            } => {
                drop(temporary);
                drop(created);
            }
            OutputPlace::Remote(writer) => writer.abort(),
            // What was written is out; what was not must not follow.
            OutputPlace::Special(file) => drop(file.into_parts()),
            OutputPlace::Standard(stream) => drop(stream.into_parts()),
        }
    }
}

impl Write for Output {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = match &mut self.place {
            OutputPlace::Replace { file, .. } | OutputPlace::Special(file) => file.write(buffer)?,
            OutputPlace::Remote(writer) => writer.write(buffer)?,
            OutputPlace::Standard(stream) => stream.write(buffer)?,
        };
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            OutputPlace::Replace { file, .. } | OutputPlace::Special(file) => file.flush(),
            OutputPlace::Remote(writer) => writer.flush(),
            OutputPlace::Standard(stream) => stream.flush(),
        }
    }
}

/// A temporary file with the permissions of any other new file, not private to its owner: it becomes the output.
fn temporary_file(prefix: &str, folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(prefix).suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Makes a rename last through a power cut. Not all systems can, and the file itself is safe already.
fn sync_folder(target: &Path) {
    #[cfg(unix)]
    if let Some(parent) = target.parent()
        && let Ok(folder) = File::open(parent)
    {
        let _ = folder.sync_all();
    }
    #[cfg(not(unix))]
    let _ = target;
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
            return Err(io::ErrorKind::NotADirectory.into());
        }
        std::fs::create_dir_all(folder)?;
        Ok(Self(missing))
    }

    fn keep(mut self) {
        self.0.clear();
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
