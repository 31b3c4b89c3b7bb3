//! What a model file says, read without an inference library.

mod classes;
mod parse;
mod types;
mod zip_map;

pub(crate) use self::classes::Classes;
pub(crate) use self::parse::{ModelFile, ParseError, parse};
pub(crate) use self::types::ValueType;
pub(crate) use self::zip_map::{Unzipped, unzip};
