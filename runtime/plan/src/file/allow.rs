//! What a step is allowed, as a pipeline file says it.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::read::Reader;
use crate::grants::{
    ClockGrant, DirectoryAccess, DirectoryGrant, EnvironmentValue, Grants, HttpGrant,
};
use crate::suggest;
use crate::text::Diagnostic;
use crate::tree::Entry;

/// The methods of HTTP that can be granted.
const METHODS: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY",
];

/// What a step is allowed. Whatever is not granted is refused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AllowTable {
    /// The columns whose values the step may read. Without it, those that it declares when it is
    /// opened. Every other column can still be passed on.
    #[serde(default)]
    columns: Option<BTreeSet<String>>,
    /// The models that the step may run, by their names in `[models]`.
    #[serde(default)]
    models: BTreeSet<String>,
    /// The artifacts that the step may read, by their names in `[artifacts]`.
    #[serde(default)]
    artifacts: BTreeSet<String>,
    /// The directories that the step may use; nothing outside of them, by whatever path.
    #[serde(default)]
    directories: Vec<DirectoryTable>,
    /// The environment variables that the step sees: an array of names, whose values are those of
    /// the process that runs the pipeline, or a table of names and values.
    #[serde(default)]
    environment: EnvironmentTable,
    /// The hosts that the step may send HTTP requests to.
    #[serde(default)]
    http: Vec<HttpTable>,
    /// Lets the step ask for the time and wait: `true` for the machine's clock, or a time such as
    /// `"2026-01-31T00:00:00Z"` for one that always shows it.
    #[serde(default)]
    clock: Option<ClockTable>,
    /// Lets the step draw random numbers; always the same ones where `pipeline.seed` is given.
    #[serde(default)]
    random: bool,
    /// `"empty"` gives a step the interfaces of WASI that it imports but is not granted, with nothing
    /// in them: no directories, no variables, no hosts, a clock that stands still, and random
    /// numbers that are always the same. For steps whose language links interfaces that the step does not
    /// need.
    #[serde(default)]
    wasi: Option<WasiTable>,
}

/// A directory.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum DirectoryTable {
    /// Its path; the step may read there. Relative paths start at the pipeline file's folder.
    Path(String),
    /// The same as a table.
    Table(DirectoryEntry),
}

/// A directory, as a table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DirectoryEntry {
    /// Its path. Relative paths start at the pipeline file's folder.
    path: String,
    /// What the step may do there: `"read"` or `"write"`, which includes reading.
    #[serde(default)]
    access: DirectoryAccess,
    /// The path by which the step knows it; `path` as it is written where it is not given.
    #[serde(default)]
    at: Option<String>,
}

/// Environment variables.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum EnvironmentTable {
    /// Names.
    Names(BTreeSet<String>),
    /// Names and values.
    Values(BTreeMap<String, String>),
}

impl Default for EnvironmentTable {
    fn default() -> Self {
        Self::Names(BTreeSet::new())
    }
}

/// A host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum HttpTable {
    /// Its name; the step may read there, with `GET` and `HEAD`. `https://` is meant where nothing
    /// stands before the name; a port follows after `:`.
    Host(String),
    /// The same as a table.
    Table(HttpEntry),
}

/// A host, as a table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HttpEntry {
    /// Its name. `https://` is meant where nothing stands before the name; a port follows after `:`.
    host: String,
    /// The methods that the step may use; `GET` and `HEAD` where they are not given.
    #[serde(default)]
    methods: Option<Vec<String>>,
}

/// A clock.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum ClockTable {
    /// Whether the step sees the machine's clock.
    Real(bool),
    /// A time in the form of RFC 3339.
    Fixed(String),
}

/// What stands in for interfaces of WASI that are not granted.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum WasiTable {
    /// Interfaces with nothing in them.
    Empty,
}

/// The grants of a step; `None` where something is wrong with them, which is reported.
pub(super) fn grants(reader: &mut Reader, entry: &Entry, table: AllowTable) -> Option<Grants> {
    let mut allow = Allow {
        entry,
        diagnostics: Vec::new(),
    };
    let grants = Grants {
        columns: table.columns,
        models: table.models,
        artifacts: table.artifacts,
        directories: allow.directories(table.directories),
        environment: allow.environment(table.environment),
        http: allow.http(table.http),
        clock: allow.clock(table.clock),
        random: table.random,
        empty_wasi: matches!(table.wasi, Some(WasiTable::Empty)),
    };
    let is_right = allow.diagnostics.is_empty();
    reader.diagnostics.append(&mut allow.diagnostics);
    is_right.then_some(grants)
}

struct Allow<'a> {
    entry: &'a Entry,
    diagnostics: Vec<Diagnostic>,
}

