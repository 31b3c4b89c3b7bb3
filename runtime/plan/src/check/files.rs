//! Files that get in each other's way: two writers of one file, a sink that overwrites a source.

use std::collections::BTreeMap;

use super::Checker;
use crate::dataset::Paths;
use crate::file::{SinkEntry, SourceEntry};
use crate::text::{Diagnostic, Span};

impl Checker<'_> {
    pub(super) fn check_files(&mut self) {
        self.check_standard_input();
        let mut writers: BTreeMap<String, &SinkEntry> = BTreeMap::new();
        for sink in &self.file.sinks {
            let path = self.catalog.canonical_path(&sink.spec.path);
            if let Some(first) = writers.get(&path) {
                let (name, other) = (&sink.name.value, &first.name.value);
                let what = match path.as_str() {
                    "-" => "standard output".to_owned(),
                    _ => format!("`{}`", sink.spec.path),
                };
                let message = format!("sink `{name}` writes to {what}, and so does sink `{other}`");
                let diagnostic = Diagnostic::error("two_writers", message)
                    .at(path_span(sink))
                    .at_with(path_span(first), "is the other one");
                self.diagnostics
                    .push(diagnostic.help("give each sink a path of its own"));
                continue;
            }
            for source in &self.file.sources {
                let paths = source_paths(source).into_iter();
                let found = paths
                    .map(|(text, span)| (self.meet(text, &path), span))
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
    fn meet(&self, source: &str, sink: &str) -> Meet {
        if sink == "-" || source == "-" {
            return Meet::No;
        }
        let source = self.catalog.canonical_path(source);
        if source == sink {
            return Meet::Same;
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meet {
    No,
    /// The source reads this very file.
    Same,
    /// The source reads the folder or the glob that the file falls into.
    Among,
}

fn overwrites(
    sink: &SinkEntry,
    source: &SourceEntry,
    source_span: &Span,
    meet: Meet,
) -> Diagnostic {
    let (name, other, path) = (&sink.name.value, &source.name.value, &sink.spec.path);
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
        .at(path_span(sink))
        .at_with(source_span, "is read here")
        .help(help)
}

fn path_span(sink: &SinkEntry) -> &Span {
    sink.node.span_of(&["path"])
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
