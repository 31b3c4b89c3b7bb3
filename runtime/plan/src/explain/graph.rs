//! The plan as a graph for programs that draw graphs.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::text::printable;

use super::model::{Column, Explanation, Reader, Step};
use super::tree::mode;

/// How many columns an edge shows.
const ON_EDGE: usize = 6;

/// A box of the graph.
struct Vertex {
    id: String,
    kind: Kind,
    lines: Vec<String>,
}

#[derive(Clone, Copy)]
enum Kind {
    Source,
    Step,
    Sink,
}

/// An arrow of the graph.
struct Arrow {
    from: String,
    to: String,
    lines: Vec<String>,
}

pub(super) fn mermaid(explanation: &Explanation) -> String {
    let (vertices, arrows) = graph(explanation);
    let text = |lines: &[String]| {
        let escape = |line: &String| {
            printable(line)
                .replace('#', "#35;")
                .replace('"', "#quot;")
                .replace('<', "#lt;")
                .replace('>', "#gt;")
                .replace('`', "#96;")
        };
        lines.iter().map(escape).collect::<Vec<_>>().join("<br/>")
    };
    let mut out = String::from("flowchart TD\n");
    for Vertex { id, kind, lines } in &vertices {
        let (open, close) = match kind {
            Kind::Source => ("[(", ")]"),
            Kind::Step => ("[", "]"),
            Kind::Sink => ("[/", "/]"),
        };
        push(
            &mut out,
            format_args!("    {id}{open}\"{}\"{close}\n", text(lines)),
        );
    }
    for Arrow { from, to, lines } in &arrows {
        push(
            &mut out,
            format_args!("    {from} -->|\"{}\"| {to}\n", text(lines)),
        );
    }
    out
}

pub(super) fn dot(explanation: &Explanation) -> String {
    let (vertices, arrows) = graph(explanation);
    let quoted = |text: &str| printable(text).replace('\\', "\\\\").replace('"', "\\\"");
    let text = |lines: &[String]| {
        lines
            .iter()
            .map(|line| quoted(line))
            .collect::<Vec<_>>()
            .join("\\n")
    };
    let mut out = String::new();
    push(
        &mut out,
        format_args!("digraph \"{}\" {{\n", quoted(&explanation.pipeline)),
    );
    out.push_str(
        "    node [fontname=\"sans-serif\"];\n    edge [fontname=\"sans-serif\", fontsize=10];\n",
    );
    for Vertex { id, kind, lines } in &vertices {
        let shape = match kind {
            Kind::Source => "cylinder",
            Kind::Step => "box",
            Kind::Sink => "note",
        };
        push(
            &mut out,
            format_args!("    {id} [shape={shape}, label=\"{}\"];\n", text(lines)),
        );
    }
    for Arrow { from, to, lines } in &arrows {
        push(
            &mut out,
            format_args!("    {from} -> {to} [label=\"{}\"];\n", text(lines)),
        );
    }
    out.push_str("}\n");
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text)
        .expect("a string takes all that is written to it");
}

fn graph(explanation: &Explanation) -> (Vec<Vertex>, Vec<Arrow>) {
    let mut vertices = Vec::new();
    let mut arrows = Vec::new();
    for (index, source) in explanation.sources.iter().enumerate() {
        let id = format!("source_{index}");
        let mut lines = vec![source.name.clone()];
        lines.extend(source.paths.iter().cloned());
        add_arrows(
            explanation,
            &id,
            None,
            &source.columns,
            &source.readers,
            &mut arrows,
        );
        let kind = Kind::Source;
        vertices.push(Vertex { id, kind, lines });
    }
    for (index, step) in explanation.steps.iter().enumerate() {
        let id = format!("step_{index}");
        for output in &step.outputs {
            let port = (step.outputs.len() > 1).then_some(output.port.as_str());
            add_arrows(
                explanation,
                &id,
                port,
                &output.columns,
                &output.readers,
                &mut arrows,
            );
        }
        let lines = step_lines(step);
        let kind = Kind::Step;
        vertices.push(Vertex { id, kind, lines });
    }
    for (index, sink) in explanation.sinks.iter().enumerate() {
        vertices.push(Vertex {
            id: format!("sink_{index}"),
            kind: Kind::Sink,
            lines: vec![sink.name.clone(), sink.path.clone()],
        });
    }
    (vertices, arrows)
}

fn step_lines(step: &Step) -> Vec<String> {
    let reads: usize = step.inputs.iter().map(|input| input.reads.len()).sum();
    let passes = step.outputs.iter().flat_map(|output| &output.passes);
    let passes = passes
        .flat_map(|pass| &pass.from)
        .map(|from| (&from.port, &from.column));
    let passes = passes.collect::<BTreeSet<_>>().len();
    let makes: usize = step.outputs.iter().map(|output| output.makes.len()).sum();
    vec![
        step.name.clone(),
        format!("{} ({})", step.uses, mode(step)),
        format!("reads {reads}, passes {passes}, makes {makes}"),
    ]
}

fn add_arrows(
    explanation: &Explanation,
    from: &str,
    port: Option<&str>,
    columns: &[Column],
    readers: &[Reader],
    arrows: &mut Vec<Arrow>,
) {
    for reader in readers {
        let (to, to_port) = match reader {
            Reader::Step { name, port } => {
                let step = explanation.steps.iter().position(|step| step.name == *name);
                let step = step.expect("every reader is a step or a sink of the plan");
                let several = explanation.steps[step].inputs.len() > 1;
                (format!("step_{step}"), several.then_some(port.as_str()))
            }
            Reader::Sink { name } => {
                let sink = explanation.sinks.iter().position(|sink| sink.name == *name);
                (
                    format!(
                        "sink_{}",
                        sink.expect("every reader is a step or a sink of the plan")
                    ),
                    None,
                )
            }
        };
        let mut lines = Vec::new();
        match (port, to_port) {
            (Some(port), Some(to_port)) => lines.push(format!("{port} → {to_port}")),
            (Some(port), None) => lines.push(port.to_owned()),
            (None, Some(to_port)) => lines.push(format!("→ {to_port}")),
            (None, None) => {}
        }
        let fields = columns.iter().take(ON_EDGE);
        lines.extend(fields.map(|column| format!("{} {}", column.name, column.type_name)));
        if columns.len() > ON_EDGE {
            lines.push(format!("… {} more", columns.len() - ON_EDGE));
        }
        arrows.push(Arrow {
            from: from.to_owned(),
            to,
            lines,
        });
    }
}
