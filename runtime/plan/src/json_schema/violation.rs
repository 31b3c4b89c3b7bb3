//! What can be wrong with a value, and how it is said.

use serde_json::Value;

use crate::suggest;
use crate::text::{Diagnostic, Span};

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Violation {
    /// The keys and indexes that lead to the value.
    pub(crate) path: Vec<String>,
    pub(crate) kind: ViolationKind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ViolationKind {
    /// The value has the wrong type.
    WrongType {
        /// For example `a string or an integer`.
        expected: String,
        found: Value,
    },
    /// The table has a key that it cannot have. The path leads to the key.
    UnknownKey { known: Vec<String> },
    /// The table lacks a key that it must have.
    MissingKey {
        key: String,
        /// What the key is for.
        description: Option<String>,
    },
    /// The table lacks all keys of which it must have one.
    NoneOfKeys { keys: Vec<String> },
    /// The table has several keys of which it can have one only.
    SeveralOfKeys { keys: Vec<String> },
    /// The value is none of those that there are.
    NotOneOf { found: Value, allowed: Vec<Value> },
    /// The text, array or table is empty and must not be.
    Empty,
    /// The number or the length is out of bounds.
    OutOfBounds {
        /// For example `at least 1`, `at most 5 items`.
        bound: String,
        found: String,
    },
    /// An item of an array is there twice. The path leads to the second one.
    Repeated { first: usize },
}

/// Where the value is: in the pipeline file itself, or in the parameters of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    File,
    Parameters { step: &'a str },
}

impl Place<'_> {
    fn value(self, path: &[String]) -> String {
        let path = dotted(path);
        match self {
            Self::File if path.is_empty() => "the pipeline file".to_owned(),
            Self::File => format!("`{path}`"),
            Self::Parameters { step } if path.is_empty() => format!("`with` of step `{step}`"),
            Self::Parameters { step } => format!("parameter `{path}` of step `{step}`"),
        }
    }

    /// As `value`, but of a table that has keys.
    fn table(self, path: &[String]) -> String {
        match self {
            Self::Parameters { step } if path.is_empty() => format!("step `{step}`"),
            _ => self.value(path),
        }
    }

    fn key_word(self, path: &[String]) -> &'static str {
        match self {
            Self::Parameters { .. } if path.is_empty() => "parameter",
            Self::File if path.is_empty() => "section",
            _ => "key",
        }
    }
}

