//! Runs data pipelines of sandboxed steps inside a program.
//!
//! A step is a WebAssembly component that takes Apache Arrow columns and gives Arrow columns back. It sees the columns
//! that it asks for and nothing else: no file, no network, no clock. A pipeline file names sources, steps and sinks.
//!
//! # A pipeline
//!
//! ```
//! use stepwell::{BatchCollector, Host, Pipeline};
//!
//! # let folder = tempfile::tempdir()?;
//! # let component = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests/identity.wasm");
//! # std::fs::copy(component, folder.path().join("step.wasm")).expect("`cargo xtask steps` was run");
//! # std::fs::write(folder.path().join("pipeline.toml"), "
//! # [pipeline]\nname = 'demo'\n
//! # [sources.customers]\n
//! # [steps.same]\npath = 'step.wasm'\ninput = 'customers'\nwith = { by = 'read' }\n
//! # [sinks.scores]\ninput = 'same'\n")?;
//! # std::env::set_current_dir(folder.path())?;
//! # use std::sync::Arc;
//! # use stepwell::arrow::array::{ArrayRef, Int64Array};
//! # let tenure = Arc::new(Int64Array::from(vec![1, 34, 2])) as ArrayRef;
//! # let customers = stepwell::RecordBatch::try_from_iter([("tenure", tenure)])?;
//! let host = Host::for_user()?; // once per process
//! let scores = BatchCollector::new();
//! let summary = Pipeline::load("pipeline.toml")?
//!     .source("customers", customers.schema(), [customers.clone()])
//!     .collect("scores", &scores)
//!     .check(&host)?
//!     .run()?;
//! assert_eq!(summary.steps[0].rows_in, 3);
//! assert_eq!(scores.take(), [customers]);
//! # std::env::set_current_dir("/")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Without [`source`](Pipeline::source) and [`collect`](Pipeline::collect) the pipeline reads and writes the files that
//! it names. [`check`](Pipeline::check) reports everything that is wrong at once, before any data is read.
//!
//! # A single step
//!
//! ```
//! use stepwell::{Host, Step};
//!
//! # use std::sync::Arc;
//! # use stepwell::arrow::array::{ArrayRef, Int64Array};
//! # let folder = tempfile::tempdir()?;
//! # let component = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests/identity.wasm");
//! # std::fs::copy(component, folder.path().join("double.wasm")).expect("`cargo xtask steps` was run");
//! # std::env::set_current_dir(folder.path())?;
//! # let tenure = Arc::new(Int64Array::from(vec![1, 34, 2])) as ArrayRef;
//! # let batch = stepwell::RecordBatch::try_from_iter([("tenure", tenure)])?;
//! let host = Host::for_user()?;
//! let step = Step::load(&host, "double.wasm")?.parameters(serde_json::json!({ "by": "handle" }));
//! let mut run = step.open(batch.schema())?;
//! let mut rows = 0;
//! for output in run.process(batch)?.into_iter().chain(run.finish()?) {
//!     rows += output.num_rows();
//! }
//! assert_eq!(rows, 3);
//! # std::env::set_current_dir("/")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # With Tokio
//!
//! With the feature `tokio`, a run is a future. Dropping it cancels the run.
//!
//! ```
//! use std::time::Duration;
//! use stepwell::{Host, Pipeline};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let component = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests/identity.wasm");
//! # std::fs::copy(component, folder.path().join("step.wasm")).expect("`cargo xtask steps` was run");
//! # std::fs::write(folder.path().join("customers.csv"), "id,tenure\n1,34\n2,5\n")?;
//! # let path = folder.path().join("pipeline.toml");
//! # std::fs::write(&path, "
//! # [pipeline]\nname = 'demo'\n
//! # [sources.customers]\npath = 'customers.csv'\n
//! # [steps.same]\npath = 'step.wasm'\ninput = 'customers'\nwith = { by = 'handle' }\n
//! # [sinks.scores]\ninput = 'same'\npath = 'scores.parquet'\n")?;
//! let host = Host::for_user()?;
//! let run = Pipeline::load(path)?.run_async(&host);
//! let summary = tokio::time::timeout(Duration::from_secs(60), run).await??;
//! assert_eq!(summary.sinks[0].rows, 2);
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//!
//! There is one [`Error`]. Its [`code`](Error::code) is stable, its [`hint`](Error::hint) says what to do, and its
//! [`blame`](Error::blame) says whose fault it is: the pipeline's, a step's, a limit's, the data's.

mod audit;
mod blame;
mod checked;
mod error;
mod host;
mod library;
mod memory;
mod models;
mod pipeline;
mod run;
mod secrets;
mod step;
mod world;

pub use arrow_array::RecordBatch;
pub use arrow_schema::{Schema, SchemaRef};
pub use audit::AuditFile;
pub use blame::Blame;
pub use checked::Checked;
pub use error::Error;
pub use host::{Host, HostOptions};
pub use library::{InstalledStep, STEPS_VARIABLE, StepLibrary};
pub use memory::BatchCollector;
pub use pipeline::Pipeline;
pub use run::Run;
pub use step::{Step, StepRun};
pub use stepwell_connect::{
    ConnectError, Progress, SinkSummary, StandardInput, StandardOutput, Storage, WrittenPart,
    object_store,
};
pub use stepwell_engine::{
    Audit, AuditAction, AuditEvent, AuditSink, Batch, Binary, CONTRACT_VERSION, EngineError,
    LogLevel, LogRecord, Rejected, Secrets, Surroundings, digest, inspect,
};
pub use stepwell_exec::{
    Canceller, FirstReject, Origin, RunError, SinkProgress, SourceSummary, StepSummary, Summary,
};
pub use stepwell_models::{LibraryLookup, ModelError, ModelSummary, inspect as inspect_model};
pub use stepwell_plan as plan;

/// The crates of Apache Arrow that the types of this crate come from.
pub mod arrow {
    pub use arrow_array as array;
    pub use arrow_schema as schema;
}
