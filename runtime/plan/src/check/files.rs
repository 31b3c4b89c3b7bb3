//! Files that get in each other's way: two writers of one file, a sink that overwrites a source.

use std::collections::BTreeMap;

use super::Checker;
use crate::dataset::Paths;
use crate::file::{PipelineFile, SourceEntry};
use crate::rejects::REJECTS_NAME;
use crate::text::{Diagnostic, Span};

impl Checker<'_> {
    pub(super) fn check_files(&mut self) {
        self.check_standard_input();
        let mut writers: BTreeMap<String, &Writer<'_>> = BTreeMap::new();
        let all = all_writers(self.file);
        for sink in &all {
            let path = self.catalog.canonical_path(sink.path);
            let path = path.trim_end_matches('/').to_owned();
            if let Some(first) = writers.get(&path) {
                let what = match path.as_str() {
                    "-" => "standard output".to_owned(),
                    _ => format!("`{}`", sink.path),
                };
                let message = format!(
                    "sink `{}` writes to {what}, and so does sink `{}`",
                    sink.name, first.name
                );
                let diagnostic = Diagnostic::error("two_writers", message)
                    .at(sink.span)
                    .at_with(first.span, "is the other one");
                self.diagnostics
                    .push(diagnostic.help("give each sink a path of its own"));
                continue;
            }
            let outer = writers
                .iter()
                .find_map(|(other, writer)| Nested::of((sink, &path), (writer, other)));
            if let Some(nested) = outer {
                self.diagnostics.push(nested.diagnostic());
            }
            for source in &self.file.sources {
                let paths = source_paths(source).into_iter();
                let found = paths
                    .map(|(text, span)| (self.meet(text, sink, &path), span))
                    .find(|(meet, _)| *meet != Meet::No);
                if let Some((meet, span)) = found {
                    self.diagnostics.push(overwrites(sink, source, span, meet));
                }
            }
            writers.insert(path, sink);
        }
    }

    fn check_standard_input(&mut self) {
        let readers = self.file.sources.iter().flat_map(|source| {
            let paths = source_paths(source).into_iter();
            paths
                .filter(|(path, _)| *path == "-")
                .map(move |(_, span)| (source, span))
        });
        let readers: Vec<(&SourceEntry, &Span)> = readers.collect();
        if let [(first, first_span), others @ ..] = readers.as_slice() {
            for (other, span) in others {
                let message = format!(
                    "source `{}` reads standard input, which source `{}` reads already",
                    other.name.value, first.name.value
                );
                let diagnostic = Diagnostic::error("two_readers", message)
                    .at(span)
                    .at_with(first_span, "is the other one");
                let help =
                    "standard input can be read once; let several steps read one source instead";
                self.diagnostics.push(diagnostic.help(help));
            }
        }
    }

    /// Whether a source reads what is written to `sink`.
    fn meet(&self, source: &str, writer: &Writer<'_>, sink: &str) -> Meet {
        if sink == "-" || source == "-" {
            return Meet::No;
        }
        let source = self.catalog.canonical_path(source);
        let source = source.trim_end_matches('/').to_owned();
        if source == sink {
            return Meet::Same;
        }
        if writer.is_folder() && is_below(&source, sink) {
            return Meet::Within;
        }
        if source.contains(['*', '?', '[']) {
            let options = glob::MatchOptions {
                require_literal_separator: true,
                ..glob::MatchOptions::default()
            };
            let pattern = glob::Pattern::new(&source);
            return match pattern.is_ok_and(|pattern| pattern.matches_with(sink, options)) {
                true => Meet::Among,
                false => Meet::No,
            };
        }
        let folder = source.trim_end_matches('/');
        let inside = sink
            .strip_prefix(folder)
            .filter(|rest| rest.starts_with('/'));
        match inside {
            // Files in folders below are not read.
            Some(rest) if !rest[1..].contains('/') => Meet::Among,
            _ if folder == "." && !sink.contains('/') => Meet::Among,
            _ => Meet::No,
        }
    }
}

