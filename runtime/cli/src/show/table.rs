//! Tables without lines: columns that are aligned.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, Table};

/// Rows of cells; the first column's text begins at the left, as does that of columns in `left`.
pub(crate) fn aligned(
    header: Option<Vec<String>>,
    rows: Vec<Vec<String>>,
    left: &[usize],
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    if let Some(header) = header {
        table.set_header(cells(header, left));
    }
    for row in rows {
        table.add_row(cells(row, left));
    }
    for column in table.column_iter_mut() {
        column.set_padding((1, 1));
    }
    let mut text = table.trim_fmt();
    text.push('\n');
    text
}

fn cells(texts: Vec<String>, left: &[usize]) -> Vec<Cell> {
    let cells = texts.into_iter().enumerate().map(|(index, text)| {
        let alignment = if index == 0 || left.contains(&index) {
            CellAlignment::Left
        } else {
            CellAlignment::Right
        };
        Cell::new_owned(text).set_alignment(alignment)
    });
    cells.collect()
}
