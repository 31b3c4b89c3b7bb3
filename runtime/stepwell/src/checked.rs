//! A pipeline that can run.

use std::fmt;
use std::sync::Arc;

use stepwell_exec::{LogHandler, Parts, RunOptions, Summary};
use stepwell_plan::{Diagnostic, Plan, REJECTS_NAME, explain, rejects_schema};

use crate::error::Error;
use crate::memory::{ObservedSink, OutputObserver};
use crate::run::Run;
use crate::world::World;

/// A pipeline that was checked: everything is found, everything fits, and nothing was written.
pub struct Checked {
    pub(crate) plan: Arc<Plan>,
    pub(crate) warnings: Vec<Diagnostic>,
    pub(crate) world: World,
    pub(crate) threads: Option<usize>,
    pub(crate) on_log: Option<Arc<LogHandler>>,
    pub(crate) on_output: Option<Arc<OutputObserver>>,
}

impl fmt::Debug for Checked {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Checked")
            .field("plan", &self.plan)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

impl Checked {
    /// What will run.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What is probably not as its author meant it, by place.
    #[must_use]
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The plan for people to read. The text ends with a line break.
    #[must_use]
    pub fn explain(&self, format: explain::Format) -> String {
        explain::render(&self.plan, format)
    }

    /// Opens the sinks and starts the run, in threads of its own.
    ///
    /// # Errors
    /// A sink cannot be written.
    pub fn start(mut self) -> Result<Run, Error> {
        let plan = Arc::clone(&self.plan);
        let sinks = plan.sinks.iter().map(|planned| {
            let schema = Arc::clone(plan.schema(planned.input));
            let sink = self.world.open_sink(&planned.name, &planned.spec, schema)?;
            Ok(match &self.on_output {
                None => sink,
                Some(observer) => Box::new(ObservedSink {
                    name: planned.name.clone(),
                    sink,
                    observer: Arc::clone(observer),
                }),
            })
        });
        let sinks = sinks.collect::<Result<Vec<_>, Error>>()?;
        let rejects = plan
            .rejects
            .as_ref()
            .map(|spec| self.world.open_sink(REJECTS_NAME, spec, rejects_schema()));
        let rejects = rejects.transpose()?;
        let surroundings = self.world.surroundings(plan.seed, &plan.artifacts);
        let audit = surroundings.audit.clone();
        let sources = plan.sources.iter().map(|planned| {
            self.world
                .opened
                .remove(&planned.name)
                .expect("a planned source was opened when it was checked")
        });
        let sources = sources.collect();
        let parts = Parts {
            sources,
            components: plan
                .steps
                .iter()
                .map(|step| self.world.components[&step.reference].clone())
                .collect(),
            sinks,
            rejects,
            models: self.world.models.map(|models| models as _),
            surroundings,
        };
        let mut options = RunOptions::default();
        options.threads = self.threads;
        options.on_log = self.on_log;
        Ok(Run::new(
            stepwell_exec::Run::start(plan, parts, &options),
            audit,
        ))
    }

    /// Runs the pipeline to its end.
    ///
    /// # Errors
    /// The first thing that went wrong. No output is changed then.
    pub fn run(self) -> Result<Summary, Error> {
        self.start()?.wait()
    }

    /// Runs the pipeline to its end without blocking the task, and cancels it when the future is dropped.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    ///
    /// # Panics
    /// When it is not called from within a Tokio runtime.
    #[cfg(feature = "tokio")]
    pub async fn run_async(self) -> Result<Summary, Error> {
        let start = move || self.start();
        let run = crate::run::blocking(start).await?;
        run.wait_async().await
    }
}
