//! From what the operating system and object stores say to this crate's errors.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::place::PlaceProblem;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::hint::closest_names;

/// Marks a failure of the storage itself, so that it is told apart from a failure of the decompressor above it.
#[derive(Debug)]
pub(crate) struct RawReadError(pub(crate) io::Error);

impl fmt::Display for RawReadError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for RawReadError {}

/// A file is shorter than it was when it was opened.
#[derive(Debug)]
pub(crate) struct CutShort;

impl fmt::Display for CutShort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("it was cut short while it was read")
    }
}

impl std::error::Error for CutShort {}

pub(crate) fn read_failure(
    dataset: &Dataset,
    path: &str,
    local: Option<&Path>,
    error: io::Error,
) -> ConnectError {
    failure(dataset, "read", path, local, error)
}

pub(crate) fn write_failure(dataset: &Dataset, path: &str, error: io::Error) -> ConnectError {
    failure(dataset, "write", path, None, error)
}

fn failure(
    dataset: &Dataset,
    action: &'static str,
    path: &str,
    local: Option<&Path>,
    error: io::Error,
) -> ConnectError {
    let dataset = dataset.clone();
    let path = path.to_owned();
    let error = match error.downcast::<RawReadError>() {
        Ok(RawReadError(inner)) => inner,
        Err(error) => error,
    };
    let error = match error.downcast::<object_store::Error>() {
        Ok(source) => return store_failure(dataset, action, path, source),
        Err(error) => error,
    };
    let error = match error.downcast::<CutShort>() {
        Ok(CutShort) => {
            return ConnectError::CutShort { dataset, path };
        }
        Err(error) => error,
    };
    let error = match error.downcast::<PlaceProblem>() {
        Ok(problem) => return place_failure(dataset, path, problem),
        Err(error) => error,
    };
    match error.kind() {
        ErrorKind::NotFound => ConnectError::NotFound {
            similar: local.map(similar_names).unwrap_or_default(),
            dataset,
            path,
        },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            ConnectError::PermissionDenied {
                dataset,
                action,
                path,
            }
        }
        ErrorKind::IsADirectory => ConnectError::IsDirectory { dataset, path },
        ErrorKind::NotADirectory => ConnectError::NotADirectory { dataset, path },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            ConnectError::StorageFull { dataset, path }
        }
        ErrorKind::FileTooLarge => ConnectError::FileTooLarge { dataset, path },
        ErrorKind::BrokenPipe => ConnectError::BrokenPipe { dataset, path },
        _ => ConnectError::Io {
            dataset,
            action,
            path,
            source: error,
        },
    }
}

fn place_failure(dataset: Dataset, path: String, problem: PlaceProblem) -> ConnectError {
    match problem {
        PlaceProblem::InUse => ConnectError::OutputInUse { dataset, path },
        PlaceProblem::MountPoint => ConnectError::MountPoint { dataset, path },
        PlaceProblem::Lost => ConnectError::OutputLost { dataset, path },
        PlaceProblem::Exists => ConnectError::OutputExists { dataset, path },
        PlaceProblem::Changed => ConnectError::OutputChanged { dataset, path },
        PlaceProblem::Foreign { found } => ConnectError::NotAPart {
            dataset,
            path,
            found,
        },
    }
}

fn store_failure(
    dataset: Dataset,
    action: &'static str,
    url: String,
    source: object_store::Error,
) -> ConnectError {
    match source {
        object_store::Error::NotFound { .. } => ConnectError::NotFound {
            dataset,
            path: url,
            similar: Vec::new(),
        },
        object_store::Error::PermissionDenied { .. }
        | object_store::Error::Unauthenticated { .. } => ConnectError::PermissionDenied {
            dataset,
            action,
            path: url,
        },
        source => ConnectError::Store {
            dataset,
            action,
            url,
            source: Box::new(source),
        },
    }
}

/// Names beside a missing file that are most like it.
fn similar_names(path: &Path) -> Vec<String> {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return Vec::new();
    };
    let Some(folder) = path.parent() else {
        return Vec::new();
    };
    let names = super::list::visible_names(folder);
    closest_names(name, names.iter().map(String::as_str))
}
