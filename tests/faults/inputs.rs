//! Inputs that change while they are read.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Stdio};

use insta::assert_snapshot;

use crate::support::{Ran, Sandbox};
use crate::tools::{large_table, sandbox};

/// Rows of a table that no buffer on the way holds.
const ROWS: u64 = 2_000_000;

/// Starts a run that writes to standard output, and waits until rows come out. As nobody reads on, the run stands still
/// in the middle of its input.
fn start(sandbox: &Sandbox) -> (Child, Vec<u8>) {
    let mut child = sandbox
        .command([
            "run",
            "pipeline.toml",
            "--quiet",
            "--set",
            "sinks.result.path=-",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut start = vec![0; 100];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut start)
        .unwrap();
    (child, start)
}

/// Reads on to the end.
fn end(sandbox: &Sandbox, (child, start): (Child, Vec<u8>)) -> (Ran, Vec<u8>) {
    let mut output = child.wait_with_output().unwrap();
    let read = [start, std::mem::take(&mut output.stdout)].concat();
    (Ran::new(sandbox, &output), read)
}

#[test]
fn a_file_that_is_cut_short_while_it_is_read_is_an_error() {
    let sandbox = sandbox();
    sandbox.write("customers.csv", large_table(ROWS));
    let started = start(&sandbox);
    let table = fs::OpenOptions::new()
        .write(true)
        .open(sandbox.path("customers.csv"))
        .unwrap();
    // At the end of a line, so that nothing else shows it.
    let text = fs::read(sandbox.path("customers.csv")).unwrap();
    let middle = text.len() - 1_000_000;
    let line = middle
        + text[middle..]
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap()
        + 1;
    table.set_len(line as u64).unwrap();
    let (ran, _) = end(&sandbox, started);
    assert_snapshot!(ran.text(), @"
    exit code: 1
    --- standard output
    --- standard error
    error: source `customers`: `customers.csv` was cut short while it was read
    hint: another program writes it: run again once it is done, and have it write beside the file and rename
    ");
}

#[test]
fn a_parquet_file_that_is_cut_short_while_it_is_read_is_an_error() {
    let sandbox = sandbox();
    sandbox.write("customers.csv", large_table(ROWS));
    sandbox
        .run([
            "run",
            "pipeline.toml",
            "--quiet",
            "--set",
            "sinks.result.path=customers.parquet",
        ])
        .well();
    sandbox.replace("customers.csv", "customers.parquet");
    let started = start(&sandbox);
    let table = fs::OpenOptions::new()
        .write(true)
        .open(sandbox.path("customers.parquet"))
        .unwrap();
    table.set_len(1000).unwrap();
    let (ran, _) = end(&sandbox, started);
    assert_snapshot!(ran.text(), @"
    exit code: 1
    --- standard output
    --- standard error
    error: source `customers`: `customers.parquet` was cut short while it was read
    hint: another program writes it: run again once it is done, and have it write beside the file and rename
    ");
}

#[test]
fn a_file_that_is_removed_while_it_is_read_is_read_to_its_end() {
    let sandbox = sandbox();
    let table = large_table(ROWS);
    sandbox.write("customers.csv", &table);
    let started = start(&sandbox);
    fs::remove_file(sandbox.path("customers.csv")).unwrap();
    let (ran, read) = end(&sandbox, started);
    ran.well();
    assert!(read == table.as_bytes());
}

#[test]
fn a_file_that_is_gone_when_it_is_its_turn_is_an_error() {
    let sandbox = sandbox();
    sandbox.replace("customers.csv", "tables/*.csv");
    sandbox.write("tables/a.csv", large_table(ROWS));
    sandbox.write("tables/b.csv", large_table(1));
    let started = start(&sandbox);
    fs::remove_file(sandbox.path("tables/b.csv")).unwrap();
    let (ran, _) = end(&sandbox, started);
    assert_snapshot!(ran.text(), @"
    exit code: 2
    --- standard output
    --- standard error
    error: source `customers`: `tables/b.csv` does not exist
    hint: similar names there: `a.csv`
    ");
}

#[test]
fn a_file_that_grows_while_it_is_read_is_no_error() {
    let sandbox = sandbox();
    let table = large_table(ROWS);
    sandbox.write("customers.csv", &table);
    let started = start(&sandbox);
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(sandbox.path("customers.csv"))
        .unwrap();
    file.write_all(b"5,last\n").unwrap();
    let (ran, read) = end(&sandbox, started);
    ran.well();
    assert!(read.starts_with(table.as_bytes()));
}
