//! Sources and sinks as those who open them see them.

mod broken_files;
mod csv;
mod deaths;
mod every_type;
mod folders_of_parts;
mod json;
mod limits;
mod listing;
mod modes;
mod one_writer;
mod round_trip;
mod sinks;
mod standard_streams;
mod stores;
mod support;
