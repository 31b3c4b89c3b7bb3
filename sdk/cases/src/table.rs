//! Tables as aligned text.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};
use stepwell_layout::{TYPE_NAMES, TypeProblem, field_name_and_type, parse_field};
use unicode_width::UnicodeWidthStr;

use crate::build::build;
use crate::error::{LineError, did_you_mean};
use crate::value::{Value, is_json, quoted, value_at};

/// Cells wider than this do not push the cells of other rows to the right.
const MAX_ALIGNED_WIDTH: usize = 40;

/// A table as text: a line of columns, then a line for each row.
///
/// ```
/// use std::sync::Arc;
///
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch};
/// use stepwell_cases::{parse_table, write_table};
///
/// let ages: ArrayRef = Arc::new(Int64Array::from(vec![Some(42), None]));
/// let table = RecordBatch::try_from_iter_with_nullable([("age", ages, true)]).unwrap();
/// let text = write_table(&table);
/// assert_eq!(text, "age: int64\n        42\n      null\n");
/// assert_eq!(parse_table(&text).unwrap(), table);
/// ```
pub fn write_table(table: &RecordBatch) -> String {
    Grid::of(table).to_text()
}

/// Reads a table, as [`write_table`] writes it. Empty lines and lines that begin with `#` have no
/// meaning.
///
/// # Errors
/// What is wrong, and on which line of the text (counted from 1).
pub fn parse_table(text: &str) -> Result<RecordBatch, String> {
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line))
        .collect();
    parse_lines(1, &lines)
        .map_err(|error| format!("line {}: {}", error.line, error.message))
        .map(|(table, _)| table)
}

/// Columns in front of a table that have a name but no type; one text for each row.
pub(crate) type PlainColumns = Vec<(String, Vec<String>)>;

/// A table in cells, as it is compared and written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grid {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) header: String,
    is_number: bool,
}

impl Grid {
    pub(crate) fn of(table: &RecordBatch) -> Self {
        let columns = table
            .schema_ref()
            .fields()
            .iter()
            .map(|field| Column {
                name: field.name().clone(),
                header: field_name_and_type(field),
                is_number: field.data_type().is_numeric(),
            })
            .collect();
        let rows = (0..table.num_rows())
            .map(|row| {
                table
                    .columns()
                    .iter()
                    .map(|column| cell_text(column, row))
                    .collect()
            })
            .collect();
        Self { columns, rows }
    }

    /// Puts a column of texts without a type in front.
    pub(crate) fn insert_plain(&mut self, name: &str, texts: impl IntoIterator<Item = String>) {
        self.columns.insert(
            0,
            Column {
                name: name.to_owned(),
                header: name.to_owned(),
                is_number: false,
            },
        );
        for (row, text) in self.rows.iter_mut().zip(texts) {
            row.insert(0, string_cell(&text));
        }
    }

