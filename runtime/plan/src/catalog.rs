//! The outside world, as far as checking a pipeline needs it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_schema::SchemaRef;
use serde::Serialize;

use crate::capability::Capability;
use crate::dataset::{SinkSpec, SourceSpec};
use crate::file::StepReference;
use crate::grants::{DirectoryGrant, Grants};
use crate::limits::Limits;
use crate::step::{Description, Opened, StepProblem};

/// What [`check`](crate::check) asks of the outside world: the schemas of sources, what a step says
/// of itself, and what it answers when it is opened. No method may read more data than it needs to
/// know a schema.
pub trait Catalog {
    /// The schema of a source.
    ///
    /// # Errors
    /// The source cannot be found or read, or its options contradict each other.
    fn source_schema(&mut self, name: &str, spec: &SourceSpec) -> Result<SchemaRef, Problem>;

    /// Finds a step's component and asks what it is.
    ///
    /// # Errors
    /// There is no such component, it is not a step, or it is one for another version of the contract.
    fn describe(&mut self, reference: &StepReference) -> Result<Arc<StepComponent>, Problem>;

    /// Opens a step with the schemas that will reach it.
    ///
    /// # Errors
    /// The step refuses (it says all that is wrong), or it fails: it traps, or goes past a limit.
    fn open(&mut self, request: &OpenRequest<'_>) -> Result<Opened, OpenError>;

    /// Whether a sink can take a table of this schema. Writes nothing.
    ///
    /// # Errors
    /// The format is unknown or cannot hold a column, or nothing can be written at that place.
    fn check_sink(
        &mut self,
        name: &str,
        spec: &SinkSpec,
        schema: &SchemaRef,
    ) -> Result<(), Problem>;

    /// Whether a model's file is there and is a model.
    ///
    /// # Errors
    /// It is not there, or it is no model that the host can run.
    fn check_model(&mut self, name: &str, path: &str) -> Result<(), Problem>;

    /// Whether a directory that a step is granted is there. Yes by default.
    ///
    /// # Errors
    /// It is not there, or it is no directory, or it cannot be used as it is granted.
    fn check_directory(&mut self, directory: &DirectoryGrant) -> Result<(), Problem> {
        let _ = directory;
        Ok(())
    }

    /// Whether an artifact's file is there. Yes by default.
    ///
    /// # Errors
    /// It is not there, or it is no file.
    fn check_artifact(&mut self, name: &str, path: &str) -> Result<(), Problem> {
        let _ = (name, path);
        Ok(())
    }

    /// Whether an environment variable that a step is granted is set. Yes by default.
    fn has_environment_variable(&self, name: &str) -> bool {
        let _ = name;
        true
    }

    /// One name for one file, however its path is written, so that two writers of one file are
    /// found. By default the path is tidied as text: `./a/../b` is `b`.
    fn canonical_path(&self, path: &str) -> String {
        crate::path::tidy(path)
    }
}

/// A step's component: what it says of itself, and what its binary shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepComponent {
    /// What it says of itself.
    pub description: Description,
    /// The digest of its bytes, for example `sha256:…`.
    pub digest: String,
    /// What it imports beyond the data interface: what it could ask for.
    pub capabilities: BTreeSet<Capability>,
    /// The interfaces that it imports, by their full names, such as `wasi:random/random@0.2.6`.
    pub imports: Vec<String>,
}

/// All that opening a step needs.
#[derive(Debug, Clone, Copy)]
pub struct OpenRequest<'a> {
    /// The step's name in the pipeline.
    pub step: &'a str,
    /// Which component.
    pub reference: &'a StepReference,
    /// The component, as [`Catalog::describe`] gave it.
    pub component: &'a Arc<StepComponent>,
    /// The parameters, an object that holds to the schema of the description.
    pub parameters: &'a serde_json::Value,
    /// The inputs' schemas, one for each input port of the description, in its order.
    pub inputs: &'a [SchemaRef],
    /// What the pipeline grants.
    pub grants: &'a Grants,
    /// What the step may use up.
    pub limits: &'a Limits,
    /// All models of the pipeline: name and path. The step gets those that `grants` names.
    pub models: &'a BTreeMap<String, String>,
    /// All artifacts of the pipeline: name and path. The step gets those that `grants` names.
    pub artifacts: &'a BTreeMap<String, String>,
    /// Where the random numbers of steps start; `None`: they are different each time.
    pub seed: Option<u64>,
}

/// Why a step could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenError {
    /// The step refuses: all that it found wrong.
    Refused(Vec<StepProblem>),
    /// The step failed, or the host did.
    Failed(Problem),
}

/// Something wrong with one entry of a pipeline, found by the outside world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A short, stable word, such as `source_not_found`.
    pub code: &'static str,
    /// What is wrong: lowercase, no full stop, names in backticks.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The keys that lead from the entry to the value at fault, for example `["types", "tenure"]`.
    /// Empty: the value that a person would look at first, such as the path of a source.
    pub key: Vec<String>,
}

impl Problem {
    /// A problem with the entry as a whole.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            key: Vec::new(),
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says which value of the entry is at fault, by the keys that lead to it.
    #[must_use]
    pub fn at_key<K: Into<String>>(mut self, key: impl IntoIterator<Item = K>) -> Self {
        self.key = key.into_iter().map(Into::into).collect();
        self
    }
}
