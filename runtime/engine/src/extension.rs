//! Interfaces beyond the contract's own, which a host may add to an engine: those of WASI.

use std::any::Any;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use stepwell_plan::{Grants, Limits};
use wasmtime::component::{Linker, ResourceTable};

use crate::error::{EngineError, Stop};
use crate::state::{HostState, LogRecord};
use crate::surroundings::Surroundings;

/// Interfaces beyond the contract's own. Components that import any of them are linked with it; all
/// others never meet it.
///
/// The functions that it links may wait: calls of such a component are driven by
/// [`drive`](Self::drive), which ends them when their time is over.
pub trait Extension: Send + Sync + Debug {
    /// Adds its functions. Each must look at what the step was granted, which is in the state that
    /// [`open`](Self::open) gave.
    ///
    /// # Errors
    /// When a name is taken.
    fn link(&self, linker: &mut Linker<HostState>) -> wasmtime::Result<()>;

    /// Makes what one instance of a step holds of it.
    ///
    /// # Errors
    /// What is granted cannot be had, such as a directory that is not there.
    fn open(&self, request: &ExtensionRequest<'_>) -> Result<Box<dyn ExtensionState>, EngineError>;

    /// Waits for a call to end, but no longer than this; whether it has ended. The future may have to be
    /// dropped before it has.
    fn drive(&self, at_most: Duration, call: Pin<&mut (dyn Future<Output = ()> + Send)>) -> bool;
}

/// All that an [`Extension`] needs to know of an instance.
#[derive(Debug)]
#[non_exhaustive]
pub struct ExtensionRequest<'a> {
    /// The step's name in the pipeline.
    pub step: &'a str,
    /// What the step may do.
    pub grants: &'a Grants,
    /// What the step may use up.
    pub limits: &'a Limits,
    /// What there is.
    pub surroundings: &'a Arc<Surroundings>,
}

/// What an instance of a step holds of an [`Extension`].
pub trait ExtensionState: Any + Send {
    /// The messages since this was asked last, and how many were dropped.
    fn take_log(&mut self) -> (Vec<LogRecord>, u64);

    /// What a trap of one of its functions means, where it knows better than the trap's text.
    fn explain(&self, error: &wasmtime::Error) -> Option<String>;
}

impl HostState {
    /// What the instance holds of an extension, and the table of its handles; `None` where no
    /// extension was opened or its state is of another type.
    pub fn extension<T: ExtensionState>(&mut self) -> Option<(&mut T, &mut ResourceTable)> {
        let state: &mut dyn Any = self.extension.as_deref_mut()?;
        Some((state.downcast_mut()?, &mut self.table))
    }

    /// The error that ends a call because what was to be recorded could not be.
    #[must_use]
    pub fn audit_failed(error: &std::io::Error) -> wasmtime::Error {
        wasmtime::Error::new(Stop::Audit(error.to_string()))
    }
}
