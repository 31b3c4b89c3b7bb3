//! A plan for people to read: what flows where, and what each step does with which column.

mod graph;
mod model;
mod tree;

use crate::plan::Plan;

/// How to write a plan down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// A tree for the terminal, with schemas on the edges and what each step reads, passes and
    /// makes.
    Tree,
    /// A Mermaid flowchart, for Markdown pages.
    Mermaid,
    /// A Graphviz graph.
    Dot,
    /// JSON, with every column in full.
    Json,
}

/// Writes a plan down. The text ends with a line break.
pub fn render(plan: &Plan, format: Format) -> String {
    let explanation = model::explain(plan);
    match format {
        Format::Tree => tree::render(&explanation),
        Format::Mermaid => graph::mermaid(&explanation),
        Format::Dot => graph::dot(&explanation),
        Format::Json => {
            let mut text = serde_json::to_string_pretty(&explanation)
                .expect("names, numbers and lists of them can always be written as JSON");
            text.push('\n');
            text
        }
    }
}
