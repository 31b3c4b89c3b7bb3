//! From a core WebAssembly module to a component that is a step.

use wasm_metadata::AddMetadata;
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::error::BuildError;
use crate::packages::StepPackage;

/// The interface that every step exports, of any version.
const STEP_INTERFACE: &str = "stepwell:step/step@";

/// Makes a component, and notes in its producers section what it was made with.
pub(crate) fn make_component(
    module: &[u8],
    package: &StepPackage,
    rust_version: &str,
) -> Result<Vec<u8>, BuildError> {
    let component_error = |message: String| BuildError::Component {
        package: package.name.clone(),
        message,
    };
    let encode = || {
        ComponentEncoder::default()
            .validate(true)
            .module(module)?
            .encode()
    };
    let component = encode().map_err(|error| component_error(format!("{error:#}")))?;
    if !is_step(&component) {
        return Err(BuildError::NotAStep {
            package: package.name.clone(),
            reason: "nothing in it is marked with `#[step]`".to_owned(),
        });
    }
    let mut metadata = AddMetadata::default();
    metadata.language = vec![("Rust".to_owned(), rust_version.to_owned())];
    metadata.sdk = vec![("stepwell-sdk".to_owned(), package.sdk_version.clone())];
    metadata
        .to_wasm(&component)
        .map_err(|error| component_error(format!("{error:#}")))
}

fn is_step(component: &[u8]) -> bool {
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(component) else {
        return false;
    };
    resolve.worlds[world]
        .exports
        .keys()
        .any(|key| resolve.name_world_key(key).starts_with(STEP_INTERFACE))
}
