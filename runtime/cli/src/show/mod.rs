//! All that users see: errors, progress, summaries, tables, events.

pub(crate) mod diagnostics;
pub(crate) mod events;
pub(crate) mod failure;
pub(crate) mod parameters;
pub(crate) mod preview;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod units;

use std::io::{self, Write};

/// Prints to standard output. A reader that went away is an error like any other; it ends the program quietly.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Prints a value as JSON, for people and programs.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value)?;
    text.push('\n');
    Ok(print(&text)?)
}

/// The width of a terminal in characters; where there is none, enough for most tables.
pub(crate) fn width(terminal: &console::Term) -> usize {
    const WITHOUT_TERMINAL: usize = 120;
    terminal
        .size_checked()
        .map_or(WITHOUT_TERMINAL, |(_, columns)| usize::from(columns))
}
