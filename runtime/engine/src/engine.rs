use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{Component, Linker};

use crate::cache::CompiledCache;
use crate::component::StepComponent;
use crate::inspect::{Binary, inspect};
use crate::state::HostState;
use crate::{EngineError, host, model};

/// How often running steps are looked at; the time limit is enforced to about this.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// How an [`Engine`] is set up.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Where compiled components are kept. `None`: nowhere, they are compiled each time.
    pub cache_folder: Option<PathBuf>,
}

impl EngineOptions {
    /// Keeps compiled components in this folder. It must belong to this user alone.
    #[must_use]
    pub fn with_cache_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_folder = Some(folder.into());
        self
    }
}

/// Compiles and runs steps. One per process is enough; clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<HostState>>,
    cache: Option<CompiledCache>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Sets up an engine.
    ///
    /// # Errors
    /// [`EngineError::Engine`] when this machine cannot run WebAssembly.
    pub fn new(options: &EngineOptions) -> Result<Self, EngineError> {
        let failed = |error: wasmtime::Error| EngineError::Engine {
            what: "the WebAssembly engine cannot be set up",
            reason: format!("{error:#}"),
        };
        let mut config = wasmtime::Config::new();
        config.wasm_component_model(true);
        config.epoch_interruption(true);
        // The same component gives the same result on every machine.
        config.relaxed_simd_deterministic(true);
        let wasmtime = wasmtime::Engine::new(&config).map_err(failed)?;
        let mut linker = Linker::new(&wasmtime);
        host::add_to_linker(&mut linker).map_err(failed)?;
        model::add_to_linker(&mut linker).map_err(failed)?;
        start_clock(&wasmtime)?;
        let cache = options
            .cache_folder
            .as_deref()
            .and_then(CompiledCache::open);
        Ok(Self {
            wasmtime,
            linker: Arc::new(linker),
            cache,
        })
    }

    /// Loads a step from the bytes of its component, compiled before if the cache has it.
    ///
    /// # Errors
    /// [`EngineError::NotAStep`], [`EngineError::ContractVersion`] and [`EngineError::UnknownImports`] for bytes
    /// that this host cannot run.
    pub fn load(&self, bytes: &[u8]) -> Result<StepComponent, EngineError> {
        let binary = inspect(bytes)?;
        check_imports(&binary)?;
        let cached = self
            .cache
            .as_ref()
            .and_then(|cache| cache.load(&self.wasmtime, &binary.digest));
        let component = match cached {
            Some(component) => component,
            None => self.compile(bytes, &binary)?,
        };
        StepComponent::link(self, binary, &component)
    }

    /// Loads a step from a file.
    ///
    /// # Errors
    /// As [`load`](Self::load), and [`EngineError::Engine`] when the file cannot be read.
    pub fn load_file(&self, path: &Path) -> Result<StepComponent, EngineError> {
        let bytes = std::fs::read(path).map_err(|error| EngineError::Engine {
            what: "the step cannot be read",
            reason: format!("`{}`: {error}", path.display()),
        })?;
        self.load(&bytes)
    }

    fn compile(&self, bytes: &[u8], binary: &Binary) -> Result<Component, EngineError> {
        let component =
            Component::new(&self.wasmtime, bytes).map_err(|error| EngineError::NotAStep {
                reason: format!("it does not compile: {error:#}"),
                hint: "build or download it again".to_owned(),
            })?;
        if let Some(cache) = &self.cache {
            cache.store(&self.wasmtime, &binary.digest, &component);
        }
        Ok(component)
    }
}

fn check_imports(binary: &Binary) -> Result<(), EngineError> {
    let unknown: Vec<String> = binary
        .capabilities()
        .filter(|name| *name != "stepwell:step/model@0.1.0")
        .map(ToOwned::to_owned)
        .collect();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(EngineError::UnknownImports { imports: unknown })
    }
}

/// Advances the engine's epoch for as long as the engine lives, which is what stops a step that runs too
/// long.
fn start_clock(engine: &wasmtime::Engine) -> Result<(), EngineError> {
    let engine = engine.weak();
    std::thread::Builder::new()
        .name("stepwell-clock".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => return,
                }
            }
        })
        .map(|_| ())
        .map_err(|error| EngineError::Engine {
            what: "the clock cannot be started",
            reason: error.to_string(),
        })
}
