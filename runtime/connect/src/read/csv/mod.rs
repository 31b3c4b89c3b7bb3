//! CSV.
//!
//! The text is split by `csv-core`, which also drives the `csv` crate and arrow-csv, and values are turned into
//! columns by Arrow's own casts from text. What is between the two is ours, because an error must say which line,
//! which column, which value and which type, and whether that type was a guess: arrow-csv's errors do not.

mod infer;
mod parse;
mod reader;
mod records;

pub(crate) use infer::probe;
pub(crate) use reader::CsvReader;
