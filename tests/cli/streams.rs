//! Standard input and output as source and sink.

use std::fs::OpenOptions;
use std::io::{Cursor, Read, Write};
use std::process::Stdio;

use arrow_array::RecordBatch;

use crate::support::{CUSTOMERS, Ran, Sandbox, assert_fails};

const FROM_STDIN: &str = "sources.customers.path=-";
const TO_STDOUT: &str = "sinks.result.path=-";

#[test]
fn csv_on_standard_input_becomes_arrow_on_standard_output() {
    let arguments = [
        "run",
        "pipeline.toml",
        "--set",
        FROM_STDIN,
        "--set",
        TO_STDOUT,
        "--set",
        "sinks.result.format=arrow",
    ];
    let ran = Sandbox::new()
        .run_with_input(arguments, CUSTOMERS.as_bytes())
        .well();
    let reader = arrow_ipc::reader::FileReader::try_new(Cursor::new(&ran.stdout), None).unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 4);
    assert!(
        ran.stderr.contains("standard output: 4 rows"),
        "the summary gives way to the data: {}",
        ran.stderr
    );
}

#[test]
fn standard_output_is_csv_where_nothing_else_is_said() {
    let arguments = [
        "run",
        "pipeline.toml",
        "--set",
        FROM_STDIN,
        "--set",
        TO_STDOUT,
    ];
    let ran = Sandbox::new()
        .run_with_input(arguments, CUSTOMERS.as_bytes())
        .well();
    assert_eq!(ran.stdout(), CUSTOMERS);
}

#[test]
fn events_give_way_to_data_on_standard_output() {
    let ran = Sandbox::new()
        .run(["run", "pipeline.toml", "--json", "--set", TO_STDOUT])
        .well();
    assert_eq!(ran.stdout(), CUSTOMERS);
    assert!(
        ran.stderr
            .lines()
            .all(|line| line.starts_with("{\"event\":")),
        "{}",
        ran.stderr
    );
}

#[test]
fn parquet_can_come_by_standard_input() {
    let sandbox = Sandbox::new();
    sandbox
        .run([
            "run",
            "pipeline.toml",
            "--quiet",
            "--set",
            "sinks.result.path=customers.parquet",
        ])
        .well();
    let parquet = std::fs::read(sandbox.path("customers.parquet")).unwrap();
    let arguments = [
        "run",
        "pipeline.toml",
        "--set",
        FROM_STDIN,
        "--set",
        TO_STDOUT,
    ];
    assert_eq!(
        sandbox.run_with_input(arguments, &parquet).well().stdout(),
        CUSTOMERS
    );
}

#[test]
fn an_empty_standard_input_is_told() {
    let sandbox = Sandbox::new();
    assert_fails!(sandbox.fail(["run", "pipeline.toml", "--set", FROM_STDIN]));
}

#[test]
fn two_sinks_cannot_have_standard_output() {
    let sandbox = Sandbox::with(
        "out/result.csv\"",
        "-\"\n\n[sinks.other]\ninput = \"same\"\npath = \"-\"",
    );
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

/// A table that is larger than what the system keeps between two programs.
fn large_table() -> String {
    let rows: String = (0..100_000)
        .map(|id| format!("{id},a name that is not short,1,2.5\n"))
        .collect();
    format!("id,name,tenure,charges\n{rows}")
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let sandbox = Sandbox::new();
    sandbox.write("customers.csv", large_table());
    let before = sandbox.files();
    let mut command = sandbox.command(["run", "pipeline.toml", "--set", TO_STDOUT]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut start).unwrap();
    let ran = Ran::new(&sandbox, &child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(141), ""));
    sandbox.assert_unchanged(&before);
}

#[test]
fn a_reader_that_goes_away_ends_every_command_quietly() {
    for arguments in [
        ["explain", "pipeline.toml"],
        ["check", "pipeline.toml"],
        ["inspect", "identity.wasm"],
    ] {
        let sandbox = Sandbox::new();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = sandbox.command(arguments).stdout(writer).output().unwrap();
        let ran = Ran::new(&sandbox, &output);
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (Some(141), ""),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_full_disk_is_told() {
    let sandbox = Sandbox::new();
    let before = sandbox.files();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = sandbox
        .command(["run", "pipeline.toml", "--set", TO_STDOUT])
        .stdout(full)
        .output()
        .unwrap();
    assert_fails!(Ran::new(&sandbox, &output));
    sandbox.assert_unchanged(&before);
}

#[test]
fn a_full_device_is_told() {
    let sandbox = Sandbox::with("out/result.csv\"", "/dev/full\"\nformat = \"csv\"");
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn a_named_pipe_is_written_through() {
    let sandbox = Sandbox::with("out/result.csv\"", "pipe\"\nformat = \"csv\"");
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.path("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let path = sandbox.path("pipe");
    let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
    sandbox.run(["run", "pipeline.toml", "--quiet"]).well();
    assert_eq!(reader.join().unwrap(), CUSTOMERS);
}

#[test]
fn rows_come_out_while_input_still_comes_in() {
    let sandbox = Sandbox::with(
        "\"customers.csv\"",
        "\"-\"\nformat = \"csv\"\nsample_rows = 1",
    );
    let arguments = [
        "run",
        "pipeline.toml",
        "--set",
        TO_STDOUT,
        "--set",
        "pipeline.batch_rows=1",
    ];
    let mut command = sandbox.command(arguments);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // More than the buffers on the way hold, and no end of the input.
    let table = large_table();
    let writer = std::thread::spawn(move || {
        stdin.write_all(table.as_bytes()).unwrap();
        stdin
    });
    let mut start = [0; 22];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"id,name,tenure,charges");
    let drain =
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()).unwrap());
    drop(writer.join().unwrap());
    assert!(child.wait().unwrap().success());
    assert!(drain.join().unwrap() > 1_000_000);
}
