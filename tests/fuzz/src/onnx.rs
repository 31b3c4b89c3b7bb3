//! Model files.

use std::path::Path;

/// Reads what a model's bytes say of the model.
pub(crate) fn onnx(input: &[u8]) {
    let path = Path::new("model.onnx");
    match stepwell_models::inspect_bytes(path, input) {
        Ok(summary) => {
            assert_eq!(summary.bytes, input.len() as u64);
            serde_json::to_string(&summary).expect("a summary can be shown");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}
