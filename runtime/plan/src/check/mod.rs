//! From the entries of a pipeline file to a plan: asks the outside world, opens every step, and
//! reports everything that is wrong. What depends on something broken is skipped, not reported
//! again.

mod answer;
mod assemble;
mod files;
mod grants;
mod graph;
mod links;
mod rejects;
mod steps;
mod unread;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_schema::SchemaRef;

use crate::catalog::{Catalog, Problem, StepComponent};
use crate::error::PlanError;
use crate::file::{self, ParseOptions, PipelineFile, Reading};
use crate::plan::Plan;
use crate::step::Opened;
use crate::text::{self, Diagnostic, Span};
use crate::tree::Node;

/// The outcome of a check.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Checked {
    /// What messages call the pipeline file.
    pub file_name: String,
    /// The plan, where nothing is wrong.
    pub plan: Option<Plan>,
    /// All that is wrong and all warnings, by place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// The plan and the warnings.
    ///
    /// # Errors
    /// Something is wrong with the pipeline.
    pub fn into_result(self) -> Result<(Plan, Vec<Diagnostic>), PlanError> {
        match self.plan {
            Some(plan) => Ok((plan, self.diagnostics)),
            None => Err(PlanError::InvalidPipeline {
                file_name: self.file_name,
                diagnostics: self.diagnostics,
            }),
        }
    }
}

/// Checks a pipeline file that was read without errors.
pub fn check(file: &PipelineFile, catalog: &mut dyn Catalog) -> Checked {
    check_reading(file, file.warnings.clone(), catalog)
}

/// Reads and checks a pipeline file. Unlike [`PipelineFile::parse`] and then [`check`], this
/// reports what is wrong with the text and what is wrong with the rest of the pipeline together.
pub fn check_text(
    text: &str,
    file_name: &str,
    options: &ParseOptions,
    catalog: &mut dyn Catalog,
) -> Checked {
    match file::read(text, file_name, options) {
        Reading {
            file: Some(file),
            diagnostics,
        } => check_reading(&file, diagnostics, catalog),
        Reading {
            file: None,
            diagnostics,
        } => Checked {
            file_name: file_name.to_owned(),
            plan: None,
            diagnostics,
        },
    }
}

fn check_reading(
    file: &PipelineFile,
    diagnostics: Vec<Diagnostic>,
    catalog: &mut dyn Catalog,
) -> Checked {
    let mut checker = Checker {
        file,
        catalog,
        diagnostics,
        broken_models: BTreeSet::new(),
        sources: Vec::new(),
        steps: Vec::new(),
    };
    let plan = checker.check();
    let mut diagnostics = checker.diagnostics;
    text::sort(&mut diagnostics, &file.source);
    Checked {
        file_name: file.source.name.clone(),
        plan: plan.filter(|_| !diagnostics.iter().any(Diagnostic::is_error)),
        diagnostics,
    }
}

struct Checker<'a> {
    file: &'a PipelineFile,
    catalog: &'a mut dyn Catalog,
    diagnostics: Vec<Diagnostic>,
    /// The models that could not be had; steps that are granted one are not opened.
    broken_models: BTreeSet<String>,
    /// The schemas of `file.sources`, as far as they could be had.
    sources: Vec<Option<SchemaRef>>,
    /// What is known of `file.steps`.
    steps: Vec<StepState>,
}

/// What is known of a step so far.
#[derive(Default)]
struct StepState {
    component: Option<Arc<StepComponent>>,
    /// One for each input port; `None` where nothing usable is linked. Empty where the component is
    /// unknown.
    links: Vec<Option<Link>>,
    /// Something was reported about this step: it is not opened.
    is_broken: bool,
    /// What the file gives, as the step takes it.
    parameters: serde_json::Value,
    opened: Option<Opened>,
}

/// Where rows come from, by positions in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Source(usize),
    Step { step: usize, port: usize },
}

impl<'a> Checker<'a> {
    fn check(&mut self) -> Option<Plan> {
        self.check_models();
        self.check_artifacts();
        self.check_sources();
        self.describe_steps();
        self.link_steps();
        let order = self.order();
        for step in order.iter().copied() {
            self.open_step(step);
        }
        let sinks = self.check_sinks();
        self.check_rejects();
        self.check_files();
        self.check_unread();
        assemble::plan(self, &order, &sinks)
    }

