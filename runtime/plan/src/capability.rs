//! What a step could do beyond computing on its columns, as the imports of its component show it.

use std::fmt;

use serde::Serialize;

/// Something that a step may do beyond computing on its columns, if the pipeline grants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Capability {
    /// Run models on columns.
    Model,
    /// Read files that the pipeline names, whole.
    Artifact,
    /// Read or write below directories.
    Directory,
    /// Read environment variables.
    Environment,
    /// Send HTTP requests.
    Http,
    /// Ask for the time, and wait.
    Clock,
    /// Draw random numbers.
    Random,
    /// Open sockets. Nothing grants it.
    Socket,
}

impl Capability {
    /// What a step that has it can do, after "it can": `read environment variables`.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Model => "run models",
            Self::Artifact => "read artifacts",
            Self::Directory => "open files",
            Self::Environment => "read environment variables",
            Self::Http => "send HTTP requests",
            Self::Clock => "ask for the time and wait",
            Self::Random => "draw random numbers",
            Self::Socket => "open sockets",
        }
    }

    /// The key of `allow` that grants it; `None` of what nothing grants.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        match self {
            Self::Model => Some("models"),
            Self::Artifact => Some("artifacts"),
            Self::Directory => Some("directories"),
            Self::Environment => Some("environment"),
            Self::Http => Some("http"),
            Self::Clock => Some("clock"),
            Self::Random => Some("random"),
            Self::Socket => None,
        }
    }

    /// How a pipeline file grants it, as an example; `None` of what nothing grants.
    #[must_use]
    pub fn grant(self) -> Option<&'static str> {
        match self {
            Self::Model => Some("allow = { models = [\"NAME\"] }"),
            Self::Artifact => Some("allow = { artifacts = [\"NAME\"] }"),
            Self::Directory => Some("allow = { directories = [\"PATH\"] }"),
            Self::Environment => Some("allow = { environment = [\"NAME\"] }"),
            Self::Http => Some("allow = { http = [\"HOST\"] }"),
            Self::Clock => Some("allow = { clock = true }"),
            Self::Random => Some("allow = { random = true }"),
            Self::Socket => None,
        }
    }

    /// Whether it comes by an interface of WASI, of which an empty one can stand in.
    #[must_use]
    pub fn is_wasi(self) -> bool {
        !matches!(self, Self::Model | Self::Artifact)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Model => "model",
            Self::Artifact => "artifact",
            Self::Directory => "directory",
            Self::Environment => "environment",
            Self::Http => "http",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Socket => "socket",
        })
    }
}

/// What an interface that a component imports is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// Data that the pipeline lends the step, and types.
    Data,
    /// What every language's runtime links, and what gives nothing by itself: streams without an
    /// end, the step's log as standard output, the end of the step.
    Plumbing,
    /// More than data: refused unless it is granted.
    Capability(Capability),
    /// This version knows nothing of it.
    Unknown,
}

impl Import {
    /// What the interface of this name is for, for example `wasi:filesystem/types@0.2.6`.
    ///
    /// ```
    /// use stepwell_plan::{Capability, Import};
    ///
    /// assert_eq!(Import::of("stepwell:step/host@0.1.0"), Import::Data);
    /// assert_eq!(Import::of("wasi:cli/stdout@0.2.3"), Import::Plumbing);
    /// let files = Import::of("wasi:filesystem/types@0.2.6");
    /// assert_eq!(files, Import::Capability(Capability::Directory));
    /// assert_eq!(Import::of("wasi:filesystem/types@0.3.0"), Import::Unknown);
    /// ```
    #[must_use]
    pub fn of(name: &str) -> Self {
        let Some((interface, version)) = name.split_once('@') else {
            return Self::Unknown;
        };
        if let Some(own) = interface.strip_prefix("stepwell:step/") {
            return match own {
                "arrow" | "host" | "step-types" => Self::Data,
                "model" => Self::Capability(Capability::Model),
                "artifact" => Self::Capability(Capability::Artifact),
                _ => Self::Unknown,
            };
        }
        // Within 0.2, WASI only adds; what a component needs of it is compared when it is linked.
        let patch = version.strip_prefix("0.2.");
        if patch.is_none_or(|patch| patch.parse::<u32>().is_err()) {
            return Self::Unknown;
        }
        match interface {
            "wasi:io/error"
            | "wasi:io/poll"
            | "wasi:io/streams"
            | "wasi:cli/exit"
            | "wasi:cli/stdin"
            | "wasi:cli/stdout"
            | "wasi:cli/stderr"
            | "wasi:cli/terminal-input"
            | "wasi:cli/terminal-output"
            | "wasi:cli/terminal-stdin"
            | "wasi:cli/terminal-stdout"
            | "wasi:cli/terminal-stderr" => Self::Plumbing,
            "wasi:cli/environment" => Self::Capability(Capability::Environment),
            "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => {
                Self::Capability(Capability::Clock)
            }
            "wasi:filesystem/types" | "wasi:filesystem/preopens" => {
                Self::Capability(Capability::Directory)
            }
            "wasi:http/types" | "wasi:http/outgoing-handler" => Self::Capability(Capability::Http),
            "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => {
                Self::Capability(Capability::Random)
            }
            "wasi:sockets/network"
            | "wasi:sockets/instance-network"
            | "wasi:sockets/ip-name-lookup"
            | "wasi:sockets/tcp"
            | "wasi:sockets/tcp-create-socket"
            | "wasi:sockets/udp"
            | "wasi:sockets/udp-create-socket" => Self::Capability(Capability::Socket),
            _ => Self::Unknown,
        }
    }
}
