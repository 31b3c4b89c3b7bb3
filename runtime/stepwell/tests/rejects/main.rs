//! Rows that are refused, steps that fail on rows, and the accounts of both: the same for any size of batches and any
//! number of threads.

mod accounts;
mod kept;
mod on_error;
mod support;
mod too_large;
mod too_many;
