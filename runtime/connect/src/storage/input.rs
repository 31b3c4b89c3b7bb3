//! A file that is read, wherever it is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::RemotePlace;
use super::failure::{CutShort, RawReadError, read_failure};
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::standard::StandardInput;

/// A file of a source.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    pub(crate) dataset: Dataset,
    /// The file as the pipeline would name it.
    pub(crate) label: Arc<str>,
    /// Bytes as stored, if known.
    pub(crate) size: Option<u64>,
    pub(super) place: InputPlace,
}

#[derive(Debug, Clone)]
pub(super) enum InputPlace {
    Local(PathBuf),
    Remote(RemotePlace),
    Standard(StandardInput),
}

impl InputFile {
    /// A local file. `label` is what messages call it.
    pub(crate) fn local(dataset: &Dataset, label: &str, path: &Path) -> Self {
        Self {
            dataset: dataset.clone(),
            label: Arc::from(label),
            size: None,
            place: InputPlace::Local(path.to_owned()),
        }
    }

    pub(crate) fn is_standard_input(&self) -> bool {
        matches!(self.place, InputPlace::Standard(_))
    }

    /// The file from its start, to look at: it can be read again afterwards.
    pub(crate) fn sample(&self) -> Result<Box<dyn Read + Send>, ConnectError> {
        match &self.place {
            InputPlace::Standard(input) => {
                let reader = input.sample().ok_or_else(|| self.taken())?;
                Ok(Box::new(CountedReader::new(reader, Arc::default())))
            }
            _ => self.stream(&Arc::default()),
        }
    }

    /// The file from its start, to be read to its end. Adds to `bytes_read` what was read.
    pub(crate) fn stream(
        &self,
        bytes_read: &Arc<AtomicU64>,
    ) -> Result<Box<dyn Read + Send>, ConnectError> {
        let bytes_read = bytes_read.clone();
        match &self.place {
            InputPlace::Local(path) => {
                let file = WholeFile::open(path).map_err(|error| self.failure(error))?;
                Ok(Box::new(CountedReader::new(file, bytes_read)))
            }
            InputPlace::Remote(place) => {
                let reader = place.stream().map_err(|error| self.failure(error))?;
                Ok(Box::new(CountedReader::new(reader, bytes_read)))
            }
            InputPlace::Standard(input) => {
                let reader = input.take().ok_or_else(|| self.taken())?;
                Ok(Box::new(CountedReader::new(reader, bytes_read)))
            }
        }
    }

    /// The file to read parts of, in any order. Standard input is copied to a temporary file first; `take`: nobody
    /// else can read it afterwards.
    pub(crate) fn ranged(&self, take: bool) -> Result<RangedFile, ConnectError> {
        let open = || match &self.place {
            InputPlace::Local(path) => RangedFile::local(File::open(path)?).map(Some),
            InputPlace::Remote(place) => {
                let size = match self.size {
                    Some(size) => size,
                    None => place.head()?.ok_or(io::ErrorKind::NotFound)?.size,
                };
                Ok(Some(RangedFile {
                    size,
                    place: RangedPlace::Remote(place.clone()),
                }))
            }
            InputPlace::Standard(input) => input.spool(take)?.map(RangedFile::local).transpose(),
        };
        open()
            .map_err(|error| self.failure(error))?
            .ok_or_else(|| self.taken())
    }

    /// An error of reading this file.
    pub(crate) fn failure(&self, error: io::Error) -> ConnectError {
        let local = match &self.place {
            InputPlace::Local(path) => Some(path.as_path()),
            _ => None,
        };
        read_failure(&self.dataset, &self.label, local, error)
    }

    /// This file is not what its format says.
    pub(crate) fn malformed(
        &self,
        format: &'static str,
        message: impl Into<String>,
    ) -> ConnectError {
        ConnectError::Malformed {
            dataset: self.dataset.clone(),
            file: self.label.clone(),
            format,
            message: message.into(),
        }
    }

    fn taken(&self) -> ConnectError {
        ConnectError::StreamTaken {
            dataset: self.dataset.clone(),
            stream: "standard input",
        }
    }
}

/// A file that is read to the end that it had when it was opened: one that was cut short meanwhile would otherwise
/// look like a shorter table.
struct WholeFile {
    file: File,
    /// Bytes that must still come.
    missing: u64,
}

impl WholeFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let missing = file.metadata()?.len();
        Ok(Self { file, missing })
    }
}

impl Read for WholeFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if read == 0 && self.missing > 0 && !buffer.is_empty() {
            return Err(io::Error::other(CutShort));
        }
        self.missing = self.missing.saturating_sub(read as u64);
        Ok(read)
    }
}

/// Counts what is read and marks its failures as those of the storage.
struct CountedReader<R> {
    inner: R,
    bytes_read: Arc<AtomicU64>,
}

impl<R: Read> CountedReader<R> {
    fn new(inner: R, bytes_read: Arc<AtomicU64>) -> Self {
        Self { inner, bytes_read }
    }
}

impl<R: Read> Read for CountedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(read) => {
                self.bytes_read.fetch_add(read as u64, Ordering::Relaxed);
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            // Of no kind: decoders take an early end for the end.
            Err(error) => Err(io::Error::other(RawReadError(error))),
        }
    }
}

/// A file of which parts are read.
pub(crate) struct RangedFile {
    size: u64,
    place: RangedPlace,
}

enum RangedPlace {
    Local(File),
    Remote(RemotePlace),
}

impl RangedFile {
    fn local(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self {
            size: metadata.len(),
            place: RangedPlace::Local(file),
        })
    }

    /// Bytes of the whole file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// A part of the file.
    ///
    /// A range that goes past the end is an error and costs no memory: ranges come from the file itself, which may
    /// be broken.
    pub(crate) fn read(&mut self, range: Range<u64>) -> io::Result<Bytes> {
        self.check(&range)?;
        match &mut self.place {
            RangedPlace::Local(file) => {
                let length = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
                let mut buffer = vec![0; length];
                file.seek(SeekFrom::Start(range.start))?;
                file.read_exact(&mut buffer)
                    .map_err(|error| match error.kind() {
                        // The range was within the file when it was opened.
                        io::ErrorKind::UnexpectedEof => io::Error::other(CutShort),
                        _ => error,
                    })?;
                Ok(buffer.into())
            }
            RangedPlace::Remote(place) => place.read_range(range),
        }
    }

    /// Several parts; an object store is asked for neighbours together.
    pub(crate) fn read_all(&mut self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        if let RangedPlace::Remote(place) = &self.place {
            ranges.iter().try_for_each(|range| self.check(range))?;
            return place.read_ranges(ranges);
        }
        ranges
            .iter()
            .map(|range| self.read(range.clone()))
            .collect()
    }

    fn check(&self, range: &Range<u64>) -> io::Result<()> {
        if range.start > range.end || range.end > self.size {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!(
                    "bytes {} to {} were asked for, the file has {}",
                    range.start, range.end, self.size
                ),
            ));
        }
        Ok(())
    }
}
