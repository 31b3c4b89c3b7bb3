//! A TOML document as a tree in which every key and every value knows where it was written.

use std::sync::Arc;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::text::{Diagnostic, SourceText, Span};

/// A value and where it was written. Of a table that a header (`[a.b]`) makes, that is the header.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    String(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    /// As it was written. JSON has no dates: it becomes a string.
    Datetime(String),
    Array(Vec<Node>),
    /// In the order in which the keys were written.
    Table(Vec<Entry>),
}

/// A key of a table and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) node: Node,
}

impl Node {
    /// The value of a key, where this is a table that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The key and its value, where this is a table that has it.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The keys and values; none where this is no table.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value that keys and indexes lead to, as far as they lead anywhere, and how many of them
    /// did.
    pub(crate) fn follow<S: AsRef<str>>(&self, path: &[S]) -> (&Node, usize) {
        let mut node = self;
        for (depth, token) in path.iter().enumerate() {
            let next = match &node.value {
                Value::Array(items) => token
                    .as_ref()
                    .parse()
                    .ok()
                    .and_then(|index: usize| items.get(index)),
                _ => node.get(token.as_ref()),
            };
            match next {
                Some(next) => node = next,
                None => return (node, depth),
            }
        }
        (node, path.len())
    }

    /// Where the value was written that keys and indexes lead to, or the closest one around it.
    pub(crate) fn span_of<S: AsRef<str>>(&self, path: &[S]) -> &Span {
        &self.follow(path).0.span
    }

    /// Takes a value that was given on the command line as the text that it was written as:
    /// `--param score.class=1` means a text where a text is wanted. A value in a file stays as it
    /// is. Says whether that changed anything.
    pub(crate) fn reread_as_text(&mut self, path: &[String], file: &SourceText) -> bool {
        let Some((token, rest)) = path.split_first() else {
            let is_argument = *self.span.source != *file;
            if is_argument {
                self.value = Value::String(self.span.text().trim().to_owned());
            }
            return is_argument;
        };
        let next = match &mut self.value {
            Value::Array(items) => token
                .parse()
                .ok()
                .and_then(|index: usize| items.get_mut(index)),
            Value::Table(entries) => {
                let mut entries = entries.iter_mut();
                entries
                    .find(|entry| entry.key == *token)
                    .map(|entry| &mut entry.node)
            }
            _ => None,
        };
        next.is_some_and(|next| next.reread_as_text(rest, file))
    }

    /// Whether a string in this value was written there.
    pub(crate) fn has_string_at(&self, span: &Span) -> bool {
        match &self.value {
            Value::String(_) => self.span == *span,
            Value::Array(items) => items.iter().any(|item| item.has_string_at(span)),
            Value::Table(entries) => entries.iter().any(|entry| entry.node.has_string_at(span)),
            _ => false,
        }
    }

    /// As JSON. Dates become strings; numbers that JSON does not have (`nan`, `inf`) become null.
    pub(crate) fn to_json(&self) -> Json {
        match &self.value {
            Value::String(text) | Value::Datetime(text) => Json::from(text.as_str()),
            Value::Integer(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Boolean(value) => Json::from(*value),
            Value::Array(items) => items.iter().map(Node::to_json).collect(),
            Value::Table(entries) => {
                let pairs = entries.iter();
                Json::Object(
                    pairs
                        .map(|entry| (entry.key.clone(), entry.node.to_json()))
                        .collect(),
                )
            }
        }
    }
}

/// Reads a TOML document. All syntax errors are reported at once.
pub(crate) fn parse_document(source: &Arc<SourceText>) -> (Node, Vec<Diagnostic>) {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    let mut builder = Builder {
        source,
        offset: 0,
        diagnostics: Vec::new(),
    };
    for error in errors {
        builder.syntax_error(&error);
    }
    let span = table.span();
    let root = builder.table(table.into_inner(), span);
    (root, builder.diagnostics)
}

/// Reads a TOML value that stands at `offset` of a text and goes to its end; `None` where it is
/// none.
pub(crate) fn parse_value(source: &Arc<SourceText>, offset: usize) -> Option<Node> {
    let value = DeValue::parse(source.text.get(offset..)?).ok()?;
    let mut builder = Builder {
        source,
        offset,
        diagnostics: Vec::new(),
    };
    let node = builder.value(value);
    builder.diagnostics.is_empty().then_some(node)
}

/// Reads a dotted key (`clean."a.b".c`) that ends at `end` of a text: its parts and where each is.
pub(crate) fn parse_key(source: &Arc<SourceText>, end: usize) -> Option<Vec<(String, Span)>> {
    let document = format!("{}=0", source.text.get(..end)?);
    let mut table = DeTable::parse(&document).ok()?.into_inner();
    let mut parts = Vec::new();
    loop {
        let (key, value) = table.into_iter().next()?;
        let span = Span {
            source: source.clone(),
            range: key.span(),
        };
        parts.push((key.into_inner().into_owned(), span));
        match value.into_inner() {
            DeValue::Table(inner) => table = inner,
            _ => return Some(parts),
        }
    }
}

struct Builder<'a> {
    source: &'a Arc<SourceText>,
    offset: usize,
    diagnostics: Vec<Diagnostic>,
}

impl Builder<'_> {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span {
            source: self.source.clone(),
            range: range.start + self.offset..range.end + self.offset,
        }
    }

    fn syntax_error(&mut self, error: &toml::de::Error) {
        let end = self.source.text.len();
        let span = self.span(error.span().unwrap_or(end..end));
        let message = format!("this is not TOML: {}", error.message());
        self.diagnostics
            .push(Diagnostic::error("bad_toml", message).at(&span));
    }

    fn table(&mut self, table: DeTable<'_>, span: std::ops::Range<usize>) -> Node {
        let mut entries: Vec<Entry> = table
            .into_iter()
            .map(|(key, value)| Entry {
                key_span: self.span(key.span()),
                key: key.into_inner().into_owned(),
                node: self.value(value),
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_span.range.start);
        Node {
            span: self.span(span),
            value: Value::Table(entries),
        }
    }

    fn value(&mut self, value: Spanned<DeValue<'_>>) -> Node {
        let range = value.span();
        let span = self.span(range.clone());
        let value = match value.into_inner() {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => Value::Integer(number),
                    Err(_) => {
                        let message = format!("`{}` does not fit a 64-bit integer", span.text());
                        self.diagnostics
                            .push(Diagnostic::error("bad_number", message).at(&span));
                        Value::Integer(0)
                    }
                }
            }
            DeValue::Float(number) => {
                let number = number.as_str().parse().unwrap_or(f64::NAN);
                if !number.is_finite() {
                    let message =
                        format!("`{}` is not a number that a pipeline can hold", span.text());
                    self.diagnostics
                        .push(Diagnostic::error("bad_number", message).at(&span));
                }
                Value::Float(number)
            }
            DeValue::Boolean(value) => Value::Boolean(value),
            DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
            DeValue::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.value(item)).collect())
            }
            DeValue::Table(table) => return self.table(table, range),
        };
        Node { span, value }
    }
}
