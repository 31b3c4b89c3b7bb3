//! What a pipeline allows a step beyond computing on the columns that it is given. Nothing, where
//! the pipeline does not say otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::SystemTime;

use crate::capability::Capability;

/// What the pipeline allows a step beyond computing on the columns that it is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// The columns whose values the step may read, by name, on any port; `None`: those that it declares
    /// when it is opened.
    pub columns: Option<BTreeSet<String>>,
    /// The models that the step may load, by their names in the pipeline.
    pub models: BTreeSet<String>,
    /// The artifacts that the step may read, by their names in the pipeline.
    pub artifacts: BTreeSet<String>,
    /// The directories that it may use.
    pub directories: Vec<DirectoryGrant>,
    /// The environment variables that it sees.
    pub environment: BTreeMap<String, EnvironmentValue>,
    /// The hosts that it may send HTTP requests to.
    pub http: Vec<HttpGrant>,
    /// The clock that it sees.
    pub clock: Option<ClockGrant>,
    /// Whether it may draw random numbers.
    pub random: bool,
    /// Whether interfaces of WASI that are not granted are there all the same, with nothing in them.
    pub empty_wasi: bool,
}

/// A directory that a step may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGrant {
    /// Where it lies; relative paths start at the pipeline file's folder.
    pub path: String,
    /// The path by which the step knows it.
    pub at: String,
    /// What the step may do there.
    pub access: DirectoryAccess,
}

/// What a step may do below a directory.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum DirectoryAccess {
    /// List directories and read files.
    #[default]
    Read,
    /// Also make, change and remove them.
    Write,
}

/// Where the value of an environment variable of a step comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvironmentValue {
    /// From the variable of the same name of the process that runs the pipeline.
    Inherited,
    /// From the pipeline file; `${secret:NAME}` still stands in it.
    Given(String),
}

/// The clock of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockGrant {
    /// The machine's.
    Real,
    /// One that always shows this time.
    Fixed(SystemTime),
}

/// A host that a step may send HTTP requests to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Whether the connection is encrypted.
    pub is_https: bool,
    /// The host's name or address, in lowercase.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The methods, in uppercase.
    pub methods: BTreeSet<String>,
}

impl HttpGrant {
    /// Reads a host as people write it: `api.example.com` or `https://api.example.com:8443`, or
    /// with `http://` for a connection that is not encrypted. Allows reading: `GET` and `HEAD`.
    ///
    /// ```
    /// use stepwell_plan::HttpGrant;
    ///
    /// let grant = HttpGrant::parse("API.example.com")?;
    /// assert_eq!(grant.to_string(), "https://api.example.com:443");
    /// assert!(HttpGrant::parse("*.example.com").is_err());
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (is_https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ if text.contains("://") => {
                return Err(format!("`{text}` is neither `https://` nor `http://`"));
            }
            _ => (true, text),
        };
        if rest.contains(['/', '?', '#']) {
            return Err(format!("`{text}` has a path; a host is granted whole"));
        }
        // An address of IPv6 has colons of its own, inside brackets.
        let port_at = rest.rfind(':').filter(|at| !rest[*at..].contains(']'));
        let (host, port) = match port_at {
            Some(at) => match rest[at + 1..].parse::<u16>() {
                Ok(port) if port > 0 => (&rest[..at], port),
                _ => return Err(format!("`{}` is not a port", &rest[at + 1..])),
            },
            None => (rest, if is_https { 443 } else { 80 }),
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        let is_address = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
        if host.is_empty() || !(is_address || host.bytes().all(is_name)) {
            return Err(format!("`{text}` is not the name of one host"));
        }
        Ok(Self {
            is_https,
            host: host.to_ascii_lowercase(),
            port,
            methods: ["GET", "HEAD"].map(ToOwned::to_owned).into(),
        })
    }

    /// Whether a request of this kind may be sent.
    #[must_use]
    pub fn allows(&self, method: &str, is_https: bool, host: &str, port: u16) -> bool {
        self.is_https == is_https
            && self.port == port
            && self.host.eq_ignore_ascii_case(host)
            && self.methods.contains(method)
    }
}

impl fmt::Display for HttpGrant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_https { "https" } else { "http" };
        write!(formatter, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Grants {
    /// Whether a step that imports the interfaces of a capability may be opened. What it can do with
    /// them is another question: of what is empty, nothing.
    #[must_use]
    pub fn admits(&self, capability: Capability) -> bool {
        self.grants(capability) || (self.empty_wasi && capability.is_wasi())
    }

    /// Whether the step may write into a directory.
    #[must_use]
    pub fn writes(&self) -> bool {
        let mut directories = self.directories.iter();
        directories.any(|directory| directory.access == DirectoryAccess::Write)
    }

    /// Whether something of a capability is granted.
    #[must_use]
    pub fn grants(&self, capability: Capability) -> bool {
        match capability {
            Capability::Model => !self.models.is_empty(),
            Capability::Artifact => !self.artifacts.is_empty(),
            Capability::Directory => !self.directories.is_empty(),
            Capability::Environment => !self.environment.is_empty(),
            Capability::Http => !self.http.is_empty(),
            Capability::Clock => self.clock.is_some(),
            Capability::Random => self.random,
            Capability::Socket => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_as_people_write_it() {
        let check = |text: &str, expect: &str| {
            let found = HttpGrant::parse(text).map(|grant| grant.to_string());
            assert_eq!(found.unwrap_or_else(|problem| problem), expect, "{text}");
        };
        check("example.com", "https://example.com:443");
        check("example.com:8443", "https://example.com:8443");
        check("http://localhost:8080", "http://localhost:8080");
        check("http://127.0.0.1", "http://127.0.0.1:80");
        check("[::1]:99", "https://[::1]:99");
        check("https://[::1]", "https://[::1]:443");
        check("", "`` is not the name of one host");
        check("*.com", "`*.com` is not the name of one host");
        check("user@host", "`user@host` is not the name of one host");
        check("a b", "`a b` is not the name of one host");
        check("host:0", "`0` is not a port");
        check("host:", "`` is not a port");
        check(
            "ftp://host",
            "`ftp://host` is neither `https://` nor `http://`",
        );
        check(
            "example.com/a",
            "`example.com/a` has a path; a host is granted whole",
        );
    }

    #[test]
    fn a_request_must_fit_in_everything() {
        let grant = HttpGrant::parse("http://localhost:8080").unwrap();
        assert!(grant.allows("GET", false, "LOCALHOST", 8080));
        assert!(!grant.allows("POST", false, "localhost", 8080));
        assert!(!grant.allows("GET", true, "localhost", 8080));
        assert!(!grant.allows("GET", false, "localhost", 80));
        assert!(!grant.allows("GET", false, "localhost.evil.example", 8080));
    }
}
