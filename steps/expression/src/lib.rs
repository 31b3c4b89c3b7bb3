//! SQL expressions over Arrow columns.
//!
//! An expression is compiled against the schema that its columns will have, which finds all that is wrong
//! with it, and is then evaluated batch by batch.
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
//! use arrow_schema::{DataType, Field, Schema};
//! use stepwell_expression::Expression;
//!
//! let schema = Schema::new(vec![
//!     Field::new("total_charges", DataType::Float64, true),
//!     Field::new("tenure", DataType::Int64, true),
//! ]);
//! let expression = Expression::compile("round(total_charges / tenure, 2)", &schema).unwrap();
//! assert_eq!(expression.columns(), [0, 1]);
//!
//! let total: ArrayRef = Arc::new(Float64Array::from(vec![Some(100.0), Some(5.0), None]));
//! let tenure: ArrayRef = Arc::new(Int64Array::from(vec![3, 0, 1]));
//! let result = expression.evaluate(3, &[total, tenure]).unwrap();
//! assert_eq!(result.as_ref(), &Float64Array::from(vec![Some(33.33), None, None]) as &dyn Array);
//! ```
//!
//! # What it computes with
//! Whole numbers are computed as `int64`, other numbers (decimals too) as `float64`, text as `utf8`, dates as
//! `date32`, timestamps in microseconds with the time zone that they have. Columns of the narrower types are
//! read as these; a result has one of them.
//!
//! # Rules
//! * Null is unknown: `null = 1` is null, `false and null` is false, `true or null` is true.
//! * A whole number that does not fit 64 bits is an error. Division by zero gives null, and so do
//!   functions outside of their domain, such as `ln(0)`. `/` always divides into a `float64`; `//` divides whole
//!   numbers, towards zero.
//! * NaN equals itself and is larger than all other numbers.
//! * `and`, `or`, `case`, `if` and `coalesce` go from left to right and do not evaluate what no longer
//!   matters, row by row: `case when x <> '' then cast(x as integer) end` does not fail for empty texts.
//! * A text that stands for a date is taken for one where a date is needed:
//!   `signed_up >= '2024-01-01'`. Nothing else is guessed: text and numbers are compared after a `cast`.
//! * Names of columns keep upper and lower case; write them between double quotes (or backticks) where they
//!   hold spaces or are words of the language: `"total charges" > 0`. Text is written between single quotes.

mod arguments;
mod ast;
mod cast;
mod check;
mod compare;
mod error;
mod evaluate;
mod expression;
mod functions;
mod lexer;
mod node;
mod operators;
mod parser;
mod types;

pub use error::{ExpressionError, Problem, Span};
pub use expression::{Expression, column_names};
pub use functions::{FunctionDescription, functions};
