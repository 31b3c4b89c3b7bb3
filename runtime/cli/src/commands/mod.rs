//! The commands, one file for each. Each gives an exit code, or an error that `show::failure` reports.

pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod explain;
pub(crate) mod inspect;
pub(crate) mod new;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod steps;
pub(crate) mod test;

use stepwell::{Error, Pipeline};

use crate::arguments::PipelineArguments;

/// Reads a pipeline file, with what the arguments change.
fn load(arguments: &PipelineArguments) -> Result<Pipeline, Error> {
    let mut pipeline = Pipeline::load(&arguments.pipeline)?;
    for parameter in &arguments.parameters {
        pipeline = pipeline.param(parameter);
    }
    for setting in &arguments.settings {
        pipeline = pipeline.set(setting);
    }
    for file in &arguments.secrets {
        pipeline = pipeline.secrets_file(file)?;
    }
    Ok(pipeline)
}
