//! From a text to the entries of a pipeline file, with all that is wrong on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::entries::{ParameterEntry, ParameterType, PipelineFile, Section};
use super::model::{
    self, ArtifactTable, MaxRejectsValue, ModelTable, ParameterTable, PipelineTable, RejectsTable,
};
use super::overrides::{self, Overrides};
use super::quantity;
use super::variables::Variables;
use super::{ArtifactEntry, ModelEntry, build, limits};
use crate::error::PlanError;
use crate::json_schema::{self, Place, ViolationKind};
use crate::limits::Limits;
use crate::suggest;
use crate::text::{self, Diagnostic, Located, SourceText, Span};
use crate::tree::{self, Entry, Node, Value};

/// What is given besides the file itself.
#[derive(Debug, Clone, Default)]
pub struct ParseOptions {
    /// What the command line changes.
    pub overrides: Overrides,
    /// The environment variables, for `${env:NAME}`. None by default: nothing is taken from the
    /// process.
    pub environment: BTreeMap<String, String>,
    /// The names of the secrets that there are, for `${secret:NAME}`. Their values are none of a
    /// plan's business.
    pub secrets: BTreeSet<String>,
}

/// What the names of environment variables begin with that hold secrets.
pub const SECRET_PREFIX: &str = "STEPWELL_SECRET_";

/// A file as far as it could be read.
pub(crate) struct Reading {
    /// `None`: it is not TOML.
    pub(crate) file: Option<PipelineFile>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

static SCHEMA: LazyLock<Json> = LazyLock::new(model::pipeline_schema);

impl PipelineFile {
    /// Reads the text of a pipeline file. `file_name` is what messages call it.
    ///
    /// # Errors
    /// All that is wrong with the file by itself: syntax, unknown and missing keys, wrong types, unknown
    /// variables. What needs the outside world is [`check`](crate::check)'s.
    pub fn parse(text: &str, file_name: &str, options: &ParseOptions) -> Result<Self, PlanError> {
        let Reading { file, diagnostics } = read(text, file_name, options);
        match file {
            Some(mut file) if !diagnostics.iter().any(Diagnostic::is_error) => {
                file.warnings = diagnostics;
                Ok(file)
            }
            _ => Err(PlanError::InvalidPipeline {
                file_name: file_name.to_owned(),
                diagnostics,
            }),
        }
    }
}

/// Reads as much of a file as makes sense.
pub(crate) fn read(text: &str, file_name: &str, options: &ParseOptions) -> Reading {
    let source = Arc::new(SourceText {
        name: file_name.to_owned(),
        text: text.to_owned(),
    });
    let (root, diagnostics) = tree::parse_document(&source);
    if !diagnostics.is_empty() {
        // What follows from a line that could not be read would only hide that line.
        let file = None;
        return Reading { file, diagnostics };
    }
    let mut reader = Reader {
        root,
        source: source.clone(),
        diagnostics,
        broken: BTreeSet::new(),
        failed: Vec::new(),
        limits: Limits::default(),
    };
    let file = reader.read(options);
    text::sort(&mut reader.diagnostics, &source);
    Reading {
        file: Some(file),
        diagnostics: reader.diagnostics,
    }
}

pub(super) struct Reader {
    root: Node,
    source: Arc<SourceText>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Paths (section, or section and name) where the shape is wrong.
    broken: BTreeSet<Vec<String>>,
    /// Strings in which a variable stands for nothing.
    failed: Vec<Span>,
    /// What every step may use up that has no limits of its own.
    pub(super) limits: Limits,
}

impl Reader {
    fn read(&mut self, options: &ParseOptions) -> PipelineFile {
        overrides::apply(&options.overrides, &mut self.root, &mut self.diagnostics);
        let parameters = self.replace_variables(options);
        self.check_shape();
        self.check_names();
        let pipeline = self.pipeline_table();
        self.limits = self.pipeline_limits();
        let mut file = PipelineFile {
            source: self.source.clone(),
            name: self.pipeline_name(&pipeline),
            description: pipeline.description,
            batch_rows: pipeline.batch_rows,
            threads: pipeline.threads,
            seed: pipeline.seed,
            artifacts: Vec::new(),
            time: self.run_time(pipeline.time.as_deref()),
            limits: self.limits,
            parameters,
            models: Vec::new(),
            sources: Vec::new(),
            steps: Vec::new(),
            sinks: Vec::new(),
            rejects: None,
            max_rejects: None,
            broken: Vec::new(),
            warnings: Vec::new(),
        };
        self.pipeline_rejects(&mut file, pipeline.rejects, pipeline.max_rejects.as_ref());
        for entry in self.section("models") {
            match self.model(&entry) {
                Some(model) => file.models.push(model),
                None => file.broken.push(build::broken(Section::Models, &entry)),
            }
        }
        for entry in self.section("artifacts") {
            match self.artifact(&entry) {
                Some(artifact) => file.artifacts.push(artifact),
                None => file.broken.push(build::broken(Section::Artifacts, &entry)),
            }
        }
        for entry in self.section("sources") {
            match build::source(self, &entry) {
                Some(source) => file.sources.push(source),
                None => file.broken.push(build::broken(Section::Sources, &entry)),
            }
        }
        for entry in self.section("steps") {
            match build::step(self, &entry) {
                Some(step) => file.steps.push(step),
                None => file.broken.push(build::broken(Section::Steps, &entry)),
            }
        }
        for entry in self.section("sinks") {
            match build::sink(self, &entry) {
                Some(sink) => file.sinks.push(sink),
                None => file.broken.push(build::broken(Section::Sinks, &entry)),
            }
        }
        file
    }

