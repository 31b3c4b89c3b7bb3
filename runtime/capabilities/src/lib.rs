//! What a step may do beyond computing on its columns, by the standard interfaces of WASI 0.2: files below
//! granted directories, environment variables, the time, random numbers, HTTP requests.
//!
//! Every language that compiles to components knows these interfaces, so a step needs no SDK of ours to use
//! them. A component that imports one of them is opened only when the pipeline grants what it is for;
//! what it then finds behind it is what was granted and nothing else: a directory that was not granted is
//! not there, a variable is not set, a host cannot be reached. What no grant is for, such as
//! standard output, leads to the step's log.
//!
//! ```
//! use stepwell_capabilities::Wasi;
//! use stepwell_engine::{Engine, EngineOptions};
//!
//! let engine = Engine::new(&EngineOptions::default().with_extension(Wasi::new()))?;
//! # let _ = engine;
//! # Ok::<(), stepwell_engine::EngineError>(())
//! ```

mod clock;
mod console;
mod files;
mod http;
mod link;
mod random;
mod state;
mod wasi;

pub use wasi::Wasi;
