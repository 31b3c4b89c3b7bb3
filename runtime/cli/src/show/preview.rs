//! The first rows of a table, as many columns as fit.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use console::measure_text_width;

use super::text::{names, safe_line};

/// How many rows of each output are shown.
const ROWS: usize = 5;
/// How many characters of a value are shown.
const CHARACTERS: usize = 40;

/// The first rows of every sink.
#[derive(Debug, Default)]
pub(crate) struct Previews(Mutex<BTreeMap<String, Vec<RecordBatch>>>);

impl Previews {
    /// Sees a batch that goes to a sink.
    pub(crate) fn see(&self, sink: &str, batch: &RecordBatch) {
        let mut previews = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = previews.entry(sink.to_owned()).or_default();
        let rows: usize = kept.iter().map(RecordBatch::num_rows).sum();
        let wanted = ROWS.saturating_sub(rows).min(batch.num_rows());
        if wanted > 0 {
            kept.push(batch.slice(0, wanted));
        }
    }

    /// The rows of a sink as a table, no wider than `width`; empty where there are none.
    pub(crate) fn render(&self, sink: &str, width: usize) -> String {
        let previews = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        previews
            .get(sink)
            .map_or_else(String::new, |batches| render(batches, width))
    }
}

/// A column as it is shown: the name, then the values.
struct Column {
    name: String,
    values: Vec<String>,
    is_number: bool,
}

impl Column {
    fn width(&self) -> usize {
        let texts = std::iter::once(&self.name).chain(&self.values);
        texts
            .map(|text| measure_text_width(text))
            .max()
            .unwrap_or(0)
    }
}

fn render(batches: &[RecordBatch], width: usize) -> String {
    let Some(first) = batches.first() else {
        return String::new();
    };
    let columns: Vec<Column> = (0..first.num_columns())
        .map(|index| column(batches, index))
        .collect();
    if columns.is_empty() {
        return String::new();
    }
    let shown = fitting(&columns, width);
    let hidden: Vec<&str> = (0..columns.len())
        .filter(|index| !shown.contains(index))
        .map(|index| columns[index].name.as_str())
        .collect();
    // Where columns are left out, a column of dots stands for them.
    let gap = (!hidden.is_empty()).then(|| {
        shown
            .iter()
            .zip(0..)
            .take_while(|(column, place)| **column == *place)
            .count()
    });
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(row(&columns, &shown, gap, |column| {
        (column.name.clone(), false)
    }));
    for index in 0..columns[0].values.len() {
        table.add_row(row(&columns, &shown, gap, |column| {
            (column.values[index].clone(), column.is_number)
        }));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    if !hidden.is_empty() {
        let what = if hidden.len() == 1 {
            "column"
        } else {
            "columns"
        };
        text.push_str(&format!(
            "{} more {what}: {}\n",
            hidden.len(),
            names(&hidden, 8)
        ));
    }
    text
}

fn row(
    columns: &[Column],
    shown: &[usize],
    gap: Option<usize>,
    cell: impl Fn(&Column) -> (String, bool),
) -> Vec<Cell> {
    let mut cells: Vec<Cell> = shown
        .iter()
        .map(|index| {
            let (text, to_the_right) = cell(&columns[*index]);
            let alignment = if to_the_right {
                CellAlignment::Right
            } else {
                CellAlignment::Left
            };
            Cell::new_owned(text).set_alignment(alignment)
        })
        .collect();
    if let Some(gap) = gap {
        cells.insert(gap, Cell::new("…"));
    }
    cells
}

/// The columns that fit, taken in turn from the start, where the keys are, and from the end, where the columns
/// are that steps made. At least one of them.
fn fitting(columns: &[Column], width: usize) -> Vec<usize> {
    // Each column has a border and two spaces; the table has one border more.
    let cost = |column: &Column| column.width() + 3;
    let whole: usize = columns.iter().map(cost).sum::<usize>() + 1;
    if whole <= width {
        return (0..columns.len()).collect();
    }
    let mut left = width.saturating_sub(1 + "…".chars().count() + 3);
    let (mut start, mut end) = (0, columns.len());
    let mut shown = Vec::new();
    let mut from_end = true;
    while start < end {
        let index = if from_end { end - 1 } else { start };
        let needed = cost(&columns[index]);
        if needed > left && !shown.is_empty() {
            break;
        }
        left = left.saturating_sub(needed);
        shown.push(index);
        if from_end {
            end -= 1;
        } else {
            start += 1;
        }
        from_end = !from_end;
    }
    shown.sort_unstable();
    shown
}

fn column(batches: &[RecordBatch], index: usize) -> Column {
    let options = FormatOptions::default().with_null("null");
    let schema = batches[0].schema();
    let field = schema.field(index);
    let mut values = Vec::new();
    for batch in batches {
        match ArrayFormatter::try_new(batch.column(index), &options) {
            Ok(formatter) => {
                values.extend(
                    (0..batch.num_rows()).map(|row| shortened(&formatter.value(row).to_string())),
                );
            }
            Err(_) => values.extend((0..batch.num_rows()).map(|_| "?".to_owned())),
        }
    }
    Column {
        name: safe_line(field.name()),
        values,
        is_number: is_number(field.data_type()),
    }
}

fn is_number(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_number(values),
        data_type => data_type.is_numeric(),
    }
}

fn shortened(value: &str) -> String {
    let value = safe_line(value);
    if value.chars().count() <= CHARACTERS {
        return value;
    }
    let start: String = value.chars().take(CHARACTERS - 1).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};

    use super::*;

    fn batch() -> RecordBatch {
        let ids = Int64Array::from(vec![1, 20, 300, 4, 5, 6, 7]);
        let names = StringArray::from(vec![
            Some("ada\u{1b}[2J"),
            None,
            Some("a name that is longer than most names are, truly"),
            Some(""),
            Some("e"),
            Some("f"),
            Some("g"),
        ]);
        let scores = Float64Array::from(vec![0.5, 0.25, 0.125, 1.0, 0.0, 0.0, 0.0]);
        RecordBatch::try_from_iter([
            ("id", Arc::new(ids) as ArrayRef),
            ("name", Arc::new(names)),
            ("score", Arc::new(scores)),
        ])
        .unwrap()
    }

    fn check(width: usize) -> String {
        let previews = Previews::default();
        previews.see("scores", &batch().slice(0, 2));
        previews.see("scores", &batch().slice(2, 5));
        previews.render("scores", width)
    }

    #[test]
    fn the_first_rows_are_shown() {
        insta::assert_snapshot!(check(100));
    }

    #[test]
    fn columns_that_do_not_fit_are_named() {
        insta::assert_snapshot!(check(40));
    }

    #[test]
    fn a_sink_without_rows_shows_nothing() {
        assert_eq!(Previews::default().render("scores", 80), "");
    }
}
