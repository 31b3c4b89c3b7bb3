//! Disks that are full, and files that may not grow.

use insta::assert_snapshot;

use crate::support::Sandbox;
use crate::tools::{OLD, assert_old, is_possible, large_table, sandbox, shell};

const MOUNTS: [&str; 3] = ["unshare", "-rm", "true"];

/// A folder whose output is on a disk of 1 MiB, for as long as the script runs.
fn on_a_small_disk(sandbox: &Sandbox, then: &str) -> String {
    let script = format!(
        r#"
        mount -t tmpfs -o size=1m none out
        printf 'id,name\n0,old\n' >out/result.csv
        mkdir out/parts
        printf 'id,name\n0,old\n' >out/parts/part-00000.csv
        code=0
        "$0" run pipeline.toml || code=$?
        {then}
        find out -type f -o -name '.*' | sort
        cat out/result.csv out/parts/part-00000.csv
        exit $code
        "#
    );
    shell(sandbox, &["unshare", "-rm"], &script).text()
}

#[test]
fn a_full_disk_ends_the_run_and_leaves_the_old_output() {
    if !is_possible("a full disk", &MOUNTS) {
        return;
    }
    let sandbox = sandbox();
    sandbox.write("customers.csv", large_table(100_000));
    assert_snapshot!(on_a_small_disk(&sandbox, ""), @"
    exit code: 1
    --- standard output
    out/parts/part-00000.csv
    out/result.csv
    id,name
    0,old
    id,name
    0,old
    --- standard error
    error: sink `result`: no space left to write `out/result.csv`
    hint: free some space or write elsewhere; what was there before is untouched
    ");
}

#[test]
fn a_full_disk_ends_a_folder_of_parts_and_leaves_the_old_ones() {
    if !is_possible("a full disk", &MOUNTS) {
        return;
    }
    let sandbox = sandbox();
    sandbox.replace(
        "out/result.csv\"",
        "out/parts/\"\nformat = \"csv\"\nrows_per_file = 1000",
    );
    sandbox.write("customers.csv", large_table(100_000));
    assert_snapshot!(on_a_small_disk(&sandbox, ""), @"
    exit code: 1
    --- standard output
    out/parts/part-00000.csv
    out/result.csv
    id,name
    0,old
    id,name
    0,old
    --- standard error
    error: sink `result`: no space left to write `out/parts/part-00031.csv`
    hint: free some space or write elsewhere; what was there before is untouched
    ");
}

#[test]
fn a_disk_that_is_full_when_rows_are_appended_leaves_the_old_ones() {
    if !is_possible("a full disk", &MOUNTS) {
        return;
    }
    let sandbox = sandbox();
    sandbox.replace("out/result.csv\"", "out/result.csv\"\nmode = \"append\"");
    sandbox.write("customers.csv", large_table(100_000));
    assert_snapshot!(on_a_small_disk(&sandbox, ""), @"
    exit code: 1
    --- standard output
    out/parts/part-00000.csv
    out/result.csv
    id,name
    0,old
    id,name
    0,old
    --- standard error
    error: sink `result`: no space left to write `out/result.csv`
    hint: free some space or write elsewhere; what was there before is untouched
    ");
}

#[test]
fn a_file_that_may_not_grow_is_an_error_and_not_the_end_of_the_program() {
    let sandbox = sandbox();
    sandbox.write("customers.csv", large_table(100_000));
    let ran = shell(
        &sandbox,
        &["prlimit", "--fsize=200000"],
        r#"exec "$0" run pipeline.toml"#,
    );
    assert_snapshot!(ran.text(), @"
    exit code: 1
    --- standard output
    --- standard error
    error: sink `result`: `out/result.csv` would become larger than a file may be here
    hint: raise the limit (`ulimit -f`), or write a folder of parts with `rows_per_file`; what was there before is untouched
    ");
    assert_old(&sandbox);
    assert_eq!(sandbox.read("out/result.csv"), OLD);
}
