//! What a host has that steps may be granted parts of.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::audit::{Audit, AuditAction};
use crate::secrets::Secrets;

/// What a host has that steps may be granted parts of. A step sees of it what its grants name, and
/// nothing else. By default there is nothing.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Surroundings {
    /// Where relative paths of grants start.
    pub base_dir: PathBuf,
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Files that steps may be granted to read, by name.
    pub artifacts: BTreeMap<String, PathBuf>,
    /// Secrets by name.
    pub secrets: Secrets,
    /// Where random numbers start; `None`: they are different each time.
    pub seed: Option<u64>,
    /// What steps do with what they are granted is recorded here.
    pub audit: Audit,
}

impl Surroundings {
    /// Records which secrets a step is given with a text of a plan.
    ///
    /// # Errors
    /// It could not be recorded.
    pub fn record_secrets(&self, step: &str, text: &str) -> io::Result<()> {
        let mut names = self.secrets.names();
        names.try_for_each(|name| {
            if !text.contains(&format!("${{secret:{name}}}")) {
                return Ok(());
            }
            self.audit.record(step, "secret", AuditAction::Use, name)
        })
    }
}

impl fmt::Debug for Surroundings {
    /// Values of environment variables are not shown: many are secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Surroundings")
            .field("base_dir", &self.base_dir)
            .field("environment", &self.environment.keys())
            .field("artifacts", &self.artifacts)
            .field("secrets", &self.secrets)
            .field("seed", &self.seed)
            .field("audit", &self.audit)
            .finish()
    }
}
