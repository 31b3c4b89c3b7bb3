//! How an outcome differs from what a case expects.

use std::fmt;
use std::path::PathBuf;

use crate::case::Case;
use crate::outcome::{Outcome, Problem, RejectedRows};
use crate::table::Grid;

/// No more differences than this are kept of a table, and lines printed of each kind.
const MAX_DIFFERENCES: usize = 20;

/// An outcome that is not the expected one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The case's name.
    pub case: String,
    /// The case's file.
    pub path: PathBuf,
    /// How they differ, at least one difference.
    pub differences: Vec<Difference>,
}

/// One way in which an outcome differs from the expected one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Difference {
    /// The case expects nothing yet.
    NothingExpected,
    /// Errors came where outputs were expected.
    UnexpectedError {
        /// The errors.
        problems: Vec<Problem>,
    },
    /// Outputs came where an error was expected, or other errors than expected.
    Errors {
        /// The expected ones.
        expected: Vec<Problem>,
        /// Those that came; none if the step ran to its end.
        actual: Vec<Problem>,
    },
    /// A port is expected and missing.
    MissingOutput {
        /// The port.
        port: String,
    },
    /// A port came of which the case says nothing.
    UnexpectedOutput {
        /// The port.
        port: String,
    },
    /// A table has other columns than expected, or other types.
    Columns {
        /// `output PORT` or `rejected PORT`.
        table: String,
        /// The expected columns.
        expected: String,
        /// Those that came.
        actual: String,
    },
    /// A value is not the expected one.
    Value {
        /// `output PORT`.
        table: String,
        /// The row, counted from 1.
        row: usize,
        /// The column's name.
        column: String,
        /// The expected value, as text.
        expected: String,
        /// The one that came.
        actual: String,
    },
    /// Rows are missing or surplus.
    Rows {
        /// `output PORT` or `rejected PORT`.
        table: String,
        /// How many rows are expected.
        expected: usize,
        /// How many came.
        actual: usize,
        /// Expected rows that did not come, as text.
        missing: Vec<String>,
        /// Rows that came and were not expected.
        surplus: Vec<String>,
    },
}

impl Case {
    /// Compares an outcome with the expected one.
    ///
    /// # Errors
    /// They differ; the mismatch says how, in words and values.
    pub fn compare(&self, actual: &Outcome) -> Result<(), Mismatch> {
        let differences = differences(&self.expected, actual, self.tolerance);
        if differences.is_empty() {
            return Ok(());
        }
        Err(Mismatch {
            case: self.name.clone(),
            path: self.path.clone(),
            differences,
        })
    }
}

fn differences(expected: &Outcome, actual: &Outcome, tolerance: Option<f64>) -> Vec<Difference> {
    match (expected, actual) {
        (Outcome::Error { problems: expected }, Outcome::Error { problems: actual }) => {
            if expected == actual {
                return Vec::new();
            }
            vec![Difference::Errors {
                expected: expected.clone(),
                actual: actual.clone(),
            }]
        }
        (Outcome::Error { problems }, Outcome::Output { .. }) => vec![Difference::Errors {
            expected: problems.clone(),
            actual: Vec::new(),
        }],
        (Outcome::Output { tables, rejected }, _) if tables.is_empty() && rejected.is_empty() => {
            vec![Difference::NothingExpected]
        }
        (Outcome::Output { .. }, Outcome::Error { problems }) => {
            vec![Difference::UnexpectedError {
                problems: problems.clone(),
            }]
        }
        (
            Outcome::Output { tables, rejected },
            Outcome::Output {
                tables: actual_tables,
                rejected: actual_rejected,
            },
        ) => {
            let mut differences = Vec::new();
            for (port, expected) in tables {
                match actual_tables.iter().find(|(name, _)| name == port) {
                    None => differences.push(Difference::MissingOutput { port: port.clone() }),
                    Some((_, actual)) => {
                        let name = format!("output `{port}`");
                        compare_grids(
                            &name,
                            &Grid::of(expected),
                            &Grid::of(actual),
                            tolerance,
                            &mut differences,
                        );
                    }
                }
            }
            for (port, _) in actual_tables {
                if !tables.iter().any(|(name, _)| name == port) {
                    differences.push(Difference::UnexpectedOutput { port: port.clone() });
                }
            }
            compare_rejected(rejected, actual_rejected, &mut differences);
            differences
        }
    }
}

