//! From a fresh clone to real customers, scored.

use anyhow::Result;

use crate::shell::{cargo, program, root, run, say, target_folder};
use crate::{onnx_runtime, steps};

/// Builds all that the churn example needs, and runs it.
pub(crate) fn demo() -> Result<()> {
    steps::steps()?;
    onnx_runtime::fetch()?;
    command_line()?;
    let pipeline = "examples/churn/pipeline.toml";
    say(&format!("stepwell run {pipeline}"));
    let name = format!("stepwell{}", std::env::consts::EXE_SUFFIX);
    let stepwell = target_folder().join("release").join(name);
    run(program(stepwell).arg("run").arg(root().join(pipeline)))
}

/// Builds the command line as it is released.
pub(crate) fn command_line() -> Result<()> {
    say("the command line");
    run(cargo().args(["build", "--release", "--package", "stepwell-cli"]))
}
