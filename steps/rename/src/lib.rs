//! Renames columns. No column is read.

use std::collections::BTreeMap;

use stepwell_sdk::prelude::*;
use stepwell_values::{Named, pointer};

/// The new names.
#[parameters]
struct Parameters {
    /// New names by old ones: `columns = { "Monthly Charges" = "monthly_charges" }`.
    #[serde(default)]
    columns: Named<String>,
    /// How all other names are written: `snake` (`Monthly Charges` becomes `monthly_charges`), `lower` or `upper`.
    #[serde(default)]
    case: Option<Case>,
    /// What all other names begin with.
    #[serde(default)]
    prefix: String,
    /// What all other names end with.
    #[serde(default)]
    suffix: String,
}

/// A way of writing names.
#[parameters]
#[derive(Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Case {
    /// Lowercase words joined by `_`.
    Snake,
    /// All in lower case.
    Lower,
    /// All in upper case.
    Upper,
}

/// Renames columns.
///
/// Columns are passed by reference: none is read, whatever it holds.
#[step(name = "rename")]
struct Rename;

impl Step for Rename {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        for old in parameters.columns.keys() {
            problems.check(inputs.column(old).at_parameter(pointer(["columns", old])));
        }
        let mut renamed: BTreeMap<String, String> = BTreeMap::new();
        let mut passes = Vec::new();
        for column in inputs.columns() {
            let old = column.name();
            let new = match parameters.columns.get(old) {
                Some(new) => new.clone(),
                None => format!(
                    "{}{}{}",
                    parameters.prefix,
                    cased(old, parameters.case),
                    parameters.suffix
                ),
            };
            if let Some(other) = renamed.insert(new.clone(), old.to_owned()) {
                let problem = StepError::new(
                    "duplicate_column",
                    format!("columns `{other}` and `{old}` would both be called `{new}`"),
                );
                problems.push(match parameters.columns.contains_key(old) {
                    true => problem.at_parameter(pointer(["columns", old])),
                    false => problem.at_column(0, old),
                });
            }
            passes.push((column, new));
        }
        problems.into_result()?;
        for (key, value) in inputs.schema().metadata() {
            plan.metadata(key, value);
        }
        for (column, name) in passes {
            plan.pass_as(&column, name);
        }
        Ok(Self)
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        output.pass(&batch)
    }
}

fn cased(name: &str, case: Option<Case>) -> String {
    match case {
        None => name.to_owned(),
        Some(Case::Lower) => name.to_lowercase(),
        Some(Case::Upper) => name.to_uppercase(),
        Some(Case::Snake) => snake(name),
    }
}

/// Words are parted where a lowercase letter or a digit meets an uppercase letter, where the last of several
/// uppercase letters begins a word, and at everything that is no letter or digit.
fn snake(name: &str) -> String {
    let characters: Vec<char> = name.chars().collect();
    let mut words = String::new();
    for (position, character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() {
            if !words.is_empty() && !words.ends_with('_') {
                words.push('_');
            }
            continue;
        }
        if character.is_uppercase() && position > 0 {
            let before = characters[position - 1];
            let begins = before.is_lowercase()
                || before.is_numeric()
                || (before.is_uppercase()
                    && characters
                        .get(position + 1)
                        .is_some_and(|next| next.is_lowercase()));
            if begins && !words.ends_with('_') {
                words.push('_');
            }
        }
        words.extend(character.to_lowercase());
    }
    words.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_become_words() {
        for (name, expected) in [
            ("Monthly Charges", "monthly_charges"),
            ("customerID", "customer_id"),
            ("HTTPServer2Go", "http_server2_go"),
            ("  a--b ", "a_b"),
            ("Größe (cm)", "größe_cm"),
            ("already_fine", "already_fine"),
        ] {
            assert_eq!(super::snake(name), expected);
        }
    }
}
