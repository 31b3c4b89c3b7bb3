//! Rows that nobody reads.

use std::collections::BTreeSet;

use super::Checker;
use crate::file::Section;
use crate::text::{Diagnostic, Span};

impl Checker<'_> {
    pub(super) fn check_unread(&mut self) {
        let is_reader = |section: Section| matches!(section, Section::Steps | Section::Sinks);
        let broken = self
            .file
            .broken
            .iter()
            .filter(|entry| is_reader(entry.section));
        let broken: Vec<_> = broken.collect();
        // Without sinks everything at the end is unread; that there are none was said. And who
        // could not be read may read anything.
        if self.file.sinks.is_empty() && !broken.iter().any(|entry| entry.section == Section::Sinks)
            || broken.iter().any(|entry| !entry.references_known)
        {
            return;
        }
        let steps = self
            .file
            .steps
            .iter()
            .flat_map(|step| step.inputs.value.references());
        let sinks = self.file.sinks.iter().map(|sink| &sink.input);
        let broken = broken.iter().flat_map(|entry| &entry.references);
        let references: Vec<_> = steps.chain(sinks).chain(broken).collect();
        let names: BTreeSet<&str> = references
            .iter()
            .map(|reference| reference.name.as_str())
            .collect();
        // A reader who misspelled a name would make an error of every slip into two.
        let known = self.names();
        let has_unknown = names.iter().any(|name| {
            let is_broken = |section| self.file.is_broken(section, name);
            !known.contains_key(name) && !is_broken(Section::Sources) && !is_broken(Section::Steps)
        });
        if has_unknown {
            return;
        }
        let mut found = Vec::new();
        for source in self
            .file
            .sources
            .iter()
            .filter(|source| !names.contains(source.name.value.as_str()))
        {
            found.push(unread("source", &source.name.value, &source.name.span));
        }
        for (entry, state) in self.file.steps.iter().zip(&self.steps) {
            let name = entry.name.value.as_str();
            if !names.contains(name) {
                found.push(unread("step", name, &entry.name.span));
                continue;
            }
            let Some(component) = &state.component else {
                continue;
            };
            let outputs = &component.description.outputs;
            let mut readers = references.iter().filter(|reference| reference.name == name);
            let has_unknown_port = readers.any(|reference| {
                let port = reference.port.as_ref();
                port.is_some_and(|port| outputs.iter().all(|output| output.name != *port))
            });
            if has_unknown_port {
                continue;
            }
            for (position, port) in outputs.iter().enumerate() {
                let is_this = |wanted: &Option<String>| match wanted {
                    None => position == 0,
                    Some(wanted) => *wanted == port.name,
                };
                let is_read = references
                    .iter()
                    .any(|reference| reference.name == name && is_this(&reference.port));
                if !is_read {
                    let message = format!(
                        "nothing reads output port `{}` of step `{name}`: its rows are dropped",
                        port.name
                    );
                    let help = format!(
                        "read it in a step or a sink: `input = \"{name}.{}\"`",
                        port.name
                    );
                    found.push(
                        Diagnostic::warning("unread_port", message)
                            .at(&entry.name.span)
                            .help(help),
                    );
                }
            }
        }
        self.diagnostics.extend(found);
    }
}

fn unread(kind: &str, name: &str, span: &Span) -> Diagnostic {
    let message = format!("nothing reads {kind} `{name}`");
    let help = format!("remove it, or read it in a step or a sink: `input = \"{name}\"`");
    Diagnostic::error("unread", message).at(span).help(help)
}
