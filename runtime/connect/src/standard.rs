//! Standard input and output, or what stands in for them.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the path `-` of a source is read from. Clones share one stream.
///
/// The stream can be read once, but a source that reads `-` can be opened several times, to check a pipeline and
/// then to run it: what was read to find the schema is kept and read again. Only the first source that asks for a
/// batch gets the stream.
#[derive(Clone)]
pub struct StandardInput(Arc<Mutex<InputState>>);

struct InputState {
    /// What is not read yet; `None` once a source has it.
    rest: Option<Box<dyn Read + Send>>,
    /// What was read while looking for the schema.
    head: Vec<u8>,
    /// The whole input, if a format needs to seek in it.
    spool: Option<File>,
}

impl StandardInput {
    /// The standard input of this process.
    pub fn process() -> Self {
        Self::new(io::stdin())
    }

    /// Reads `-` from something else: a test's text, an embedding program's pipe.
    pub fn new(reader: impl Read + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(InputState {
            rest: Some(Box::new(reader)),
            head: Vec::new(),
            spool: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, InputState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader from the start that leaves everything to be read again. `None`: a source has the stream.
    pub(crate) fn sample(&self) -> Option<impl Read + Send + use<>> {
        let state = self.state();
        if state.rest.is_none() && state.spool.is_none() {
            return None;
        }
        Some(SampleReader {
            input: self.clone(),
            position: 0,
        })
    }

    /// The stream from its start, once.
    pub(crate) fn take(&self) -> Option<impl Read + Send + use<>> {
        let mut state = self.state();
        let rest = state.rest.take()?;
        let head = std::mem::take(&mut state.head);
        Some(io::Cursor::new(head).chain(rest))
    }

    /// The whole input as a file without a name, which the system removes with its last handle. `take`: nobody else
    /// gets the file afterwards. `None`: a source has the stream.
    pub(crate) fn spool(&self, take: bool) -> io::Result<Option<File>> {
        let mut state = self.state();
        if let Some(mut rest) = state.rest.take() {
            let mut spool = tempfile::tempfile()?;
            spool.write_all(&std::mem::take(&mut state.head))?;
            io::copy(&mut rest, &mut spool)?;
            state.spool = Some(spool);
        }
        match (&state.spool, take) {
            (_, true) => Ok(state.spool.take()),
            (Some(spool), false) => spool.try_clone().map(Some),
            (None, false) => Ok(None),
        }
    }
}

impl fmt::Debug for StandardInput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StandardInput")
    }
}

struct SampleReader {
    input: StandardInput,
    position: usize,
}

impl Read for SampleReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.input.state();
        if let Some(spool) = &mut state.spool {
            // Handles on one file share its position.
            spool.seek(SeekFrom::Start(self.position as u64))?;
            let read = spool.read(buffer)?;
            self.position += read;
            return Ok(read);
        }
        if self.position == state.head.len() {
            let Some(rest) = &mut state.rest else {
                return Err(io::Error::other("standard input is used already"));
            };
            let read = rest.read(buffer)?;
            state.head.extend_from_slice(&buffer[..read]);
            self.position += read;
            return Ok(read);
        }
        let read = (&state.head[self.position..]).read(buffer)?;
        self.position += read;
        Ok(read)
    }
}

/// Where the path `-` of a sink is written to. Clones share one stream, and one sink can have it.
#[derive(Clone)]
pub struct StandardOutput(Arc<Mutex<Option<Box<dyn Write + Send>>>>);

impl StandardOutput {
    /// The standard output of this process.
    pub fn process() -> Self {
        Self::new(io::stdout())
    }

    /// Writes `-` to something else: a test's buffer, an embedding program's pipe.
    pub fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(writer)))))
    }

    /// The stream, once.
    pub(crate) fn take(&self) -> Option<Box<dyn Write + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for StandardOutput {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StandardOutput")
    }
}
