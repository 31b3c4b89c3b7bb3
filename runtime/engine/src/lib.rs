//! Runs one step: compiles its component, opens it with parameters and schemas, lends it batches, and
//! checks all that it hands back.
//!
//! A step sees only what it was given. It holds batches by handle and reads the columns that it declared;
//! a column is copied once into its memory, in Arrow layout, and a column that it makes is copied once out of
//! it. Memory and time are bounded from the first instruction on.
//!
//! ```
//! use stepwell_engine::{Engine, EngineOptions, OpenOptions};
//! # use std::sync::Arc;
//! # use arrow_array::{ArrayRef, Int64Array, RecordBatch};
//! # let path = stepwell_test_components::guest_path("identity");
//! # let numbers = Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef;
//! # let batch = RecordBatch::try_from_iter([("n", numbers)])?;
//!
//! let engine = Engine::new(&EngineOptions::default())?;
//! let step = engine.load_file(&path)?;
//! assert_eq!(step.description()?.summary, "Gives back what it is given.");
//!
//! let mut options = OpenOptions::default();
//! options.parameters = serde_json::json!({ "by": "read" });
//! options.inputs = vec![batch.schema()];
//! let mut instance = step.open(options)?;
//! let outcome = instance.process(0, batch.clone().into())?;
//! assert_eq!(outcome.emitted[0].batch.to_record_batch()?, batch);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod artifact;
mod audit;
mod batch;
mod cache;
mod compile;
mod component;
mod emission;
mod engine;
mod error;
mod explain;
mod extension;
mod gather;
mod host;
mod inspect;
mod instance;
mod lend;
mod limit_value;
mod limits;
mod marks;
mod meter;
mod model;
mod opened;
mod origin;
mod secrets;
mod state;
mod surroundings;
mod survey;
mod wire;

pub use audit::{Audit, AuditAction, AuditEvent, AuditSink};
pub use batch::Batch;
pub use component::{OpenOptions, StepComponent};
pub use engine::{Engine, EngineOptions};
pub use error::{Call, EngineError, LimitValue};
pub use extension::{Extension, ExtensionRequest, ExtensionState};
pub use inspect::{Binary, CONTRACT_VERSION, digest, inspect};
pub use instance::StepInstance;
pub use limit_value::{ComponentLimit, ComponentLimits};
pub use model::{Model, ModelOutput, ModelProvider, Tensor};
pub use origin::{RowOrigins, SourceRows};
pub use secrets::Secrets;
pub use state::{Emitted, HostState, LogLevel, LogRecord, Outcome, Rejected};
pub use surroundings::Surroundings;
