//! Models for Stepwell's steps: ONNX inference on Arrow columns.
//!
//! A [`ModelCatalog`] loads models; a [`Model`] takes columns and gives columns, from any number of
//! threads, and gives a row the same bits in whatever batch it comes. [`inspect`] reads what a model's
//! file says of itself. The library that computes is ONNX Runtime, loaded while the program runs; it
//! stands behind the trait [`Backend`].
//!
//! ```
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
//! use stepwell_models::{LibraryLookup, ModelCatalog, OutputRequest};
//!
//! # fn main() -> Result<(), stepwell_models::ModelError> {
//! # let lookup = match std::env::var_os("STEPWELL_ONNXRUNTIME") {
//! #     Some(_) => LibraryLookup::standard(),
//! #     None => LibraryLookup::at(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/onnxruntime")),
//! # };
//! # #[cfg(any())]
//! let lookup = LibraryLookup::standard();
//! let catalog = ModelCatalog::new(lookup);
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/logistic_texts/model.onnx");
//! # #[cfg(any())]
//! let path = "models/answer.onnx";
//! let model = catalog.load(Path::new(path))?;
//! assert_eq!(model.classes(), ["no", "yes"]);
//!
//! let text = |value| Arc::new(StringArray::from(vec![value])) as ArrayRef;
//! let inputs = [
//!     ("city", vec![text("Porto")]),
//!     ("plan", vec![text("basic")]),
//!     ("age", vec![Arc::new(Int64Array::from(vec![44])) as ArrayRef]),
//!     ("visits", vec![Arc::new(Float64Array::from(vec![3.0])) as ArrayRef]),
//! ];
//! let yes = OutputRequest::class("probabilities", "yes");
//! let columns = model.run(&inputs, &[yes, OutputRequest::whole("label")], 1)?;
//! assert_eq!(columns[1].as_ref(), &StringArray::from(vec!["no"]) as &dyn arrow_array::Array);
//! # Ok(())
//! # }
//! ```
//!
//! A model runs in the library's native code, outside of any sandbox: load only those that you would
//! run as a program.

mod backend;
mod catalog;
mod element;
mod error;
mod graph;
mod input;
mod library;
mod model;
mod onnx_runtime;
mod output;
mod signature;
mod summary;
mod wire;

pub use self::backend::{
    Backend, BackendError, OutputType, Session, Tensor, TensorView, Values, ViewValues,
};
pub use self::catalog::ModelCatalog;
pub use self::element::{ElementType, TensorInfo};
pub use self::error::ModelError;
pub use self::library::{LIBRARY_VARIABLE, LibraryLookup};
pub use self::model::Model;
pub use self::onnx_runtime::OnnxRuntime;
pub use self::output::OutputRequest;
pub use self::summary::{ModelSummary, OperatorCount, inspect, inspect_bytes};
