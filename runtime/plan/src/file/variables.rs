//! `${param:NAME}` and `${env:NAME}` inside strings.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::read::SECRET_PREFIX;
use crate::secrets;
use crate::suggest;
use crate::text::{Diagnostic, Span};
use crate::tree::{Node, Value};

/// What variables stand for.
pub(super) struct Variables<'a> {
    /// The environment variables.
    pub(super) environment: &'a BTreeMap<String, String>,
    /// The parameters of the pipeline that have a value; `None`: parameters cannot be used here.
    pub(super) parameters: Option<&'a BTreeMap<String, Json>>,
    /// Parameters that are declared, but whose value could not be had. Using them is no further
    /// mistake.
    pub(super) without_value: &'a BTreeSet<String>,
    /// The names of the secrets that there are.
    pub(super) secrets: &'a BTreeSet<String>,
    /// Whether secrets can be used here.
    pub(super) has_secrets: bool,
    /// The parameters that were used.
    pub(super) used: BTreeSet<String>,
    /// The strings in which a variable stands for nothing. What is wrong with them otherwise
    /// follows from that.
    pub(super) failed: Vec<Span>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// A string, cut where variables stand.
#[derive(Debug, PartialEq)]
enum Piece<'t> {
    Text(&'t str),
    /// What stands between `${` and `}`.
    Variable(&'t str),
    /// `${` that no `}` follows.
    Unclosed,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        if rest[..start].ends_with('$') {
            // `$${` is `${` itself.
            pieces.push(Piece::Text(&rest[..start - 1]));
            pieces.push(Piece::Text("${"));
            rest = &rest[start + 2..];
            continue;
        }
        pieces.push(Piece::Text(&rest[..start]));
        let inside = &rest[start + 2..];
        let Some(end) = inside.find('}') else {
            pieces.push(Piece::Unclosed);
            return pieces;
        };
        pieces.push(Piece::Variable(&inside[..end]));
        rest = &inside[end + 1..];
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

impl Variables<'_> {
    /// Replaces variables in every string of the steps; secrets only where a step is given them.
    pub(super) fn replace_in_steps(&mut self, steps: &mut Node) {
        let Value::Table(steps) = &mut steps.value else {
            return self.replace(steps);
        };
        for step in steps {
            let Value::Table(keys) = &mut step.node.value else {
                self.replace(&mut step.node);
                continue;
            };
            for key in keys {
                match (key.key.as_str(), &mut key.node.value) {
                    ("with", _) => self.replace_with_secrets(&mut key.node),
                    ("allow", Value::Table(grants)) => {
                        for grant in grants {
                            match grant.key.as_str() {
                                "environment" => self.replace_with_secrets(&mut grant.node),
                                _ => self.replace(&mut grant.node),
                            }
                        }
                    }
                    _ => self.replace(&mut key.node),
                }
            }
        }
    }

    fn replace_with_secrets(&mut self, node: &mut Node) {
        self.has_secrets = true;
        self.replace(node);
        self.has_secrets = false;
    }

    /// Replaces variables in every string of a value.
    pub(super) fn replace(&mut self, node: &mut Node) {
        match &mut node.value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(item)),
            Value::Table(entries) => entries
                .iter_mut()
                .for_each(|entry| self.replace(&mut entry.node)),
            Value::String(text) if text.contains("${") => {
                let text = std::mem::take(text);
                node.value = self.replaced(&text, &node.span);
            }
            _ => {}
        }
    }

    fn replaced(&mut self, text: &str, span: &Span) -> Value {
        let pieces = pieces(text);
        // A string that is one parameter and nothing else takes the parameter's type, too.
        if let [Piece::Variable(variable)] = pieces.as_slice()
            && let Some(name) = variable.strip_prefix("param:")
        {
            return match self.parameter(name, span) {
                Some(Json::Bool(value)) => Value::Boolean(value),
                Some(Json::Number(number)) => match number.as_i64() {
                    Some(number) => Value::Integer(number),
                    None => Value::Float(number.as_f64().unwrap_or_default()),
                },
                Some(value) => Value::String(self.plain(&as_text(&value))),
                None => {
                    self.failed.push(span.clone());
                    Value::String(String::new())
                }
            };
        }
        let mut replaced = String::new();
        // Pieces that are no secrets, together: what looks like a secret may come from two of them.
        let mut plain = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => plain.push_str(text),
                Piece::Variable(variable) => match self.variable(variable, span) {
                    Some(value) if variable.starts_with("secret:") => {
                        replaced.push_str(&self.plain(&std::mem::take(&mut plain)));
                        replaced.push_str(&value);
                    }
                    Some(value) => plain.push_str(&value),
                    None => self.failed.push(span.clone()),
                },
                Piece::Unclosed => {
                    self.failed.push(span.clone());
                    let message = "`${` is not closed by `}`";
                    let help = "write `$${` where `${` itself is meant";
                    self.diagnostics.push(
                        Diagnostic::error("bad_variable", message)
                            .at(span)
                            .help(help),
                    );
                }
            }
        }
        replaced.push_str(&self.plain(&plain));
        Value::String(replaced)
    }

    /// Text that is no secret, whatever it looks like.
    fn plain(&self, text: &str) -> String {
        match self.has_secrets {
            true => secrets::escape(text),
            false => text.to_owned(),
        }
    }

    fn variable(&mut self, variable: &str, span: &Span) -> Option<String> {
        if let Some(name) = variable.strip_prefix("param:") {
            return self.parameter(name, span).as_ref().map(as_text);
        }
        if let Some(name) = variable.strip_prefix("env:") {
            return self.environment_variable(name, span);
        }
        if let Some(name) = variable.strip_prefix("secret:") {
            return self.secret(name, span);
        }
        let message = format!(
            "`${{{variable}}}` is no variable; valid forms: `${{param:NAME}}`, `${{env:NAME}}`, `${{env:NAME:-FALLBACK}}`, `${{secret:NAME}}`"
        );
        let help = "write `$${` where `${` itself is meant";
        let span = within(span, variable);
        self.diagnostics.push(
            Diagnostic::error("bad_variable", message)
                .at(&span)
                .help(help),
        );
        None
    }

    fn parameter(&mut self, name: &str, span: &Span) -> Option<Json> {
        let span = within(span, &format!("param:{name}"));
        let Some(parameters) = self.parameters else {
            let message = format!("`${{param:{name}}}` cannot be used in `[parameters]`");
            self.diagnostics
                .push(Diagnostic::error("bad_variable", message).at(&span));
            return None;
        };
        self.used.insert(name.to_owned());
        if let Some(value) = parameters.get(name) {
            return Some(value.clone());
        }
        if !self.without_value.contains(name) {
            let names: Vec<&String> = parameters.keys().chain(self.without_value).collect();
            let valid = suggest::valid(name, "parameters", &names);
            let message = format!("the pipeline has no parameter `{name}`{valid}");
            let help = suggest::did_you_mean(name, &names).unwrap_or_else(|| {
                format!("declare it: `[parameters.{name}]` with `type = \"string\"`")
            });
            self.diagnostics.push(
                Diagnostic::error("unknown_variable", message)
                    .at(&span)
                    .help(help),
            );
        }
        None
    }

    /// A secret stays what it was written as: its value is put in where a step is opened, and is in
    /// nothing that can be shown.
    fn secret(&mut self, name: &str, span: &Span) -> Option<String> {
        let span = within(span, &format!("secret:{name}"));
        if !self.has_secrets {
            let message = format!("`${{secret:{name}}}` cannot be used here");
            let help = "secrets are for steps: they can stand in `with` and in `allow.environment`";
            self.diagnostics.push(
                Diagnostic::error("bad_variable", message)
                    .at(&span)
                    .help(help),
            );
            return None;
        }
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if name.is_empty() || !name.bytes().all(is_allowed) {
            let message = format!("`{name}` cannot be the name of a secret");
            let help = "names of secrets are made of letters, digits, `_` and `-`";
            self.diagnostics.push(
                Diagnostic::error("bad_variable", message)
                    .at(&span)
                    .help(help),
            );
            return None;
        }
        if self.secrets.contains(name) {
            return Some(format!("${{secret:{name}}}"));
        }
        let names: Vec<&String> = self.secrets.iter().collect();
        let valid = suggest::valid(name, "secrets", &names);
        let message = format!("there is no secret `{name}`{valid}");
        let help = suggest::did_you_mean(name, &names).unwrap_or_else(|| {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            let variable = match name.bytes().all(is_plain) {
                true => format!(", or set the environment variable `{SECRET_PREFIX}{name}`"),
                false => String::new(),
            };
            format!(
                "write `{name} = \"…\"` into a file and give that with `--secrets FILE`{variable}"
            )
        });
        self.diagnostics.push(
            Diagnostic::error("unknown_secret", message)
                .at(&span)
                .help(help),
        );
        None
    }

    fn environment_variable(&mut self, text: &str, span: &Span) -> Option<String> {
        let (name, fallback) = match text.split_once(":-") {
            Some((name, fallback)) => (name, Some(fallback)),
            None => (text, None),
        };
        if let Some(secret) = name.strip_prefix(SECRET_PREFIX) {
            let message = format!(
                "environment variable `{name}` holds a secret, which is not shown as it is"
            );
            let span = within(span, &format!("env:{text}"));
            self.diagnostics.push(
                Diagnostic::error("bad_variable", message)
                    .at(&span)
                    .help(format!("write `${{secret:{secret}}}`")),
            );
            return None;
        }
        // As in a shell, `:-` also stands in for a variable that is set to nothing.
        let value = self
            .environment
            .get(name)
            .filter(|value| fallback.is_none() || !value.is_empty());
        if let Some(value) = value.map(String::as_str).or(fallback) {
            return Some(value.to_owned());
        }
        let names: Vec<&String> = self.environment.keys().collect();
        let fallback = format!("set it, or give a fallback: `${{env:{name}:-FALLBACK}}`");
        let help = suggest::did_you_mean(name, &names).unwrap_or(fallback);
        let message = format!("environment variable `{name}` is not set");
        let span = within(span, &format!("env:{text}"));
        self.diagnostics.push(
            Diagnostic::error("unknown_variable", message)
                .at(&span)
                .help(help),
        );
        None
    }
}

fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Where a variable stands in the string that was written at `span`; the whole string where escapes
/// hide it.
fn within(span: &Span, variable: &str) -> Span {
    let written = format!("${{{variable}}}");
    match span.text().find(&written) {
        Some(offset) => {
            let start = span.range.start + offset;
            Span {
                source: span.source.clone(),
                range: start..start + written.len(),
            }
        }
        None => span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_cut_where_variables_stand() {
        use Piece::{Text, Unclosed, Variable};
        let check = |text: &str, expect: &[Piece<'_>]| assert_eq!(pieces(text), expect, "{text}");
        check("plain $5", &[Text("plain $5")]);
        check("${env:A}", &[Variable("env:A")]);
        check(
            "a${env:A}b${param:b}",
            &[Text("a"), Variable("env:A"), Text("b"), Variable("param:b")],
        );
        check("$${env:A}", &[Text("${"), Text("env:A}")]);
        check(
            "a$${b}${c}",
            &[Text("a"), Text("${"), Text("b}"), Variable("c")],
        );
        check("a${b", &[Text("a"), Unclosed]);
        check("", &[]);
    }
}
