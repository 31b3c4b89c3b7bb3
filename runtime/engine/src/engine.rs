use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use stepwell_plan::{Import, Limits};
use wasmtime::component::{Component, Linker};

use crate::cache::CompiledCache;
use crate::compile::Compiler;
use crate::component::StepComponent;
use crate::extension::Extension;
use crate::inspect::{Binary, inspect, is_this_contract};
use crate::limit_value::ComponentLimits;
use crate::state::HostState;
use crate::survey::{check_size, survey};
use crate::{EngineError, artifact, host, model};

/// How often running steps are looked at; the time limit is enforced to about this.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// The stack of a step's calls. The threads of the host have more: what is left is for the host's own functions.
pub(crate) const STACK_BYTES: usize = 512 << 10;

/// How an [`Engine`] is set up.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Where compiled components are kept. `None`: nowhere, they are compiled each time.
    pub cache_folder: Option<PathBuf>,
    /// What is compiled at all.
    pub component_limits: ComponentLimits,
    /// What a step may use up to say what it is, before any pipeline says more.
    pub describe_limits: Limits,
    /// Interfaces beyond the contract's own. `None`: components that import others are refused.
    pub extension: Option<Arc<dyn Extension>>,
}

impl EngineOptions {
    /// Keeps compiled components in this folder. It must belong to this user alone.
    #[must_use]
    pub fn with_cache_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_folder = Some(folder.into());
        self
    }

    /// Compiles only what stays within these limits.
    #[must_use]
    pub fn with_component_limits(mut self, limits: ComponentLimits) -> Self {
        self.component_limits = limits;
        self
    }

    /// Links components that import interfaces beyond the contract's own with this.
    #[must_use]
    pub fn with_extension(mut self, extension: impl Extension + 'static) -> Self {
        self.extension = Some(Arc::new(extension));
        self
    }
}

/// Compiles and runs steps. One per process is enough; clones share it.
#[derive(Clone)]
pub struct Engine {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<HostState>>,
    /// For components that import more than the contract.
    pub(crate) extended: Option<Extended>,
    cache: Option<CompiledCache>,
    compiler: Compiler,
    component_limits: ComponentLimits,
    pub(crate) describe_limits: Limits,
}

/// A linker that knows the interfaces of an extension, too.
#[derive(Clone)]
pub(crate) struct Extended {
    pub(crate) linker: Arc<Linker<HostState>>,
    pub(crate) extension: Arc<dyn Extension>,
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
        config.max_wasm_stack(STACK_BYTES);
        // The same component gives the same result on every machine.
        config.relaxed_simd_deterministic(true);
        let wasmtime = wasmtime::Engine::new(&config).map_err(failed)?;
        let mut linker = Linker::new(&wasmtime);
        host::add_to_linker(&mut linker).map_err(failed)?;
        model::add_to_linker(&mut linker).map_err(failed)?;
        artifact::add_to_linker(&mut linker).map_err(failed)?;
        let extended = match &options.extension {
            None => None,
            Some(extension) => {
                let mut linker = linker.clone();
                extension.link(&mut linker).map_err(failed)?;
                Some(Extended {
                    linker: Arc::new(linker),
                    extension: Arc::clone(extension),
                })
            }
        };
        start_clock(&wasmtime)?;
        let cache = options
            .cache_folder
            .as_deref()
            .and_then(CompiledCache::open);
        Ok(Self {
            wasmtime,
            linker: Arc::new(linker),
            extended,
            cache,
            compiler: Compiler::default(),
            component_limits: options.component_limits,
            describe_limits: options.describe_limits,
        })
    }

    /// Loads a step from the bytes of its component, compiled before if the cache has it.
    ///
    /// # Errors
    /// [`EngineError::NotAStep`], [`EngineError::ContractVersion`] and [`EngineError::UnknownImports`] for bytes
    /// that this host cannot run, [`EngineError::Component`] for a component that takes more than
    /// [`EngineOptions::component_limits`] to compile.
    pub fn load(&self, bytes: &[u8]) -> Result<StepComponent, EngineError> {
        check_size(bytes.len() as u64, &self.component_limits)?;
        let binary = inspect(bytes)?;
        self.check_imports(&binary)?;
        survey(bytes, &self.component_limits)?;
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
        let failed = |error: std::io::Error| EngineError::Engine {
            what: "the step cannot be read",
            reason: format!("`{}`: {error}", path.display()),
        };
        let file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        check_size(size, &self.component_limits)?;
        let mut bytes = Vec::new();
        // What is no file, such as a device, has no size to be checked before.
        file.take(self.component_limits.bytes.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        self.load(&bytes)
    }

    /// What is known can be linked; whether it is granted is asked when the step is opened.
    fn check_imports(&self, binary: &Binary) -> Result<(), EngineError> {
        let is_unknown = |name: &&String| match Import::of(name) {
            Import::Unknown => true,
            Import::Plumbing => self.extended.is_none(),
            Import::Capability(capability) => capability.is_wasi() && self.extended.is_none(),
            Import::Data => !is_this_contract(name),
        };
        let unknown: Vec<String> = binary.imports.iter().filter(is_unknown).cloned().collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(EngineError::UnknownImports { imports: unknown })
        }
    }

    fn compile(&self, bytes: &[u8], binary: &Binary) -> Result<Component, EngineError> {
        let limit = self.component_limits.compile_time;
        let component = self.compiler.compile(&self.wasmtime, bytes, limit)?;
        if let Some(cache) = &self.cache {
            cache.store(&self.wasmtime, &binary.digest, &component);
        }
        Ok(component)
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
