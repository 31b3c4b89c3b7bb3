//! Rows in other portions than they came in.

use std::collections::VecDeque;

use arrow_array::Array;
use arrow_select::concat::concat;

use crate::read::Rows;

/// Holds rows until there are enough of them. Rows that come in one piece are given as a slice of it, not copied.
#[derive(Default)]
pub(crate) struct Rechunker {
    pieces: VecDeque<Rows>,
    rows: usize,
}

impl Rechunker {
    /// The number of rows that are held.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn push(&mut self, rows: Rows) {
        if rows.rows > 0 {
            self.rows += rows.rows;
            self.pieces.push_back(rows);
        }
    }

    /// The first `count` rows, or all if there are fewer; `None` if there are none.
    pub(crate) fn take(&mut self, count: usize) -> Result<Option<Rows>, String> {
        let mut taken: Vec<Rows> = Vec::new();
        let mut missing = count.min(self.rows);
        self.rows -= missing;
        while missing > 0
            && let Some(mut piece) = self.pieces.pop_front()
        {
            if piece.rows > missing {
                self.pieces
                    .push_front(slice(&piece, missing, piece.rows - missing));
                piece = slice(&piece, 0, missing);
            }
            missing -= piece.rows;
            taken.push(piece);
        }
        if taken.len() <= 1 {
            return Ok(taken.pop());
        }
        let columns = (0..taken[0].columns.len())
            .map(|column| {
                let parts: Vec<&dyn Array> = taken
                    .iter()
                    .map(|rows| rows.columns[column].as_ref())
                    .collect();
                concat(&parts).map_err(|error| error.to_string())
            })
            .collect::<Result<_, _>>()?;
        Ok(Some(Rows {
            columns,
            rows: taken.iter().map(|rows| rows.rows).sum(),
        }))
    }
}

fn slice(rows: &Rows, offset: usize, length: usize) -> Rows {
    Rows {
        columns: rows
            .columns
            .iter()
            .map(|column| column.slice(offset, length))
            .collect(),
        rows: length,
    }
}
