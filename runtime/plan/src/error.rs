//! What can go wrong in this crate.

use crate::text::Diagnostic;

/// An error of this crate.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The pipeline cannot run as it is written.
    #[error("{}", summary(.file_name, .diagnostics))]
    InvalidPipeline {
        /// The pipeline file's name.
        file_name: String,
        /// All that is wrong and all warnings, by place; at least one is an error.
        diagnostics: Vec<Diagnostic>,
    },
}

impl PlanError {
    /// A short, stable word.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidPipeline { .. } => "invalid_pipeline",
        }
    }

    /// All that is wrong and all warnings, by place.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::InvalidPipeline { diagnostics, .. } => diagnostics,
        }
    }
}

fn summary(file_name: &str, diagnostics: &[Diagnostic]) -> String {
    let errors: Vec<&Diagnostic> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .collect();
    let count = match errors.len() {
        1 => "one problem".to_owned(),
        count => format!("{count} problems"),
    };
    let mut text = format!("pipeline `{file_name}` has {count}");
    for error in errors {
        text.push_str(&format!("\n{error}"));
    }
    text
}
