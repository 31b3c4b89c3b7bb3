//! What may not be read or written.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;

use crate::support::{Ran, Sandbox};
use crate::tools::{assert_old, is_possible, sandbox, shell};

/// Nobody in particular.
const NOBODY: [&str; 5] = [
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--inh-caps=-all",
];

/// Runs the pipeline as somebody whom permissions bind: as another user where the tests are root's.
fn run_bound(test: &str, sandbox: &Sandbox) -> Option<Ran> {
    let probe = fs::File::open(sandbox.path("unreadable"));
    if probe.is_err() {
        return Some(sandbox.run(["run", "pipeline.toml"]));
    }
    if !is_possible(test, &[&NOBODY[..], &["true"]].concat()) {
        return None;
    }
    // The program itself may lie in a folder that others cannot enter.
    let program = sandbox.command(["run"]).get_program().to_owned();
    fs::copy(program, sandbox.path("stepwell")).unwrap();
    let ran = shell(
        sandbox,
        &NOBODY,
        r#"XDG_CACHE_HOME=$PWD/cache exec ./stepwell run pipeline.toml"#,
    );
    fs::remove_file(sandbox.path("stepwell")).unwrap();
    Some(ran)
}

/// A sandbox that everybody may enter and write to, with a file that nobody may read.
fn open_sandbox() -> Sandbox {
    let sandbox = sandbox();
    sandbox.write("unreadable", "");
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("unreadable", 0o000);
    mode("", 0o777);
    mode("out", 0o777);
    sandbox
}

#[test]
fn an_input_that_may_not_be_read_is_an_error() {
    let sandbox = open_sandbox();
    let path = sandbox.path("customers.csv");
    fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    if let Some(ran) = run_bound("an unreadable input", &sandbox) {
        assert_snapshot!(ran.text(), @"
        exit code: 2
        --- standard output
        --- standard error
        error[permission_denied] pipeline.toml:5:8: source `customers`: no permission to read `customers.csv`
        ");
        assert_old(&sandbox);
    }
}

#[test]
fn an_output_folder_that_may_not_be_written_is_an_error_before_the_run() {
    let sandbox = open_sandbox();
    fs::set_permissions(sandbox.path("out"), fs::Permissions::from_mode(0o555)).unwrap();
    if let Some(ran) = run_bound("an unwritable folder", &sandbox) {
        assert_snapshot!(ran.text(), @"
        exit code: 1
        --- standard output
        --- standard error
        error: sink `result`: no permission to write `out/result.csv`
        ");
        assert_old(&sandbox);
    }
}

#[test]
fn a_folder_in_the_place_of_an_input_without_tables_is_an_error() {
    let sandbox = sandbox();
    fs::remove_file(sandbox.path("customers.csv")).unwrap();
    fs::create_dir(sandbox.path("customers.csv")).unwrap();
    assert_snapshot!(sandbox.fail(["run", "pipeline.toml"]).text(), @"
    exit code: 2
    --- standard output
    --- standard error
    error[no_match] pipeline.toml:5:8: source `customers`: no file matches `customers.csv`; `customers.csv` is empty
      hint: hidden files, files that start with `_` and files of unknown formats are passed over
    ");
}

#[test]
fn an_output_whose_lock_another_user_left_is_written_all_the_same() {
    let sandbox = open_sandbox();
    sandbox.write("out/.result.csv.stepwell-lock", "");
    if let Some(ran) = run_bound("another user's lock", &sandbox) {
        ran.well();
        assert_eq!(sandbox.read("out/result.csv"), crate::support::CUSTOMERS);
        assert_eq!(crate::tools::names(&sandbox, "out"), ["result.csv"]);
    }
}
