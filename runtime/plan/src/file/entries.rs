//! The entries of a pipeline file, read and replaced by what variables stand for, but not yet
//! checked against the outside world.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use semver::VersionReq;
use serde::Serialize;

use crate::dataset::{SinkSpec, SourceSpec};
use crate::grants::Grants;
use crate::limits::Limits;
use crate::rejects::{MaxRejects, OnError};
use crate::text::{Diagnostic, Located, SourceText, Span};
use crate::tree::Node;

/// What a pipeline file says. Made by [`PipelineFile::parse`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PipelineFile {
    /// The file's name and text.
    pub source: Arc<SourceText>,
    /// The pipeline's name.
    pub name: Located<String>,
    /// What the pipeline is for.
    pub description: Option<String>,
    /// Rows per batch that sources give; at least 1.
    pub batch_rows: usize,
    /// How many threads may run steps; at least 1. `None`: as many as the machine has.
    pub threads: Option<usize>,
    /// How long a run may take. `None`: as long as it needs.
    pub time: Option<Duration>,
    /// What every step may use up that has no limits of its own.
    pub limits: Limits,
    /// The parameters of the pipeline itself, in the order of the file.
    pub parameters: Vec<ParameterEntry>,
    /// The models, in the order of the file.
    pub models: Vec<ModelEntry>,
    /// The artifacts, in the order of the file.
    pub artifacts: Vec<ArtifactEntry>,
    /// Where the random numbers of steps start; `None`: they are different each time.
    pub seed: Option<u64>,
    /// The sources, in the order of the file.
    pub sources: Vec<SourceEntry>,
    /// The steps, in the order of the file.
    pub steps: Vec<StepEntry>,
    /// The sinks, in the order of the file.
    pub sinks: Vec<SinkEntry>,
    /// Where rejected rows are kept.
    pub rejects: Option<RejectsEntry>,
    /// How many rows all steps together may reject.
    pub max_rejects: Option<MaxRejects>,
    /// Entries that the file has, but that could not be read. References to them are not unknown.
    pub(crate) broken: Vec<BrokenEntry>,
    /// What was said of the file when it was read, for [`check`](crate::check) to say it with the
    /// rest.
    pub(crate) warnings: Vec<Diagnostic>,
}

/// A parameter of the pipeline itself, for which `${param:NAME}` stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ParameterEntry {
    /// The name.
    pub name: Located<String>,
    /// The type.
    pub kind: ParameterType,
    /// What the parameter is for.
    pub help: Option<String>,
    /// Its value: from the command line, else its default.
    pub value: serde_json::Value,
}

/// The type of a pipeline's parameter.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl fmt::Display for ParameterType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        })
    }
}

/// A model of the pipeline.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ModelEntry {
    /// The name by which steps are granted the model.
    pub name: Located<String>,
    /// The model's file; relative paths start at the pipeline file's folder.
    pub path: Located<String>,
}

/// An artifact of the pipeline: a file that steps can be granted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ArtifactEntry {
    /// The name by which steps are granted the artifact.
    pub name: Located<String>,
    /// The file; relative paths start at the pipeline file's folder.
    pub path: Located<String>,
}

/// A source of the pipeline.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceEntry {
    /// The name.
    pub name: Located<String>,
    /// What to read.
    pub spec: SourceSpec,
    pub(crate) node: Node,
}

/// A step of the pipeline.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StepEntry {
    /// The name.
    pub name: Located<String>,
    /// Which component.
    pub reference: Located<StepReference>,
    /// Where its inputs come from.
    pub inputs: Located<Inputs>,
    /// The parameters, an object; empty where the file gives none.
    pub parameters: serde_json::Value,
    /// What it is granted.
    pub grants: Grants,
    /// What it may use up: the defaults, changed by what the file says.
    pub limits: Limits,
    /// What becomes of rows that it fails on.
    pub on_error: OnError,
    /// How many of its rows may be rejected.
    pub max_rejects: Option<MaxRejects>,
    pub(crate) node: Node,
}

/// A sink of the pipeline.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SinkEntry {
    /// The name.
    pub name: Located<String>,
    /// Where its rows come from.
    pub input: Reference,
    /// What to write.
    pub spec: SinkSpec,
    pub(crate) node: Node,
}

/// Where the rejected rows of the pipeline are kept.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RejectsEntry {
    /// What to write.
    pub spec: SinkSpec,
    pub(crate) node: Node,
}

/// Which component a step is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum StepReference {
    /// `uses`: a step of a collection, such as `std/impute@0.1`.
    Uses {
        /// The collection, such as `std`.
        collection: String,
        /// The step's name in the collection, such as `impute`.
        name: String,
        /// Which versions will do, after `@`; any where it is not given.
        version: Option<VersionReq>,
    },
    /// `path`: a component file. Relative paths start at the pipeline file's folder.
    Path(String),
}

impl fmt::Display for StepReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uses {
                collection,
                name,
                version: None,
            } => write!(formatter, "{collection}/{name}"),
            Self::Uses {
                collection,
                name,
                version: Some(version),
            } => {
                // `0.1` is read as `^0.1`; it is shown as people write it.
                let version = version.to_string();
                let version = version.strip_prefix('^').unwrap_or(&version);
                write!(formatter, "{collection}/{name}@{version}")
            }
            Self::Path(path) => formatter.write_str(path),
        }
    }
}

/// Where a step's inputs come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inputs {
    /// For the first input ports, in order.
    Listed(Vec<Reference>),
    /// For each named input port.
    Named(Vec<(Located<String>, Reference)>),
}

impl Inputs {
    /// All references, in the order of the file.
    pub fn references(&self) -> Vec<&Reference> {
        match self {
            Self::Listed(references) => references.iter().collect(),
            Self::Named(ports) => ports.iter().map(|(_, reference)| reference).collect(),
        }
    }
}

/// A reference to a source, to a step (its first output port) or to an output port of a step
/// (`split.test`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name of a source or a step.
    pub name: String,
    /// The output port of a step.
    pub port: Option<String>,
    /// Where it was written.
    pub span: Span,
}

impl PipelineFile {
    /// Whether the file has an entry of this name that could not be read.
    pub(crate) fn is_broken(&self, section: Section, name: &str) -> bool {
        self.broken
            .iter()
            .any(|entry| entry.section == section && entry.name == name)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        match &self.port {
            Some(port) => write!(formatter, ".{port}"),
            None => Ok(()),
        }
    }
}

/// An entry that could not be read.
#[derive(Debug, Clone)]
pub(crate) struct BrokenEntry {
    pub(crate) section: Section,
    pub(crate) name: String,
    /// What it reads from, as far as that could be read.
    pub(crate) references: Vec<Reference>,
    /// Whether `references` is all of it.
    pub(crate) references_known: bool,
}

/// A table of entries in a pipeline file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Models,
    Artifacts,
    Sources,
    Steps,
    Sinks,
}
