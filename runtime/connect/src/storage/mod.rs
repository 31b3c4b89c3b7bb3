//! One layer before local files, standard streams and object stores.
//!
//! Local files are read and written with `std::fs`, not through `object_store`: they need no runtime, are read
//! without a hop to another thread, and must be synced before they are renamed, which `object_store` does not do.

mod exchange;
mod failure;
mod folder;
mod input;
mod list;
mod lock;
mod old_files;
mod output;
mod place;
mod remote;
mod runtime;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use object_store::ObjectStore;
use url::Url;

use crate::dataset::Dataset;
use crate::error::ConnectError;

pub(crate) use failure::{RawReadError, write_failure};
pub(crate) use folder::StagedFolder;
pub(crate) use input::{InputFile, RangedFile};
pub(crate) use list::list;
pub(crate) use old_files::{OldFile, OldFileKind, join, old_files};
pub(crate) use output::{Output, check_place};
pub(crate) use place::PlaceProblem;

/// Where the URLs of sources and sinks lead. Clones share their connections.
///
/// `file://` is always there. The cargo features `aws` (`s3://`), `gcp` (`gs://`), `azure` (`az://`, `abfs://`) and
/// `http` (`http://`, `https://`) open object stores, which take their credentials from the environment variables
/// that start with `AWS_`, `GOOGLE_` and `AZURE_`.
///
/// ```
/// use std::sync::Arc;
/// use stepwell_connect::{Storage, object_store::memory::InMemory};
///
/// // An embedding program can bring its own store: here, paths that start with `memory://tests/`.
/// let storage = Storage::default().with_store("memory://tests", Arc::new(InMemory::new()));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Storage {
    /// By scheme and authority: `s3://bucket`.
    stores: Arc<Mutex<HashMap<String, Arc<dyn ObjectStore>>>>,
}

impl Storage {
    /// Sends every URL that starts with `base` (scheme and authority, such as `s3://bucket`) to this store.
    #[must_use]
    pub fn with_store(self, base: &str, store: Arc<dyn ObjectStore>) -> Self {
        self.stores
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(base.trim_end_matches('/').to_owned(), store);
        self
    }

    /// Finds out what a path of a pipeline means.
    pub(crate) fn locate(
        &self,
        dataset: &Dataset,
        base_dir: &Path,
        path: &str,
    ) -> Result<Location, ConnectError> {
        if path == "-" {
            return Ok(Location::Standard);
        }
        let Some((scheme, _)) = path.split_once("://") else {
            return Ok(Location::Local(base_dir.join(path)));
        };
        let unsupported =
            |reason: String, feature: Option<&'static str>| ConnectError::UnsupportedUrl {
                dataset: dataset.clone(),
                url: path.to_owned(),
                reason,
                feature,
            };
        let url = Url::parse(path).map_err(|error| unsupported(error.to_string(), None))?;
        if url.query().is_some() {
            return Err(unsupported(
                "a query (`?…`) in a URL is not supported".to_owned(),
                None,
            ));
        }
        if scheme == "file" {
            let local = url
                .to_file_path()
                .map_err(|()| unsupported("it is no path of this machine".to_owned(), None))?;
            return Ok(Location::Local(local));
        }
        let object_path = object_store::path::Path::from_url_path(url.path())
            .map_err(|error| unsupported(error.to_string(), None))?;
        let base = url[..url::Position::BeforePath].to_owned();
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        let store = match stores.get(&base) {
            Some(store) => store.clone(),
            None => {
                let (needed, enabled) = feature_of(&url).ok_or_else(|| {
                    unsupported(
                        format!("`{scheme}` is not one of `file`, `s3`, `gs`, `az`, `abfs`, `http` and `https`"),
                        None,
                    )
                })?;
                if !enabled {
                    return Err(unsupported(
                        format!("this build is without the feature `{needed}`"),
                        Some(needed),
                    ));
                }
                let (store, _) = object_store::parse_url_opts(&url, store_options(&url))
                    .map_err(|error| unsupported(error.to_string(), None))?;
                let store: Arc<dyn ObjectStore> = Arc::from(store);
                stores.insert(base.clone(), store.clone());
                store
            }
        };
        Ok(Location::Remote(RemotePlace {
            store,
            path: object_path,
            base,
        }))
    }
}

/// Something at a URL.
#[derive(Debug, Clone)]
pub(crate) struct RemotePlace {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) path: object_store::path::Path,
    /// Scheme and authority.
    pub(crate) base: String,
}

/// What a path of a pipeline means.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    Standard,
    Local(PathBuf),
    Remote(RemotePlace),
}

/// The cargo feature that opens a URL, and whether this build has it.
fn feature_of(url: &Url) -> Option<(&'static str, bool)> {
    use object_store::ObjectStoreScheme as Scheme;
    match Scheme::parse(url).ok()?.0 {
        Scheme::AmazonS3 => Some(("aws", cfg!(feature = "aws"))),
        Scheme::GoogleCloudStorage => Some(("gcp", cfg!(feature = "gcp"))),
        Scheme::MicrosoftAzure => Some(("azure", cfg!(feature = "azure"))),
        Scheme::Http => Some(("http", cfg!(feature = "http"))),
        _ => None,
    }
}

/// Settings of an object store from the environment. Only variables of the clouds: the parser of these settings also
/// takes `TOKEN` or `REGION`, which may mean anything.
fn store_options(url: &Url) -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(key, _)| {
            ["AWS_", "GOOGLE_", "AZURE_"]
                .iter()
                .any(|prefix| key.starts_with(prefix))
        })
        .collect();
    if url.scheme() == "http" {
        options.push(("allow_http".to_owned(), "true".to_owned()));
    }
    options
}
