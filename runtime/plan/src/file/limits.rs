//! The tables `limits`: of the pipeline, for all steps, and of a step.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::model::Size;
use super::quantity;
use crate::limits::Limits;
use crate::text::{Diagnostic, Span};
use crate::tree::Node;

const SIZE_HELP: &str = "write a number and a unit: `\"256 MiB\"`";
const TIME_HELP: &str = "write a number and a unit: `\"5 s\"`, `\"500 ms\"`, `\"1 min\"`";

/// What a step may use up.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsTable {
    /// Memory of one instance: `"256 MiB"`, or a number of bytes.
    #[serde(default)]
    memory: Option<Size>,
    /// Time of one call: `"5 s"`, `"500 ms"`, `"1 min"`.
    #[serde(default)]
    time: Option<String>,
    /// Rows that one call may emit.
    #[serde(default)]
    #[schemars(range(min = 1))]
    rows: Option<u64>,
    /// Bytes that one call may hand over, of new columns above all: `"1 GiB"`, or a number of bytes.
    #[serde(default)]
    bytes: Option<Size>,
    /// Rows that one call may reject.
    #[serde(default)]
    #[schemars(range(min = 1))]
    rejects: Option<u64>,
    /// Calls of the host that one call may make.
    #[serde(default)]
    #[schemars(range(min = 1))]
    calls: Option<u64>,
    /// Handles of batches, columns and models that an instance may hold at once.
    #[serde(default)]
    #[schemars(range(min = 1))]
    handles: Option<u64>,
    /// Bytes of batches and columns that the host keeps between calls because an instance holds their
    /// handles: `"4 GiB"`, or a number of bytes.
    #[serde(default)]
    held: Option<Size>,
    /// Fields of an output's schema, nested ones included.
    #[serde(default)]
    #[schemars(range(min = 1))]
    columns: Option<u64>,
    /// Levels of nesting of an output's columns.
    #[serde(default)]
    #[schemars(range(min = 1, max = 64))]
    nesting: Option<u64>,
    /// Bytes of names, types and metadata of an output's schema: `"16 MiB"`, or a number of bytes.
    #[serde(default)]
    schema: Option<Size>,
    /// Bytes of one text, a name or a message: `"16 KiB"`, or a number of bytes.
    #[serde(default)]
    text: Option<Size>,
    /// Bytes of log messages of an instance: `"1 MiB"`, or a number of bytes. What goes beyond is counted
    /// and dropped.
    #[serde(default)]
    log: Option<Size>,
    /// Log messages of an instance. What goes beyond is counted and dropped.
    #[serde(default)]
    #[schemars(range(min = 1))]
    log_lines: Option<u64>,
    /// Bytes of the state that a step saves: `"256 MiB"`, or a number of bytes.
    #[serde(default)]
    state: Option<Size>,
    /// Problems that a step may report when it is opened; the others are counted.
    #[serde(default)]
    #[schemars(range(min = 1))]
    problems: Option<u64>,
}

/// The limits that follow from a table: those of `base`, changed by what the table says. `owner` is whose limits they
/// are, for messages; `node` is the table. `Err`: all that is wrong.
pub(super) fn limits(
    table: &LimitsTable,
    base: Limits,
    owner: &str,
    node: Option<&Node>,
) -> Result<Limits, Vec<Diagnostic>> {
    let mut limits = base;
    let mut diagnostics = Vec::new();
    let mut report = |key: &str, problem: &str, help: &str| {
        let message = format!("limit `{key}` of {owner}: {problem}");
        let mut diagnostic = Diagnostic::error("bad_limit", message).help(help);
        if let Some(node) = node {
            diagnostic = diagnostic.at(node.span_of(&[key]));
        }
        diagnostics.push(diagnostic);
    };
    let sizes = [
        ("memory", &table.memory, &mut limits.memory),
        ("bytes", &table.bytes, &mut limits.bytes),
        ("held", &table.held, &mut limits.held),
        ("schema", &table.schema, &mut limits.schema),
        ("text", &table.text, &mut limits.text),
        ("log", &table.log, &mut limits.log),
        ("state", &table.state, &mut limits.state),
    ];
    for (key, size, limit) in sizes {
        match size.as_ref().map(quantity::bytes) {
            Some(Ok(bytes)) => *limit = bytes,
            Some(Err(problem)) => report(key, &problem, SIZE_HELP),
            None => {}
        }
    }
    match table.time.as_deref().map(quantity::duration) {
        Some(Ok(time)) => limits.time = time,
        Some(Err(problem)) => report("time", &problem, TIME_HELP),
        None => {}
    }
    // Their bounds are in the schema that the table was checked against.
    let counts = [
        (table.rows, &mut limits.rows),
        (table.rejects, &mut limits.rejects),
        (table.calls, &mut limits.calls),
        (table.handles, &mut limits.handles),
        (table.columns, &mut limits.columns),
        (table.nesting, &mut limits.nesting),
        (table.log_lines, &mut limits.log_lines),
        (table.problems, &mut limits.problems),
    ];
    for (count, limit) in counts {
        *limit = count.unwrap_or(*limit);
    }
    if diagnostics.is_empty() {
        Ok(limits)
    } else {
        Err(diagnostics)
    }
}

/// The time that a whole run may take.
pub(super) fn run_time(text: &str, span: &Span) -> Result<Duration, Diagnostic> {
    quantity::duration(text).map_err(|problem| {
        let message = format!("`time` of the pipeline: {problem}");
        Diagnostic::error("bad_limit", message)
            .at(span)
            .help("write a number and a unit: `\"30 min\"`, `\"2 h\"`")
    })
}