    /// Gives the parameters of the pipeline their values, then puts them and environment variables
    /// where strings ask for them.
    fn replace_variables(&mut self, options: &ParseOptions) -> Vec<ParameterEntry> {
        let environment = &options.environment;
        let nothing = BTreeSet::new();
        let mut variables = Variables {
            environment,
            parameters: None,
            without_value: &nothing,
            secrets: &options.secrets,
            has_secrets: false,
            used: BTreeSet::new(),
            failed: Vec::new(),
            diagnostics: Vec::new(),
        };
        let Value::Table(sections) = &mut self.root.value else {
            return Vec::new();
        };
        for section in sections
            .iter_mut()
            .filter(|section| section.key == "parameters")
        {
            variables.replace(&mut section.node);
        }
        self.diagnostics.append(&mut variables.diagnostics);
        self.failed.append(&mut variables.failed);

        let mut declared = Vec::new();
        let mut values = BTreeMap::new();
        let mut without_value = BTreeSet::new();
        for entry in self.section("parameters") {
            match self.parameter(&entry) {
                Some(parameter) => {
                    values.insert(entry.key, parameter.value.clone());
                    declared.push(parameter);
                }
                None => {
                    without_value.insert(entry.key);
                }
            }
        }
        let mut variables = Variables {
            environment,
            parameters: Some(&values),
            without_value: &without_value,
            secrets: &options.secrets,
            has_secrets: false,
            used: BTreeSet::new(),
            failed: Vec::new(),
            diagnostics: Vec::new(),
        };
        if let Value::Table(sections) = &mut self.root.value {
            for section in sections
                .iter_mut()
                .filter(|section| section.key != "parameters")
            {
                match section.key.as_str() {
                    "steps" => variables.replace_in_steps(&mut section.node),
                    _ => variables.replace(&mut section.node),
                }
            }
        }
        let used = variables.used;
        self.diagnostics.append(&mut variables.diagnostics);
        self.failed.append(&mut variables.failed);
        self.break_failed();
        for parameter in declared
            .iter()
            .filter(|parameter| !used.contains(&parameter.name.value))
        {
            let name = &parameter.name;
            let message = format!("parameter `{}` is declared but nothing uses it", name.value);
            let help = format!(
                "`${{param:{}}}` stands for its value in any string",
                name.value
            );
            self.diagnostics.push(
                Diagnostic::warning("unused_parameter", message)
                    .at(&name.span)
                    .help(help),
            );
        }
        declared
    }

    /// Entries in which a variable stands for nothing are not looked at further.
    fn break_failed(&mut self) {
        for section in self.root.entries() {
            for entry in section.node.entries() {
                if self
                    .failed
                    .iter()
                    .any(|span| entry.node.has_string_at(span))
                {
                    let path = vec![section.key.clone(), entry.key.clone()];
                    self.broken.insert(path);
                }
            }
        }
    }

