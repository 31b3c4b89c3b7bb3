//! The outside world of a pipeline: its files, its steps' components, its models.

use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use arrow_array::RecordBatchReader;
use arrow_schema::SchemaRef;
use stepwell_connect::{
    ConnectError, OpenOptions, Sink, SinkOptions, Source, check_sink, open_sink, open_source,
};
use stepwell_engine::{Audit, EngineError, Secrets, Surroundings};
use stepwell_plan::{
    Catalog, DirectoryGrant, OpenError, OpenRequest, Opened, Problem, SinkSpec, SourceSpec,
    StepReference,
};

use crate::error::{Error, with_causes};
use crate::host::{Host, LoadError};
use crate::memory::{MemorySink, MemorySource, OpenMemorySink};
use crate::models::PipelineModels;

/// Answers what checking a pipeline asks, and keeps what was opened for the run.
pub(crate) struct World {
    pub(crate) host: Host,
    pub(crate) source_options: OpenOptions,
    pub(crate) sink_options: SinkOptions,
    /// Sources that the program gives, by name.
    pub(crate) memory_sources: BTreeMap<String, Box<dyn RecordBatchReader + Send>>,
    /// Sinks that the program takes, by name.
    pub(crate) memory_sinks: BTreeMap<String, MemorySink>,
    /// Sources that were opened to see their schemas.
    pub(crate) opened: BTreeMap<String, Box<dyn Source>>,
    pub(crate) components: HashMap<StepReference, stepwell_engine::StepComponent>,
    pub(crate) models: Option<Arc<PipelineModels>>,
    /// What of environment variables, secrets and the record of their use steps may be granted.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) secrets: Secrets,
    pub(crate) audit: Audit,
}

impl World {
    fn base_dir(&self) -> &Path {
        &self.source_options.base_dir
    }

    /// What there is that steps may be granted parts of.
    pub(crate) fn surroundings(
        &self,
        seed: Option<u64>,
        artifacts: &BTreeMap<String, String>,
    ) -> Arc<Surroundings> {
        let artifacts = artifacts
            .iter()
            .map(|(name, path)| (name.clone(), in_folder(self.base_dir(), path)));
        let mut surroundings = Surroundings::default();
        surroundings.base_dir = self.base_dir().to_owned();
        surroundings.environment = self.environment.clone();
        surroundings.artifacts = artifacts.collect();
        surroundings.secrets = self.secrets.clone();
        surroundings.seed = seed;
        surroundings.audit = self.audit.clone();
        Arc::new(surroundings)
    }

    /// Opens a sink of a checked pipeline.
    pub(crate) fn open_sink(
        &mut self,
        name: &str,
        spec: &SinkSpec,
        schema: SchemaRef,
    ) -> Result<Box<dyn Sink>, Error> {
        match self.memory_sinks.remove(name) {
            Some(sink) => Ok(Box::new(OpenMemorySink::new(name, sink))),
            None => Ok(open_sink(name, spec, schema, &self.sink_options)?),
        }
    }

    fn component_file(&self, reference: &StepReference) -> Result<PathBuf, Problem> {
        match reference {
            StepReference::Path(path) => Ok(in_folder(self.base_dir(), path)),
            StepReference::Uses {
                collection,
                name,
                version,
            } => match self.host.library().find(collection, name, version.as_ref()) {
                Ok(step) => Ok(step.path),
                Err(error) => Err(problem(error.code(), error.to_string(), error.hint())),
            },
            _ => Err(problem(
                "unknown_reference",
                format!("`{reference}` cannot be found by this host"),
                None,
            )),
        }
    }
}

impl Catalog for World {
    fn source_schema(&mut self, name: &str, spec: &SourceSpec) -> Result<SchemaRef, Problem> {
        let source: Box<dyn Source> = match self.memory_sources.remove(name) {
            Some(batches) => {
                let OpenOptions {
                    batch_rows, limit, ..
                } = self.source_options;
                Box::new(MemorySource::new(name, batches, batch_rows, limit))
            }
            None => open_source(name, spec, &self.source_options)
                .map_err(|error| table_problem(&error))?,
        };
        let schema = source.schema();
        self.opened.insert(name.to_owned(), source);
        Ok(schema)
    }

    fn describe(
        &mut self,
        reference: &StepReference,
    ) -> Result<Arc<stepwell_plan::StepComponent>, Problem> {
        let path = self.component_file(reference)?;
        let component = match self.host.load(&path) {
            Ok(component) => component,
            Err(LoadError::Read(source)) => {
                let path = PathBuf::from(reference.to_string());
                let error = Error::ReadStep { path, source };
                return Err(problem(error.code(), with_causes(&error), error.hint()));
            }
            Err(LoadError::Engine(error)) => return Err(engine_problem(&error)),
        };
        let description = component
            .description()
            .map_err(|error| engine_problem(&error))?;
        let described = stepwell_plan::StepComponent {
            description: description.as_ref().clone(),
            digest: component.digest().to_owned(),
            capabilities: component.capabilities().into_iter().collect(),
            imports: component.binary().imports.clone(),
        };
        self.components.insert(reference.clone(), component);
        Ok(Arc::new(described))
    }

