//! What steps are granted, compared with what their components ask for.

use std::collections::BTreeMap;

use super::{Checker, from_problem};
use crate::capability::{Capability, Import};
use crate::catalog::StepComponent;
use crate::file::{Section, StepEntry};
use crate::grants::EnvironmentValue;
use crate::suggest;
use crate::text::Diagnostic;

/// All that can be granted with a list of names of its own section.
const NAMED: [(&str, &str, &str); 2] = [
    ("models", "model", "PATH.onnx"),
    ("artifacts", "artifact", "PATH"),
];

impl Checker<'_> {
    /// The artifacts by name.
    pub(super) fn artifacts(&self) -> BTreeMap<String, String> {
        let artifacts = self.file.artifacts.iter();
        artifacts
            .map(|artifact| (artifact.name.value.clone(), artifact.path.value.clone()))
            .collect()
    }

    pub(super) fn check_artifacts(&mut self) {
        for artifact in &self.file.artifacts {
            let name = &artifact.name.value;
            if let Err(problem) = self.catalog.check_artifact(name, &artifact.path.value) {
                let diagnostic = from_problem(&problem, "artifact", name);
                self.diagnostics.push(diagnostic.at(&artifact.path.span));
            }
            let is_used = |step: &StepEntry| step.grants.artifacts.contains(name);
            let has_unread_steps = self
                .file
                .broken
                .iter()
                .any(|entry| entry.section == Section::Steps);
            if !has_unread_steps && !self.file.steps.iter().any(is_used) {
                let message = format!("artifact `{name}` is granted to no step");
                let help = format!("grant it in a step: `allow = {{ artifacts = [\"{name}\"] }}`");
                let diagnostic = Diagnostic::warning("unused_artifact", message);
                self.diagnostics
                    .push(diagnostic.at(&artifact.name.span).help(help));
            }
        }
    }

    pub(super) fn check_grants(&mut self, entry: &StepEntry, component: &StepComponent) {
        let file = self.file;
        let models = file.models.iter().map(|model| model.name.value.as_str());
        let artifacts = file
            .artifacts
            .iter()
            .map(|artifact| artifact.name.value.as_str());
        let there_are: [Vec<&str>; 2] = [models.collect(), artifacts.collect()];
        for ((section, kind, path), names) in NAMED.into_iter().zip(&there_are) {
            self.check_granted_names(entry, section, kind, path, names);
        }
        for capability in &component.capabilities {
            if !entry.grants.admits(*capability) {
                self.refuse(entry, component, *capability, &there_are);
            }
        }
        self.warn_of_needless_grants(entry, component);
        self.check_directories(entry);
        self.check_environment(entry);
    }

    /// Of the names in a list of `allow`, each must be in the section of that name.
    fn check_granted_names(
        &mut self,
        entry: &StepEntry,
        section: &str,
        kind: &str,
        path: &str,
        names: &[&str],
    ) {
        let place = match section {
            "models" => Section::Models,
            _ => Section::Artifacts,
        };
        for (index, granted) in entry.granted(section) {
            if names.contains(&granted) || self.file.is_broken(place, granted) {
                continue;
            }
            let valid = suggest::valid(granted, section, names);
            let message = format!(
                "step `{}` is granted the {kind} `{granted}`, which `[{section}]` does not have{valid}",
                entry.name.value
            );
            let help = suggest::did_you_mean(granted, names).unwrap_or_else(|| {
                format!("declare it: `{granted} = \"{path}\"` in `[{section}]`")
            });
            let span = entry.node.span_of(&["allow", section, &index.to_string()]);
            let diagnostic = Diagnostic::error(format!("unknown_{kind}"), message);
            self.diagnostics.push(diagnostic.at(span).help(help));
        }
    }

    /// A component that imports what is not granted is not run at all.
    fn refuse(
        &mut self,
        entry: &StepEntry,
        component: &StepComponent,
        capability: Capability,
        there_are: &[Vec<&str>; 2],
    ) {
        let name = &entry.name.value;
        let declare = |names: &[&str], section: &str, kind: &str, path: &str| match names.first() {
            Some(first) => format!("grant one: `allow = {{ {section} = [\"{first}\"] }}`"),
            None => format!(
                "declare {} {kind}, `[{section}]` with `NAME = \"{path}\"`, and grant it: `allow = {{ {section} = [\"NAME\"] }}`",
                if kind == "artifact" { "an" } else { "a" }
            ),
        };
        let (message, help) = match capability {
            Capability::Model => (
                format!(
                    "step `{name}` runs models (it imports the capability `model`), but is granted none"
                ),
                declare(&there_are[0], "models", "model", "PATH.onnx"),
            ),
            Capability::Artifact => (
                format!(
                    "step `{name}` reads artifacts (it imports the capability `artifact`), but is granted none"
                ),
                declare(&there_are[1], "artifacts", "artifact", "PATH"),
            ),
            capability => {
                let imports: Vec<&String> = component
                    .imports
                    .iter()
                    .filter(|import| Import::of(import) == Import::Capability(capability))
                    .collect();
                let message = format!(
                    "step `{name}` could {} (it imports {}), which nothing grants it",
                    capability.meaning(),
                    suggest::list(&imports)
                );
                let grant = match capability.grant() {
                    Some(grant) => format!("grant it: `{grant}`"),
                    None => "no step may do that".to_owned(),
                };
                let help = format!(
                    "{grant}; where only the step's language needs the import, `allow = {{ wasi = \"empty\" }}` \
                     stands in for it and gives nothing"
                );
                (message, help)
            }
        };
        let diagnostic = Diagnostic::error("capability_not_granted", message);
        self.diagnostics
            .push(diagnostic.at(&entry.reference.span).help(help));
    }

    fn warn_of_needless_grants(&mut self, entry: &StepEntry, component: &StepComponent) {
        let name = &entry.name.value;
        for capability in [
            Capability::Model,
            Capability::Artifact,
            Capability::Directory,
            Capability::Environment,
            Capability::Http,
            Capability::Clock,
            Capability::Random,
        ] {
            let Some(key) = capability.key() else {
                continue;
            };
            if component.capabilities.contains(&capability) || !entry.grants.grants(capability) {
                continue;
            }
            let message = match capability {
                Capability::Model => format!(
                    "step `{name}` is granted models, but cannot run any: it does not import the capability `model`"
                ),
                capability => format!(
                    "step `{name}` is granted `{key}`, but cannot {}: it imports nothing for it",
                    capability.meaning()
                ),
            };
            let span = entry.node.span_of(&["allow", key]);
            let diagnostic = Diagnostic::warning("needless_grant", message).at(span);
            self.diagnostics
                .push(diagnostic.help(format!("remove `allow.{key}`")));
        }
    }

    fn check_directories(&mut self, entry: &StepEntry) {
        for (index, directory) in entry.grants.directories.iter().enumerate() {
            if let Err(problem) = self.catalog.check_directory(directory) {
                let path = ["allow", "directories", &index.to_string(), "path"];
                let (node, _) = entry.node.follow(&path);
                let diagnostic = from_problem(&problem, "step", &entry.name.value);
                self.diagnostics.push(diagnostic.at(&node.span));
            }
        }
    }

    fn check_environment(&mut self, entry: &StepEntry) {
        for (variable, value) in &entry.grants.environment {
            let is_missing = *value == EnvironmentValue::Inherited
                && !self.catalog.has_environment_variable(variable);
            if is_missing {
                let message = format!(
                    "step `{}` is granted the environment variable `{variable}`, which is not set",
                    entry.name.value
                );
                let help =
                    format!("set it, or give a value: `environment = {{ {variable} = \"…\" }}`");
                let span = entry.node.span_of(&["allow", "environment"]);
                let diagnostic = Diagnostic::warning("variable_not_set", message).at(span);
                self.diagnostics.push(diagnostic.help(help));
            }
        }
    }
}