    /// A parameter of the pipeline; `None` where its table is wrong (which is reported with the
    /// rest of the file's shape) or where it has no value.
    fn parameter(&mut self, entry: &Entry) -> Option<ParameterEntry> {
        let table: ParameterTable = serde_json::from_value(entry.node.to_json()).ok()?;
        let name = Located::new(entry.key.clone(), entry.key_span.clone());
        if self.failed.contains(entry.node.span_of(&["default"])) {
            return None;
        }
        let Some(value) = table.default else {
            let message = format!("parameter `{}` of the pipeline has no value", entry.key);
            let help = format!("give it one, `--param {}=…`, or a `default`", entry.key);
            self.diagnostics.push(
                Diagnostic::error("missing_value", message)
                    .at(&name.span)
                    .help(help),
            );
            return None;
        };
        let fits = match table.kind {
            ParameterType::String => value.is_string(),
            ParameterType::Integer => value.is_i64(),
            ParameterType::Number => value.is_number(),
            ParameterType::Boolean => value.is_boolean(),
        };
        if !fits {
            let span = entry.node.span_of(&["default"]);
            let found = json_schema::type_of(&value);
            let article = if table.kind == ParameterType::Integer {
                "an"
            } else {
                "a"
            };
            let message = format!(
                "parameter `{}` of the pipeline must be {article} {}, not {found}",
                entry.key, table.kind
            );
            self.diagnostics
                .push(Diagnostic::error("wrong_type", message).at(span));
            return None;
        }
        Some(ParameterEntry {
            name,
            kind: table.kind,
            help: table.help,
            value,
        })
    }

    /// Compares the whole file with its schema.
    fn check_shape(&mut self) {
        let mut violations = json_schema::check(&SCHEMA, &self.root.to_json());
        let mut has_changed = false;
        for violation in violations.iter().filter(|violation| violation.wants_text()) {
            has_changed |= self.root.reread_as_text(&violation.path, &self.source);
        }
        if has_changed {
            violations = json_schema::check(&SCHEMA, &self.root.to_json());
        }
        for violation in violations {
            let span = match &violation.kind {
                ViolationKind::UnknownKey { .. } => self.key_span(&violation.path),
                ViolationKind::MissingKey { .. }
                | ViolationKind::NoneOfKeys { .. }
                | ViolationKind::SeveralOfKeys { .. } => self.table_span(&violation.path),
                _ => self.root.span_of(&violation.path).clone(),
            };
            if self.failed.contains(&span) {
                continue;
            }
            let mut diagnostic = violation.to_diagnostic(Place::File, &span);
            if let Some(help) = misplaced(&violation.path, &violation.kind) {
                diagnostic.help = Some(help);
            }
            self.diagnostics.push(diagnostic);
            self.broken
                .insert(violation.path.into_iter().take(2).collect());
        }
    }

    /// The span of the key that a path ends in.
    fn key_span(&self, path: &[String]) -> Span {
        let Some((key, parent)) = path.split_last() else {
            return self.start();
        };
        let (node, _) = self.root.follow(parent);
        node.entry(key)
            .map_or_else(|| node.span.clone(), |entry| entry.key_span.clone())
    }

    /// What stands for a table as a whole: its name.
    fn table_span(&self, path: &[String]) -> Span {
        match path.last() {
            None => self.start(),
            Some(last) if last.parse::<usize>().is_ok() => self.root.span_of(path).clone(),
            Some(_) => self.key_span(path),
        }
    }

    fn start(&self) -> Span {
        Span {
            source: self.source.clone(),
            range: 0..0,
        }
    }

    fn check_names(&mut self) {
        let mut seen: BTreeMap<String, (&str, Span)> = BTreeMap::new();
        for section in [
            "parameters",
            "models",
            "artifacts",
            "sources",
            "steps",
            "sinks",
        ] {
            for entry in self.section(section) {
                if !quantity::is_name(&entry.key) {
                    let message = format!(
                        "`{}` cannot be a name; names are made of lowercase letters, digits, `_` and `-`",
                        entry.key
                    );
                    let help =
                        quantity::as_name(&entry.key).map(|name| format!("call it `{name}`"));
                    let diagnostic = Diagnostic::error("bad_name", message).at(&entry.key_span);
                    self.diagnostics.push(diagnostic.maybe_help(help));
                }
                if section != "sources" && section != "steps" {
                    continue;
                }
                if let Some((other, span)) = seen.get(&entry.key) {
                    let message = format!("`{}` is the name of a source and of a step", entry.key);
                    self.diagnostics.push(
                        Diagnostic::error("duplicate_name", message)
                            .at(&entry.key_span)
                            .at_with(span, format!("is in `{other}`, too"))
                            .help("sources and steps share one set of names: rename one of them"),
                    );
                }
                seen.insert(entry.key, (section, entry.key_span));
            }
        }
    }

    pub(super) fn section(&self, name: &str) -> Vec<Entry> {
        self.root.get(name).map_or(&[][..], Node::entries).to_vec()
    }

    pub(super) fn is_broken(&self, section: &str, name: &str) -> bool {
        self.broken
            .contains(&vec![section.to_owned(), name.to_owned()])
    }

