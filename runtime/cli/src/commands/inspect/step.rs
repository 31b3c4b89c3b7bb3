//! What a step is: what it says of itself, and what its binary shows.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;
use stepwell::plan::{Capability, Description, Import, Port};
use stepwell::{Binary, Host, Step};

use super::facts;
use crate::show::parameters::{Parameter, parameters};
use crate::show::text::{safe, safe_line, wrap};
use crate::show::{print, print_json, units};

/// Characters of a line of documentation.
const WIDTH: usize = 96;

#[derive(Serialize)]
struct JsonStep<'a> {
    #[serde(flatten)]
    description: &'a Description,
    file: String,
    #[serde(flatten)]
    binary: &'a Binary,
    capabilities: Vec<JsonCapability<'a>>,
}

/// Something that it could do, if a pipeline granted it.
#[derive(Serialize)]
struct JsonCapability<'a> {
    capability: Capability,
    meaning: &'static str,
    /// The part of a step's table that grants it; null of what nothing grants.
    grant: Option<&'static str>,
    imports: Vec<&'a str>,
}

pub(super) fn inspect(file: &str, json: bool) -> Result<()> {
    let host = Host::for_user()?;
    let step = Step::load(&host, file)?;
    let description = step.description()?;
    if json {
        return print_json(&JsonStep {
            description: &description,
            file: step.path().display().to_string(),
            binary: step.binary(),
            capabilities: capabilities(step.binary()),
        });
    }
    Ok(print(&render(step.path(), &description, step.binary()))?)
}

fn capabilities(binary: &Binary) -> Vec<JsonCapability<'_>> {
    let mut found: BTreeMap<Capability, Vec<&str>> = BTreeMap::new();
    for import in &binary.imports {
        if let Import::Capability(capability) = Import::of(import) {
            found.entry(capability).or_default().push(import);
        }
    }
    let capabilities = found
        .into_iter()
        .map(|(capability, imports)| JsonCapability {
            capability,
            meaning: capability.meaning(),
            grant: capability.grant(),
            imports,
        });
    capabilities.collect()
}

fn render(path: &Path, description: &Description, binary: &Binary) -> String {
    let mut text = format!(
        "step {} {}\n",
        safe_line(&description.name),
        safe_line(&description.version)
    );
    paragraph(&mut text, &description.summary, 2);
    let documentation = description.documentation.trim();
    if !documentation.is_empty() && documentation != description.summary.trim() {
        text.push('\n');
        paragraph(&mut text, documentation, 2);
    }
    text.push('\n');
    text.push_str(&facts(&[
        ("file", path.display().to_string()),
        ("digest", binary.digest.clone()),
        ("size", units::bytes(binary.size)),
        (
            "contract",
            format!("stepwell:step {}", binary.contract_version),
        ),
        ("made with", made_with(binary)),
    ]));
    imports(&mut text, binary);
    for (title, ports) in [
        ("Inputs", &description.inputs),
        ("Outputs", &description.outputs),
    ] {
        text.push_str(&format!("\n{title}:\n"));
        ports.iter().for_each(|port| self::port(&mut text, port));
    }
    let parameters = parameters(&description.parameters);
    if parameters.is_empty() {
        text.push_str("\nParameters: none\n");
    } else {
        text.push_str("\nParameters:\n");
        parameters
            .iter()
            .for_each(|parameter| self::parameter(&mut text, parameter));
    }
    text
}

fn made_with(binary: &Binary) -> String {
    let said: Vec<String> = binary
        .producers
        .iter()
        .map(|(_, value)| safe_line(value))
        .collect();
    if said.is_empty() {
        "it does not say".to_owned()
    } else {
        said.join(", ")
    }
}

/// What the binary can call. The data interface gives the columns that a pipeline lends; what every language links
/// gives nothing by itself; all else is a capability.
fn imports(text: &mut String, binary: &Binary) {
    text.push_str("\nImports, which is all that it can ask for:\n");
    for import in &binary.imports {
        let meaning = match Import::of(import) {
            Import::Data => "the data that a pipeline lends it".to_owned(),
            Import::Plumbing => {
                "plumbing of its language, which leads to its log at most".to_owned()
            }
            Import::Capability(capability) => match capability.grant() {
                Some(grant) => format!("could {}, if granted: `{grant}`", capability.meaning()),
                None => format!("would {}, which nothing grants", capability.meaning()),
            },
            Import::Unknown => "unknown to this host, which refuses it".to_owned(),
        };
        text.push_str(&format!("  {}: {meaning}\n", safe_line(import)));
    }
    if binary.imports.is_empty() {
        text.push_str("  none\n");
    }
}

fn port(text: &mut String, port: &Port) {
    text.push_str(&format!("  {}", safe_line(&port.name)));
    match port.summary.trim() {
        "" => text.push('\n'),
        summary => text.push_str(&format!(": {}\n", safe_line(summary))),
    }
    for column in &port.columns {
        text.push_str(&format!(
            "    column {} ({})",
            safe_line(&column.name),
            safe_line(&column.type_name)
        ));
        match column.summary.trim() {
            "" => text.push('\n'),
            summary => text.push_str(&format!(": {}\n", safe_line(summary))),
        }
    }
}

fn parameter(text: &mut String, parameter: &Parameter) {
    let name = safe_line(&parameter.name);
    let mut line = format!("  {name} ({}", safe_line(&parameter.kind));
    match &parameter.default {
        Some(default) => line.push_str(&format!(", {} by default)", safe_line(default))),
        None if parameter.is_required => line.push_str(", required)"),
        None => line.push_str(", optional)"),
    }
    text.push_str(&line);
    text.push('\n');
    paragraph(text, &parameter.help, 6);
    for (value, help) in &parameter.choices {
        match help.trim() {
            "" => text.push_str(&format!("      {}\n", safe_line(value))),
            help => {
                let line = format!("{}: {help}", safe_line(value));
                paragraph(text, &line, 6);
            }
        }
    }
}

fn paragraph(text: &mut String, content: &str, indentation: usize) {
    let content = content.trim();
    if content.is_empty() {
        return;
    }
    for line in wrap(&safe(content), WIDTH - indentation) {
        let line = format!("{}{line}", " ".repeat(indentation));
        text.push_str(line.trim_end());
        text.push('\n');
    }
}
