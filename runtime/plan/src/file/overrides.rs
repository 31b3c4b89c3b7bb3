//! What the command line changes in a pipeline file before it is checked.

use std::sync::Arc;

use serde_json::Value as Json;

use super::entries::ParameterType;
use crate::suggest;
use crate::text::{Diagnostic, SourceText, Span};
use crate::tree::{self, Entry, Node, Value};

/// Changes to a pipeline file, as the command line gives them. A mistake in one is reported at the
/// argument itself.
///
/// ```
/// use stepwell_plan::Overrides;
///
/// let overrides = Overrides::new()
///     .param("clean.strategy=mean") // a parameter of the step `clean`
///     .param("year=2024") // a parameter of the pipeline
///     .set("sources.customers.path=other.csv"); // anything else in the file
/// assert!(!overrides.is_empty());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    parameters: Vec<Arc<SourceText>>,
    settings: Vec<Arc<SourceText>>,
}

impl Overrides {
    /// No changes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a parameter a value: `STEP.KEY=VALUE` for a step's (`KEY` may go deeper, `a.b`),
    /// `NAME=VALUE` for the pipeline's. A value that is not TOML is a string.
    #[must_use]
    pub fn param(mut self, argument: impl Into<String>) -> Self {
        self.parameters
            .push(argument_text("--param", argument.into()));
        self
    }

    /// Gives any other key of the file a value: `sources.NAME.path=VALUE`,
    /// `pipeline.batch_rows=VALUE`. A value that is not TOML is a string.
    #[must_use]
    pub fn set(mut self, argument: impl Into<String>) -> Self {
        self.settings.push(argument_text("--set", argument.into()));
        self
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.parameters.is_empty() && self.settings.is_empty()
    }
}

fn argument_text(option: &str, text: String) -> Arc<SourceText> {
    Arc::new(SourceText {
        name: option.to_owned(),
        text,
    })
}

/// `KEY=VALUE`, read.
struct Assignment {
    path: Vec<(String, Span)>,
    value: Node,
}

/// Changes the tree of a file.
pub(super) fn apply(overrides: &Overrides, root: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    for argument in &overrides.settings {
        match read(argument).and_then(|assignment| apply_setting(root, assignment)) {
            Ok(()) => {}
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    for argument in &overrides.parameters {
        match read(argument).and_then(|assignment| apply_parameter(root, assignment)) {
            Ok(()) => {}
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
}

type Outcome<T> = Result<T, Box<Diagnostic>>;

fn read(argument: &Arc<SourceText>) -> Outcome<Assignment> {
    let option = &argument.name;
    let whole = Span {
        source: argument.clone(),
        range: 0..argument.text.len(),
    };
    let form = match option.as_str() {
        "--param" => "`STEP.KEY=VALUE` or `NAME=VALUE`",
        _ => "`SECTION.NAME.KEY=VALUE`",
    };
    let bad = |message: String| {
        let help = format!("write {form}");
        Box::new(
            Diagnostic::error("bad_override", message)
                .at(&whole)
                .help(help),
        )
    };
    let Some(equals) = find_equals(&argument.text) else {
        return Err(bad(format!("`{option} {}` has no `=`", argument.text)));
    };
    let Some(path) = tree::parse_key(argument, equals) else {
        return Err(bad(format!("`{}` is not a key", &argument.text[..equals])));
    };
    let value = tree::parse_value(argument, equals + 1).unwrap_or_else(|| Node {
        span: Span {
            source: argument.clone(),
            range: equals + 1..argument.text.len(),
        },
        value: Value::String(argument.text[equals + 1..].to_owned()),
    });
    Ok(Assignment { path, value })
}

/// The `=` between key and value: the first one that is not inside quotes.
fn find_equals(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(offset, letter)| {
        match (quote, letter) {
            (None, '=') => return Some(offset),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), letter) if letter == open => quote = None,
            _ => {}
        }
        None
    })
}

fn apply_setting(root: &mut Node, assignment: Assignment) -> Outcome<()> {
    const SECTIONS: [&str; 8] = [
        "pipeline",
        "limits",
        "parameters",
        "models",
        "artifacts",
        "sources",
        "steps",
        "sinks",
    ];
    let (section, section_span) = &assignment.path[0];
    if !SECTIONS.contains(&section.as_str()) {
        let valid = suggest::valid(section, "sections", &SECTIONS);
        let message = format!("a pipeline file has no section `{section}`{valid}");
        let help = suggest::did_you_mean(section, &SECTIONS);
        return Err(Box::new(
            Diagnostic::error("bad_override", message)
                .at(section_span)
                .maybe_help(help),
        ));
    }
    // These two are tables of keys, not of entries.
    let is_one_table = matches!(section.as_str(), "pipeline" | "limits");
    let needed = if is_one_table { 2 } else { 3 };
    // A model or an artifact is given by its path alone.
    let is_path = matches!(section.as_str(), "models" | "artifacts");
    let needed = if is_path { 2 } else { needed };
    if assignment.path.len() < needed {
        let message = format!("`{section}` as a whole cannot be set");
        let help = match section.as_str() {
            "pipeline" => "name a key: `pipeline.batch_rows=…`".to_owned(),
            "limits" => "name a key: `limits.memory=…`".to_owned(),
            section => format!("name an entry and a key: `{section}.NAME.KEY=…`"),
        };
        return Err(Box::new(
            Diagnostic::error("bad_override", message)
                .at(section_span)
                .help(help),
        ));
    }
    if !is_one_table {
        require_entry(root, section, &assignment.path[1])?;
    }
    if let [(section, _), (name, _), (key, _)] = assignment.path.as_slice()
        && section == "steps"
    {
        // A step is one component: another one takes the place of the one in the file.
        let other = match key.as_str() {
            "path" => "uses",
            "uses" => "path",
            _ => "",
        };
        remove(root, &["steps", name, other]);
    }
    insert(root, &assignment.path, assignment.value)
}

/// Removes a key, where it is there.
fn remove(node: &mut Node, path: &[&str]) {
    let (Value::Table(entries), [key, rest @ ..]) = (&mut node.value, path) else {
        return;
    };
    if rest.is_empty() {
        entries.retain(|entry| entry.key != *key);
    } else if let Some(entry) = entries.iter_mut().find(|entry| entry.key == *key) {
        remove(&mut entry.node, rest);
    }
}

fn apply_parameter(root: &mut Node, assignment: Assignment) -> Outcome<()> {
    let (first, first_span) = &assignment.path[0];
    let mut path = vec![];
    if assignment.path.len() == 1 {
        let declared = root
            .get("parameters")
            .and_then(|parameters| parameters.get(first));
        let Some(declared) = declared else {
            return Err(unknown_parameter(root, first, first_span));
        };
        let kind = declared.get("type").and_then(Node::as_str);
        let value = as_declared(kind, assignment.value);
        path.push(("parameters".to_owned(), first_span.clone()));
        path.push((first.clone(), first_span.clone()));
        path.push(("default".to_owned(), first_span.clone()));
        return insert(root, &path, value);
    }
    require_entry(root, "steps", &assignment.path[0])?;
    path.push(("steps".to_owned(), first_span.clone()));
    path.push((first.clone(), first_span.clone()));
    path.push(("with".to_owned(), first_span.clone()));
    path.extend(assignment.path[1..].iter().cloned());
    insert(root, &path, assignment.value)
}

/// A value for a parameter of the pipeline: of a string, the text itself counts, even where it
/// looks like a number (`--param id=007`, `--param version=1.10`).
fn as_declared(kind: Option<&str>, value: Node) -> Node {
    let is_string = kind
        == serde_json::to_value(ParameterType::String)
            .ok()
            .as_ref()
            .and_then(Json::as_str);
    if !is_string || value.as_str().is_some() {
        return value;
    }
    Node {
        value: Value::String(value.span.text().to_owned()),
        span: value.span,
    }
}

fn unknown_parameter(root: &Node, name: &str, span: &Span) -> Box<Diagnostic> {
    let names = keys(root, "parameters");
    let valid = suggest::valid(name, "parameters", &names);
    let message = format!("the pipeline has no parameter `{name}`{valid}");
    let help =
        suggest::did_you_mean(name, &names).unwrap_or_else(|| match keys(root, "steps").first() {
            Some(step) => {
                format!("a step's parameter is given with the step's name: `{step}.{name}=…`")
            }
            None => format!("declare it: `[parameters.{name}]` with `type = \"string\"`"),
        });
    Box::new(
        Diagnostic::error("unknown_parameter", message)
            .at(span)
            .help(help),
    )
}

fn keys<'a>(root: &'a Node, section: &str) -> Vec<&'a str> {
    let entries = root.get(section).map_or(&[][..], Node::entries);
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

