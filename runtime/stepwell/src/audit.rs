//! The record of what steps did, as a file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::Serialize;
use stepwell_engine::{AuditAction, AuditEvent, AuditSink};

use crate::error::Error;

/// Appends each event to a file, as one line of JSON, at the moment when it happens. What earlier runs
/// recorded stays.
#[derive(Debug)]
pub struct AuditFile {
    file: Mutex<File>,
    path: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    step: &'a str,
    capability: &'a str,
    action: AuditAction,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
}

impl AuditFile {
    /// Opens a file to append to, or makes one that only its owner can read.
    ///
    /// # Errors
    /// [`Error::WriteAudit`].
    pub fn append(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(file) => Ok(Self {
                file: Mutex::new(file),
                path,
            }),
            Err(source) => Err(Error::WriteAudit { path, source }),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AuditSink for AuditFile {
    fn record(&self, event: &AuditEvent<'_>) -> io::Result<()> {
        let mut line = serde_json::to_string(&Line {
            time: format_time(event.time),
            step: event.step,
            capability: event.capability,
            action: event.action,
            what: event.what,
            count: event.count,
        })?;
        line.push('\n');
        // In one piece, so that lines of several processes do not mix.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes())
    }
}

fn format_time(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(time).to_string()
}

#[cfg(test)]
mod tests {
    use stepwell_engine::Audit;

    use super::*;

    #[test]
    fn each_event_is_a_line_and_earlier_lines_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for name in ["a", "b\nc"] {
            let audit = Audit::new(AuditFile::append(&path).unwrap());
            audit.record("s", "model", AuditAction::Use, name).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[1]["what"], "b\nc");
        assert_eq!(lines[1]["action"], "use");
    }

    #[cfg(unix)]
    #[test]
    fn others_cannot_read_a_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        AuditFile::append(&path).unwrap();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}
