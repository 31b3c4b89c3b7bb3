//! Parameters: from JSON to the step's own type.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::StepError;

/// The parameters of a step that has none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

/// Reads parameters; an error says where, as a JSON pointer.
pub(crate) fn from_json<P: DeserializeOwned>(parameters: Value) -> Result<P, StepError> {
    serde_path_to_error::deserialize(parameters).map_err(|error| {
        let pointer = json_pointer(error.path());
        let message = error.inner().to_string();
        let message = match pointer.as_str() {
            "" => message,
            pointer => format!(
                "parameter `{}`: {message}",
                pointer.trim_start_matches('/').replace('/', ".")
            ),
        };
        StepError::new("bad_parameter", message).at_parameter(pointer)
    })
}

fn json_pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // An enum's variant is a value, not a place; an unknown place ends what can be said.
            Segment::Enum { .. } => {}
            Segment::Unknown => break,
        }
    }
    pointer
}
