//! Files that the pipeline grants a step by name, such as a list of words or a table of codes.

use crate::StepError;
use crate::host;

/// The bytes of the artifact that the pipeline granted under this name. The file is read whole, and each time: steps
/// read it once, in `open`, and keep what they make of it.
///
/// ```
/// use stepwell_sdk::prelude::*;
///
/// # fn open() -> Result<(), StepError> {
/// let words = artifact::read("stop_words")?;
/// let words = String::from_utf8_lossy(&words);
/// let words: Vec<&str> = words.lines().collect();
/// # let _ = words;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When the pipeline grants no artifact of this name, or when its file cannot be read.
pub fn read(name: &str) -> Result<Vec<u8>, StepError> {
    host::read_artifact(name)
}
