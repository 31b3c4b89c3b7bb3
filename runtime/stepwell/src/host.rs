//! What is set up once per process: the engine, the step library, the models.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use stepwell_capabilities::Wasi;
use stepwell_connect::Storage;
use stepwell_engine::{Engine, EngineError, EngineOptions, StepComponent, digest};
use stepwell_models::{LibraryLookup, ModelCatalog};

use crate::error::Error;
use crate::library::StepLibrary;

/// How a [`Host`] is set up.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HostOptions {
    /// Where compiled steps are kept, a folder that belongs to this user alone. `None`: nowhere, each is compiled
    /// once per host.
    pub cache_folder: Option<PathBuf>,
    /// Where steps are found by name.
    pub library: StepLibrary,
    /// Where the library that runs models lies.
    pub model_runtime: LibraryLookup,
    /// Where the URLs of sources and sinks lead.
    pub storage: Storage,
}

impl HostOptions {
    /// Nothing but this process: no cache, no steps that are found by name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The places of this user and this installation: compiled steps in the user's cache folder, and the step library
    /// of [`StepLibrary::standard`].
    #[must_use]
    pub fn for_user() -> Self {
        let cache = dirs::cache_dir().map(|folder| folder.join("stepwell").join("compiled"));
        Self {
            cache_folder: cache,
            library: StepLibrary::standard(),
            ..Self::default()
        }
    }

    /// Keeps compiled steps in this folder.
    #[must_use]
    pub fn cache_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_folder = Some(folder.into());
        self
    }

    /// Finds steps by name in this library.
    #[must_use]
    pub fn library(mut self, library: StepLibrary) -> Self {
        self.library = library;
        self
    }

    /// Loads the library that runs models from here.
    #[must_use]
    pub fn model_runtime(mut self, lookup: LibraryLookup) -> Self {
        self.model_runtime = lookup;
        self
    }

    /// Sends URLs of sources and sinks there.
    #[must_use]
    pub fn storage(mut self, storage: Storage) -> Self {
        self.storage = storage;
        self
    }
}

/// Compiles and runs steps, finds them by name, and holds the models. One per process is enough; clones share
/// it.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    library: StepLibrary,
    models: ModelCatalog,
    storage: Storage,
    /// By digest: a file that was changed is another step.
    components: Mutex<HashMap<String, StepComponent>>,
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Host")
            .field("engine", &self.inner.engine)
            .field("library", &self.inner.library)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// Sets up a host.
    ///
    /// # Errors
    /// [`Error::Engine`] when this machine cannot run WebAssembly.
    pub fn new(options: HostOptions) -> Result<Self, Error> {
        let mut engine = EngineOptions::default();
        engine.cache_folder = options.cache_folder;
        let engine = engine.with_extension(Wasi::new());
        let engine = Engine::new(&engine).map_err(|error| Error::Engine(Box::new(error)))?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                library: options.library,
                models: ModelCatalog::new(options.model_runtime),
                storage: options.storage,
                components: Mutex::default(),
            }),
        })
    }

    /// Sets up a host with the places of this user: [`HostOptions::for_user`].
    ///
    /// # Errors
    /// As [`Host::new`].
    pub fn for_user() -> Result<Self, Error> {
        Self::new(HostOptions::for_user())
    }

    /// Where steps are found by name.
    #[must_use]
    pub fn library(&self) -> &StepLibrary {
        &self.inner.library
    }

    pub(crate) fn models(&self) -> &ModelCatalog {
        &self.inner.models
    }

    pub(crate) fn storage(&self) -> &Storage {
        &self.inner.storage
    }

    /// A component from its file, or from memory where these bytes were loaded before.
    pub(crate) fn load(&self, path: &Path) -> Result<StepComponent, LoadError> {
        let bytes = fs::read(path).map_err(LoadError::Read)?;
        let digest = digest(&bytes);
        let loaded = self
            .inner
            .components
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&digest)
            .cloned();
        if let Some(component) = loaded {
            return Ok(component);
        }
        let component = self.inner.engine.load(&bytes).map_err(LoadError::Engine)?;
        let mut components = self
            .inner
            .components
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(components.entry(digest).or_insert(component).clone())
    }
}

/// Why a component's file cannot be used.
pub(crate) enum LoadError {
    Read(std::io::Error),
    Engine(EngineError),
}
