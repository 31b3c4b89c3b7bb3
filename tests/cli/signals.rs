//! Ctrl-C.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::support::{Ran, Sandbox};

fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

fn from_standard_input() -> Sandbox {
    Sandbox::with(
        "\"customers.csv\"",
        "\"-\"\nformat = \"csv\"\nsample_rows = 1",
    )
}

#[test]
fn ctrl_c_ends_a_run_that_waits_for_input_and_leaves_nothing_behind() {
    let sandbox = from_standard_input();
    let before = sandbox.files();
    let mut command = sandbox.command(["run", "pipeline.toml", "--json"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Enough for the schema to be known, and no end.
    let writer = std::thread::spawn(move || {
        let rows = "1,Ada\n".repeat(100_000);
        stdin
            .write_all(format!("id,name\n{rows}").as_bytes())
            .unwrap();
        stdin
    });
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut lines = String::new();
    while !lines.contains("\"event\":\"started\"") {
        assert_ne!(
            stdout.read_line(&mut lines).unwrap(),
            0,
            "the run starts: {lines}"
        );
    }
    interrupt(&child);
    let rest: Vec<String> = stdout.lines().map(Result::unwrap).collect();
    let ran = Ran::new(&sandbox, &child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(130), ""));
    let failed = r#"{"event":"failed","code":"cancelled","message":"the run was cancelled","hint":null,"blame":"caller","exit_code":130}"#;
    assert_eq!(rest.last().unwrap(), failed);
    sandbox.assert_unchanged(&before);
    drop(writer);
}

#[test]
fn ctrl_c_before_the_run_ends_the_command_at_once() {
    let sandbox = from_standard_input();
    let before = sandbox.files();
    let mut command = sandbox.command(["check", "pipeline.toml"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // Once what was written is read, the command waits for more, and its handler is there.
    let mut written = 0;
    while written < 256 * 1024 {
        written += stdin.write(b"id,").unwrap();
    }
    interrupt(&child);
    let ran = Ran::new(&sandbox, &child.wait_with_output().unwrap());
    assert_eq!(
        (ran.code, ran.stdout().as_str(), ran.stderr.as_str()),
        (Some(130), "", "")
    );
    sandbox.assert_unchanged(&before);
}
