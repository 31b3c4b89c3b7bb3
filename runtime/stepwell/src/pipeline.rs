//! A pipeline, from its file to its run.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use stepwell_connect::{OpenOptions, SinkOptions, StandardInput, StandardOutput};
use stepwell_engine::{Audit, AuditSink, Secrets};
use stepwell_exec::LogHandler;
use stepwell_plan::{Overrides, ParseOptions, PipelineFile, REJECTS_NAME, check_text};

use crate::checked::Checked;
use crate::error::Error;
use crate::host::Host;
use crate::memory::{BatchCollector, MemorySink, OutputObserver, memory_path};
use crate::secrets;
use crate::world::World;

/// Rows per batch where the pipeline file cannot be read far enough to say it.
const BATCH_ROWS: usize = 65_536;

/// A pipeline that was read, and what the program changes in it. Nothing was opened yet:
/// [`check`](Self::check) does that.
pub struct Pipeline {
    text: String,
    file_name: String,
    base_dir: PathBuf,
    overrides: Overrides,
    environment: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    audit: Audit,
    limit: Option<u64>,
    threads: Option<usize>,
    standard_input: StandardInput,
    standard_output: StandardOutput,
    sources: BTreeMap<String, Box<dyn RecordBatchReader + Send>>,
    sinks: BTreeMap<String, MemorySink>,
    on_log: Option<Arc<LogHandler>>,
    on_output: Option<Arc<OutputObserver>>,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Pipeline")
            .field("file_name", &self.file_name)
            .field("base_dir", &self.base_dir)
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}

