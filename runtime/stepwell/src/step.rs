//! One step, without a pipeline.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use semver::VersionReq;
use stepwell_engine::{
    Batch, Binary, EngineError, LogRecord, OpenOptions, Outcome, Rejected, StepComponent,
    StepInstance, Surroundings,
};
use stepwell_plan::{Description, Grants, Limits, Opened, StepProblem, Subject};

use crate::error::Error;
use crate::host::{Host, LoadError};
use crate::models::PipelineModels;

/// A step that was loaded, and what it will be opened with.
#[derive(Debug, Clone)]
pub struct Step {
    host: Host,
    name: String,
    path: PathBuf,
    component: StepComponent,
    parameters: serde_json::Value,
    grants: Grants,
    limits: Limits,
    models: BTreeMap<String, PathBuf>,
    surroundings: Arc<Surroundings>,
}

impl Step {
    /// Loads a step: the `.wasm` file of a component, or a step of the host's library by its name, such as
    /// `std/impute` or `std/impute@0.1`.
    ///
    /// # Errors
    /// There is no such step, or it is not one that this host can run.
    pub fn load(host: &Host, step: impl AsRef<str>) -> Result<Self, Error> {
        let name = step.as_ref();
        let path = find(host, name)?;
        let component = host.load(&path).map_err(|error| match error {
            LoadError::Read(source) => Error::ReadStep {
                path: path.clone(),
                source,
            },
            LoadError::Engine(error) => failed(name, error),
        })?;
        Ok(Self {
            host: host.clone(),
            name: name.to_owned(),
            path,
            component,
            parameters: serde_json::Value::Null,
            grants: Grants::default(),
            limits: Limits::default(),
            models: BTreeMap::new(),
            surroundings: Arc::default(),
        })
    }

    /// The component's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the step says of itself.
    ///
    /// # Errors
    /// When the step crashes, goes past a limit, or says something that cannot be.
    pub fn description(&self) -> Result<Arc<Description>, Error> {
        self.component
            .description()
            .map_err(|error| failed(&self.name, error))
    }

    /// What the component's bytes show: digest, size, imports.
    #[must_use]
    pub fn binary(&self) -> &Binary {
        self.component.binary()
    }

    /// Gives the step its parameters, a JSON object.
    #[must_use]
    pub fn parameters(mut self, parameters: serde_json::Value) -> Self {
        self.parameters = parameters;
        self
    }

    /// Lets the step read these columns and no others. By default it may read those that it declares.
    #[must_use]
    pub fn allow_columns<N: Into<String>>(mut self, columns: impl IntoIterator<Item = N>) -> Self {
        self.grants.columns = Some(columns.into_iter().map(Into::into).collect());
        self
    }

    /// Lets the step run a model, under this name.
    #[must_use]
    pub fn allow_model(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        let name = name.into();
        self.grants.models.insert(name.clone());
        self.models.insert(name, path.into());
        self
    }

    /// What the step may do besides: files, variables, a clock and so on, of what there is. Keeps the columns and models
    /// that were allowed.
    #[must_use]
    pub fn grants(mut self, grants: Grants, surroundings: Surroundings) -> Self {
        let columns = self.grants.columns.take();
        let models = std::mem::take(&mut self.grants.models);
        self.grants = grants;
        self.grants.columns = columns.or(self.grants.columns);
        self.grants.models.extend(models);
        self.surroundings = Arc::new(surroundings);
        self
    }

    /// What the step may use up.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Opens the step with the schema of its input. Steps with several inputs are opened with
    /// [`open_ports`](Self::open_ports).
    ///
    /// # Errors
    /// The step refuses the parameters or the schema (the error has all that it found), or fails.
    pub fn open(&self, input: SchemaRef) -> Result<StepRun, Error> {
        self.open_ports(vec![input])
    }

    /// Opens the step with a schema for each of its input ports, in the order of its description.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_ports(&self, inputs: Vec<SchemaRef>) -> Result<StepRun, Error> {
        let models = PipelineModels::new(self.host.clone(), self.models.clone());
        let options = OpenOptions {
            parameters: self.parameters.clone(),
            inputs: inputs.clone(),
            grants: self.grants.clone(),
            limits: self.limits,
            models: Some(Arc::new(models)),
            step: self.name.clone(),
            surroundings: Arc::clone(&self.surroundings),
        };
        let instance = self
            .component
            .open(options)
            .map_err(|error| failed(&self.name, error))?;
        self.check_columns(instance.opened(), &inputs)?;
        Ok(StepRun {
            name: self.name.clone(),
            instance,
            rejected: Vec::new(),
            log: Vec::new(),
        })
    }

    /// Of what a step declares to read, everything must be allowed.
    fn check_columns(&self, opened: &Opened, inputs: &[SchemaRef]) -> Result<(), Error> {
        let Some(allowed) = &self.grants.columns else {
            return Ok(());
        };
        let names = opened
            .reads
            .iter()
            .map(|read| inputs[read.port].field(read.column).name());
        let refused: Vec<String> = names
            .filter(|name| !allowed.contains(*name))
            .map(|name| format!("`{name}`"))
            .collect();
        if refused.is_empty() {
            return Ok(());
        }
        let problem = StepProblem {
            code: "column_not_granted".to_owned(),
            message: format!(
                "it reads the columns {}, which it was not allowed",
                refused.join(", ")
            ),
            hint: Some("allow them, or let the step's parameters leave them out".to_owned()),
            subject: Subject::Step,
        };
        Err(failed(&self.name, EngineError::Refused(vec![problem])))
    }
}

