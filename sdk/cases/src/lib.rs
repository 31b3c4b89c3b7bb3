//! Test cases of steps as text files: parameters and tables in, tables out.
//!
//! A case is a file `NAME.case` that a person can read, edit and review:
//!
//! ```text
//! # Comments may stand anywhere on lines of their own.
//! tolerance = 1e-9
//!
//! --- parameters
//! columns = ["total_charges"]
//! strategy = "median"
//!
//! --- input
//! id: int64 not null | total_charges: float64
//!                  1 |                  29.85
//!                  2 |                   null
//!
//! --- output
//! id: int64 not null | total_charges: float64
//!                  1 |                  29.85
//!                  2 |                  29.85
//! ```
//!
//! # Sections
//! * Before the first section, in TOML: `tolerance` (how far floating-point values may be from the
//!   expected ones, absolute for values up to 1 and relative above; exact without it) and `models`
//!   (a table from the names of models to files, relative to the case).
//! * `--- parameters`: the step's parameters, in TOML.
//! * `--- input [PORT]`: one table for each input port; the port is `input` where none is named.
//! * `--- output [PORT]`: the table expected of each output port; `output` where none is named.
//! * `--- rejected [PORT]`: the refused rows of an input port (`input` where none is named), with two
//!   columns in front that have no type: `code | reason | id: int64`. Their order has no meaning.
//! * `--- error`: the expected errors, one per line, as `code: message`, instead of outputs.
//!
//! # Tables
//! The first line gives the columns as `name: type`, with `not null` where a column may hold no null,
//! then comes one line per row, with `|` between the values. Types have the names of
//! [`stepwell_layout::type_name`]; every Arrow type can be written:
//!
//! | type | value |
//! |---|---|
//! | any | `null` |
//! | boolean, integers, floats | `true`, `-3`, `0.1`, `NaN`, `-inf` |
//! | strings | as they are; as a JSON string where they are empty, are `null`, begin or end with a space, begin with `#` or `---`, or hold a quote, a `\|` or a line break |
//! | decimals | `12.50` |
//! | binary | `0x00ff` |
//! | dates, times | `2026-01-31`, `23:59:59.5` |
//! | timestamps | `2026-01-31T23:59:59`; with a zone `2026-01-31T23:59:59+02:00` |
//! | durations, dates and times out of the calendar | a number of the type's units |
//! | intervals | a number of months; `{"days": 1, "milliseconds": 5}`; `{"months": 1, "days": 2, "nanoseconds": 3}` |
//! | lists | `[1, null]` |
//! | structs | `{"a": 1, "b": "x"}` |
//! | maps | `[["key", 1], ["other", 2]]` |
//! | unions | `[5, "x"]`: the type id, then the value |
//! | dictionaries, run-end encoded | the value itself |
//!
//! A table without columns is written as `(3 rows without columns)`.
//!
//! ```
//! use std::path::Path;
//!
//! use stepwell_cases::{Case, Outcome};
//!
//! let text = "\
//! --- input
//! name: utf8
//! ada
//! --- output
//! name: utf8
//! Ada
//! ";
//! let case = Case::parse(text, Path::new("cases/capitalizes.case")).unwrap();
//! assert_eq!(case.name, "capitalizes");
//!
//! let actual = Outcome::Output {
//!     tables: vec![("output".to_owned(), case.inputs[0].1.clone())],
//!     rejected: vec![],
//! };
//! let mismatch = case.compare(&actual).unwrap_err();
//! assert!(mismatch.to_string().contains("row 1, column `name`: expected Ada, got ada"));
//! ```

mod bless;
mod build;
mod case;
mod compare;
mod error;
mod nested;
mod outcome;
mod scalar;
mod sections;
mod table;
mod value;

pub use case::{CASE_EXTENSION, Case};
pub use compare::{Difference, Mismatch};
pub use error::CaseError;
pub use outcome::{Outcome, Problem, RejectedRows};
pub use table::{parse_table, write_table};
