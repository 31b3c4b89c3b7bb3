//! Accepting an outcome: writing it into the case's file.

use std::fs;

use crate::case::Case;
use crate::compare::rejected_grids;
use crate::error::CaseError;
use crate::outcome::{Outcome, Problem};
use crate::sections::{Kind, Section, cut};
use crate::table::write_table;
use crate::value::quoted;

impl Case {
    /// Makes an outcome the expected one, in the case's file. Everything but the expected sections stays as it
    /// is; comments inside of those are kept, above what they hold.
    ///
    /// # Errors
    /// The file cannot be read or written, or is not a case any more.
    pub fn bless(&self, actual: &Outcome) -> Result<(), CaseError> {
        let text = fs::read_to_string(&self.path).map_err(|source| CaseError::Read {
            path: self.path.clone(),
            source,
        })?;
        let text = blessed(&text, actual).map_err(|error| CaseError::Syntax {
            path: self.path.clone(),
            line: error.line,
            message: error.message,
        })?;
        fs::write(&self.path, text).map_err(|source| CaseError::Write {
            path: self.path.clone(),
            source,
        })
    }
}

fn blessed(text: &str, actual: &Outcome) -> Result<String, crate::error::LineError> {
    let (preamble, sections) = cut(text)?;
    let (mut old, given): (Vec<Section>, Vec<Section>) = sections
        .into_iter()
        .partition(|section| section.kind.is_expected());
    let mut blessed = text[preamble].to_owned();
    for section in &given {
        blessed.push_str(&text[section.span.clone()]);
    }
    let mut new = bodies(actual)
        .into_iter()
        .map(|(kind, body)| {
            let comments = match old.iter().position(|section| section.kind == kind) {
                Some(at) => comments(&old.remove(at), text),
                None => String::new(),
            };
            (kind, comments, body)
        })
        .collect::<Vec<_>>();
    // Comments of sections that are no more go to the first one, so that none is lost.
    if let Some((_, first, _)) = new.first_mut() {
        for section in &old {
            first.push_str(&comments(section, text));
        }
    }
    for (kind, comments, body) in new {
        end_with_empty_line(&mut blessed);
        blessed.push_str(&format!("--- {kind}\n{comments}{body}"));
    }
    Ok(blessed)
}

fn comments(section: &Section, text: &str) -> String {
    let lines = text[section.body.clone()].lines();
    let comments = lines.filter(|line| line.trim_start().starts_with('#'));
    comments.map(|line| format!("{line}\n")).collect()
}

fn end_with_empty_line(text: &mut String) {
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push_str("\n\n");
    }
}

fn bodies(outcome: &Outcome) -> Vec<(Kind, String)> {
    match outcome {
        Outcome::Output { tables, rejected } => {
            let outputs = tables
                .iter()
                .map(|(port, table)| (Kind::Output(port.clone()), write_table(table)));
            let rejected = rejected_grids(rejected)
                .into_iter()
                .map(|(port, grid)| (Kind::Rejected(port), grid.to_text()));
            outputs.chain(rejected).collect()
        }
        Outcome::Error { problems } => {
            vec![(Kind::Error, problems.iter().map(problem_line).collect())]
        }
    }
}

fn problem_line(problem: &Problem) -> String {
    let is_plain = problem.message.trim() == problem.message
        && !problem.message.is_empty()
        && !problem.message.starts_with('"')
        && !problem.message.contains(char::is_control);
    if is_plain {
        format!("{}: {}\n", problem.code, problem.message)
    } else {
        format!("{}: {}\n", problem.code, quoted(&problem.message))
    }
}
