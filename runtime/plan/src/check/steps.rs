//! Steps by themselves (what they are, their parameters, their grants), and opened with their
//! inputs.

use std::collections::BTreeMap;

use arrow_schema::SchemaRef;
use serde_json::Value;

use super::{Checker, StepState, answer, from_problem, problem_span};
use crate::catalog::{OpenError, OpenRequest, StepComponent};
use crate::file::StepEntry;
use crate::json_schema::{self, Place, ViolationKind};
use crate::step::{Opened, StepProblem, Subject};
use crate::suggest;
use crate::text::{Diagnostic, Span};

impl Checker<'_> {
    pub(super) fn describe_steps(&mut self) {
        for entry in &self.file.steps {
            let before = self.diagnostics.len();
            let mut state = StepState::default();
            match self.catalog.describe(&entry.reference.value) {
                Ok(component) => {
                    state.parameters = self.check_parameters(entry, &component);
                    self.check_grants(entry, &component);
                    state.component = Some(component);
                }
                Err(problem) => {
                    let diagnostic = from_problem(&problem, "step", &entry.name.value);
                    let mut span = entry.reference.span.clone();
                    if !problem.key.is_empty() {
                        span = problem_span(&problem, &entry.node, "uses", &span);
                    }
                    self.diagnostics.push(diagnostic.at(&span));
                }
            }
            state.is_broken = self.diagnostics[before..].iter().any(Diagnostic::is_error);
            state.is_broken |= !self.broken_models.is_disjoint(&entry.grants.models);
            self.steps.push(state);
        }
    }

    /// Compares the parameters with the step's own schema, before anything is opened. Gives them as
    /// the step takes them: `1` of the command line is a text where the step wants one.
    fn check_parameters(&mut self, entry: &StepEntry, component: &StepComponent) -> Value {
        let schema = &component.description.parameters;
        let mut parameters = entry.parameters.clone();
        let mut violations = json_schema::check(schema, &parameters);
        if let Some(mut with) = entry.node.get("with").cloned() {
            let mut has_changed = false;
            for violation in violations.iter().filter(|violation| violation.wants_text()) {
                has_changed |= with.reread_as_text(&violation.path, &self.file.source);
            }
            if has_changed {
                parameters = with.to_json();
                violations = json_schema::check(schema, &parameters);
            }
        }
        let place = Place::Parameters {
            step: &entry.name.value,
        };
        for violation in violations {
            let span = match &violation.kind {
                ViolationKind::UnknownKey { .. } => parameter_key_span(entry, &violation.path),
                ViolationKind::MissingKey { .. } if violation.path.is_empty() => {
                    entry.name.span.clone()
                }
                _ => parameter_span(entry, &violation.path),
            };
            self.diagnostics.push(violation.to_diagnostic(place, &span));
        }
        parameters
    }

    /// Opens a step, if all that it needs is there and right.
    pub(super) fn open_step(&mut self, step: usize) {
        let entry = &self.file.steps[step];
        let state = &self.steps[step];
        let Some(component) = state.component.clone() else {
            return;
        };
        let schemas = state
            .links
            .iter()
            .map(|link| link.and_then(|link| self.schema(link).cloned()));
        let Some(inputs) = schemas.collect::<Option<Vec<SchemaRef>>>() else {
            return;
        };
        self.check_granted_columns(entry, &inputs);
        if self.steps[step].is_broken {
            return;
        }
        let models: BTreeMap<String, String> = self
            .file
            .models
            .iter()
            .map(|model| (model.name.value.clone(), model.path.value.clone()))
            .collect();
        let artifacts = self.artifacts();
        let request = OpenRequest {
            step: &entry.name.value,
            reference: &entry.reference.value,
            component: &component,
            parameters: &self.steps[step].parameters,
            inputs: &inputs,
            grants: &entry.grants,
            limits: &entry.limits,
            models: &models,
            artifacts: &artifacts,
            seed: self.file.seed,
        };
        match self.catalog.open(&request) {
            Ok(opened) => self.check_answer(step, &component, &inputs, opened),
            Err(OpenError::Refused(problems)) if problems.is_empty() => {
                let message = format!(
                    "step `{}` refuses to open and does not say why",
                    entry.name.value
                );
                self.diagnostics
                    .push(Diagnostic::error("step_refused", message).at(&entry.reference.span));
            }
            Err(OpenError::Refused(problems)) => {
                for problem in &problems {
                    let diagnostic = step_problem(entry, problem, &component, &inputs);
                    self.diagnostics.push(diagnostic);
                }
            }
            Err(OpenError::Failed(problem)) => {
                let diagnostic = from_problem(&problem, "step", &entry.name.value);
                let span = problem_span(&problem, &entry.node, "uses", &entry.reference.span);
                self.diagnostics.push(diagnostic.at(&span));
            }
        }
    }

    /// Warns of columns that are granted, but that no input has.
    fn check_granted_columns(&mut self, entry: &StepEntry, inputs: &[SchemaRef]) {
        for (index, granted) in entry.granted("columns") {
            if inputs
                .iter()
                .any(|schema| schema.column_with_name(granted).is_some())
            {
                continue;
            }
            let columns: Vec<&String> = inputs
                .iter()
                .flat_map(|schema| schema.fields())
                .map(|field| field.name())
                .collect();
            let valid = suggest::valid(granted, "columns", &columns);
            let message = format!(
                "step `{}` is granted the column `{granted}`, which none of its inputs has{valid}",
                entry.name.value
            );
            let span = entry
                .node
                .span_of(&["allow", "columns", &index.to_string()]);
            let diagnostic = Diagnostic::warning("unknown_column", message).at(span);
            self.diagnostics
                .push(diagnostic.maybe_help(suggest::did_you_mean(granted, &columns)));
        }
    }

    fn check_answer(
        &mut self,
        step: usize,
        component: &StepComponent,
        inputs: &[SchemaRef],
        opened: Opened,
    ) {
        let entry = &self.file.steps[step];
        let name = &entry.name.value;
        if let Err(problem) = answer::check(&opened, &component.description, inputs) {
            let message = format!(
                "step `{name}` gave an answer that cannot be right when it was opened: {problem}"
            );
            let diagnostic =
                Diagnostic::error("bad_step_answer", message).at(&entry.reference.span);
            self.diagnostics
                .push(diagnostic.help("this is a mistake in the step, not in the pipeline"));
            return;
        }
        if let Some(granted) = &entry.grants.columns {
            let read = opened
                .reads
                .iter()
                .map(|column| inputs[column.port].field(column.column).name());
            let mut refused: Vec<&String> =
                read.filter(|column| !granted.contains(*column)).collect();
            refused.dedup();
            if !refused.is_empty() {
                let columns = suggest::list(&refused);
                let noun = if refused.len() == 1 {
                    "column"
                } else {
                    "columns"
                };
                let message = format!(
                    "step `{name}` reads the {noun} {columns}, which `allow.columns` does not grant"
                );
                let span = entry.node.span_of(&["allow", "columns"]);
                let help = format!(
                    "add {columns} to `allow.columns`, or let the step's parameters leave {} out",
                    if refused.len() == 1 { "it" } else { "them" }
                );
                self.diagnostics.push(
                    Diagnostic::error("column_not_granted", message)
                        .at(span)
                        .help(help),
                );
            }
        }
        self.check_on_error(entry, &opened);
        self.steps[step].opened = Some(opened);
    }
}