impl Pipeline {
    /// Reads a pipeline file. Relative paths in it start at its folder.
    ///
    /// # Errors
    /// [`Error::ReadPipeline`]. What the file says is looked at by [`check`](Self::check).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = fs::read_to_string(path).map_err(|source| Error::ReadPipeline {
            path: path.to_owned(),
            source,
        })?;
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut pipeline = Self::parse(text, folder.unwrap_or(Path::new(".")));
        pipeline.file_name = path.display().to_string();
        Ok(pipeline)
    }

    /// A pipeline from the text of a pipeline file. Relative paths in it start at `base_dir`.
    pub fn parse(text: impl Into<String>, base_dir: impl Into<PathBuf>) -> Self {
        let variables = std::env::vars_os();
        let variables = variables.filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self {
            text: text.into(),
            file_name: "pipeline".to_owned(),
            base_dir: base_dir.into(),
            overrides: Overrides::new(),
            environment: variables.collect(),
            secrets: BTreeMap::new(),
            audit: Audit::default(),
            limit: None,
            threads: None,
            standard_input: StandardInput::process(),
            standard_output: StandardOutput::process(),
            sources: BTreeMap::new(),
            sinks: BTreeMap::new(),
            on_log: None,
            on_output: None,
        }
    }

    /// Gives a parameter a value: `STEP.KEY=VALUE` for a step's, `NAME=VALUE` for the pipeline's. A value that is not
    /// TOML is a string.
    #[must_use]
    pub fn param(mut self, argument: impl Into<String>) -> Self {
        self.overrides = self.overrides.param(argument);
        self
    }

    /// Gives any other key of the file a value: `sources.NAME.path=VALUE`, `pipeline.batch_rows=VALUE`.
    #[must_use]
    pub fn set(mut self, argument: impl Into<String>) -> Self {
        self.overrides = self.overrides.set(argument);
        self
    }

    /// What `${env:NAME}` stands for, instead of the environment variables of this process.
    #[must_use]
    pub fn environment(mut self, variables: BTreeMap<String, String>) -> Self {
        self.environment = variables;
        self
    }

    /// Gives a secret, for which `${secret:NAME}` stands in the parameters and environment variables of steps. Its value
    /// is in no plan, no log and no error. Environment variables whose names begin with `STEPWELL_SECRET_` are secrets,
    /// too; what is given here counts more.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.secrets.insert(name.into(), value.into());
        self
    }

    /// Gives the secrets of a file of TOML, in which there is nothing but lines such as `NAME = "value"`.
    ///
    /// # Errors
    /// [`Error::ReadSecrets`] and [`Error::BadSecrets`].
    pub fn secrets_file(mut self, path: impl AsRef<Path>) -> Result<Self, Error> {
        self.secrets.extend(secrets::read(path.as_ref())?);
        Ok(self)
    }

    /// Where random numbers of steps start, whatever the file says: every run with the same seed gives the same
    /// result.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.set(format!("pipeline.seed={seed}"))
    }

    /// Records each use of a capability and each column that a step reads, as it happens.
    /// [`AuditFile`](crate::AuditFile) writes it to a file.
    #[must_use]
    pub fn audit(mut self, sink: impl AuditSink + 'static) -> Self {
        self.audit = Audit::new(sink);
        self
    }

    /// Reads at most this many rows of each source.
    #[must_use]
    pub fn limit(mut self, rows: u64) -> Self {
        self.limit = Some(rows);
        self
    }

    /// Runs steps on this many threads, whatever the file says. The result is the same for any number.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Reads the path `-` from here instead of the standard input of this process.
    #[must_use]
    pub fn standard_input(mut self, input: StandardInput) -> Self {
        self.standard_input = input;
        self
    }

    /// Writes the path `-` here instead of to the standard output of this process.
    #[must_use]
    pub fn standard_output(mut self, output: StandardOutput) -> Self {
        self.standard_output = output;
        self
    }

    /// Gives a source's rows from memory. The pipeline file must have the source, but needs to give no path
    /// for it. Batches of more than the pipeline's `batch_rows` are cut, without a copy.
    #[must_use]
    pub fn source<B>(self, name: impl Into<String>, schema: SchemaRef, batches: B) -> Self
    where
        B: IntoIterator<Item = RecordBatch>,
        B::IntoIter: Send + 'static,
    {
        let batches = batches.into_iter().map(Ok::<_, ArrowError>);
        self.source_reader(name, RecordBatchIterator::new(batches, schema))
    }

    /// Gives a source's rows from a reader of any kind, such as one of a database.
    #[must_use]
    pub fn source_reader(
        mut self,
        name: impl Into<String>,
        reader: impl RecordBatchReader + Send + 'static,
    ) -> Self {
        self.sources.insert(name.into(), Box::new(reader));
        self
    }

    /// Hands a sink's batches to a function, in order, as they come. When the run fails later, it has seen
    /// batches all the same; [`collect`](Self::collect) holds them back.
    #[must_use]
    pub fn sink(
        mut self,
        name: impl Into<String>,
        take: impl FnMut(RecordBatch) + Send + 'static,
    ) -> Self {
        self.sinks
            .insert(name.into(), MemorySink::Callback(Box::new(take)));
        self
    }

    /// Keeps a sink's batches in memory, instead of writing them to its path. The collector has them when the run
    /// has ended well.
    #[must_use]
    pub fn collect(mut self, name: impl Into<String>, collector: &BatchCollector) -> Self {
        self.sinks
            .insert(name.into(), MemorySink::Collector(collector.clone()));
        self
    }

    /// Calls a function for each message that a step logs, with the step's name, from the thread of the step.
    #[must_use]
    pub fn on_log(
        mut self,
        handler: impl Fn(&str, &stepwell_engine::LogRecord) + Send + Sync + 'static,
    ) -> Self {
        self.on_log = Some(Arc::new(handler));
        self
    }

    /// Keeps the rejected rows in memory, whether or not the pipeline file has a place for them. The collector has them
    /// when the run has ended well; their table is that of [`rejects_schema`](stepwell_plan::rejects_schema).
    #[must_use]
    pub fn collect_rejects(mut self, collector: &BatchCollector) -> Self {
        self.sinks.insert(
            REJECTS_NAME.to_owned(),
            MemorySink::Collector(collector.clone()),
        );
        self
    }

    /// Calls a function for each batch that reaches a sink, with the sink's name, just before it is written.
    #[must_use]
    pub fn on_output(
        mut self,
        observer: impl Fn(&str, &RecordBatch) + Send + Sync + 'static,
    ) -> Self {
        self.on_output = Some(Arc::new(observer));
        self
    }

    /// Whether a sink writes to standard output, as far as the file can be read.
    #[must_use]
    pub fn writes_standard_output(&self) -> bool {
        let options = ParseOptions {
            overrides: self.overrides.clone(),
            environment: self.environment.clone(),
            secrets: self.all_secrets().into_keys().collect(),
        };
        PipelineFile::parse(&self.text, &self.file_name, &options).is_ok_and(|file| {
            let sinks = file.sinks.iter().map(|sink| &sink.spec);
            let rejects = file.rejects.iter().map(|rejects| &rejects.spec);
            sinks.chain(rejects).any(|spec| spec.path == "-")
        })
    }

    /// Checks the pipeline against the outside world: finds every step, looks at the schema of every source, and
    /// opens every step with the schemas that will reach it. At most a sample of each source is read, and nothing
    /// is written.
    ///
    /// # Errors
    /// [`Error::InvalidPipeline`] with everything that is wrong; [`Error::UnknownTable`] when a table in memory was
    /// given for a source or sink that the file does not have.
    pub fn check(self, host: &Host) -> Result<Checked, Error> {
        self.check_names()?;
        let secrets = self.all_secrets();
        let mut overrides = self.overrides;
        for name in self.sources.keys() {
            overrides = overrides.set(format!("sources.{name}.path=\"{}\"", memory_path(name)));
        }
        for name in self.sinks.keys() {
            let key = match name.as_str() {
                REJECTS_NAME => REJECTS_NAME.to_owned(),
                name => format!("sinks.{name}.path"),
            };
            overrides = overrides.set(format!("{key}=\"{}\"", memory_path(name)));
        }
        let options = ParseOptions {
            overrides,
            environment: self.environment.clone(),
            secrets: secrets.keys().cloned().collect(),
        };
        // Sources are opened once, with the size of batches that the run will have.
        let batch_rows =
            PipelineFile::parse(&self.text, &self.file_name, &options).map(|file| file.batch_rows);
        let mut world = World {
            host: host.clone(),
            source_options: OpenOptions {
                base_dir: self.base_dir.clone(),
                batch_rows: batch_rows.unwrap_or(BATCH_ROWS),
                limit: self.limit,
                standard_input: self.standard_input,
                storage: host.storage().clone(),
            },
            sink_options: SinkOptions {
                base_dir: self.base_dir,
                standard_output: self.standard_output,
                storage: host.storage().clone(),
            },
            memory_sources: self.sources,
            memory_sinks: self.sinks,
            opened: BTreeMap::new(),
            components: std::collections::HashMap::new(),
            models: None,
            environment: self.environment,
            secrets: Secrets::new(secrets),
            audit: self.audit,
        };
        let checked = check_text(&self.text, &self.file_name, &options, &mut world);
        let (plan, warnings) = checked.into_result()?;
        Ok(Checked {
            plan: Arc::new(plan),
            warnings,
            world,
            threads: self.threads,
            on_log: self.on_log,
            on_output: self.on_output,
        })
    }

    /// Checks the pipeline and runs it to its end without blocking the task, and cancels the run when the future is
    /// dropped.
    ///
    /// # Errors
    /// As [`check`](Self::check) and [`Checked::run`].
    ///
    /// # Panics
    /// When it is not called from within a Tokio runtime.
    #[cfg(feature = "tokio")]
    pub async fn run_async(self, host: &Host) -> Result<stepwell_exec::Summary, Error> {
        let host = host.clone();
        let checked = crate::run::blocking(move || self.check(&host)).await?;
        checked.run_async().await
    }

    fn all_secrets(&self) -> BTreeMap<String, String> {
        let mut secrets = secrets::from_environment(&self.environment);
        secrets.extend(self.secrets.clone());
        secrets
    }

    /// A slip in a table's name would otherwise be told as one in an option that the program never gave.
    fn check_names(&self) -> Result<(), Error> {
        // What is not TOML is told with its place by the check.
        let Ok(file) = self.text.parse::<toml::Table>() else {
            return Ok(());
        };
        let check = |kind: &'static str, section: &str, given: Vec<&String>| {
            let names: Vec<String> = file
                .get(section)
                .and_then(toml::Value::as_table)
                .map(|table| table.keys().cloned().collect())
                .unwrap_or_default();
            match given.into_iter().find(|name| !names.contains(name)) {
                Some(name) => Err(Error::UnknownTable {
                    kind,
                    name: name.clone(),
                    names,
                }),
                None => Ok(()),
            }
        };
        check("source", "sources", self.sources.keys().collect())?;
        let sinks = self.sinks.keys().filter(|name| *name != REJECTS_NAME);
        check("sink", "sinks", sinks.collect())
    }
}