/// Something that writes a file.
struct Writer<'a> {
    name: &'a str,
    path: &'a str,
    span: &'a Span,
}

impl Writer<'_> {
    /// Whether it writes a folder of parts, which is replaced as a whole.
    fn is_folder(&self) -> bool {
        self.path.ends_with('/')
    }
}

/// A writer whose file or folder is in the folder that another replaces.
struct Nested<'a> {
    inner: &'a Writer<'a>,
    outer: &'a Writer<'a>,
}

impl<'a> Nested<'a> {
    /// Each writer comes with its path in the form that can be compared.
    fn of(one: (&'a Writer<'a>, &str), other: (&'a Writer<'a>, &str)) -> Option<Self> {
        let is_in = |inner: (&Writer<'_>, &str), outer: (&Writer<'_>, &str)| {
            outer.0.is_folder() && is_below(inner.1, outer.1)
        };
        if is_in(one, other) {
            let (inner, outer) = (one.0, other.0);
            return Some(Self { inner, outer });
        }
        is_in(other, one).then_some(Self {
            inner: other.0,
            outer: one.0,
        })
    }

    fn diagnostic(&self) -> Diagnostic {
        let (inner, outer) = (self.inner, self.outer);
        let message = format!(
            "sink `{}` writes `{}` into the folder that sink `{}` replaces as a whole",
            inner.name, inner.path, outer.name
        );
        Diagnostic::error("two_writers", message)
            .at(inner.span)
            .at_with(outer.span, "is the folder")
            .help("give each sink a place of its own")
    }
}

/// Whether a path is below a folder; both in the form that can be compared.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// The sinks, and the table of rejected rows.
fn all_writers(file: &PipelineFile) -> Vec<Writer<'_>> {
    let sinks = file.sinks.iter().map(|sink| Writer {
        name: &sink.name.value,
        path: &sink.spec.path,
        span: sink.node.span_of(&["path"]),
    });
    let rejects = file.rejects.iter().map(|rejects| Writer {
        name: REJECTS_NAME,
        path: &rejects.spec.path,
        span: rejects.node.span_of(&["path"]),
    });
    sinks.chain(rejects).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meet {
    No,
    /// The source reads this very file.
    Same,
    /// The source reads the folder or the glob that the file falls into.
    Among,
    /// The source reads something in the folder that is replaced.
    Within,
}

fn overwrites(
    sink: &Writer<'_>,
    source: &SourceEntry,
    source_span: &Span,
    meet: Meet,
) -> Diagnostic {
    let (name, other, path) = (sink.name, &source.name.value, sink.path);
    let (diagnostic, help) = match meet {
        Meet::Among => {
            let message = format!(
                "sink `{name}` writes `{path}` where source `{other}` reads: the next run would read it, too"
            );
            (
                Diagnostic::warning("sink_feeds_source", message),
                "write to another folder",
            )
        }
        Meet::Within => {
            let message = format!(
                "sink `{name}` would replace the folder `{path}`, in which source `{other}` reads"
            );
            (
                Diagnostic::error("overwrites_source", message),
                "write to another folder",
            )
        }
        _ => {
            let message =
                format!("sink `{name}` would overwrite `{path}`, which source `{other}` reads");
            (
                Diagnostic::error("overwrites_source", message),
                "write to another file",
            )
        }
    };
    diagnostic
        .at(sink.span)
        .at_with(source_span, "is read here")
        .help(help)
}

/// The paths of a source and where each was written.
fn source_paths(source: &SourceEntry) -> Vec<(&str, &Span)> {
    match &source.spec.path {
        Paths::One(path) => vec![(path, source.node.span_of(&["path"]))],
        Paths::Many(paths) => {
            let span = |index: usize| source.node.span_of(&["path", &index.to_string()]);
            paths
                .iter()
                .enumerate()
                .map(|(index, path)| (path.as_str(), span(index)))
                .collect()
        }
    }
}
