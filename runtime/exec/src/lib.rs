//! Runs a checked plan: sources, then steps, then sinks, each in threads of their own, with bounded queues
//! between them, so that memory does not grow with the input.
//!
//! The order of rows, and with it every result, is the same for any batch size and any number of threads: the
//! batches of a stage are handed on in the order in which they came in, and a step with several inputs gets all
//! rows of its first, then all of its second.
//!
//! [`Run::start`] takes a [`stepwell_plan::Plan`] and its opened parts; most programs use the `stepwell`
//! crate, which makes both from a pipeline file.

mod accounts;
mod chain;
mod channel;
mod deadline;
mod error;
mod layout;
mod meter;
mod rejects;
mod run;
mod sink;
mod source;
mod stage;

pub use error::{FirstReject, Origin, RunError};
pub use meter::{SinkProgress, SourceSummary, StepSummary, Summary};
pub use run::{Canceller, LogHandler, Parts, Run, RunOptions};
