//! What the `stepwell` command prints, how it exits, and what it leaves behind.
//!
//! Every test runs the command in a folder of its own. What a user reads is held by snapshots; a command that fails
//! must leave the folder as it was.

mod author;
mod capabilities;
mod churn;
mod helps;
mod inspects;
mod rejects;
mod runs;
mod signals;
mod streams;
mod support;
mod wrong_arguments;
mod wrong_components;
mod wrong_data;
mod wrong_pipelines;
mod wrong_places;
