use crate::origin::Selection;

/// What became of the rows of a batch that a step was lent: those that it passed on, those that it refused.
#[derive(Debug, Default)]
pub(crate) struct RowMarks {
    passed: Marks,
    rejected: Marks,
}

/// What a step does with rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Passed,
    Rejected,
}

impl RowMarks {
    /// Notes what a step did with rows of a batch of `n_rows`. Gives how many of them it did this with for the first
    /// time.
    ///
    /// # Errors
    /// The position of the first of these rows with which it did the other thing before: a row that was refused cannot
    /// go on as well.
    pub(crate) fn mark(
        &mut self,
        fate: Fate,
        selection: &Selection,
        n_rows: usize,
    ) -> Result<u64, usize> {
        let (marks, others) = match fate {
            Fate::Passed => (&mut self.passed, &self.rejected),
            Fate::Rejected => (&mut self.rejected, &self.passed),
        };
        match others.first_of(selection, n_rows) {
            Some(row) => Err(row),
            None => Ok(marks.add(selection, n_rows)),
        }
    }
}

/// A set of rows: nearly always none or all of them.
#[derive(Debug, Default)]
enum Marks {
    #[default]
    None,
    All,
    /// A bit for each row.
    Some(Vec<u64>),
}

impl Marks {
    fn add(&mut self, selection: &Selection, n_rows: usize) -> u64 {
        match (&mut *self, selection) {
            (Self::All, _) => return 0,
            (Self::None, Selection::All) => {
                *self = Self::All;
                return n_rows as u64;
            }
            (Self::None, _) => *self = Self::Some(vec![0; n_rows.div_ceil(64)]),
            (Self::Some(_), _) => {}
        }
        let mut added = 0;
        if let Self::Some(words) = self {
            for_each_word(selection, n_rows, |index, bits| {
                added += u64::from((bits & !words[index]).count_ones());
                words[index] |= bits;
            });
        }
        added
    }

    /// The first of the selected rows, in the order of the selection, that is in the set.
    fn first_of(&self, selection: &Selection, n_rows: usize) -> Option<usize> {
        let mut first = None;
        match self {
            Self::None => {}
            Self::All => for_each_word(selection, n_rows, |index, bits| {
                if bits != 0 {
                    first.get_or_insert(index * 64 + bits.trailing_zeros() as usize);
                }
            }),
            Self::Some(words) => for_each_word(selection, n_rows, |index, bits| {
                let both = bits & words[index];
                if both != 0 {
                    first.get_or_insert(index * 64 + both.trailing_zeros() as usize);
                }
            }),
        }
        first
    }
}

/// Hands over the selected rows as bits of words: the word's position, and its bits.
fn for_each_word(selection: &Selection, n_rows: usize, mut take: impl FnMut(usize, u64)) {
    let mut range = |first: usize, length: usize| {
        let end = first + length;
        let mut row = first;
        while row < end {
            let (word, bit) = (row / 64, row % 64);
            let count = (64 - bit).min(end - row);
            take(word, (u64::MAX >> (64 - count)) << bit);
            row += count;
        }
    };
    match selection {
        Selection::All => range(0, n_rows),
        Selection::Range(first, length) => range(*first, *length),
        Selection::Mask(mask) => {
            let chunks = mask.values().bit_chunks();
            let words = chunks.iter().chain([chunks.remainder_bits()]);
            words
                .enumerate()
                .filter(|(_, bits)| *bits != 0)
                .for_each(|(index, bits)| take(index, bits));
        }
        Selection::Indices(indices) => indices
            .values()
            .iter()
            .for_each(|row| take(*row as usize / 64, 1 << (row % 64))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use arrow_array::{BooleanArray, UInt32Array};
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Case {
        All,
        Range(usize, usize),
        Mask(Vec<bool>),
        Indices(Vec<u32>),
    }

    fn selection(case: &Case, n_rows: usize) -> Selection {
        match case {
            Case::All => Selection::All,
            Case::Range(first, length) => {
                let first = first % (n_rows + 1);
                Selection::Range(first, length % (n_rows - first + 1))
            }
            Case::Mask(bits) => {
                let bits = bits.iter().copied().cycle().take(n_rows);
                Selection::Mask(bits.map(Some).collect::<BooleanArray>())
            }
            Case::Indices(rows) => {
                let rows = rows.iter().map(|row| row % n_rows as u32);
                Selection::Indices(UInt32Array::from_iter_values(rows))
            }
        }
    }

    fn cases() -> impl Strategy<Value = Case> {
        prop_oneof![
            Just(Case::All),
            (0..300_usize, 0..300_usize).prop_map(|(first, length)| Case::Range(first, length)),
            proptest::collection::vec(any::<bool>(), 1..200).prop_map(Case::Mask),
            proptest::collection::vec(any::<u32>(), 0..50).prop_map(Case::Indices),
        ]
    }

    proptest! {
        #[test]
        fn marks_are_what_sets_of_rows_would_be(
            n_rows in 1..300_usize,
            steps in proptest::collection::vec((any::<bool>(), cases()), 0..8),
        ) {
            let mut marks = RowMarks::default();
            let mut sets = [BTreeSet::new(), BTreeSet::new()];
            for (is_rejected, case) in steps {
                let selection = selection(&case, n_rows);
                let rows: BTreeSet<u32> = selection.positions(n_rows).into_iter().collect();
                let fate = if is_rejected { Fate::Rejected } else { Fate::Passed };
                let others = &sets[usize::from(!is_rejected)];
                match marks.mark(fate, &selection, n_rows) {
                    Err(row) => {
                        prop_assert!(rows.contains(&(row as u32)) && others.contains(&(row as u32)));
                    }
                    Ok(added) => {
                        prop_assert!(rows.is_disjoint(others));
                        let own = &mut sets[usize::from(is_rejected)];
                        let before = own.len();
                        own.extend(rows);
                        prop_assert_eq!(added, (own.len() - before) as u64);
                    }
                }
            }
        }
    }
}
