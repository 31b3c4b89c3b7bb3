//! A file that is written, wherever it is: whole at its place, or not there at all.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use stepwell_plan::WriteMode;
use tempfile::TempPath;

use super::place::{LocalPlace, PlaceProblem, sync_folder};
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
    mode: WriteMode,
) -> Result<(), ConnectError> {
    let exists = match options.storage.locate(dataset, &options.base_dir, path)? {
        Location::Local(full) if full.is_dir() || path.ends_with('/') => {
            return Err(ConnectError::IsDirectory {
                dataset: dataset.clone(),
                path: path.to_owned(),
            });
        }
        Location::Local(full) => mode == WriteMode::Error && full.exists(),
        Location::Remote(place) if mode == WriteMode::Error => place
            .head()
            .map_err(|error| write_failure(dataset, path, error))?
            .is_some(),
        _ => false,
    };
    match exists {
        true => Err(write_failure(dataset, path, PlaceProblem::Exists.into())),
        false => Ok(()),
    }
}

/// A file that is written.
pub(crate) struct Output {
    place: OutputPlace,
    bytes: u64,
    path: String,
}

enum OutputPlace {
    /// A file beside its place, renamed at the end.
    Replace(Replacement),
    /// A pipe or device, which cannot be replaced.
    Special(BufWriter<File>),
    /// A file in a folder that nobody sees yet.
    Part(PartFile),
    Remote(RemoteWriter),
    Standard(BufWriter<Box<dyn Write + Send>>),
}

struct Replacement {
    file: BufWriter<File>,
    /// Removed before the place is let go.
    temporary: TempPath,
    place: LocalPlace,
    /// Nothing may be at the place.
    is_new: bool,
    /// What the place was when it was copied to be appended to.
    copied: Option<Metadata>,
}

impl Output {
    /// Starts a file at a sink's path. Folders that are missing are made.
    pub(crate) fn create(
        dataset: &Dataset,
        options: &SinkOptions,
        path: &str,
        mode: WriteMode,
    ) -> Result<Self, ConnectError> {
        check_place(dataset, options, path, mode)?;
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
                    let place = Self::create_local(&full, mode).map_err(failure)?;
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

    fn create_local(full: &Path, mode: WriteMode) -> io::Result<OutputPlace> {
        if let Ok(metadata) = std::fs::metadata(full)
            && !metadata.is_file()
        {
            let file = OpenOptions::new().write(true).open(full)?;
            return Ok(OutputPlace::Special(BufWriter::with_capacity(
                BUFFER_BYTES,
                file,
            )));
        }
        let place = LocalPlace::claim(full)?;
        let (file, temporary) = place.temporary_file()?.into_parts();
        Ok(OutputPlace::Replace(Replacement {
            file: BufWriter::with_capacity(BUFFER_BYTES, file),
            temporary,
            place,
            is_new: mode == WriteMode::Error,
            copied: None,
        }))
    }

    /// Starts a file in a folder that nobody sees yet; nothing must be there.
    pub(super) fn part(full: &Path, shown: String) -> io::Result<Self> {
        Ok(Self {
            place: OutputPlace::Part(PartFile::create(full)?),
            bytes: 0,
            path: shown,
        })
    }

    /// The file that will be replaced, if there is one that holds something; it must not change until then.
    pub(crate) fn existing(&mut self) -> io::Result<Option<PathBuf>> {
        let OutputPlace::Replace(replacement) = &mut self.place else {
            return Ok(None);
        };
        let target = replacement.place.target();
        let metadata = match std::fs::metadata(target) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let found = (metadata.len() > 0).then(|| target.to_owned());
        replacement.copied = Some(metadata);
        Ok(found)
    }

    /// The absolute path, the URL, or `-`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Bytes that were written.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes sure that what was written is stored, as far as that can be before it is in its place, and that it can
    /// be put there.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        match &mut self.place {
            OutputPlace::Replace(replacement) => replacement.sync(),
            OutputPlace::Part(file) => file.sync(),
            _ => Ok(()),
        }
    }

    /// Puts the file in its place. [`sync`](Self::sync) comes before.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self.place {
            OutputPlace::Replace(replacement) => replacement.commit(),
            OutputPlace::Remote(writer) => writer.complete(),
            OutputPlace::Special(_) | OutputPlace::Part(_) | OutputPlace::Standard(_) => Ok(()),
        }
    }

    /// Takes back what was written.
    pub(crate) fn abort(self) {
        match self.place {
            OutputPlace::Replace(replacement) => drop(replacement),
            OutputPlace::Remote(writer) => writer.abort(),
            // The folder goes as a whole.
            OutputPlace::Part(_) => {}
            // What was written is out; what was not must not follow.
            OutputPlace::Special(file) => drop(file.into_parts()),
            OutputPlace::Standard(stream) => drop(stream.into_parts()),
        }
    }
}

impl Write for Output {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = match &mut self.place {
            OutputPlace::Replace(replacement) => replacement.file.write(buffer)?,
            OutputPlace::Special(file) => file.write(buffer)?,
            OutputPlace::Part(file) => file.write(buffer)?,
            OutputPlace::Remote(writer) => writer.write(buffer)?,
            OutputPlace::Standard(stream) => stream.write(buffer)?,
        };
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.place {
            OutputPlace::Replace(replacement) => replacement.file.flush(),
            OutputPlace::Special(file) => file.flush(),
            OutputPlace::Part(_) => Ok(()),
            OutputPlace::Remote(writer) => writer.flush(),
            OutputPlace::Standard(stream) => stream.flush(),
        }
    }
}

impl Replacement {
    fn sync(&mut self) -> io::Result<()> {
        self.file.get_ref().sync_all()?;
        if !self.temporary.exists() {
            return Err(PlaceProblem::Lost.into());
        }
        match &self.copied {
            Some(copied) if !is_unchanged(copied, self.place.target()) => {
                Err(PlaceProblem::Changed.into())
            }
            _ => Ok(()),
        }
    }

    fn commit(self) -> io::Result<()> {
        drop(self.file);
        let target = self.place.target();
        let persisted = match self.is_new {
            true => self.temporary.persist_noclobber(target),
            false => self.temporary.persist(target),
        };
        persisted.map_err(|failure| match failure.error.kind() {
            io::ErrorKind::NotFound => PlaceProblem::Lost.into(),
            io::ErrorKind::AlreadyExists => PlaceProblem::Exists.into(),
            _ => failure.error,
        })?;
        sync_folder(self.place.folder());
        self.place.keep();
        Ok(())
    }
}

fn is_unchanged(before: &Metadata, path: &Path) -> bool {
    std::fs::metadata(path)
        .is_ok_and(|now| now.len() == before.len() && now.modified().ok() == before.modified().ok())
}

/// A file that is open only while it is written to: a run can write many parts at once, and a process can open few
/// files.
struct PartFile {
    path: PathBuf,
    buffer: Vec<u8>,
}

impl PartFile {
    fn create(path: &Path) -> io::Result<Self> {
        OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            buffer: Vec::new(),
        })
    }

    fn send(&mut self) -> io::Result<File> {
        let opened = OpenOptions::new().append(true).open(&self.path);
        let mut file = opened.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => PlaceProblem::Lost.into(),
            _ => error,
        })?;
        file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(file)
    }

    fn sync(&mut self) -> io::Result<()> {
        let file = self.send()?;
        self.buffer = Vec::new();
        file.sync_all()
    }
}

impl Write for PartFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(buffer);
        if self.buffer.len() >= BUFFER_BYTES {
            self.send()?;
        }
        Ok(buffer.len())
    }

    /// Encoders flush after each batch, which would cost a call of the system each.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
