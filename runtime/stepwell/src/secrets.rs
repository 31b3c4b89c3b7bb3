//! Where secrets come from: a file of the user's, and environment variables.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use stepwell_plan::SECRET_PREFIX;

use crate::error::Error;

/// Reads a file of secrets: TOML with nothing but `NAME = "value"`.
///
/// # Errors
/// The file cannot be read, or is not of this form. The error never has text of the file in it.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::ReadSecrets {
        path: path.to_owned(),
        source,
    })?;
    let bad = |line: usize, problem: &str| Error::BadSecrets {
        path: path.to_owned(),
        line,
        problem: problem.to_owned(),
    };
    let line_at = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
    let table: BTreeMap<toml::Spanned<String>, toml::Spanned<toml::Value>> = toml::from_str(&text)
        .map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            bad(line_at(offset), "it is not TOML")
        })?;
    let mut secrets = BTreeMap::new();
    for (name, value) in table {
        let line = line_at(value.span().start);
        let name = name.into_inner();
        if !is_name(&name) {
            return Err(bad(line, "a name is made of letters, digits, `_` and `-`"));
        }
        match value.into_inner() {
            toml::Value::String(value) if !value.is_empty() => secrets.insert(name, value),
            _ => {
                return Err(bad(
                    line,
                    &format!("`{name}` must be a text that is not empty"),
                ));
            }
        };
    }
    Ok(secrets)
}

/// The secrets among environment variables: those whose names begin with `STEPWELL_SECRET_`.
pub(crate) fn from_environment(environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let secrets = environment.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix(SECRET_PREFIX)?;
        (is_name(name) && !value.is_empty()).then(|| (name.to_owned(), value.clone()))
    });
    secrets.collect()
}

fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    !name.is_empty() && name.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets.toml");
        fs::write(&path, text).unwrap();
        let found = match read(&path) {
            Ok(secrets) => format!("{secrets:?}"),
            Err(error) => error
                .to_string()
                .replace(&*folder.path().to_string_lossy(), ""),
        };
        assert_eq!(found, expect, "{text}");
    }

    #[test]
    fn a_file_of_secrets_has_names_and_texts_and_nothing_else() {
        check(
            "KEY = \"abc\"\nother-key = 'd$e'",
            r#"{"KEY": "abc", "other-key": "d$e"}"#,
        );
        check("", "{}");
        check(
            "A = 'x'\nKEY = 12",
            "line 2 of the secrets in `/secrets.toml`: `KEY` must be a text that is not empty",
        );
        check(
            "[table]\nKEY = 'hush'",
            "line 1 of the secrets in `/secrets.toml`: `table` must be a text that is not empty",
        );
    }

    #[test]
    fn what_is_wrong_with_a_file_of_secrets_is_told_without_its_text() {
        check(
            "KEY = 'a'\nhush hush",
            "line 2 of the secrets in `/secrets.toml`: it is not TOML",
        );
        check(
            "\"a b\" = 'hush'",
            "line 1 of the secrets in `/secrets.toml`: a name is made of letters, digits, `_` and `-`",
        );
    }

    #[test]
    fn environment_variables_hold_secrets_by_the_beginning_of_their_names() {
        let environment = ["STEPWELL_SECRET_KEY", "STEPWELL_SECRET_", "HOME"]
            .map(|name| (name.to_owned(), "v".to_owned()));
        let secrets = from_environment(&environment.into());
        assert_eq!(secrets.keys().collect::<Vec<_>>(), ["KEY"]);
    }
}
