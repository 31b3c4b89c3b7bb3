//! Which output feeds which input port.

use super::{Checker, Link, Named};
use crate::file::{Inputs, Reference, Section};
use crate::step::Port;
use crate::suggest;
use crate::text::{Diagnostic, Span};

impl Checker<'_> {
    pub(super) fn link_steps(&mut self) {
        for step in 0..self.file.steps.len() {
            let entry = &self.file.steps[step];
            let reader = format!("step `{}`", entry.name.value);
            let references = entry.inputs.value.references();
            // Every reference is looked up, those for ports that do not exist as well.
            let links: Vec<Option<Link>> = references
                .iter()
                .map(|reference| self.resolve(reference, &reader))
                .collect();
            let Some(component) = self.steps[step].component.clone() else {
                continue;
            };
            let ports = &component.description.inputs;
            let mut linked: Vec<Option<Option<Link>>> = vec![None; ports.len()];
            match &entry.inputs.value {
                Inputs::Listed(references) => {
                    for (index, (reference, link)) in references.iter().zip(links).enumerate() {
                        match linked.get_mut(index) {
                            Some(port) => *port = Some(link),
                            None => self.surplus_input(step, reference, ports),
                        }
                    }
                }
                Inputs::Named(named) => {
                    for ((name, _), link) in named.iter().zip(links) {
                        match ports.iter().position(|port| port.name == name.value) {
                            Some(port) => linked[port] = Some(link),
                            None => self.unknown_input_port(step, &name.value, &name.span, ports),
                        }
                    }
                }
            }
            let is_missing =
                |(port, link): (&Port, &Option<_>)| link.is_none().then(|| port.name.clone());
            let missing: Vec<String> = ports.iter().zip(&linked).filter_map(is_missing).collect();
            if !missing.is_empty() {
                self.missing_inputs(step, &missing, ports);
            }
            self.steps[step].links = linked.into_iter().map(Option::flatten).collect();
        }
    }

    /// What a reference stands for; `None` where it is wrong or where what it stands for is not
    /// known.
    pub(super) fn resolve(&mut self, reference: &Reference, reader: &str) -> Option<Link> {
        let names = self.names();
        match names.get(reference.name.as_str()) {
            Some(Named::Source(source)) => {
                let source = *source;
                match &reference.port {
                    None => return Some(Link::Source(source)),
                    Some(port) => {
                        let message = format!(
                            "{reader} reads `{reference}`, but `{}` is a source and has no port `{port}`",
                            reference.name
                        );
                        let help = format!("write `{}`", reference.name);
                        let diagnostic = Diagnostic::error("unknown_port", message);
                        self.diagnostics
                            .push(diagnostic.at(&reference.span).help(help));
                    }
                }
            }
            Some(Named::Step(step)) => {
                let step = *step;
                return self.resolve_step(step, reference, reader);
            }
            None => {
                let is_broken = |section| self.file.is_broken(section, &reference.name);
                if is_broken(Section::Sources) || is_broken(Section::Steps) {
                    return None;
                }
                let names = self.all_names(reader);
                let valid = suggest::valid(&reference.name, "inputs", &names);
                let message = format!(
                    "{reader} reads `{reference}`, but no source or step is called `{}`{valid}",
                    reference.name
                );
                let sinks: Vec<&str> = self
                    .file
                    .sinks
                    .iter()
                    .map(|sink| sink.name.value.as_str())
                    .collect();
                let help = match sinks.contains(&reference.name.as_str()) {
                    true => Some(format!(
                        "`{}` is a sink, which cannot be read",
                        reference.name
                    )),
                    false => suggest::did_you_mean(&reference.name, &names),
                };
                let diagnostic = Diagnostic::error("unknown_input", message);
                self.diagnostics
                    .push(diagnostic.at(&reference.span).maybe_help(help));
            }
        }
        None
    }

    /// The names that a reader can read: all but its own.
    fn all_names(&self, reader: &str) -> Vec<String> {
        let sources = self.file.sources.iter().map(|source| &source.name.value);
        let steps = self.file.steps.iter().map(|step| &step.name.value);
        let broken = self.file.broken.iter();
        let broken =
            broken.filter(|entry| matches!(entry.section, Section::Sources | Section::Steps));
        let names = sources.chain(steps).chain(broken.map(|entry| &entry.name));
        names
            .filter(|name| format!("step `{name}`") != reader)
            .cloned()
            .collect()
    }

    fn resolve_step(&mut self, step: usize, reference: &Reference, reader: &str) -> Option<Link> {
        let component = self.steps[step].component.as_ref()?;
        let outputs = &component.description.outputs;
        let Some(wanted) = &reference.port else {
            return Some(Link::Step { step, port: 0 });
        };
        if let Some(port) = outputs.iter().position(|port| port.name == *wanted) {
            return Some(Link::Step { step, port });
        }
        let names: Vec<&str> = outputs.iter().map(|port| port.name.as_str()).collect();
        let valid = suggest::valid(wanted, "ports", &names);
        let message = format!(
            "{reader} reads `{reference}`, but step `{}` has no output port `{wanted}`{valid}",
            reference.name
        );
        let help = match names.as_slice() {
            [_] => Some(format!("write `{}`", reference.name)),
            names => suggest::did_you_mean(wanted, names),
        };
        let diagnostic = Diagnostic::error("unknown_port", message)
            .at(&reference.span)
            .maybe_help(help);
        self.diagnostics.push(diagnostic);
        None
    }

    fn surplus_input(&mut self, step: usize, reference: &Reference, ports: &[Port]) {
        let name = &self.file.steps[step].name.value;
        let count = match ports.len() {
            1 => "one input port".to_owned(),
            count => format!("{count} input ports"),
        };
        let names = port_names(ports);
        let message = format!(
            "step `{name}` has only {count} ({}): nothing takes `{reference}`",
            suggest::list(&names)
        );
        self.diagnostics
            .push(Diagnostic::error("surplus_input", message).at(&reference.span));
        self.steps[step].is_broken = true;
    }

    fn unknown_input_port(&mut self, step: usize, port: &str, span: &Span, ports: &[Port]) {
        let name = &self.file.steps[step].name.value;
        let names = port_names(ports);
        let valid = suggest::valid(port, "ports", &names);
        let message = format!("step `{name}` has no input port `{port}`{valid}");
        let help = suggest::did_you_mean(port, &names);
        self.diagnostics.push(
            Diagnostic::error("unknown_port", message)
                .at(span)
                .maybe_help(help),
        );
        self.steps[step].is_broken = true;
    }

    fn missing_inputs(&mut self, step: usize, missing: &[String], ports: &[Port]) {
        let state = &mut self.steps[step];
        // A port that was misspelled is not missing besides.
        let is_reported = std::mem::replace(&mut state.is_broken, true);
        let entry = &self.file.steps[step];
        if is_reported && matches!(entry.inputs.value, Inputs::Named(_)) {
            return;
        }
        let noun = if missing.len() == 1 { "port" } else { "ports" };
        let message = format!(
            "step `{}` needs an input for {noun} {}",
            entry.name.value,
            suggest::list(missing)
        );
        let example: Vec<String> = port_names(ports)
            .iter()
            .map(|port| format!("{port} = \"…\""))
            .collect();
        let help = format!("write `input = {{ {} }}`", example.join(", "));
        let diagnostic = Diagnostic::error("missing_input", message).at(&entry.inputs.span);
        self.diagnostics.push(diagnostic.help(help));
    }
}

fn port_names(ports: &[Port]) -> Vec<&str> {
    ports.iter().map(|port| port.name.as_str()).collect()
}
