//! Ends a run that takes longer than its pipeline allows.

use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use crate::error::RunError;
use crate::run::Shared;

/// While this is there, the run is watched.
pub(crate) struct Deadline {
    /// Dropped with the run, which ends the thread.
    _alive: Sender<()>,
}

impl Deadline {
    /// Starts to watch a run. It is ended when the time is over; a call of a step that is under way then is waited for,
    /// which has its own limit.
    pub(crate) fn start(shared: &Arc<Shared>, time: Duration) -> Self {
        let (alive, ended) = bounded::<()>(0);
        let watched = Arc::downgrade(shared);
        let thread = std::thread::Builder::new()
            .name("deadline".to_owned())
            .spawn(move || {
                if ended.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
                    && let Some(shared) = watched.upgrade()
                {
                    shared.fail(RunError::OutOfTime { limit: time });
                }
            });
        if let Err(error) = thread {
            shared.fail(RunError::Internal {
                what: format!("a thread cannot be started: {error}"),
            });
        }
        Self { _alive: alive }
    }
}