    fn check_models(&mut self) {
        let broken = self.file.broken.iter();
        let broken = broken.filter(|entry| entry.section == file::Section::Models);
        self.broken_models = broken.map(|entry| entry.name.clone()).collect();
        for model in &self.file.models {
            let name = &model.name.value;
            if let Err(problem) = self.catalog.check_model(name, &model.path.value) {
                let diagnostic = from_problem(&problem, "model", name).at(&model.path.span);
                self.diagnostics.push(diagnostic);
                self.broken_models.insert(name.clone());
            }
            let is_used = |step: &file::StepEntry| step.grants.models.contains(name);
            let has_unread_steps = self
                .file
                .broken
                .iter()
                .any(|entry| entry.section == file::Section::Steps);
            if !has_unread_steps && !self.file.steps.iter().any(is_used) {
                let message = format!("model `{name}` is granted to no step");
                let help = format!("grant it in a step: `allow = {{ models = [\"{name}\"] }}`");
                let diagnostic = Diagnostic::warning("unused_model", message);
                self.diagnostics
                    .push(diagnostic.at(&model.name.span).help(help));
            }
        }
    }

    fn check_sources(&mut self) {
        for source in &self.file.sources {
            let name = &source.name.value;
            let schema = match self.catalog.source_schema(name, &source.spec) {
                Ok(schema) => Some(schema),
                Err(problem) => {
                    let span = problem_span(&problem, &source.node, "path", &source.name.span);
                    self.diagnostics
                        .push(from_problem(&problem, "source", name).at(&span));
                    None
                }
            };
            self.sources.push(schema);
        }
    }

    /// Where each sink's rows come from, as far as that is known.
    fn check_sinks(&mut self) -> Vec<Option<Link>> {
        let mut links = Vec::new();
        for sink in &self.file.sinks {
            let name = &sink.name.value;
            let link = self.resolve(&sink.input, &format!("sink `{name}`"));
            if let Some(schema) = link.and_then(|link| self.schema(link).cloned())
                && let Err(problem) = self.catalog.check_sink(name, &sink.spec, &schema)
            {
                let span = problem_span(&problem, &sink.node, "path", &sink.name.span);
                self.diagnostics
                    .push(from_problem(&problem, "sink", name).at(&span));
            }
            links.push(link);
        }
        let is_broken_sink = |entry: &file::BrokenEntry| entry.section == file::Section::Sinks;
        if self.file.sinks.is_empty() && !self.file.broken.iter().any(is_broken_sink) {
            let message = "the pipeline has no sink: its result would go nowhere";
            let help = "add one: `[sinks.result]` with `input` and `path`";
            let diagnostic = Diagnostic::error("no_sinks", message).at(&self.file.name.span);
            self.diagnostics.push(diagnostic.help(help));
        }
        links
    }

    fn schema(&self, link: Link) -> Option<&SchemaRef> {
        match link {
            Link::Source(source) => self.sources[source].as_ref(),
            Link::Step { step, port } => {
                let opened = self.steps[step].opened.as_ref()?;
                opened.outputs.get(port).map(|output| &output.schema)
            }
        }
    }

    /// The positions of sources and steps by name. Where both have one name, which was reported, it
    /// is the source's.
    fn names(&self) -> BTreeMap<&'a str, Named> {
        let file = self.file;
        let steps = file.steps.iter().enumerate();
        let steps = steps.map(|(index, step)| (step.name.value.as_str(), Named::Step(index)));
        let sources = file.sources.iter().enumerate();
        let sources =
            sources.map(|(index, source)| (source.name.value.as_str(), Named::Source(index)));
        steps.chain(sources).collect()
    }
}

/// What a name stands for, by its position in the file.
#[derive(Debug, Clone, Copy)]
enum Named {
    Source(usize),
    Step(usize),
}

/// A problem that the outside world found with an entry, without a place.
fn from_problem(problem: &Problem, kind: &str, name: &str) -> Diagnostic {
    let message = match problem.message.contains(&format!("{kind} `{name}`")) {
        true => problem.message.clone(),
        false => format!("{kind} `{name}`: {}", problem.message),
    };
    Diagnostic::error(problem.code, message).maybe_help(problem.hint.clone())
}

/// The place of a problem in its entry: the value that its keys lead to, else the entry's main
/// value, else its name.
fn problem_span(problem: &Problem, entry: &Node, main_key: &str, name: &Span) -> Span {
    let (node, depth) = entry.follow(&problem.key);
    if depth > 0 {
        return node.span.clone();
    }
    entry
        .get(main_key)
        .map_or_else(|| name.clone(), |node| node.span.clone())
}
