//! A pipeline that is running.

use std::time::Duration;

use stepwell_engine::Audit;
use stepwell_exec::{Canceller, Summary};

use crate::error::Error;

/// A pipeline that is running. Dropping it cancels the run: then no output is changed.
#[derive(Debug)]
pub struct Run {
    canceller: Canceller,
    /// `None` once somebody waits for its end.
    run: Option<stepwell_exec::Run>,
    audit: Audit,
}

impl Run {
    pub(crate) fn new(run: stepwell_exec::Run, audit: Audit) -> Self {
        Self {
            canceller: run.canceller(),
            run: Some(run),
            audit,
        }
    }

    fn running(&self) -> &stepwell_exec::Run {
        self.run
            .as_ref()
            .expect("it is taken only by what consumes this")
    }

    /// What the run has done so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.running().summary()
    }

    /// Whether the run has come to its end, well or not.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.running().is_ended()
    }

    /// Waits for the run's end, but no longer than this; whether it has ended.
    #[must_use]
    pub fn wait_for(&self, at_most: Duration) -> bool {
        self.running().wait_for(at_most)
    }

    /// A handle that ends the run from another thread, such as one that handles signals.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// Waits for the run's end and puts all outputs in their places. If anything failed, no output is changed.
    ///
    /// # Errors
    /// The first thing that went wrong.
    ///
    /// # Panics
    /// Never: what a step does cannot make the host panic.
    pub fn wait(mut self) -> Result<Summary, Error> {
        let run = self
            .run
            .take()
            .expect("it is taken only here, and by what consumes this");
        end(run, &self.audit)
    }

    /// Waits for the run's end without blocking the task, and cancels the run when the future is dropped.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// When it is not called from within a Tokio runtime.
    #[cfg(feature = "tokio")]
    pub async fn wait_async(mut self) -> Result<Summary, Error> {
        // `self` stays here while another thread waits, so that dropping the future cancels the run.
        let run = self
            .run
            .take()
            .expect("it is taken only here, and by what consumes this");
        let audit = self.audit.clone();
        let ended = blocking(move || end(run, &audit)).await;
        drop(self);
        ended
    }
}

/// Waits for a run's end. What its steps did is recorded to its end, however it ended.
fn end(run: stepwell_exec::Run, audit: &Audit) -> Result<Summary, Error> {
    let ended = run.wait();
    let recorded = audit.finish();
    let summary = ended?;
    recorded.map_err(|error| Error::FinishAudit {
        reason: error.to_string(),
    })?;
    Ok(summary)
}

impl Drop for Run {
    fn drop(&mut self) {
        // Of a run that has ended, this changes nothing.
        self.canceller.cancel();
    }
}

/// Runs what blocks on a thread for that.
#[cfg(feature = "tokio")]
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Error::Run(Box::new(stepwell_exec::RunError::Internal {
                what: format!("the runtime ended: {error}"),
            }))),
        },
    }
}
