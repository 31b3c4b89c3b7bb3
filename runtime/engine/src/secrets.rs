//! Values that may be used, but not shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use stepwell_plan::fill_secrets;

/// Lines of a secret that are shorter say too little to be looked for by themselves.
const MIN_LINE_BYTES: usize = 8;

/// Secrets by name. Nothing shows their values: no `Debug`, no serialization, and what steps say is
/// searched for them before anybody sees it.
///
/// ```
/// use stepwell_engine::Secrets;
///
/// let secrets = Secrets::new([("KEY".to_owned(), "xyzzy".to_owned())]);
/// assert_eq!(secrets.redact("bad key `xyzzy`"), "bad key `${secret:KEY}`");
/// assert_eq!(format!("{secrets:?}"), r#"Secrets { names: ["KEY"] }"#);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    inner: Arc<Inner>,
}

#[derive(Default, PartialEq, Eq)]
struct Inner {
    values: BTreeMap<String, String>,
    /// The forms in which a value may come back, the longest first, each with its secret's name.
    forms: Vec<(String, String)>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Secrets")
            .field("names", &self.inner.values.keys().collect::<Vec<_>>())
            .finish()
    }
}

impl Secrets {
    /// Secrets of these names and values. Of a name that comes twice, the last value counts.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let values: BTreeMap<String, String> = values.into_iter().collect();
        let mut forms: Vec<(String, String)> = values
            .iter()
            .flat_map(|(name, value)| forms(value).into_iter().map(|form| (form, name.clone())))
            .collect();
        forms.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup_by(|(a, _), (b, _)| a == b);
        Self {
            inner: Arc::new(Inner { values, forms }),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.values.is_empty()
    }

    /// The names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.inner.values.keys().map(String::as_str)
    }

    /// Puts values in where `${secret:NAME}` stands in a text of a plan.
    ///
    /// # Errors
    /// The name of a secret that there is not.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        fill_secrets(text, |name| self.inner.values.get(name).map(String::as_str))
    }

    /// The same in all strings of a JSON value.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn fill_json(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => Value::String(self.fill(text)?),
            Value::Array(items) => {
                let items = items.iter().map(|item| self.fill_json(item));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Value::Object(entries) => {
                let entries = entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.fill_json(value)?)));
                Value::Object(entries.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    /// The text with `${secret:NAME}` in the place of each value.
    #[must_use]
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut redacted = Cow::Borrowed(text);
        for (form, name) in &self.inner.forms {
            if redacted.contains(form.as_str()) {
                let mark = format!("${{secret:{name}}}");
                redacted = Cow::Owned(redacted.replace(form.as_str(), &mark));
            }
        }
        redacted
    }
}

/// A value as it is, as JSON and as Rust write it inside quotes, and, of several lines, each line.
fn forms(value: &str) -> Vec<String> {
    let json = Value::String(value.to_owned()).to_string();
    let debug = format!("{value:?}");
    let inside = |quoted: &str| quoted[1..quoted.len() - 1].to_owned();
    let lines = value.lines().map(str::trim);
    let lines = lines.filter(|line| line.len() >= MIN_LINE_BYTES);
    let mut forms: Vec<String> = [value.to_owned(), inside(&json), inside(&debug)]
        .into_iter()
        .chain(lines.map(ToOwned::to_owned))
        .filter(|form| !form.is_empty())
        .collect();
    forms.sort_unstable();
    forms.dedup();
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secrets: &[(&str, &str)], text: &str, expect: &str) {
        let pairs = secrets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(Secrets::new(pairs).redact(text), expect);
    }

    #[test]
    fn a_value_is_found_however_it_is_quoted() {
        let key = &[("KEY", "a\"b\\c")];
        check(key, "is a\"b\\c here", "is ${secret:KEY} here");
        check(key, r#"{"k":"a\"b\\c"}"#, r#"{"k":"${secret:KEY}"}"#);
        check(
            &[("PEM", "BEGIN KEY\n12345678")],
            "at 12345678",
            "at ${secret:PEM}",
        );
        check(&[("PEM", "a\nb")], "a \"a\\nb\"", "a \"${secret:PEM}\"");
    }

    #[test]
    fn the_longest_value_is_found_first() {
        let secrets = &[("SHORT", "abc"), ("LONG", "abcdef"), ("EMPTY", "")];
        check(secrets, "abcdef abc", "${secret:LONG} ${secret:SHORT}");
    }

    #[test]
    fn values_are_put_into_every_string() {
        let secrets = Secrets::new([("K".to_owned(), "v".to_owned())]);
        let value = serde_json::json!({ "a": ["${secret:K}", 1], "b": { "c": "x${secret:K}" } });
        let expect = serde_json::json!({ "a": ["v", 1], "b": { "c": "xv" } });
        assert_eq!(secrets.fill_json(&value), Ok(expect));
        assert_eq!(secrets.fill("${secret:L}"), Err("L".to_owned()));
    }
}
