//! Libraries that panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what is given, and turns a panic within into its message.
///
/// The decoders of binary formats check most of what they read, but some broken files still make them panic, and a
/// file must not end the process. Whatever panicked is not used again, so that its state does not matter.
pub(crate) fn guard<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(action)).map_err(|payload| {
        let text = payload
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| payload.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        format!("its content is impossible ({text})")
    })
}
