//! Drops rows that repeat others.

use std::collections::{HashMap, HashSet};

use stepwell_sdk::prelude::*;
use stepwell_values::{EncodedRows, RowKeys};

/// Which rows repeat others, and which of them are kept.
#[parameters]
struct Parameters {
    /// The columns in which rows must be equal to be the same. All by default.
    #[serde(default)]
    columns: Vec<String>,
    /// Which of the rows that are the same is kept.
    #[serde(default)]
    keep: Keep,
}

/// Which of several rows that are the same is kept.
#[parameters]
#[derive(Clone, Copy, PartialEq, Default)]
#[serde(rename_all = "lowercase")]
enum Keep {
    /// The first one.
    #[default]
    First,
    /// The last one.
    Last,
    /// None of them: only rows that are there once are kept.
    None,
}

/// Drops rows that repeat others.
///
/// Nulls equal each other here, and so do all NaN. The rows that are kept keep their order, and all columns are
/// passed by reference. `first` gives rows as they come and remembers the values that it has seen; `last` and
/// `none` wait for the end of the input.
#[step(name = "deduplicate")]
struct Deduplicate {
    columns: Vec<InputColumn>,
    keys: RowKeys,
    keep: Keep,
    seen: HashSet<Box<[u8]>>,
    /// For each key the row to keep, by batch and row; none if there is none to keep.
    kept: HashMap<Box<[u8]>, Option<(usize, usize)>>,
    batches: Vec<Batch>,
}

impl Step for Deduplicate {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let columns = if parameters.columns.is_empty() {
            inputs.columns().collect()
        } else {
            inputs.listed(&parameters.columns, "/columns", &mut problems)
        };
        let mut keys = None;
        match RowKeys::new(columns.iter().map(InputColumn::data_type)) {
            Ok(made) => keys = Some(made),
            Err((position, error)) => {
                let name = columns[position].name();
                let problem = StepError::new(error.code(), format!("column `{name}`: {error}"))
                    .at_column(0, name)
                    .with_hint("name the columns to compare in `columns`");
                problems.push(problem);
            }
        }
        problems.into_result()?;
        let Some(keys) = keys else {
            return Err(Problems::new());
        };
        plan.stateful();
        plan.reads_each(&columns);
        plan.pass_all();
        Ok(Self {
            columns,
            keys,
            keep: parameters.keep,
            seen: HashSet::new(),
            kept: HashMap::new(),
            batches: Vec::new(),
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let encoded = self
            .keys
            .encode(batch.rows(), &batch.arrays(&self.columns)?);
        if self.keep == Keep::First {
            let new: BooleanArray = encoded.iter().map(|key| Some(self.is_new(key))).collect();
            return output.filter(&batch, &new, columns![]);
        }
        self.remember(&encoded);
        batch.release();
        self.batches.push(batch);
        Ok(())
    }

    fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
        let mut rows: Vec<Vec<u32>> = vec![Vec::new(); self.batches.len()];
        for (batch, row) in self.kept.values().copied().flatten() {
            rows[batch].push(row as u32);
        }
        for (batch, mut rows) in std::mem::take(&mut self.batches).into_iter().zip(rows) {
            rows.sort_unstable();
            output.take(&batch, rows, columns![])?;
        }
        Ok(())
    }

    fn save(&self) -> Result<Vec<u8>, StepError> {
        if !self.batches.is_empty() {
            return Err(
                StepError::new("not_saved", "the step holds rows until the input ends")
                    .with_hint("`keep = \"first\"` holds none"),
            );
        }
        let mut seen: Vec<&Box<[u8]>> = self.seen.iter().collect();
        seen.sort_unstable();
        let mut state = Vec::new();
        for key in seen {
            state.extend_from_slice(&(key.len() as u64).to_le_bytes());
            state.extend_from_slice(key);
        }
        Ok(state)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), StepError> {
        let mut rest = state;
        while let Some((length, after)) = rest.split_first_chunk::<8>() {
            let key = usize::try_from(u64::from_le_bytes(*length))
                .ok()
                .and_then(|length| after.split_at_checked(length));
            let Some((key, after)) = key else { break };
            self.seen.insert(key.into());
            rest = after;
        }
        if rest.is_empty() {
            Ok(())
        } else {
            Err(StepError::new("bad_state", "the saved state is cut short"))
        }
    }
}

impl Deduplicate {
    fn is_new(&mut self, key: &[u8]) -> bool {
        // Looked up first, so that a repeated row needs no memory.
        !self.seen.contains(key) && self.seen.insert(key.into())
    }

    fn remember(&mut self, encoded: &EncodedRows) {
        let batch = self.batches.len();
        for (row, key) in encoded.iter().enumerate() {
            match self.kept.get_mut(key) {
                Some(kept) => {
                    *kept = if self.keep == Keep::Last {
                        Some((batch, row))
                    } else {
                        None
                    }
                }
                None => {
                    self.kept.insert(key.into(), Some((batch, row)));
                }
            }
        }
    }
}