    pub(crate) fn header(&self) -> String {
        let headers: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.header.as_str())
            .collect();
        headers.join(" | ")
    }

    pub(crate) fn to_text(&self) -> String {
        if self.columns.is_empty() {
            return format!("({} rows without columns)\n", self.rows.len());
        }
        let headers: Vec<String> = self
            .columns
            .iter()
            .map(|column| column.header.clone())
            .collect();
        let widths: Vec<usize> = (0..headers.len())
            .map(|index| {
                std::iter::once(&headers)
                    .chain(&self.rows)
                    .map(|row| row[index].width())
                    .filter(|width| *width <= MAX_ALIGNED_WIDTH)
                    .max()
                    .unwrap_or_default()
            })
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&headers).chain(&self.rows) {
            let mut line = String::new();
            for (index, cell) in row.iter().enumerate() {
                let padding = " ".repeat(widths[index].saturating_sub(cell.width()));
                line.push_str(if index == 0 { "" } else { " | " });
                if self.columns[index].is_number {
                    line.push_str(&padding);
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.push_str(&padding);
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

fn cell_text(column: &dyn Array, row: usize) -> String {
    match value_at(column, row) {
        Value::String(text) if !is_json(column.data_type()) => string_cell(&text),
        value => value.to_string(),
    }
}

/// A text as a cell: between quotes where it could be read as something else.
fn string_cell(text: &str) -> String {
    let is_plain = !text.is_empty()
        && text != "null"
        && text.trim() == text
        && !text.starts_with('#')
        && !text.starts_with("---")
        && !text.contains(|c: char| c == '"' || c == '|' || c.is_control());
    if is_plain {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Cuts a line at each `|` outside of quotes.
fn split_cells(line: &str) -> Result<Vec<&str>, String> {
    let mut cells = Vec::new();
    let mut start = 0;
    let mut in_quotes = false;
    let mut escaped = false;
    for (at, character) in line.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            '|' if !in_quotes => {
                cells.push(line[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if in_quotes {
        return Err("a quote is not closed".to_owned());
    }
    cells.push(line[start..].trim());
    Ok(cells)
}

fn parse_cell(field: &Field, cell: &str) -> Result<Value, String> {
    let data_type = field.data_type();
    let value = if cell.is_empty() {
        return Err("an empty cell: write `null` or, for an empty string, `\"\"`".to_owned());
    } else if cell == "null" {
        Value::Null
    } else if is_json(data_type) {
        serde_json::from_str(cell).map_err(|error| format!("`{cell}` is not JSON: {error}"))?
    } else {
        Value::String(unquoted(cell)?)
    };
    if value == Value::Null && !field.is_nullable() {
        return Err("`null` in a column that is `not null`".to_owned());
    }
    // Each value is tried alone, so that an error can name its line.
    build(data_type, std::slice::from_ref(&value))?;
    Ok(value)
}

fn unquoted(cell: &str) -> Result<String, String> {
    if cell.contains('"') {
        serde_json::from_str(cell).map_err(|_| {
            format!("`{cell}` is not a text: one that holds quotes is written as a JSON string")
        })
    } else {
        Ok(cell.to_owned())
    }
}

/// Reads a table from lines with their numbers; `start` is the line to blame if there are none.
pub(crate) fn parse_lines(
    start: usize,
    lines: &[(usize, &str)],
) -> Result<(RecordBatch, PlainColumns), LineError> {
    let mut lines = lines
        .iter()
        .map(|(number, line)| (*number, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let Some((header_number, header)) = lines.next() else {
        return Err(LineError::new(
            start,
            "a table needs a line of columns, such as `id: int64 | name: utf8`",
        ));
    };
    if let Some(rows) = rows_without_columns(header) {
        return match lines.next() {
            Some((number, _)) => Err(LineError::new(
                number,
                "a table without columns has no lines of rows",
            )),
            None => Ok((without_columns(rows), Vec::new())),
        };
    }
    let (plain_names, fields) = parse_header(header_number, header)?;
    let mut plain: PlainColumns = plain_names
        .into_iter()
        .map(|name| (name, Vec::new()))
        .collect();
    let mut columns: Vec<Vec<Value>> = vec![Vec::new(); fields.len()];
    let mut n_rows = 0;
    for (number, line) in lines {
        let cells = split_cells(line).map_err(|message| LineError::new(number, message))?;
        if cells.len() != plain.len() + fields.len() {
            return Err(LineError::new(
                number,
                format!(
                    "values in this line: {}, columns of the table: {}",
                    cells.len(),
                    plain.len() + fields.len()
                ),
            ));
        }
        let (texts, cells) = cells.split_at(plain.len());
        for ((_, column), text) in plain.iter_mut().zip(texts) {
            column.push(unquoted(text).map_err(|message| LineError::new(number, message))?);
        }
        for ((field, column), cell) in fields.iter().zip(&mut columns).zip(cells) {
            let value = parse_cell(field, cell).map_err(|message| {
                LineError::new(number, format!("column `{}`: {message}", field.name()))
            })?;
            column.push(value);
        }
        n_rows += 1;
    }
    let mut arrays = Vec::with_capacity(fields.len());
    for (field, column) in fields.iter().zip(&columns) {
        arrays.push(build(field.data_type(), column).map_err(|message| {
            LineError::new(
                header_number,
                format!("column `{}`: {message}", field.name()),
            )
        })?);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
    let table = RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
        .map_err(|error| LineError::new(header_number, error.to_string()))?;
    Ok((table, plain))
}

fn rows_without_columns(line: &str) -> Option<usize> {
    line.strip_prefix('(')?
        .strip_suffix(" rows without columns)")?
        .parse()
        .ok()
}

fn without_columns(n_rows: usize) -> RecordBatch {
    let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
    RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)
        .expect("a batch without columns takes any number of rows")
}

/// The names of the leading columns without a type, and the fields of the others.
fn parse_header(number: usize, header: &str) -> Result<(Vec<String>, Vec<Field>), LineError> {
    let cells = split_cells(header).map_err(|message| LineError::new(number, message))?;
    let mut plain = Vec::new();
    let mut fields: Vec<Field> = Vec::new();
    for cell in cells {
        if fields.is_empty() && matches!(cell, "code" | "reason") {
            plain.push(cell.to_owned());
            continue;
        }
        let field = parse_field(cell).map_err(|error| {
            let hint = match &error.problem {
                TypeProblem::UnknownType(name) => did_you_mean(name, TYPE_NAMES.iter().copied()),
                _ => String::new(),
            };
            LineError::new(number, format!("{error}{hint}"))
        })?;
        fields.push(field);
    }
    Ok((plain, fields))
}