/// The entry must be in the file: what is not there is more likely misspelled than wanted.
fn require_entry(root: &Node, section: &str, (name, span): &(String, Span)) -> Outcome<()> {
    let names = keys(root, section);
    if names.contains(&name.as_str()) {
        return Ok(());
    }
    let noun = section.trim_end_matches('s');
    let valid = suggest::valid(name, section, &names);
    let message = format!("the pipeline has no {noun} `{name}`{valid}");
    let help = suggest::did_you_mean(name, &names);
    Err(Box::new(
        Diagnostic::error("bad_override", message)
            .at(span)
            .maybe_help(help),
    ))
}

/// Puts a value where the path leads to, and makes the tables on the way.
fn insert(node: &mut Node, path: &[(String, Span)], value: Node) -> Outcome<()> {
    let Some(((key, span), rest)) = path.split_first() else {
        *node = value;
        return Ok(());
    };
    let entries = match &mut node.value {
        Value::Table(entries) => entries,
        Value::Array(items) => {
            let length = items.len();
            return match key
                .parse::<usize>()
                .ok()
                .and_then(|index| items.get_mut(index))
            {
                Some(item) => insert(item, rest, value),
                None => {
                    let message = format!(
                        "`{key}` is no item of this array, which has {length}, counted from 0"
                    );
                    Err(Box::new(
                        Diagnostic::error("bad_override", message).at(span),
                    ))
                }
            };
        }
        _ => {
            let message = format!("`{key}` cannot be set: the value before it is no table");
            return Err(Box::new(
                Diagnostic::error("bad_override", message).at(span),
            ));
        }
    };
    let position = entries
        .iter()
        .position(|entry| entry.key == *key)
        .unwrap_or_else(|| {
            entries.push(Entry {
                key: key.clone(),
                key_span: span.clone(),
                node: Node {
                    span: span.clone(),
                    value: Value::Table(Vec::new()),
                },
            });
            entries.len() - 1
        });
    let entry = &mut entries[position];
    if rest.is_empty() {
        entry.key_span = span.clone();
    }
    insert(&mut entry.node, rest, value)
}