/// Keys and indexes as a person writes them: `columns[0].name`.
fn dotted(path: &[String]) -> String {
    let mut text = String::new();
    for token in path {
        if !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push_str(&format!("[{token}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(token);
        }
    }
    text
}

impl Violation {
    /// Whether a text would fit where another value stands.
    pub(crate) fn wants_text(&self) -> bool {
        match &self.kind {
            ViolationKind::WrongType { expected, found } => {
                let mut parts = expected.split(" or ");
                (found.is_number() || found.is_boolean())
                    && parts.any(|part| part == "a string" || part.contains('"'))
            }
            _ => false,
        }
    }

    /// The violation as it is shown. `span` is that of the value which the path leads to; of a key
    /// that is unknown, the key's.
    pub(crate) fn to_diagnostic(&self, place: Place<'_>, span: &Span) -> Diagnostic {
        let Said {
            code,
            message,
            help,
        } = self.say(place);
        Diagnostic::error(code, message).at(span).maybe_help(help)
    }

    /// The violation in words.
    pub(crate) fn say(&self, place: Place<'_>) -> Said {
        let value = place.value(&self.path);
        let table = place.table(&self.path);
        let word = place.key_word(&self.path);
        match &self.kind {
            ViolationKind::WrongType { expected, found } => Said::new(
                "wrong_type",
                format!("{value} must be {expected}, not {}", type_of(found)),
                retype(expected, found),
            ),
            ViolationKind::UnknownKey { known } => {
                let (key, parent) = self
                    .path
                    .split_last()
                    .map_or(("", &[][..]), |(key, parent)| (key, parent));
                let word = place.key_word(parent);
                let valid = suggest::valid(key, &format!("{word}s"), known);
                let message = format!("{} has no {word} `{key}`{valid}", place.table(parent));
                Said::new(
                    unknown_code(word),
                    message,
                    suggest::did_you_mean(key, known),
                )
            }
            ViolationKind::MissingKey { key, description } => {
                let help = description
                    .as_ref()
                    .map(|text| format!("`{key}`: {}", first_sentence(text)));
                Said::new(
                    missing_code(word),
                    format!("{table} needs the {word} `{key}`"),
                    help,
                )
            }
            ViolationKind::NoneOfKeys { keys } => {
                let message = format!("{table} needs one of the {word}s {}", suggest::list(keys));
                Said::new(missing_code(word), message, None)
            }
            ViolationKind::SeveralOfKeys { keys } => {
                let message = format!(
                    "{table} can have only one of the {word}s {}",
                    suggest::list(keys)
                );
                Said::new("conflicting_keys", message, None)
            }
            ViolationKind::NotOneOf { found, allowed } => {
                let allowed: Vec<String> = allowed.iter().map(plain).collect();
                let found = plain(found);
                let valid = suggest::valid(&found, "values", &allowed);
                let message = format!("{value} cannot be `{}`{valid}", shortened(&found));
                Said::new(
                    "invalid_value",
                    message,
                    suggest::did_you_mean(&found, &allowed),
                )
            }
            ViolationKind::Empty => {
                Said::new("out_of_bounds", format!("{value} must not be empty"), None)
            }
            ViolationKind::OutOfBounds { bound, found } => Said::new(
                "out_of_bounds",
                format!("{value} must be {bound}, not {found}"),
                None,
            ),
            ViolationKind::Repeated { first } => Said::new(
                "repeated_item",
                format!("{value} is there twice: it is the same as item {first}, counted from 0"),
                None,
            ),
        }
    }
}

/// A violation in words.
pub(crate) struct Said {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Said {
    fn new(code: &'static str, message: String, help: Option<String>) -> Self {
        Self {
            code,
            message,
            help,
        }
    }
}

fn unknown_code(word: &str) -> &'static str {
    match word {
        "parameter" => "unknown_parameter",
        _ => "unknown_key",
    }
}

fn missing_code(word: &str) -> &'static str {
    match word {
        "parameter" => "missing_parameter",
        _ => "missing_key",
    }
}

/// The type of a value, in TOML's words.
pub(crate) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "a table",
    }
}

/// How to write the value so that it has the expected type, where that is plain.
fn retype(expected: &str, found: &Value) -> Option<String> {
    let one_of = |word: &str| expected.split(" or ").any(|part| part.starts_with(word));
    match found {
        Value::String(text)
            if text.parse::<i64>().is_ok() && (one_of("an integer") || one_of("a number")) =>
        {
            Some(format!("write it without quotes: `{text}`"))
        }
        Value::String(text) if (text == "true" || text == "false") && one_of("a boolean") => {
            Some(format!("write it without quotes: `{text}`"))
        }
        Value::Number(_) | Value::Bool(_) if expected == "a string" => {
            Some(format!("write it in quotes: `\"{found}\"`"))
        }
        Value::String(_) if one_of("an array of strings") || expected == "an array" => {
            Some(format!("write it in brackets: `[{found}]`"))
        }
        Value::Number(_) if one_of("an array of numbers") || one_of("an array of integers") => {
            Some(format!("write it in brackets: `[{found}]`"))
        }
        Value::Number(number)
            if one_of("an integer") && number.as_f64().is_some_and(|n| n.fract() == 0.0) =>
        {
            Some(format!(
                "write it without the fraction: `{:.0}`",
                number.as_f64()?
            ))
        }
        _ => None,
    }
}

/// A value without the quotes of a string.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 80;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST).collect();
    format!("{start}…")
}

/// The first sentence of a description, on one line, as messages are written: without its full stop
/// and, unless it starts with an abbreviation, lowercase.
fn first_sentence(text: &str) -> String {
    let text = text.split("\n\n").next().unwrap_or_default();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = text.find(". ").unwrap_or(text.len());
    let sentence = text[..end].trim_end_matches('.');
    let mut letters = sentence.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            format!("{}{}", first.to_lowercase(), &sentence[first.len_utf8()..])
        }
        _ => sentence.to_owned(),
    }
}
