//! A case: reading it from its file.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use serde::Deserialize;

use crate::error::{CaseError, LineError};
use crate::outcome::{Outcome, Problem, RejectedRows};
use crate::sections::{Kind, Section, cut};
use crate::table::{PlainColumns, parse_lines};

/// The extension of case files.
pub const CASE_EXTENSION: &str = "case";

/// What a step is given and what is expected of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Case {
    /// The file's name without its extension.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// How far floating-point values may be from the expected ones; exact if there is none.
    pub tolerance: Option<f64>,
    /// Models that the step is granted: files by name.
    pub models: BTreeMap<String, PathBuf>,
    /// The step's parameters, an object.
    pub parameters: serde_json::Value,
    /// Input ports by name, in the order of the file, each with its whole table.
    pub inputs: Vec<(String, RecordBatch)>,
    /// What is expected. Of a case that was never accepted: outputs without a single table.
    pub expected: Outcome,
}

/// What stands before the first section.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Preamble {
    tolerance: Option<f64>,
    #[serde(default)]
    models: BTreeMap<String, PathBuf>,
}

impl Case {
    /// Reads all cases of a folder, sorted by name.
    ///
    /// # Errors
    /// The folder or a file cannot be read, a file is not a case, or there is no case at all.
    pub fn load_dir(folder: &Path) -> Result<Vec<Case>, CaseError> {
        let read_error = |source| CaseError::Read {
            path: folder.to_owned(),
            source,
        };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(read_error)? {
            let path = entry.map_err(read_error)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == CASE_EXTENSION)
            {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(CaseError::NoCases {
                path: folder.to_owned(),
            });
        }
        paths.sort();
        paths.iter().map(|path| Case::load(path)).collect()
    }

    /// Reads a case.
    ///
    /// # Errors
    /// The file cannot be read or is not a case.
    pub fn load(path: &Path) -> Result<Case, CaseError> {
        let text = fs::read_to_string(path).map_err(|source| CaseError::Read {
            path: path.to_owned(),
            source,
        })?;
        Case::parse(&text, path)
    }

    /// Reads a case from its text. `path` gives its name and the place of its models.
    ///
    /// # Errors
    /// The text is not a case.
    pub fn parse(text: &str, path: &Path) -> Result<Case, CaseError> {
        parse(text, path).map_err(|error| CaseError::Syntax {
            path: path.to_owned(),
            line: error.line,
            message: error.message,
        })
    }
}

fn parse(text: &str, path: &Path) -> Result<Case, LineError> {
    let (preamble, sections) = cut(text)?;
    let preamble: Preamble = from_toml(&text[preamble], 1)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut case = Case {
        name: path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        path: path.to_owned(),
        tolerance: preamble.tolerance,
        models: preamble
            .models
            .into_iter()
            .map(|(name, file)| (name, folder.join(file)))
            .collect(),
        parameters: serde_json::Value::Object(serde_json::Map::new()),
        inputs: Vec::new(),
        expected: Outcome::Output {
            tables: Vec::new(),
            rejected: Vec::new(),
        },
    };
    let mut tables = Vec::new();
    let mut rejected = Vec::new();
    let mut error: Option<(usize, Vec<Problem>)> = None;
    for section in &sections {
        match &section.kind {
            Kind::Parameters => {
                let table: toml::Table = from_toml(&text[section.body.clone()], section.line + 1)?;
                case.parameters = to_json(toml::Value::Table(table))
                    .map_err(|message| LineError::new(section.line, message))?;
            }
            Kind::Input(port) => case
                .inputs
                .push((port.clone(), plain_table(section, text)?)),
            Kind::Output(port) => tables.push((port.clone(), plain_table(section, text)?)),
            Kind::Rejected(port) => rejected.extend(rejected_rows(port, section, text)?),
            Kind::Error => error = Some((section.line, problems(section, text)?)),
        }
    }
    if case.inputs.is_empty() {
        return Err(LineError::new(
            1,
            "a case needs an input: a line `--- input`, then a table",
        ));
    }
    match error {
        Some((line, _)) if !(tables.is_empty() && rejected.is_empty()) => {
            return Err(LineError::new(
                line,
                "a case expects either an error or outputs",
            ));
        }
        Some((_, problems)) => case.expected = Outcome::Error { problems },
        None => case.expected = Outcome::Output { tables, rejected },
    }
    Ok(case)
}

fn from_toml<T: for<'de> Deserialize<'de>>(text: &str, first_line: usize) -> Result<T, LineError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = first_line
            + text.as_bytes()[..start]
                .iter()
                .filter(|byte| **byte == b'\n')
                .count();
        LineError::new(line, error.message().to_owned())
    })
}

/// Parameters cross to the step as JSON: dates become strings, as in a pipeline file.
fn to_json(value: toml::Value) -> Result<serde_json::Value, String> {
    Ok(match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => serde_json::Number::from_f64(number)
            .ok_or_else(|| format!("`{number}` cannot be a parameter"))?
            .into(),
        toml::Value::Boolean(value) => value.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(items) => items
            .into_iter()
            .map(to_json)
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        toml::Value::Table(fields) => fields
            .into_iter()
            .map(|(name, value)| Ok((name, to_json(value)?)))
            .collect::<Result<serde_json::Map<_, _>, String>>()?
            .into(),
    })
}

fn plain_table(section: &Section, text: &str) -> Result<RecordBatch, LineError> {
    match parse_lines(section.line, &section.lines(text))? {
        (table, plain) if plain.is_empty() => Ok(table),
        (_, plain) => Err(LineError::new(
            section.line + 1,
            format!(
                "column `{}` has no type, such as `{}: utf8`",
                plain[0].0, plain[0].0
            ),
        )),
    }
}

fn rejected_rows(
    port: &str,
    section: &Section,
    text: &str,
) -> Result<Vec<RejectedRows>, LineError> {
    let (table, plain) = parse_lines(section.line, &section.lines(text))?;
    let (codes, reasons) = code_and_reason(plain).ok_or_else(|| {
        LineError::new(
            section.line + 1,
            "a table of rejected rows begins with the columns `code | reason`",
        )
    })?;
    let rows = codes.into_iter().zip(reasons).enumerate();
    Ok(rows
        .map(|(row, (code, reason))| RejectedRows {
            port: port.to_owned(),
            code,
            reason,
            rows: table.slice(row, 1),
        })
        .collect())
}

fn code_and_reason(plain: PlainColumns) -> Option<(Vec<String>, Vec<String>)> {
    let [code, reason]: [(String, Vec<String>); 2] = plain.try_into().ok()?;
    (code.0 == "code" && reason.0 == "reason").then_some((code.1, reason.1))
}

fn problems(section: &Section, text: &str) -> Result<Vec<Problem>, LineError> {
    let mut problems = Vec::new();
    for (number, line) in section.lines(text) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let problem = line.split_once(": ").and_then(|(code, message)| {
            let message = if message.starts_with('"') {
                serde_json::from_str(message).ok()?
            } else {
                message.to_owned()
            };
            Some(Problem {
                code: code.to_owned(),
                message,
            })
        });
        problems.push(problem.ok_or_else(|| {
            LineError::new(number, "an expected error is written as `code: message`")
        })?);
    }
    if problems.is_empty() {
        return Err(LineError::new(
            section.line,
            "an expected error is written as `code: message`, on a line of its own",
        ));
    }
    Ok(problems)
}
