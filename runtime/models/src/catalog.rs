//! The models of a process.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::backend::Backend;
use crate::error::ModelError;
use crate::library::LibraryLookup;
use crate::model::Model;
use crate::onnx_runtime::OnnxRuntime;
use crate::summary::read;

/// Loads models, each only once.
///
/// The inference library is loaded with the first model, so that a program that runs none needs none.
#[derive(Debug)]
pub struct ModelCatalog {
    lookup: LibraryLookup,
    backend: Mutex<Option<Arc<dyn Backend>>>,
    /// By the digest of the file: a file that was changed is another model.
    models: Mutex<HashMap<[u8; 32], Arc<Model>>>,
}

impl Default for ModelCatalog {
    /// Looks for ONNX Runtime in the usual places.
    fn default() -> Self {
        Self::new(LibraryLookup::standard())
    }
}

impl ModelCatalog {
    /// Runs models with ONNX Runtime, whose library is looked for when the first model is loaded.
    pub fn new(lookup: LibraryLookup) -> Self {
        Self {
            lookup,
            backend: Mutex::new(None),
            models: Mutex::new(HashMap::new()),
        }
    }

    /// Runs models with another inference library.
    pub fn with_backend(backend: Arc<dyn Backend>) -> Self {
        Self {
            lookup: LibraryLookup::standard(),
            backend: Mutex::new(Some(backend)),
            models: Mutex::new(HashMap::new()),
        }
    }

    /// Loads a model, or gives the one that was loaded from the same bytes before.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, is no model, or has more than a model may have; a library that is
    /// missing or cannot be used; a model that the library refuses, or whose inputs columns cannot make.
    pub fn load(&self, path: &Path) -> Result<Arc<Model>, ModelError> {
        let bytes = read(path)?;
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        // Held while loading, so that two callers do not load the same model twice.
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = models.get(&digest) {
            return Ok(Arc::clone(model));
        }
        let model = Arc::new(Model::new(path, bytes, self.backend()?)?);
        models.insert(digest, Arc::clone(&model));
        Ok(model)
    }

    fn backend(&self) -> Result<Arc<dyn Backend>, ModelError> {
        let mut backend = self.backend.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(backend) = &*backend {
            return Ok(Arc::clone(backend));
        }
        let loaded: Arc<dyn Backend> = Arc::new(OnnxRuntime::load(&self.lookup)?);
        Ok(Arc::clone(backend.insert(loaded)))
    }
}
