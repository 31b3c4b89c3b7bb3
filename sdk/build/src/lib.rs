//! Builds Stepwell steps that are written in Rust.
//!
//! A step is a crate that depends on `stepwell-sdk` and has a `cdylib` target. [`build_step`] compiles it for
//! [`TARGET`] and makes a component of the module; [`prepare_target`] sees to it that the toolchain can. The
//! same sources and the same compiler give the same bytes, on any machine.
//!
//! ```no_run
//! use std::path::Path;
//!
//! use stepwell_build::{BuildOptions, Progress, SdkSource, build_step, prepare_target, scaffold};
//!
//! let mut progress = |progress: Progress<'_>| {
//!     if let Progress::Phase(phase) = progress {
//!         eprintln!("{phase}");
//!     }
//! };
//! let folder = Path::new("my-step");
//! scaffold("my-step", folder, &SdkSource::Version("0.1".to_owned()))?;
//! prepare_target(folder, &mut progress)?;
//! let built = build_step(folder, &BuildOptions::new(), &mut progress)?;
//! assert!(built.path.ends_with("my-step/target/stepwell/my-step.wasm"));
//! # Ok::<(), stepwell_build::BuildError>(())
//! ```

mod build;
mod component;
mod debian;
mod error;
mod packages;
mod progress;
mod scaffold;
mod standard_library;
mod target;
mod toolchain;

pub use build::{BuildOptions, Built, Profile, build_step, build_steps};
pub use error::BuildError;
pub use packages::{StepPackage, find_steps};
pub use progress::{Progress, ProgressFn};
pub use scaffold::{SdkSource, scaffold};
pub use target::{TargetOrigin, prepare_target};
pub use toolchain::TARGET;
