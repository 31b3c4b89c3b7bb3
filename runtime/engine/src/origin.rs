//! Which rows of a source the rows of a batch are. Steps select rows, and the host sees how; so it can say where a
//! row came from, however many steps it went through, without asking any of them.

use std::sync::Arc;

use arrow_array::{BooleanArray, RecordBatch, UInt32Array};

/// Rows that a source gave at once.
#[derive(Debug, Clone)]
pub struct SourceRows {
    /// The source's name in the pipeline.
    pub source: Arc<str>,
    /// The file, as the pipeline names it.
    pub file: Arc<str>,
    /// The first row's position in the file, from 0.
    pub first_row: u64,
    /// The rows as the source gave them; `None` where nobody will ask for them.
    pub batch: Option<RecordBatch>,
}

/// Which rows of a source the rows of a batch are. Cheap to clone, and to carry from step to step: selections are
/// only kept, and followed when somebody asks.
#[derive(Debug, Clone)]
pub struct RowOrigins {
    rows: Arc<SourceRows>,
    n_rows: usize,
    selected: Option<Arc<Selected>>,
}

/// A selection of rows, and those before it.
#[derive(Debug)]
struct Selected {
    before: Option<Arc<Selected>>,
    selection: Selection,
}

/// Some rows of a batch, known to lie inside it.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    All,
    /// The first row and how many.
    Range(usize, usize),
    Mask(BooleanArray),
    Indices(UInt32Array),
}

impl Selection {
    /// How many rows are selected of a batch of `n_rows`.
    pub(crate) fn count(&self, n_rows: usize) -> usize {
        match self {
            Self::All => n_rows,
            Self::Range(_, length) => *length,
            Self::Mask(mask) => mask.true_count(),
            Self::Indices(indices) => indices.len(),
        }
    }

    /// The positions of the selected rows in a batch of `n_rows`, in the order of the selection.
    pub(crate) fn positions(&self, n_rows: usize) -> Vec<u32> {
        match self {
            Self::All => (0..n_rows as u32).collect(),
            Self::Range(first, length) => (*first as u32..(*first + *length) as u32).collect(),
            Self::Mask(mask) => mask.values().set_indices().map(|row| row as u32).collect(),
            Self::Indices(indices) => indices.values().to_vec(),
        }
    }
}

impl RowOrigins {
    /// All of `n_rows` rows that a source gave.
    #[must_use]
    pub fn new(rows: SourceRows, n_rows: usize) -> Self {
        Self {
            rows: Arc::new(rows),
            n_rows,
            selected: None,
        }
    }

    /// What the source gave.
    #[must_use]
    pub fn source_rows(&self) -> &SourceRows {
        &self.rows
    }

    /// For each row of the batch its position among the rows that the source gave at once.
    #[must_use]
    pub fn positions(&self) -> Vec<u32> {
        let mut selections = Vec::new();
        let mut next = self.selected.as_ref();
        while let Some(selected) = next {
            selections.push(&selected.selection);
            next = selected.before.as_ref();
        }
        let Some(first) = selections.pop() else {
            return Selection::All.positions(self.n_rows);
        };
        let mut rows = first.positions(self.n_rows);
        for selection in selections.into_iter().rev() {
            let positions = selection.positions(rows.len());
            rows = positions.iter().map(|row| rows[*row as usize]).collect();
        }
        rows
    }

    pub(crate) fn select(&self, selection: &Selection) -> Self {
        let mut selected = self.clone();
        if !matches!(selection, Selection::All) {
            selected.selected = Some(Arc::new(Selected {
                before: self.selected.clone(),
                selection: selection.clone(),
            }));
        }
        selected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins() -> RowOrigins {
        let rows = SourceRows {
            source: "customers".into(),
            file: "customers.csv".into(),
            first_row: 100,
            batch: None,
        };
        RowOrigins::new(rows, 6)
    }

    #[test]
    fn rows_are_followed_through_every_kind_of_selection() {
        let check = |selections: &[Selection], expect: &[u32]| {
            let selected = selections
                .iter()
                .fold(origins(), |rows, selection| rows.select(selection));
            assert_eq!(selected.positions(), expect, "{selections:?}");
        };
        let mask = |bits: &[bool]| Selection::Mask(BooleanArray::from(bits.to_vec()));
        let indices = |rows: &[u32]| Selection::Indices(UInt32Array::from(rows.to_vec()));
        check(&[], &[0, 1, 2, 3, 4, 5]);
        check(&[Selection::All], &[0, 1, 2, 3, 4, 5]);
        check(&[Selection::Range(2, 3)], &[2, 3, 4]);
        check(
            &[mask(&[true, false, false, true, true, false])],
            &[0, 3, 4],
        );
        check(&[indices(&[5, 1, 1])], &[5, 1, 1]);
        check(
            &[
                Selection::Range(1, 5),
                mask(&[false, true, true, false, true]),
                indices(&[2, 0, 2]),
            ],
            &[5, 2, 5],
        );
        check(&[Selection::Range(3, 0)], &[]);
    }
}
