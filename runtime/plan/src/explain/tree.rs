//! The tree for the terminal. A chain of steps runs straight down; where rows go several ways,
//! branches are indented. A step with several inputs is drawn where it is reached first, and named
//! at the other places.

use std::collections::BTreeSet;

use crate::text::printable;

use super::model::{Column, Explanation, InputColumn, Reader, Step};

/// How many names of a list are written out.
const LISTED: usize = 8;

pub(super) fn render(explanation: &Explanation) -> String {
    let mut tree = Tree {
        explanation,
        text: String::new(),
        prefix: String::new(),
        drawn: BTreeSet::new(),
    };
    tree.line(&explanation.pipeline);
    if let Some(description) = &explanation.description {
        tree.line(description);
    }
    for source in &explanation.sources {
        tree.line("");
        tree.line(&format!(
            "source {}  {}",
            source.name,
            source.paths.join(", ")
        ));
        let unread: Vec<&str> = unneeded(&source.columns);
        let note = match unread.len() {
            0 => None,
            count => Some(format!("{count} not read: {}", folded(&unread))),
        };
        tree.edges(vec![Port {
            name: String::new(),
            schema: schema(&source.columns),
            note,
            readers: &source.readers,
        }]);
    }
    tree.text
}

/// What comes out of a source or of an output port of a step.
struct Port<'a> {
    /// What to call it, where there are several.
    name: String,
    schema: String,
    note: Option<String>,
    readers: &'a [Reader],
}

struct Tree<'a> {
    explanation: &'a Explanation,
    text: String,
    prefix: String,
    /// The steps that were drawn.
    drawn: BTreeSet<&'a str>,
}