fn compare_columns(
    table: &str,
    expected: &Grid,
    actual: &Grid,
    differences: &mut Vec<Difference>,
) -> bool {
    let (expected, actual) = (expected.header(), actual.header());
    let same = expected == actual;
    if !same {
        differences.push(Difference::Columns {
            table: table.to_owned(),
            expected,
            actual,
        });
    }
    same
}

fn compare_grids(
    table: &str,
    expected: &Grid,
    actual: &Grid,
    tolerance: Option<f64>,
    differences: &mut Vec<Difference>,
) {
    if !compare_columns(table, expected, actual, differences) {
        return;
    }
    let same_row = |left: &Vec<String>, right: &Vec<String>| {
        left.iter()
            .zip(right)
            .all(|(left, right)| same_cell(left, right, tolerance))
    };
    if expected.rows.len() != actual.rows.len() {
        // What the tables begin and end with alike is of no interest.
        let shorter = expected.rows.len().min(actual.rows.len());
        let pairs = expected.rows.iter().zip(&actual.rows);
        let begin = pairs
            .take_while(|(left, right)| same_row(left, right))
            .count();
        let pairs = expected.rows.iter().rev().zip(actual.rows.iter().rev());
        let end = pairs
            .take(shorter - begin)
            .take_while(|(left, right)| same_row(left, right))
            .count();
        let lines = |rows: &[Vec<String>]| rows.iter().map(|row| row.join(" | ")).collect();
        differences.push(Difference::Rows {
            table: table.to_owned(),
            expected: expected.rows.len(),
            actual: actual.rows.len(),
            missing: lines(&expected.rows[begin..expected.rows.len() - end]),
            surplus: lines(&actual.rows[begin..actual.rows.len() - end]),
        });
        return;
    }
    let mut found = 0;
    for (row, (left, right)) in expected.rows.iter().zip(&actual.rows).enumerate() {
        for ((column, left), right) in expected.columns.iter().zip(left).zip(right) {
            if same_cell(left, right, tolerance) {
                continue;
            }
            found += 1;
            if found <= MAX_DIFFERENCES {
                differences.push(Difference::Value {
                    table: table.to_owned(),
                    row: row + 1,
                    column: column.name.clone(),
                    expected: left.clone(),
                    actual: right.clone(),
                });
            }
        }
    }
}

/// Cells are compared as they are written, so a value is what a person sees. With a tolerance, numbers
/// that are written as floating-point ones may differ, also those inside of lists and structs.
fn same_cell(expected: &str, actual: &str, tolerance: Option<f64>) -> bool {
    if expected == actual {
        return true;
    }
    let Some(tolerance) = tolerance else {
        return false;
    };
    let (expected, actual) = (tokens(expected), tokens(actual));
    expected.len() == actual.len()
        && expected
            .iter()
            .zip(&actual)
            .all(|(expected, actual)| expected == actual || is_close(expected, actual, tolerance))
}

/// Words of a cell: strings whole, with their quotes, and runs of what a number is made of.
fn tokens(cell: &str) -> Vec<&str> {
    let is_number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    let mut tokens = Vec::new();
    let mut rest = cell;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |(at, _)| at + 1)
        } else if is_number(first) {
            rest.find(|c| !is_number(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, tail) = rest.split_at(length);
        tokens.push(token);
        rest = tail;
    }
    tokens
}

fn is_close(expected: &str, actual: &str, tolerance: f64) -> bool {
    // Integers are never written with a point or an exponent, floating-point values always are.
    let float = |text: &str| -> Option<f64> {
        text.contains(['.', 'e'])
            .then(|| text.parse().ok())
            .flatten()
    };
    match (float(expected), float(actual)) {
        (Some(expected), Some(actual)) => {
            (expected - actual).abs() <= tolerance * expected.abs().max(1.0)
        }
        _ => false,
    }
}

/// The refused rows of each port as one table.
pub(crate) fn rejected_grids(rejected: &[RejectedRows]) -> Vec<(String, Grid)> {
    let mut grids: Vec<(String, Grid)> = Vec::new();
    for some in rejected {
        let mut grid = Grid::of(&some.rows);
        grid.insert_plain(
            "reason",
            grid.rows
                .iter()
                .map(|_| some.reason.clone())
                .collect::<Vec<_>>(),
        );
        grid.insert_plain(
            "code",
            grid.rows
                .iter()
                .map(|_| some.code.clone())
                .collect::<Vec<_>>(),
        );
        match grids.iter_mut().find(|(port, _)| *port == some.port) {
            Some((_, whole)) => whole.rows.append(&mut grid.rows),
            None => grids.push((some.port.clone(), grid)),
        }
    }
    grids.retain(|(_, grid)| !grid.rows.is_empty());
    grids
}

