//! An output that an encoder writes while its sink keeps hold of it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::storage::Output;

/// A handle on an [`Output`]; clones are handles on the same.
///
/// Encoders wrap their writer several times and lose what went wrong with it: the first failure is kept here. They
/// also write when they are dropped: after [`close`](Self::close) nothing gets through.
#[derive(Clone)]
pub(crate) struct SharedOutput(Arc<Mutex<State>>);

struct State {
    output: Option<Output>,
    failure: Option<io::Error>,
}

impl SharedOutput {
    pub(crate) fn new(output: Output) -> Self {
        Self(Arc::new(Mutex::new(State {
            output: Some(output),
            failure: None,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first failure of the output, once.
    pub(crate) fn take_failure(&self) -> Option<io::Error> {
        self.state().failure.take()
    }

    /// Takes the output away from the encoder.
    pub(crate) fn close(&self) -> Option<Output> {
        self.state().output.take()
    }

    fn with<T>(&self, action: impl FnOnce(&mut Output) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        let Some(output) = &mut state.output else {
            return Err(io::Error::other("the output is closed"));
        };
        match action(output) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                state.failure.get_or_insert(error);
                Err(kind.into())
            }
            Ok(done) => Ok(done),
        }
    }
}

impl Write for SharedOutput {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.with(|output| output.write(buffer))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(Output::flush)
    }
}
