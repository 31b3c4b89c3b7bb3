//! What a model file says of itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::element::TensorInfo;
use crate::error::ModelError;
use crate::graph::{ModelFile, ParseError, parse, unzip};

/// The most that a file of the format can hold, by the limit of protobuf.
const MAX_BYTES: u64 = 2 << 30;

/// What a model file says of itself: made by [`inspect`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelSummary {
    /// SHA-256 of the file, as `sha256:` and 64 hexadecimal digits.
    pub digest: String,
    /// The file's size in bytes.
    pub bytes: u64,
    /// The name of the model's graph.
    pub name: String,
    /// What the author wrote about the model.
    pub documentation: String,
    /// The program that wrote the file.
    pub producer_name: String,
    /// That program's version.
    pub producer_version: String,
    /// The author's namespace, a reversed domain name.
    pub domain: String,
    /// The author's version of the model.
    pub model_version: i64,
    /// The version of the file format.
    pub ir_version: i64,
    /// The operator sets that the model was made for: domain to version.
    pub opsets: BTreeMap<String, i64>,
    /// Further words of the author, by key.
    pub metadata: BTreeMap<String, String>,
    /// What the model takes.
    pub inputs: Vec<TensorInfo>,
    /// What the model gives.
    pub outputs: Vec<TensorInfo>,
    /// The classes of a classifier, in the order of its scores; empty where the file names none.
    pub classes: Vec<String>,
    /// The operators that it is built of, by domain and name.
    pub operators: Vec<OperatorCount>,
    /// Numbers that the file holds: elements of its tensors, and of the lists of floating-point
    /// numbers in its operators' attributes (coefficients, thresholds of trees).
    pub parameters: u64,
}

/// An operator and how often a model uses it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OperatorCount {
    /// The operator's domain, `ai.onnx` for the standard ones.
    pub domain: String,
    /// The operator's name in its domain.
    pub name: String,
    /// How often it is used, in subgraphs and functions too.
    pub count: u64,
}

/// Reads what a model file says of itself. No inference library is needed.
///
/// # Errors
///
/// [`ModelError::Read`] where the file cannot be read, [`ModelError::TooLarge`] beyond 2 GiB or a
/// million parts, [`ModelError::NotOnnx`] where it is no model.
pub fn inspect(path: &Path) -> Result<ModelSummary, ModelError> {
    inspect_bytes(path, &read(path)?)
}

/// As [`inspect`], of bytes that are in memory; errors name `path` as where they came from.
///
/// # Errors
///
/// [`ModelError::TooLarge`] beyond a million parts, [`ModelError::NotOnnx`] where they are no model.
pub fn inspect_bytes(path: &Path, bytes: &[u8]) -> Result<ModelSummary, ModelError> {
    let file = parse(bytes).map_err(|error| not_onnx(path, error))?;
    summarize(path, &file)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let read_error = |source| ModelError::Read {
        path: path.to_owned(),
        source,
    };
    let size = std::fs::metadata(path).map_err(read_error)?.len();
    if size > MAX_BYTES {
        return Err(ModelError::TooLarge {
            path: path.to_owned(),
            what: "bytes",
            limit: MAX_BYTES,
        });
    }
    std::fs::read(path).map_err(read_error)
}

pub(crate) fn not_onnx(path: &Path, error: ParseError) -> ModelError {
    match error {
        ParseError::Malformed(reason) => ModelError::NotOnnx {
            path: path.to_owned(),
            reason,
        },
        ParseError::TooManyParts(limit) => ModelError::TooLarge {
            path: path.to_owned(),
            what: "nodes, names and tensors",
            limit,
        },
    }
}

pub(crate) fn summarize(path: &Path, file: &ModelFile<'_>) -> Result<ModelSummary, ModelError> {
    let unzipped = unzip(file).map_err(|error| not_onnx(path, error))?;
    let domain_name = |domain: &str| match domain {
        "" => "ai.onnx".to_owned(),
        domain => domain.to_owned(),
    };
    let operators = file.operators.iter();
    let opsets = file.opsets.iter();
    let metadata = file.metadata.iter();
    let inputs = file.graph.inputs.iter();
    let outputs = file.graph.outputs.iter();
    Ok(ModelSummary {
        digest: digest(file.bytes),
        bytes: file.bytes.len() as u64,
        name: file.graph.name.to_owned(),
        documentation: file.documentation.to_owned(),
        producer_name: file.producer_name.to_owned(),
        producer_version: file.producer_version.to_owned(),
        domain: file.domain.to_owned(),
        model_version: file.model_version,
        ir_version: file.ir_version,
        opsets: opsets
            .map(|(domain, version)| (domain_name(domain), *version))
            .collect(),
        metadata: metadata
            .map(|(&key, &value)| (key.to_owned(), value.to_owned()))
            .collect(),
        inputs: inputs
            .map(|(name, value_type)| value_type.info(name))
            .collect(),
        outputs: outputs
            .map(|(name, value_type)| value_type.info(name))
            .collect(),
        classes: unzipped
            .classes
            .map(|classes| classes.names)
            .unwrap_or_default(),
        operators: operators
            .map(|(&(domain, name), &count)| OperatorCount {
                domain: domain_name(domain),
                name: name.to_owned(),
                count,
            })
            .collect(),
        parameters: file.parameters,
    })
}

fn digest(bytes: &[u8]) -> String {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
