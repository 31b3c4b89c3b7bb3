//! Runs one step: compiles its component, opens it with parameters and schemas, lends it batches, and
//! checks all that it hands back.
//!
//! A step sees only what it was given. It holds batches by handle and reads the columns that it declared;
//! a column is copied once into its memory, in Arrow layout, and a column that it makes is copied once out of
//! it. Memory and time are bounded from the first instruction on.
//!
//! ```no_run
//! use stepwell_engine::{Engine, EngineOptions, OpenOptions};
//! # use arrow_array::RecordBatch;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let batch: RecordBatch = unimplemented!();
//! let engine = Engine::new(&EngineOptions::default())?;
//! let step = engine.load_file("double.wasm".as_ref())?;
//! println!("{}", step.description()?.summary);
//!
//! let mut options = OpenOptions::default();
//! options.inputs = vec![batch.schema()];
//! let mut instance = step.open(options)?;
//! for emitted in instance.process(0, batch.into())?.emitted {
//!     println!("{} rows", emitted.batch.n_rows());
//! }
//! # Ok(())
//! # }
//! ```

mod batch;
mod cache;
mod component;
mod emission;
mod engine;
mod error;
mod host;
mod inspect;
mod instance;
mod limits;
mod model;
mod state;
mod wire;

pub use batch::Batch;
pub use component::{OpenOptions, StepComponent};
pub use engine::{Engine, EngineOptions};
pub use error::{Call, EngineError, LimitValue};
pub use inspect::{Binary, CONTRACT_VERSION, digest, inspect};
pub use instance::StepInstance;
pub use model::{Model, ModelOutput, ModelProvider, Tensor};
pub use state::{Emitted, LogLevel, LogRecord, Outcome, Rejected};
