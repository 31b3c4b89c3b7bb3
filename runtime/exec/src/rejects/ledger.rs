use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arrow_array::RecordBatch;
use stepwell_plan::{MaxRejects, Mode, Plan};

use super::Rejects;
use super::spool::Spool;
use crate::error::{FirstReject, RunError};

/// Counts and keeps the rejected rows of a run, and ends it when they are too many.
pub(crate) struct Ledger {
    steps: Mutex<Vec<Account>>,
    spools: Vec<Spool>,
}

/// What a step has rejected so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account {
    /// For each code the number of its rows and the reason that came first.
    pub(crate) counts: BTreeMap<String, (u64, String)>,
    /// Rows that were rejected; one that was rejected for several reasons counts once.
    n_rows: u64,
    /// The first row.
    first: Option<FirstReject>,
}

impl Ledger {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            steps: Mutex::new(plan.steps.iter().map(|_| Account::default()).collect()),
            spools: plan.steps.iter().map(|_| Spool::default()).collect(),
        }
    }

    fn steps(&self) -> MutexGuard<'_, Vec<Account>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a step has rejected so far, by code.
    pub(crate) fn counts(&self, step: usize) -> BTreeMap<String, (u64, String)> {
        self.steps()[step].counts.clone()
    }

    /// Adds what a step rejected. Called for each step in the order of its input.
    pub(crate) fn add(&self, plan: &Plan, step: usize, rejects: &Rejects) -> Result<(), RunError> {
        if rejects.first.is_none() {
            return Ok(());
        }
        let planned = &plan.steps[step];
        {
            let mut steps = self.steps();
            let account = &mut steps[step];
            for (code, (n_rows, reason)) in &rejects.counts {
                let entry = account
                    .counts
                    .entry(code.clone())
                    .or_insert_with(|| (0, reason.clone()));
                entry.0 += n_rows;
            }
            account.n_rows += rejects.n_rows;
            if account.first.is_none() {
                account.first.clone_from(&rejects.first);
            }
            let too_many = |most: Option<MaxRejects>, n_rows| {
                most.filter(|most| most.is_exceeded_already(n_rows))
            };
            if let Some(most) = too_many(planned.max_rejects, account.n_rows) {
                let first = first(&steps[step..=step]);
                return Err(RunError::TooManyRejects {
                    step: Some(planned.name.clone()),
                    most,
                    counted: None,
                    first,
                });
            }
            let all = steps.iter().map(|account| account.n_rows).sum();
            if let Some(most) = too_many(plan.max_rejects, all) {
                return Err(RunError::TooManyRejects {
                    step: None,
                    most,
                    counted: None,
                    first: first(&steps),
                });
            }
        }
        // A step with state may refuse what it was given long before.
        let has_order = planned.opened.mode == Mode::Map;
        for (batch, places) in &rejects.rows {
            self.spools[step].append(batch, (!has_order).then_some(places))?;
        }
        Ok(())
    }

    /// Compares what was rejected with the shares that may be, when all rows were counted.
    pub(crate) fn check_shares(
        &self,
        plan: &Plan,
        rows_read: u64,
        rows_in: impl Fn(usize) -> u64,
    ) -> Result<(), RunError> {
        let steps = self.steps();
        for (step, planned) in plan.steps.iter().enumerate() {
            let (n_rejected, n_rows) = (steps[step].n_rows, rows_in(step));
            let exceeded = planned
                .max_rejects
                .filter(|most| most.is_exceeded(n_rejected, n_rows));
            if let Some(most) = exceeded {
                return Err(RunError::TooManyRejects {
                    step: Some(planned.name.clone()),
                    most,
                    counted: Some((n_rejected, n_rows)),
                    first: first(&steps[step..=step]),
                });
            }
        }
        let n_rejected = steps.iter().map(|account| account.n_rows).sum();
        let exceeded = plan
            .max_rejects
            .filter(|most| most.is_exceeded(n_rejected, rows_read));
        match exceeded {
            None => Ok(()),
            Some(most) => Err(RunError::TooManyRejects {
                step: None,
                most,
                counted: Some((n_rejected, rows_read)),
                first: first(&steps),
            }),
        }
    }

    /// How many rows that a step rejected are kept.
    pub(crate) fn kept(&self, step: usize) -> u64 {
        self.spools[step].n_rows()
    }

    /// How many rows are kept.
    pub(crate) fn n_kept(&self) -> u64 {
        self.spools.iter().map(Spool::n_rows).sum()
    }

    /// Gives all that was kept, one step after the other.
    pub(crate) fn drain(
        &self,
        mut take: impl FnMut(&RecordBatch) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        self.spools
            .iter()
            .try_for_each(|spool| spool.drain(&mut take))
    }
}

/// The first row that was rejected by the first of these steps that rejected any.
fn first(accounts: &[Account]) -> Option<Box<FirstReject>> {
    let mut first = accounts.iter().filter_map(|account| account.first.clone());
    first.next().map(Box::new)
}
