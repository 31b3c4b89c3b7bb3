//! Sources and sinks as those who open them see them.

mod broken_files;
mod csv;
mod every_type;
mod json;
mod limits;
mod listing;
mod round_trip;
mod sinks;
mod standard_streams;
mod stores;
mod support;
