//! Typed entries from tables whose shape was found right.

use stepwell_layout::{TYPE_NAMES, TypeProblem, parse_type};

use super::allow;
use super::entries::{
    BrokenEntry, Inputs, Reference, RejectsEntry, Section, SinkEntry, SourceEntry, StepEntry,
    StepReference,
};
use super::limits::{self, LimitsTable};
use super::model::{InputValue, MaxRejectsValue, RejectsTable, StepTable};
use super::quantity;
use super::read::Reader;
use crate::dataset::{SinkSpec, SourceSpec};
use crate::limits::Limits;
use crate::rejects::MaxRejects;
use crate::suggest;
use crate::text::{Diagnostic, Located, Span};
use crate::tree::{Entry, Node, Value};

pub(super) fn source(reader: &mut Reader, entry: &Entry) -> Option<SourceEntry> {
    let spec: SourceSpec = reader.typed("sources", entry, entry.node.to_json())?;
    let before = reader.diagnostics.len();
    for (column, type_name) in &spec.types {
        let Err(error) = parse_type(type_name) else {
            continue;
        };
        let (valid, help) = match &error.problem {
            TypeProblem::UnknownType(word) => (
                suggest::valid(word, "types", TYPE_NAMES),
                suggest::did_you_mean(word, TYPE_NAMES),
            ),
            _ => (String::new(), None),
        };
        let message = format!(
            "type of column `{column}` of source `{}`: {error}{valid}",
            entry.key
        );
        let span = entry.node.span_of(&["types", column]);
        let diagnostic = Diagnostic::error(error.code(), message).at(span);
        reader.diagnostics.push(diagnostic.maybe_help(help));
    }
    (reader.diagnostics.len() == before).then(|| SourceEntry {
        name: name(entry),
        spec,
        node: entry.node.clone(),
    })
}

pub(super) fn sink(reader: &mut Reader, entry: &Entry) -> Option<SinkEntry> {
    let mut table = entry.node.to_json();
    if let Some(table) = table.as_object_mut() {
        table.remove("input");
    }
    let spec = reader.typed("sinks", entry, table)?;
    let node = entry.node.get("input")?;
    Some(SinkEntry {
        name: name(entry),
        input: reference(node.as_str()?, &node.span),
        spec,
        node: entry.node.clone(),
    })
}

pub(super) fn step(reader: &mut Reader, entry: &Entry) -> Option<StepEntry> {
    let table: StepTable = reader.typed("steps", entry, entry.node.to_json())?;
    let inputs = inputs(entry.node.get("input")?, &table.input);
    let limits = limits(reader, entry, &table.limits);
    let what = format!("step `{}`", entry.key);
    let max_rejects = max_rejects(reader, &entry.node, &what, table.max_rejects.as_ref());
    let reference = step_reference(reader, entry, table.uses, table.path);
    let grants = allow::grants(reader, entry, table.allow);
    Some(StepEntry {
        name: name(entry),
        reference: reference?,
        inputs,
        parameters: serde_json::Value::Object(table.with),
        grants: grants?,
        limits: limits?,
        on_error: table.on_error,
        max_rejects,
        node: entry.node.clone(),
    })
}

/// The pipeline's own keys about rejected rows.
pub(super) fn rejects(node: &Node, table: RejectsTable) -> Option<RejectsEntry> {
    let spec = match table {
        // As a table with this key alone, so that the other keys have their defaults.
        RejectsTable::Path(path) => {
            serde_json::from_value::<SinkSpec>(serde_json::json!({ "path": path })).ok()?
        }
        RejectsTable::Table(spec) => spec,
    };
    Some(RejectsEntry {
        spec,
        node: node.get("rejects")?.clone(),
    })
}

/// `max_rejects` of the pipeline or of a step. Where it is wrong, that is reported, and the rest of the entry is
/// checked all the same.
pub(super) fn max_rejects(
    reader: &mut Reader,
    node: &Node,
    what: &str,
    value: Option<&MaxRejectsValue>,
) -> Option<MaxRejects> {
    match quantity::max_rejects(value?) {
        Ok(most) => Some(most),
        Err(problem) => {
            let span = node.span_of(&["max_rejects"]);
            let message = format!("`max_rejects` of {what}: {problem}");
            let help = "write a number of rows, `100`, or a share of them, `\"1 %\"`";
            reader.diagnostics.push(
                Diagnostic::error("bad_max_rejects", message)
                    .at(span)
                    .help(help),
            );
            None
        }
    }
}

fn name(entry: &Entry) -> Located<String> {
    Located::new(entry.key.clone(), entry.key_span.clone())
}

fn reference(text: &str, span: &Span) -> Reference {
    let (name, port) = match text.split_once('.') {
        Some((name, port)) => (name, Some(port.to_owned())),
        None => (text, None),
    };
    Reference {
        name: name.to_owned(),
        port,
        span: span.clone(),
    }
}