/// A step that was opened: hand it batches, then [`finish`](Self::finish).
#[derive(Debug)]
pub struct StepRun {
    name: String,
    instance: StepInstance,
    rejected: Vec<Rejected>,
    log: Vec<LogRecord>,
}

impl StepRun {
    /// What the step answered when it was opened: the columns that it reads, and the schemas of its outputs.
    #[must_use]
    pub fn opened(&self) -> &Arc<Opened> {
        self.instance.opened()
    }

    /// Hands the step rows of its (first) input. Gives the batches that it emitted, of all output ports, in order.
    ///
    /// # Errors
    /// The step fails, crashes, breaks the contract or goes past a limit. It cannot be used after that.
    pub fn process(&mut self, batch: RecordBatch) -> Result<Vec<RecordBatch>, Error> {
        let emitted = self.process_port(0, batch)?;
        Ok(emitted.into_iter().map(|(_, batch)| batch).collect())
    }

    /// Hands the step rows of one of its inputs, by the port's position. Gives the batches that it emitted, each with the
    /// position of its output port.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    ///
    /// # Panics
    /// When there is no such input port, or the batch has another schema than the port was opened with.
    pub fn process_port(
        &mut self,
        port: usize,
        batch: RecordBatch,
    ) -> Result<Vec<(usize, RecordBatch)>, Error> {
        let outcome = self.instance.process(port, Batch::from(batch));
        self.take(outcome)
    }

    /// Tells the step that its inputs have ended. Gives the batches that it emitted at last.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn finish(&mut self) -> Result<Vec<RecordBatch>, Error> {
        let emitted = self.finish_ports()?;
        Ok(emitted.into_iter().map(|(_, batch)| batch).collect())
    }

    /// Tells the step that its inputs have ended. Gives the batches that it emitted at last, each with the position of
    /// its output port.
    ///
    /// # Errors
    /// As [`process`](Self::process).
    pub fn finish_ports(&mut self) -> Result<Vec<(usize, RecordBatch)>, Error> {
        let outcome = self.instance.finish();
        self.take(outcome)
    }

    /// The rows that the step has refused since this was asked last.
    #[must_use]
    pub fn take_rejected(&mut self) -> Vec<Rejected> {
        std::mem::take(&mut self.rejected)
    }

    /// The messages that the step has logged since this was asked last.
    #[must_use]
    pub fn take_log(&mut self) -> Vec<LogRecord> {
        std::mem::take(&mut self.log)
    }

    fn take(
        &mut self,
        outcome: Result<Outcome, EngineError>,
    ) -> Result<Vec<(usize, RecordBatch)>, Error> {
        let outcome = outcome.map_err(|error| failed(&self.name, error))?;
        self.rejected.extend(outcome.rejected);
        self.log.extend(outcome.log);
        let batches = outcome.emitted.into_iter().map(|emitted| {
            let batch = emitted.batch.to_record_batch().map_err(|error| {
                failed(
                    &self.name,
                    EngineError::Engine {
                        what: "what the step emitted is no record batch",
                        reason: error.to_string(),
                    },
                )
            })?;
            Ok((emitted.port, batch))
        });
        batches.collect()
    }
}

fn failed(step: &str, error: EngineError) -> Error {
    Error::Step {
        step: step.to_owned(),
        error: Box::new(error),
    }
}

/// The component's file of a step that is named as people name it.
fn find(host: &Host, name: &str) -> Result<PathBuf, Error> {
    let path = Path::new(name);
    if path
        .extension()
        .is_some_and(|extension| extension == "wasm")
        || path.is_file()
    {
        return Ok(path.to_owned());
    }
    let bad = || Error::BadStepName {
        text: name.to_owned(),
    };
    let (reference, version) = match name.split_once('@') {
        None => (name, None),
        Some((reference, version)) => (
            reference,
            Some(VersionReq::parse(version).map_err(|_| bad())?),
        ),
    };
    match reference.split_once('/') {
        Some((collection, step))
            if !step.contains(['/', '\\', '.']) && !collection.contains('.') =>
        {
            Ok(host
                .library()
                .find(collection, step, version.as_ref())?
                .path)
        }
        _ => Err(bad()),
    }
}
