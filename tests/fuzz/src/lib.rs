//! The fuzz targets: what is done with one hostile input, whoever made it up.
//!
//! A target is a function of bytes that must neither panic, nor crash, nor take memory or time without bound,
//! whatever the bytes are. The package in `fuzz/` hands these functions to libFuzzer, which searches for inputs for
//! hours; the smoke test of this crate hands them the kept inputs and random changes of them, for seconds.
//!
//! ```
//! let target = stepwell_test_fuzz::target("expression").unwrap();
//! target.run(b"round(a / 3, 2) > x and s like 'a%'");
//! ```

mod case;
#[cfg(feature = "component")]
mod component;
mod expression;
#[cfg(feature = "component")]
mod guest;
mod layout;
mod mutate;
mod onnx;
mod panics;
mod pipeline;
mod sources;
mod table;
mod walk;

use std::path::{Path, PathBuf};

#[cfg(feature = "component")]
pub use guest::{check_guest_seed, guest_seeds};
pub use mutate::mutate;
pub use panics::{report_panics_that_escape, stop_where_a_panic_escapes};

/// One fuzz target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: that of its folders of inputs, and of its program in `fuzz/fuzz_targets`.
    pub name: &'static str,
    body: fn(&[u8]),
}

impl Target {
    /// Does with one input what the target does.
    ///
    /// # Panics
    /// When something is found.
    pub fn run(&self, input: &[u8]) {
        (self.body)(input);
    }

    /// The folders of the inputs that are kept: seeds, and inputs that found something once.
    #[must_use]
    pub fn folders(&self) -> [PathBuf; 2] {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
        [
            fuzz.join("corpus").join(self.name),
            fuzz.join("regressions").join(self.name),
        ]
    }
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "layout",
        body: layout::layout,
    },
    Target {
        name: "fields",
        body: layout::fields,
    },
    Target {
        name: "pipeline",
        body: pipeline::pipeline,
    },
    Target {
        name: "csv",
        body: sources::csv,
    },
    Target {
        name: "json",
        body: sources::json,
    },
    Target {
        name: "arrow",
        body: sources::arrow,
    },
    Target {
        name: "arrows",
        body: sources::arrows,
    },
    Target {
        name: "parquet",
        body: sources::parquet,
    },
    Target {
        name: "expression",
        body: expression::expression,
    },
    Target {
        name: "onnx",
        body: onnx::onnx,
    },
    Target {
        name: "case",
        body: case::case,
    },
    #[cfg(feature = "component")]
    Target {
        name: "component",
        body: component::component,
    },
    #[cfg(feature = "component")]
    Target {
        name: "guest",
        body: guest::guest,
    },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