impl<'a> Tree<'a> {
    fn line(&mut self, text: &str) {
        let line = format!("{}{}", self.prefix, printable(text));
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn edges(&mut self, ports: Vec<Port<'a>>) {
        if let [port] = ports.as_slice()
            && let [reader] = port.readers
        {
            self.line(&format!("│ {}{}", port.name, port.schema));
            if let Some(note) = &port.note {
                self.line(&format!("│ {note}"));
            }
            self.line("▼");
            return self.reader(reader);
        }
        // A port that nobody reads is drawn all the same.
        let branches: usize = ports.iter().map(|port| port.readers.len().max(1)).sum();
        let mut drawn = 0;
        for port in &ports {
            for index in 0..port.readers.len().max(1) {
                drawn += 1;
                let (branch, below) = match drawn == branches {
                    true => ("└─ ", "   "),
                    false => ("├─ ", "│  "),
                };
                let is_first = index == 0;
                let schema = if is_first {
                    &port.schema
                } else {
                    "the same rows"
                };
                self.line(&format!("{branch}{}{schema}", port.name));
                let length = self.prefix.len();
                self.prefix.push_str(below);
                if let Some(note) = port.note.as_ref().filter(|_| is_first) {
                    self.line(note);
                }
                match port.readers.get(index) {
                    Some(reader) => {
                        self.line("▼");
                        self.reader(reader);
                    }
                    None => self.line("(nobody reads this)"),
                }
                self.prefix.truncate(length);
            }
        }
    }

    fn reader(&mut self, reader: &'a Reader) {
        match reader {
            Reader::Sink { name } => {
                let sink = self
                    .explanation
                    .sinks
                    .iter()
                    .find(|sink| sink.name == *name);
                let path = sink.map_or("", |sink| &sink.path);
                self.line(&format!(
                    "sink {name}  {}",
                    if path == "-" { "standard output" } else { path }
                ));
            }
            Reader::Step { name, port } => {
                let step = self
                    .explanation
                    .steps
                    .iter()
                    .find(|step| step.name == *name);
                if self.drawn.insert(name) {
                    if let Some(step) = step {
                        self.step(step);
                    }
                } else {
                    self.line(&format!("step {name} (drawn above), port `{port}`"));
                }
            }
        }
    }

    fn step(&mut self, step: &'a Step) {
        self.line(&format!(
            "step {}  {} ({}, {})",
            step.name,
            step.uses,
            step.component,
            mode(step)
        ));
        let has_ports = step.inputs.len() > 1;
        if has_ports {
            let inputs = step
                .inputs
                .iter()
                .map(|input| format!("{} from `{}`", input.port, input.from));
            self.field("inputs", &inputs.collect::<Vec<_>>().join(", "));
        }
        let reads = step.inputs.iter().flat_map(|input| {
            let qualified = move |column: &String| qualified(has_ports, &input.port, column);
            input.reads.iter().map(qualified)
        });
        self.list("reads", "", &reads.collect::<Vec<_>>());
        if !step.models.is_empty() {
            self.list(
                "models",
                "",
                &step.models.iter().cloned().collect::<Vec<_>>(),
            );
        }
        let several = step.outputs.len() > 1;
        for output in &step.outputs {
            let on = if several {
                format!(" on `{}`", output.port)
            } else {
                String::new()
            };
            let passes: Vec<String> = output
                .passes
                .iter()
                .map(|pass| {
                    let from = pass
                        .from
                        .iter()
                        .map(|from| qualified(has_ports, &from.port, &from.column));
                    let from: Vec<String> = from.collect();
                    match pass.from.as_slice() {
                        [only] if only.column == pass.column => from.concat(),
                        _ => format!("{} as {}", from.join(" and "), pass.column),
                    }
                })
                .collect();
            self.list("passes", &format!("{on} by reference"), &passes);
            let made = output.makes.iter().map(|made| {
                let note = if made.replaces { " (replaced)" } else { "" };
                format!("{} {}{note}", made.column, made.type_name)
            });
            let made: Vec<String> = made.collect();
            if !(made.is_empty() && several) {
                self.list("makes", &on, &made);
            }
        }
        let drops = step
            .drops
            .iter()
            .map(|InputColumn { port, column }| qualified(has_ports, port, column));
        let drops: Vec<String> = drops.collect();
        if !drops.is_empty() {
            self.list("drops", "", &drops);
        }
        let ports = step.outputs.iter().map(|output| Port {
            name: match several {
                true => format!("`{}`: ", output.port),
                false => String::new(),
            },
            schema: schema(&output.columns),
            note: None,
            readers: &output.readers,
        });
        self.edges(ports.collect());
    }

    /// `reads   3: a, b, c`
    fn list(&mut self, label: &str, note: &str, names: &[String]) {
        let text = match names.len() {
            0 => format!("nothing{}", note.trim_end_matches(" by reference")),
            count => format!("{count}{note}: {}", folded(names)),
        };
        self.field(label, &text);
    }

    fn field(&mut self, label: &str, text: &str) {
        self.line(&format!("│   {label:<7} {text}"));
    }
}

fn qualified(has_ports: bool, port: &str, column: &str) -> String {
    if has_ports {
        format!("{port}.{column}")
    } else {
        column.to_owned()
    }
}

pub(super) fn mode(step: &Step) -> &'static str {
    match step.mode {
        crate::step::Mode::Map => "map",
        crate::step::Mode::Stateful => "stateful",
    }
}

fn unneeded(columns: &[Column]) -> Vec<&str> {
    let columns = columns.iter().filter(|column| !column.needed);
    columns.map(|column| column.name.as_str()).collect()
}

/// `3 columns: a int64, b utf8, c float64`
fn schema(columns: &[Column]) -> String {
    let fields: Vec<String> = columns
        .iter()
        .map(|column| format!("{} {}", column.name, column.type_name))
        .collect();
    match fields.len() {
        0 => "no columns".to_owned(),
        1 => format!("1 column: {}", folded(&fields)),
        count => format!("{count} columns: {}", folded(&fields)),
    }
}

/// The first names, and how many more there are.
pub(super) fn folded<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<&str> = names.iter().take(LISTED).map(AsRef::as_ref).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(LISTED) {
        0 => shown,
        more => format!("{shown}, … {more} more"),
    }
}
