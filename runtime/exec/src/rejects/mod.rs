//! Rows that steps refused or failed on: put together with where they came from, held back until the run has ended
//! well, then written like every other output.

mod ledger;
mod rows;
mod spool;
mod text;

pub(crate) use ledger::Ledger;
pub(crate) use rows::{Refused, Rejects};