    fn open(&mut self, request: &OpenRequest<'_>) -> Result<Opened, OpenError> {
        let surroundings = self.surroundings(request.seed, request.artifacts);
        let models = self.models.get_or_insert_with(|| {
            let base_dir = &self.source_options.base_dir;
            let paths = request
                .models
                .iter()
                .map(|(name, path)| (name.clone(), in_folder(base_dir, path)));
            Arc::new(PipelineModels::new(self.host.clone(), paths.collect()))
        });
        let component = &self.components[request.reference];
        let options = stepwell_engine::OpenOptions {
            parameters: request.parameters.clone(),
            inputs: request.inputs.to_vec(),
            grants: request.grants.clone(),
            limits: *request.limits,
            models: Some(models.clone()),
            step: request.step.to_owned(),
            surroundings,
        };
        match component.open(options) {
            Ok(instance) => Ok(instance.opened().as_ref().clone()),
            Err(EngineError::Refused(problems)) => Err(OpenError::Refused(problems)),
            Err(error) => Err(OpenError::Failed(engine_problem(&error))),
        }
    }

    fn check_sink(
        &mut self,
        name: &str,
        spec: &SinkSpec,
        schema: &SchemaRef,
    ) -> Result<(), Problem> {
        if self.memory_sinks.contains_key(name) {
            return Ok(());
        }
        check_sink(name, spec, schema, &self.sink_options).map_err(|error| table_problem(&error))
    }

    fn check_model(&mut self, _: &str, path: &str) -> Result<(), Problem> {
        match stepwell_models::inspect(&in_folder(self.base_dir(), path)) {
            Ok(_) => Ok(()),
            Err(error) => {
                let hint = error.hint().map(ToOwned::to_owned);
                Err(problem(error.code(), with_causes(&error), hint))
            }
        }
    }

    fn check_directory(&mut self, directory: &DirectoryGrant) -> Result<(), Problem> {
        let path = in_folder(self.base_dir(), &directory.path);
        match std::fs::metadata(&path) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(problem(
                "not_a_directory",
                format!(
                    "`{}` is granted as a directory, but is a file",
                    directory.path
                ),
                Some(
                    "grant its folder, or declare the file in `[artifacts]` and grant that"
                        .to_owned(),
                ),
            )),
            Err(error) => Err(problem(
                "directory_not_found",
                format!(
                    "directory `{}` cannot be opened: {}",
                    directory.path,
                    reason(&error)
                ),
                Some(format!(
                    "relative paths start at the pipeline file's folder: `mkdir {}`",
                    path.display()
                )),
            )),
        }
    }

    fn check_artifact(&mut self, _: &str, path: &str) -> Result<(), Problem> {
        let whole = in_folder(self.base_dir(), path);
        let found = std::fs::metadata(&whole);
        if found.as_ref().is_ok_and(std::fs::Metadata::is_file) {
            return Ok(());
        }
        let why = match found {
            Ok(_) => "it is not a file".to_owned(),
            Err(error) => reason(&error),
        };
        Err(problem(
            "artifact_not_found",
            format!("`{path}` cannot be read: {why}"),
            Some("relative paths start at the pipeline file's folder".to_owned()),
        ))
    }

    fn has_environment_variable(&self, name: &str) -> bool {
        self.environment.contains_key(name)
    }

    fn canonical_path(&self, path: &str) -> String {
        canonical_path(self.base_dir(), path)
    }
}

/// Why a file cannot be used, without the operating system's numbers.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error ").next().unwrap_or_default();
    text.to_lowercase()
}

/// A path of a pipeline file, as people would write it.
fn in_folder(folder: &Path, path: &str) -> PathBuf {
    if folder == Path::new(".") {
        return PathBuf::from(path);
    }
    folder.join(path)
}

/// The path of a file with links followed as far as it exists; URLs and `-` stay as they are.
fn canonical_path(base_dir: &Path, path: &str) -> String {
    let path = path.strip_prefix("file://").unwrap_or(path);
    if path == "-" || path.contains("://") {
        return path.to_owned();
    }
    let whole = base_dir.join(path);
    let whole = std::path::absolute(&whole).unwrap_or(whole);
    for existing in whole.ancestors() {
        if let Ok(canonical) = existing.canonicalize() {
            let rest = whole.strip_prefix(existing).unwrap_or(Path::new(""));
            return tidy(canonical, rest).to_string_lossy().into_owned();
        }
    }
    whole.to_string_lossy().into_owned()
}

/// Adds what does not exist yet; `..` takes back the part before it.
fn tidy(mut path: PathBuf, rest: &Path) -> PathBuf {
    for component in rest.components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            component => path.push(component),
        }
    }
    path
}

fn problem(code: &'static str, message: String, hint: Option<String>) -> Problem {
    let problem = Problem::new(code, message);
    match hint {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}

fn engine_problem(error: &EngineError) -> Problem {
    problem(error.code(), error.to_string(), error.hint())
}

fn table_problem(error: &ConnectError) -> Problem {
    problem(error.code(), with_causes(error), error.hint()).at_key(error.key())
}

#[cfg(test)]
mod tests {
    use super::canonical_path;

    #[test]
    fn one_file_has_one_name_however_its_path_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        std::fs::create_dir(base.join("real")).unwrap();
        let check = |path: &str, expect: &str| {
            let expect = base.join(expect).display().to_string();
            assert_eq!(canonical_path(&base, path), expect, "{path}");
        };
        check("out.csv", "out.csv");
        check("real/../out.csv", "out.csv");
        check("missing/./a/../out.csv", "missing/out.csv");
        check(&format!("file://{}/out.csv", base.display()), "out.csv");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(base.join("real"), base.join("link")).unwrap();
            check("link/out.csv", "real/out.csv");
        }
        assert_eq!(canonical_path(&base, "-"), "-");
        assert_eq!(canonical_path(&base, "s3://bucket/a"), "s3://bucket/a");
    }
}
