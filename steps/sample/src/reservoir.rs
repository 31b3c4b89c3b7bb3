//! Drawing a number of rows out of a stream whose length is not known.

use std::collections::BinaryHeap;

use stepwell_sdk::prelude::*;

use crate::draw::Draw;

/// The rows with the lowest draws so far. Batches stay with the host, and only as long as one of their rows is among
/// them.
pub(crate) struct Reservoir {
    n: u64,
    next: u64,
    /// The highest draw first: the row that makes room for the next one.
    drawn: BinaryHeap<DrawnRow>,
    /// In the order in which they came, with how many of their rows are drawn.
    batches: Vec<(Option<Batch>, usize)>,
}

/// In the order of the draws; of equal ones, in that of the rows.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct DrawnRow {
    draw: u64,
    number: u64,
    batch: usize,
    row: u32,
}

impl Reservoir {
    pub(crate) fn new(n: u64) -> Self {
        Self {
            n,
            next: 0,
            drawn: BinaryHeap::new(),
            batches: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, batch: Batch, draw: &Draw) {
        let position = self.batches.len();
        let mut n_drawn = 0;
        // A batch has no more rows than its selections can name.
        for row in 0..batch.rows() as u32 {
            let number = self.next;
            self.next += 1;
            let drawn = DrawnRow {
                draw: draw.bits(&number.to_le_bytes()),
                number,
                batch: position,
                row,
            };
            if self.drawn.len() as u64 == self.n {
                if self.drawn.peek().is_none_or(|highest| *highest < drawn) {
                    continue;
                }
                match self.drawn.pop() {
                    Some(before) if before.batch != position => self.leave(before.batch),
                    _ => n_drawn -= 1,
                }
            }
            self.drawn.push(drawn);
            n_drawn += 1;
        }
        self.batches.push(((n_drawn > 0).then_some(batch), n_drawn));
    }

    /// One of a batch's rows is drawn no more.
    fn leave(&mut self, batch: usize) {
        let (kept, n_drawn) = &mut self.batches[batch];
        *n_drawn -= 1;
        if *n_drawn == 0 {
            *kept = None;
        }
    }

    /// Emits the rows, in the order in which they came.
    pub(crate) fn emit(&mut self, output: &Output) -> Result<(), StepError> {
        let mut rows: Vec<(usize, u32)> = self
            .drawn
            .drain()
            .map(|drawn| (drawn.batch, drawn.row))
            .collect();
        rows.sort_unstable();
        for rows in rows.chunk_by(|left, right| left.0 == right.0) {
            if let (Some(batch), _) = &self.batches[rows[0].0] {
                output.take(
                    batch,
                    rows.iter().map(|(_, row)| *row).collect::<Vec<u32>>(),
                    columns![],
                )?;
            }
        }
        self.batches.clear();
        Ok(())
    }
}