impl StepEntry {
    /// The names that a list of `allow` grants, with their positions in the file.
    pub(super) fn granted(&self, list: &str) -> Vec<(usize, &str)> {
        let node = self.node.get("allow").and_then(|allow| allow.get(list));
        match node.map(|node| &node.value) {
            Some(crate::tree::Value::Array(items)) => {
                let texts = items.iter().enumerate();
                texts
                    .filter_map(|(index, item)| Some((index, item.as_str()?)))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Where a parameter was written; the step's name where nothing of it was.
fn parameter_span(entry: &StepEntry, path: &[String]) -> Span {
    match entry.node.get("with") {
        Some(with) => match with.follow(path) {
            (_, 0) if !path.is_empty() => entry.name.span.clone(),
            (node, _) => node.span.clone(),
        },
        None => entry.name.span.clone(),
    }
}

fn parameter_key_span(entry: &StepEntry, path: &[String]) -> Span {
    let key = entry.node.get("with").and_then(|with| {
        let (key, parent) = path.split_last()?;
        with.follow(parent).0.entry(key)
    });
    key.map_or_else(|| parameter_span(entry, path), |key| key.key_span.clone())
}

/// What a step found wrong, at the place that it is about.
fn step_problem(
    entry: &StepEntry,
    problem: &StepProblem,
    component: &StepComponent,
    inputs: &[SchemaRef],
) -> Diagnostic {
    let is_word = |code: &str| {
        !code.is_empty()
            && code
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
    };
    let code = match is_word(&problem.code) {
        true => problem.code.clone(),
        false => "step_refused".to_owned(),
    };
    let message = format!("step `{}`: {}", entry.name.value, problem.message);
    let hint = problem.hint.clone();
    let diagnostic = Diagnostic::error(code, message);
    match &problem.subject {
        Subject::Parameter(pointer) => {
            let path: Vec<String> = pointer
                .split('/')
                .skip(1)
                .map(|token| token.replace("~1", "/").replace("~0", "~"))
                .collect();
            diagnostic
                .at(&parameter_span(entry, &path))
                .maybe_help(hint)
        }
        Subject::Column(port, column) => {
            let span = input_span(entry, component, *port);
            let columns: Vec<&String> = inputs
                .get(*port)
                .map(|schema| schema.fields().iter().map(|field| field.name()).collect())
                .unwrap_or_default();
            let alternatives = || match columns.contains(&column) {
                true => None,
                false => {
                    let mean = suggest::did_you_mean(column, &columns);
                    let valid = suggest::valid(column, "columns", &columns);
                    let valid = valid.trim_start_matches("; ");
                    Some(match mean {
                        Some(mean) => format!("{mean} {valid}"),
                        None => valid.to_owned(),
                    })
                }
            };
            diagnostic.at(&span).maybe_help(hint.or_else(alternatives))
        }
        Subject::Data | Subject::Step => diagnostic.at(&entry.name.span).maybe_help(hint),
    }
}

/// Where the pipeline says what feeds an input port.
fn input_span(entry: &StepEntry, component: &StepComponent, port: usize) -> Span {
    use crate::file::Inputs;
    let reference = match &entry.inputs.value {
        Inputs::Listed(references) => references.get(port),
        Inputs::Named(named) => component.description.inputs.get(port).and_then(|port| {
            let named = named.iter().find(|(name, _)| name.value == port.name);
            named.map(|(_, reference)| reference)
        }),
    };
    reference.map_or_else(
        || entry.inputs.span.clone(),
        |reference| reference.span.clone(),
    )
}
