//! Columns of many Arrow types as the few that the standard steps compute with.
//!
//! A step that compares, adds or groups values should take every column that a user would call a number,
//! a text or a date, without bringing code for each of Arrow's types: code is what a step weighs.
//! [`Vector::read`] turns a column into one of six kinds; [`RowKeys`] turns rows of any flat type into
//! bytes that are equal where the rows are, and back.
//!
//! ```
//! use arrow_array::{ArrayRef, Int16Array};
//! use stepwell_values::{Kind, Vector};
//!
//! let tenure = Int16Array::from(vec![Some(3), None]);
//! let vector = Vector::read(&tenure).unwrap();
//! assert_eq!(vector.kind(), Kind::Integer);
//! assert_eq!(vector.len(), 2);
//! ```

mod calendar;
mod cell;
mod convert;
mod date_format;
mod error;
mod key;
mod key_column;
mod kind;
mod missing;
mod named;
mod numbers;
mod order;
mod read;
pub mod text;
mod vector;

pub use calendar::{DAY_IN_MICROSECONDS, date_of, datetime_of, days_of, microseconds_of};
pub use cell::{Cell, Cells, cells};
pub use convert::{Converted, convert, is_convertible};
pub use date_format::{DateFormat, fixed_offset, parse_iso_date, parse_iso_datetime};
pub use error::ValuesError;
pub use key::{EncodedRows, RowKeys};
pub use kind::Kind;
pub use missing::{has_nan, missing};
pub use named::{Named, pointer};
pub use numbers::{median, read_floats, round_half_to_even};
pub use order::compare_floats;
pub use vector::Vector;
