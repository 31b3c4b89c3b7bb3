//! What tests of faults share.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{Ran, Sandbox};

/// The pipeline of most tests, without a step: what is tested is outside of steps.
pub(crate) const PIPELINE: &str = r#"[pipeline]
name = "demo"

[sources.customers]
path = "customers.csv"

[sinks.result]
input = "customers"
path  = "out/result.csv"
"#;

/// The table that is at the output's place before a fault.
pub(crate) const OLD: &str = "id,name\n0,old\n";

/// A folder with the pipeline, its table, and an old output.
pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("pipeline.toml", PIPELINE);
    sandbox.write("customers.csv", crate::support::CUSTOMERS);
    sandbox.write("out/result.csv", OLD);
    sandbox
}

/// A table of many rows.
pub(crate) fn large_table(rows: u64) -> String {
    let rows: String = (0..rows)
        .map(|id| format!("{id},a name that is not short\n"))
        .collect();
    format!("id,name\n{rows}")
}

/// Runs a shell script in the sandbox in which `stepwell` is the command, and checks that it could do its part.
pub(crate) fn shell(sandbox: &Sandbox, wrapper: &[&str], script: &str) -> Ran {
    let inner = sandbox.command(["run", "pipeline.toml"]);
    let program = inner.get_program().to_string_lossy().into_owned();
    let mut words = wrapper
        .iter()
        .copied()
        .chain(["sh", "-euc", script, &program]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).current_dir(sandbox.folder());
    for (key, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    Ran::new(sandbox, &command.stdin(Stdio::null()).output().unwrap())
}

/// Whether a command works on this machine. Says so where it does not, since the test that needs it tests nothing then.
pub(crate) fn is_possible(test: &str, words: &[&str]) -> bool {
    let worked = Command::new(words[0])
        .args(&words[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !worked {
        eprintln!(
            "skipped: {test} needs `{}`, which does not work here",
            words.join(" ")
        );
    }
    worked
}

/// A run that was started with `--json` and has come so far that its outputs are open.
pub(crate) struct Started {
    pub(crate) child: Child,
    stdout: BufReader<std::process::ChildStdout>,
}

/// Starts a run whose input comes by standard input and does not end.
pub(crate) fn start_and_feed(sandbox: &Sandbox) -> (Started, std::process::ChildStdin) {
    let mut command = sandbox.command(["run", "pipeline.toml", "--json"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        use std::io::Write;
        stdin.write_all(large_table(100_000).as_bytes()).unwrap();
        stdin
    });
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = String::new();
    while !lines.contains("\"event\":\"started\"") {
        let read = stdout.read_line(&mut lines).unwrap();
        assert_ne!(read, 0, "the run starts: {lines}");
    }
    (Started { child, stdout }, writer.join().unwrap())
}

impl Started {
    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for the end, and gives the last event besides.
    pub(crate) fn end(self, sandbox: &Sandbox) -> (Ran, String) {
        let Self { child, stdout } = self;
        let events: Vec<String> = stdout.lines().map(Result::unwrap).collect();
        let ran = Ran::new(sandbox, &child.wait_with_output().unwrap());
        (ran, events.last().cloned().unwrap_or_default())
    }
}

/// Makes the source of a sandbox standard input.
pub(crate) fn from_standard_input(sandbox: &Sandbox) {
    sandbox.replace(
        "\"customers.csv\"",
        "\"-\"\nformat = \"csv\"\nsample_rows = 1",
    );
}

/// Asserts that the old output is there, and nothing beside it.
pub(crate) fn assert_old(sandbox: &Sandbox) {
    assert_eq!(sandbox.read("out/result.csv"), OLD);
    assert_eq!(names(sandbox, "out"), ["result.csv"]);
}

/// The names in a folder, hidden ones too, sorted.
pub(crate) fn names(sandbox: &Sandbox, folder: &str) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(sandbox.path(folder))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
