//! Opening and writing sinks.

mod append;
mod file;
mod folder;
mod open;
mod partitions;
mod schema;
mod settings;
mod table_writer;

pub use open::{check_sink, open_sink};
