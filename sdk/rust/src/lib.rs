//! Write Stepwell pipeline steps in Rust.
//!
//! A step is a WebAssembly component that a pipeline gives batches of Apache Arrow columns. It reads the columns
//! that it asks for, makes new ones, and passes the others on without ever seeing them. It has no file, no
//! network, no clock: only the data, and what the pipeline grants.
//!
//! # A function
//!
//! Arguments are the columns read, by name; the function's name is the column made.
//!
//! ```
//! use stepwell_sdk::prelude::*;
//!
//! /// Average charge per month of tenure.
//! ///
//! /// Null where a customer has no tenure yet.
//! #[step]
//! fn charge_per_month(total_charges: &Float64Array, tenure: &Int64Array) -> Float64Array {
//!     let months = tenure.iter().map(|months| months.filter(|months| *months > 0));
//!     total_charges.iter().zip(months).map(|(charges, months)| Some(charges? / months? as f64)).collect()
//! }
//! # fn main() {}
//! ```
//!
//! The doc comment's first paragraph is the step's summary, the rest its documentation. A pipeline may name the
//! columns differently: `with = { columns = { tenure = "months" }, output = "charge" }`. A function may return a
//! `Result` whose error becomes a [`StepError`], and take its own parameters as the last argument,
//! `parameters: &MyParameters`.
//!
//! # A struct
//!
//! For everything else: several columns made, rows filtered, repeated or rejected, several ports, state. See
//! [`Step`] for an example, [`Opening`] for what a step declares, [`Batch`] for what it reads, [`Output`] for what
//! it gives back.
//!
//! # The crate of a step
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib", "rlib"]   # the component, and what tests link to
//!
//! [dependencies]
//! stepwell-sdk = "0.1"
//! ```
//!
//! `#[step]` makes a constant `STEP`, by which tests find the step: [`native`] runs it in process.

// Tested everywhere, used in components.
#[cfg(any(target_arch = "wasm32", test))]
#[allow(unsafe_code)] // Implements the trait of allocators.
mod allocator;
pub mod artifact;
mod batch;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
// Generated: it reads and writes the memory that it shares with the host.
#[allow(unsafe_code, missing_docs, unreachable_pub, clippy::all)]
pub mod bindings;
mod column_type;
mod description;
#[cfg(target_arch = "wasm32")]
mod export;
mod function;
mod host;
mod inputs;
pub mod log;
mod model;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
mod opened;
mod opening;
mod output;
mod parameters;
pub mod prelude;
mod problem;
mod selection;
mod session;
mod step;
#[cfg(all(feature = "testing", not(target_arch = "wasm32")))]
pub mod testing;

pub use batch::{Batch, Column, Rows};
pub use column_type::{ColumnArray, ColumnType, MadeArray};
pub use description::{Description, Port, PortColumn};
pub use inputs::{ColumnRef, Input, InputColumn, Inputs};
pub use model::{Model, ModelInput, ModelOutput, Tensor};
pub use opened::{Mode, Opened, OpenedOutput, Pass};
pub use opening::{Opening, OutputOpening};
pub use output::{Made, Output, OutputPort};
pub use parameters::NoParameters;
pub use problem::{Problems, ResultExt, StepError, Subject, closest_name};
pub use selection::Selection;
pub use step::{Step, StepDefinition};
pub use stepwell_layout::{parse_type, type_name};
pub use stepwell_sdk_macros::step;

/// ```
/// use stepwell_sdk::prelude::*;
///
/// #[parameters]
/// struct Parameters {
///     /// Columns to fill.
///     columns: Vec<String>,
///     /// What to put in the place of nulls.
///     #[serde(default)]
///     strategy: Strategy,
/// }
///
/// #[parameters]
/// #[derive(Default)]
/// #[serde(rename_all = "lowercase")]
/// enum Strategy {
///     #[default]
///     Mean,
///     Median,
/// }
/// ```
pub use stepwell_sdk_macros::parameters;

pub use {schemars, serde, serde_json};

/// The crates of Apache Arrow that steps need most. Others (`arrow-arith`, `arrow-cast`, `arrow-ord`,
/// `arrow-string`) a step depends on itself, in the same version.
pub mod arrow {
    pub use arrow_array as array;
    pub use arrow_buffer as buffer;
    pub use arrow_schema as schema;
    pub use arrow_select as select;
}

/// What the macros refer to.
#[doc(hidden)]
pub mod __private {
    pub use crate::description::parameters_schema;
    #[cfg(target_arch = "wasm32")]
    pub use crate::export::Export;
    pub use crate::function::{About, Argument, Function, FunctionOutput, FunctionStep, argument};
    pub use crate::step::{Definition, RunningStep, open_step};
    pub use arrow_array::ArrayRef;
}