    /// The typed form of an entry whose shape was found right.
    pub(super) fn typed<T: DeserializeOwned>(
        &mut self,
        section: &str,
        entry: &Entry,
        value: Json,
    ) -> Option<T> {
        if self.is_broken(section, &entry.key) {
            return None;
        }
        match serde_json::from_value(value) {
            Ok(table) => Some(table),
            Err(error) => {
                let message = format!("`{section}.{}`: {error}", entry.key);
                self.diagnostics
                    .push(Diagnostic::error("invalid_value", message).at(&entry.key_span));
                None
            }
        }
    }

    fn pipeline_table(&self) -> PipelineTable {
        let table = self.root.get("pipeline").map(Node::to_json);
        // Where it is wrong, that was reported; the rest of the file is checked all the same.
        table
            .and_then(|table| serde_json::from_value(table).ok())
            .unwrap_or_else(|| PipelineTable {
                name: String::new(),
                description: None,
                batch_rows: model::default_batch_rows(),
                threads: None,
                seed: None,
                time: None,
                rejects: None,
                max_rejects: None,
            })
    }

    fn pipeline_rejects(
        &mut self,
        file: &mut PipelineFile,
        rejects: Option<RejectsTable>,
        max_rejects: Option<&MaxRejectsValue>,
    ) {
        let Some(node) = self.root.get("pipeline").cloned() else {
            return;
        };
        if !self.is_broken("pipeline", "rejects") {
            file.rejects = rejects.and_then(|rejects| build::rejects(&node, rejects));
        }
        if !self.is_broken("pipeline", "max_rejects") {
            file.max_rejects = build::max_rejects(self, &node, "the pipeline", max_rejects);
        }
    }

    fn run_time(&mut self, text: Option<&str>) -> Option<Duration> {
        let span = self.root.get("pipeline")?.span_of(&["time"]).clone();
        let time = limits::run_time(text.filter(|_| !self.failed.contains(&span))?, &span);
        time.map_err(|diagnostic| self.diagnostics.push(diagnostic))
            .ok()
    }

    /// The limits of all steps. Where the table is wrong, that was reported; steps are then checked with the defaults.
    fn pipeline_limits(&mut self) -> Limits {
        let base = Limits::default();
        let is_broken = self
            .broken
            .iter()
            .any(|path| path.first().is_some_and(|section| section == "limits"));
        let Some(node) = self.root.get("limits").filter(|_| !is_broken) else {
            return base;
        };
        let Ok(table) = serde_json::from_value(node.to_json()) else {
            return base;
        };
        limits::limits(&table, base, "all steps", Some(node)).unwrap_or_else(|diagnostics| {
            self.diagnostics.extend(diagnostics);
            base
        })
    }

    fn pipeline_name(&self, table: &PipelineTable) -> Located<String> {
        let span = match self.root.get("pipeline") {
            Some(pipeline) => pipeline.span_of(&["name"]).clone(),
            None => self.start(),
        };
        Located::new(table.name.clone(), span)
    }

    fn artifact(&mut self, entry: &Entry) -> Option<ArtifactEntry> {
        let table: ArtifactTable = self.typed("artifacts", entry, entry.node.to_json())?;
        let path = match table {
            ArtifactTable::Path(path) => path,
            ArtifactTable::Table(table) => table.path,
        };
        Some(ArtifactEntry {
            name: Located::new(entry.key.clone(), entry.key_span.clone()),
            path: Located::new(path, entry.node.span_of(&["path"]).clone()),
        })
    }

    fn model(&mut self, entry: &Entry) -> Option<ModelEntry> {
        let table: ModelTable = self.typed("models", entry, entry.node.to_json())?;
        let path = match table {
            ModelTable::Path(path) => path,
            ModelTable::Table(table) => table.path,
        };
        Some(ModelEntry {
            name: Located::new(entry.key.clone(), entry.key_span.clone()),
            path: Located::new(path, entry.node.span_of(&["path"]).clone()),
        })
    }
}

/// Where a key belongs that stands in the wrong table, if its name says so.
fn misplaced(path: &[String], kind: &ViolationKind) -> Option<String> {
    let (ViolationKind::UnknownKey { known }, [.., key]) = (kind, path) else {
        return None;
    };
    if suggest::closest(key, known).is_some() {
        return None;
    }
    match path {
        [section, name, _] if section == "steps" => Some(format!(
            "parameters of the step go into `with`: `[steps.{name}.with]`"
        )),
        [key]
            if matches!(
                key.as_str(),
                "name"
                    | "description"
                    | "batch_rows"
                    | "threads"
                    | "seed"
                    | "rejects"
                    | "max_rejects"
            ) =>
        {
            Some("it goes into the section `[pipeline]`".to_owned())
        }
        _ => None,
    }
}
