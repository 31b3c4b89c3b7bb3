//! What becomes of attacks. Each outcome is a snapshot: code, message and hint, as the user gets them.

mod bystander;
mod components;
mod damaged;
mod imports;
mod large;
mod pipelines;
mod steps;

use stepwell_engine::EngineError;

/// An error as it is shown.
fn shown(error: &EngineError) -> String {
    let hint = error.hint().map(|hint| format!("\n  hint: {hint}"));
    format!(
        "error[{}] {error}{}",
        error.code(),
        hint.unwrap_or_default()
    )
}

/// The same, with numbers left out that depend on how a component was compiled.
fn shown_without_numbers(error: &EngineError) -> String {
    let shown = shown(error);
    let Some((before, after)) = shown.split_once("`: ") else {
        return shown;
    };
    let digits = after.find(|letter: char| !letter.is_ascii_digit());
    format!("{before}`: N{}", &after[digits.unwrap_or(0)..])
}