/// A step that sees its input in pieces refuses the same rows in another order, so the order is left out.
fn compare_rejected(
    expected: &[RejectedRows],
    actual: &[RejectedRows],
    differences: &mut Vec<Difference>,
) {
    let (expected, actual) = (rejected_grids(expected), rejected_grids(actual));
    let mut ports: Vec<&String> = expected
        .iter()
        .chain(&actual)
        .map(|(port, _)| port)
        .collect();
    ports.sort();
    ports.dedup();
    for port in ports {
        let find = |grids: &[(String, Grid)]| {
            grids
                .iter()
                .find(|(name, _)| name == port)
                .map(|(_, grid)| grid.clone())
        };
        let (expected, actual) = (find(&expected), find(&actual));
        let table = format!("rejected rows of `{port}`");
        if let (Some(expected), Some(actual)) = (&expected, &actual)
            && !compare_columns(&table, expected, actual, differences)
        {
            continue;
        }
        let lines = |grid: Option<Grid>| -> Vec<String> {
            grid.map_or_else(Vec::new, |grid| {
                grid.rows.iter().map(|row| row.join(" | ")).collect()
            })
        };
        let (expected, actual) = (lines(expected), lines(actual));
        let mut surplus = actual.clone();
        let mut missing = expected.clone();
        missing.retain(|row| match surplus.iter().position(|other| other == row) {
            Some(at) => {
                surplus.remove(at);
                false
            }
            None => true,
        });
        if !(missing.is_empty() && surplus.is_empty()) {
            differences.push(Difference::Rows {
                table,
                expected: expected.len(),
                actual: actual.len(),
                missing,
                surplus,
            });
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "case `{}` ({}) does not hold",
            self.case,
            self.path.display()
        )?;
        for difference in &self.differences {
            write!(out, "\n  {difference}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::NothingExpected => out.write_str("nothing is expected yet"),
            Difference::UnexpectedError { problems } => {
                out.write_str("expected outputs, got an error")?;
                write_problems(out, '+', problems)
            }
            Difference::Errors { expected, actual } => {
                out.write_str(if actual.is_empty() {
                    "expected an error, got outputs"
                } else {
                    "other errors than expected"
                })?;
                let missing = expected.iter().filter(|problem| !actual.contains(problem));
                write_problems(out, '-', missing)?;
                let surplus = actual.iter().filter(|problem| !expected.contains(problem));
                write_problems(out, '+', surplus)?;
                if expected.len() == actual.len()
                    && expected.iter().all(|problem| actual.contains(problem))
                {
                    out.write_str("\n    the same ones, in another order:")?;
                    write_problems(out, '+', actual)?;
                }
                Ok(())
            }
            Difference::MissingOutput { port } => write!(out, "no output `{port}` came"),
            Difference::UnexpectedOutput { port } => {
                write!(out, "output `{port}` came, of which the case says nothing")
            }
            Difference::Columns {
                table,
                expected,
                actual,
            } => write!(
                out,
                "{table}: other columns\n    - {expected}\n    + {actual}"
            ),
            Difference::Value {
                table,
                row,
                column,
                expected,
                actual,
            } => write!(
                out,
                "{table}, row {row}, column `{column}`: expected {expected}, got {actual}"
            ),
            Difference::Rows {
                table,
                expected,
                actual,
                missing,
                surplus,
            } => {
                let rows = if *expected == 1 { "row" } else { "rows" };
                write!(out, "{table}: expected {expected} {rows}, got {actual}")?;
                write_lines(out, '-', missing)?;
                write_lines(out, '+', surplus)
            }
        }
    }
}

fn write_problems<'p>(
    out: &mut fmt::Formatter<'_>,
    mark: char,
    problems: impl IntoIterator<Item = &'p Problem>,
) -> fmt::Result {
    for problem in problems {
        write!(out, "\n    {mark} {}: {}", problem.code, problem.message)?;
    }
    Ok(())
}

fn write_lines(out: &mut fmt::Formatter<'_>, mark: char, lines: &[String]) -> fmt::Result {
    for line in lines.iter().take(MAX_DIFFERENCES) {
        write!(out, "\n    {mark} {line}")?;
    }
    match lines.len().saturating_sub(MAX_DIFFERENCES) {
        0 => Ok(()),
        more => write!(out, "\n    {mark} … and {more} more"),
    }
}