fn inputs(node: &Node, value: &InputValue) -> Located<Inputs> {
    let inputs = match value {
        InputValue::One(text) => Inputs::Listed(vec![reference(text, &node.span)]),
        InputValue::Listed(texts) => {
            let spans = (0..texts.len()).map(|index| node.span_of(&[index.to_string()]));
            Inputs::Listed(
                texts
                    .iter()
                    .zip(spans)
                    .map(|(text, span)| reference(text, span))
                    .collect(),
            )
        }
        InputValue::Named(ports) => {
            // From the tree: it keeps the order of the file.
            let entries = node
                .entries()
                .iter()
                .filter(|entry| ports.contains_key(&entry.key));
            Inputs::Named(
                entries
                    .filter_map(|entry| {
                        Some((
                            name(entry),
                            reference(entry.node.as_str()?, &entry.node.span),
                        ))
                    })
                    .collect(),
            )
        }
    };
    Located::new(inputs, node.span.clone())
}

fn step_reference(
    reader: &mut Reader,
    entry: &Entry,
    uses: Option<String>,
    path: Option<String>,
) -> Option<Located<StepReference>> {
    if let Some(path) = path {
        let span = entry.node.span_of(&["path"]).clone();
        return Some(Located::new(StepReference::Path(path), span));
    }
    let uses = uses?;
    let span = entry.node.span_of(&["uses"]).clone();
    match parse_uses(&uses) {
        Ok(reference) => Some(Located::new(reference, span)),
        Err((message, help)) => {
            let message = format!("step `{}`: {message}", entry.key);
            reader.diagnostics.push(
                Diagnostic::error("bad_reference", message)
                    .at(&span)
                    .help(help),
            );
            None
        }
    }
}

/// Reads `std/impute@0.1`.
fn parse_uses(text: &str) -> Result<StepReference, (String, String)> {
    let (path, version) = match text.split_once('@') {
        Some((path, version)) => (path, Some(version)),
        None => (text, None),
    };
    let parts: Vec<&str> = path.split('/').collect();
    let &[collection, name] = parts.as_slice() else {
        let help = match path.ends_with(".wasm") || parts.len() > 2 {
            true => format!("for a component file, write `path = \"{text}\"` instead of `uses`"),
            false => format!("for a standard step, write `std/{text}`"),
        };
        return Err((
            format!("`{text}` is not of the form `COLLECTION/NAME@VERSION`"),
            help,
        ));
    };
    if !quantity::is_name(collection) || !quantity::is_name(name) {
        let help = match path.ends_with(".wasm") {
            true => format!("for a component file, write `path = \"{text}\"` instead of `uses`"),
            false => "names are made of lowercase letters, digits, `_` and `-`".to_owned(),
        };
        return Err((
            format!("`{text}` is not of the form `COLLECTION/NAME@VERSION`"),
            help,
        ));
    }
    let version = match version.map(semver::VersionReq::parse).transpose() {
        Ok(version) => version,
        Err(error) => {
            let help = format!(
                "write `{path}@0.1` (0.1 and what is compatible) or `{path}@=0.1.2` (that one only)"
            );
            return Err((
                format!("`{text}` does not end with a version: {error}"),
                help,
            ));
        }
    };
    Ok(StepReference::Uses {
        collection: collection.to_owned(),
        name: name.to_owned(),
        version,
    })
}

fn limits(reader: &mut Reader, entry: &Entry, table: &LimitsTable) -> Option<Limits> {
    let owner = format!("step `{}`", entry.key);
    let node = entry.node.get("limits");
    match limits::limits(table, reader.limits, &owner, node) {
        Ok(limits) => Some(limits),
        Err(diagnostics) => {
            reader.diagnostics.extend(diagnostics);
            None
        }
    }
}

/// What can be said of an entry that could not be read: its name, and what it reads from.
pub(super) fn broken(section: Section, entry: &Entry) -> BrokenEntry {
    let texts: Vec<&Node> = match entry.node.get("input") {
        None => Vec::new(),
        Some(node) => match &node.value {
            Value::Array(items) => items.iter().collect(),
            Value::Table(entries) => entries.iter().map(|entry| &entry.node).collect(),
            _ => vec![node],
        },
    };
    let to_reference = |node: &&Node| Some(reference(node.as_str()?, &node.span));
    let references: Vec<Reference> = texts.iter().filter_map(to_reference).collect();
    BrokenEntry {
        section,
        name: entry.key.clone(),
        references_known: !references.is_empty() && references.len() == texts.len(),
        references,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_uses;

    #[test]
    fn a_reference_reads_back_as_it_was_written() {
        for text in [
            "std/impute@0.1",
            "std/impute",
            "acme/score_2@=1.2.3",
            "std/a-b@>=0.1, <0.3",
        ] {
            assert_eq!(
                parse_uses(text).map(|reference| reference.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn a_reference_that_is_none_says_what_would_be_one() {
        let check = |text: &str, expect: &str| {
            let (message, help) = parse_uses(text).expect_err(text);
            let said = format!("{message} ({help})");
            assert!(said.contains(expect), "{said}");
        };
        check("impute@0.1", "write `std/impute@0.1`");
        check("steps/mine.wasm", "write `path = \"steps/mine.wasm\"`");
        check("std/Impute", "lowercase letters");
        check("std/impute@latest", "`std/impute@0.1`");
    }
}
