//! WASI as an extension of the engine.

use std::fmt;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;

use stepwell_engine::{EngineError, Extension, ExtensionRequest, ExtensionState, HostState};
use tokio::runtime::{Builder, Runtime};
use wasmtime::component::Linker;

use crate::link;
use crate::state::WasiState;

/// What waits for files and hosts, for all engines of the process. It is made when a step first needs it.
static RUNTIME: LazyLock<std::io::Result<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(64)
        .thread_name("stepwell-wasi")
        .enable_time()
        .enable_io()
        .build()
});

/// The interfaces of WASI 0.2, each with what a step was granted of it.
#[derive(Clone, Default)]
pub struct Wasi {
    _private: (),
}

impl fmt::Debug for Wasi {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Wasi")
    }
}

impl Wasi {
    /// WASI 0.2.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Extension for Wasi {
    fn link(&self, linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
        link::add_to_linker(linker)
    }

    fn open(&self, request: &ExtensionRequest<'_>) -> Result<Box<dyn ExtensionState>, EngineError> {
        if let Err(error) = &*RUNTIME {
            return Err(EngineError::Engine {
                what: "what waits for files and hosts cannot be started",
                reason: error.to_string(),
            });
        }
        Ok(Box::new(WasiState::new(request)?))
    }

    /// The call itself runs on this thread, which may belong to another runtime: `pollster` does not mind,
    /// where Tokio's own way of waiting would panic. Timers and files are Tokio's.
    fn drive(&self, at_most: Duration, call: Pin<&mut (dyn Future<Output = ()> + Send)>) -> bool {
        let Ok(runtime) = &*RUNTIME else {
            return false;
        };
        let _entered = runtime.enter();
        pollster::block_on(async { tokio::time::timeout(at_most, call).await.is_ok() })
    }
}