impl Allow<'_> {
    fn wrong(&mut self, path: &[&str], problem: &str, help: impl Into<String>) {
        let mut whole = vec!["allow"];
        whole.extend(path);
        let message = format!(
            "grant `{}` of step `{}`: {problem}",
            path[0], self.entry.key
        );
        let span = self.entry.node.span_of(&whole);
        let diagnostic = Diagnostic::error("bad_grant", message).at(span);
        self.diagnostics.push(diagnostic.help(help));
    }

    fn directories(&mut self, tables: Vec<DirectoryTable>) -> Vec<DirectoryGrant> {
        let mut grants: Vec<DirectoryGrant> = Vec::new();
        for (index, table) in tables.into_iter().enumerate() {
            let index = index.to_string();
            let DirectoryEntry { path, access, at } = match table {
                DirectoryTable::Table(table) => table,
                DirectoryTable::Path(path) => DirectoryEntry {
                    path,
                    access: DirectoryAccess::Read,
                    at: None,
                },
            };
            if path.is_empty() || path == "-" || path.contains("://") {
                let problem = format!("`{path}` is not a directory's path");
                let help = "give a directory of this machine, such as `\"lookup\"`";
                self.wrong(&["directories", &index, "path"], &problem, help);
                continue;
            }
            let at = at.unwrap_or_else(|| path.clone());
            if let Some(other) = grants.iter().find(|other| other.at == at) {
                let problem = format!(
                    "the step would know two directories as `{at}`: `{}` and `{path}`",
                    other.path
                );
                let help = "give each a name of its own: `{ path = \"…\", at = \"/name\" }`";
                self.wrong(&["directories", &index], &problem, help);
                continue;
            }
            grants.push(DirectoryGrant { path, at, access });
        }
        grants
    }

    fn environment(&mut self, table: EnvironmentTable) -> BTreeMap<String, EnvironmentValue> {
        let variables: Vec<(String, EnvironmentValue)> = match table {
            EnvironmentTable::Names(names) => names
                .into_iter()
                .map(|name| (name, EnvironmentValue::Inherited))
                .collect(),
            EnvironmentTable::Values(values) => values
                .into_iter()
                .map(|(name, value)| (name, EnvironmentValue::Given(value)))
                .collect(),
        };
        for (name, value) in &variables {
            if name.is_empty() || name.contains(['=', '\0']) {
                let problem = format!("`{name}` cannot be the name of an environment variable");
                self.wrong(&["environment"], &problem, "give a name such as `\"LANG\"`");
            }
            if let (Some(secret), EnvironmentValue::Inherited) =
                (name.strip_prefix(super::SECRET_PREFIX), value)
            {
                let problem = format!("`{name}` holds a secret, which is not shown as it is");
                let help = format!(
                    "give it by name: `environment = {{ {secret} = \"${{secret:{secret}}}\" }}`"
                );
                self.wrong(&["environment"], &problem, help);
            }
        }
        variables.into_iter().collect()
    }

    fn http(&mut self, tables: Vec<HttpTable>) -> Vec<HttpGrant> {
        let mut grants = Vec::new();
        for (index, table) in tables.into_iter().enumerate() {
            let index = index.to_string();
            let HttpEntry { host, methods } = match table {
                HttpTable::Table(table) => table,
                HttpTable::Host(host) => HttpEntry {
                    host,
                    methods: None,
                },
            };
            let mut grant = match HttpGrant::parse(&host) {
                Ok(grant) => grant,
                Err(problem) => {
                    let help = "name each host: `\"api.example.com\"`, `\"api.example.com:8443\"`, or \
                                `\"http://localhost:8080\"` for a connection that is not encrypted";
                    self.wrong(&["http", &index, "host"], &problem, help);
                    continue;
                }
            };
            if let Some(methods) = methods {
                for method in &methods {
                    if !METHODS.contains(&method.as_str()) {
                        let valid = suggest::valid(method, "methods", &METHODS);
                        let problem = format!("`{method}` is no method of HTTP{valid}");
                        let help = suggest::did_you_mean(&method.to_ascii_uppercase(), &METHODS)
                            .unwrap_or_else(|| "write `methods = [\"GET\", \"POST\"]`".to_owned());
                        self.wrong(&["http", &index, "methods"], &problem, help);
                    }
                }
                grant.methods = methods.into_iter().collect();
            }
            grants.push(grant);
        }
        grants
    }

    fn clock(&mut self, table: Option<ClockTable>) -> Option<ClockGrant> {
        match table? {
            ClockTable::Real(true) => Some(ClockGrant::Real),
            ClockTable::Real(false) => None,
            ClockTable::Fixed(text) => match humantime::parse_rfc3339_weak(&text) {
                Ok(time) => Some(ClockGrant::Fixed(time)),
                Err(_) => {
                    let problem = format!("`{text}` is not a time");
                    let help = "write `true` for the machine's clock, or a time such as \
                                `\"2026-01-31T00:00:00Z\"`";
                    self.wrong(&["clock"], &problem, help);
                    None
                }
            },
        }
    }
}
