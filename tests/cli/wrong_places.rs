//! Outputs that cannot be written.

use crate::support::{Sandbox, assert_fails};

#[test]
fn an_output_that_is_a_folder() {
    let sandbox = Sandbox::with("out/result.csv", "out.csv");
    std::fs::create_dir(sandbox.path("out.csv")).unwrap();
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn an_output_below_a_file() {
    let sandbox = Sandbox::with("out/result.csv", "customers.csv/result.csv");
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn a_folder_where_nothing_can_be_made() {
    let sandbox = Sandbox::with("out/result.csv", "/proc/stepwell/result.csv");
    let ran = sandbox.fail(["run", "pipeline.toml"]);
    assert_fails!(ran);
}

#[test]
fn one_output_that_fails_takes_back_the_others() {
    let sandbox = Sandbox::with(
        "out/result.csv\"",
        "out/result.csv\"\n\n[sinks.second]\ninput = \"same\"\npath = \"customers.csv/second.csv\"",
    );
    let ran = sandbox.fail(["run", "pipeline.toml"]);
    assert!(
        ran.stderr.contains("error: sink `second`"),
        "{}",
        ran.text()
    );
}

#[test]
fn a_format_that_cannot_hold_a_column() {
    let sandbox = Sandbox::with("customers.csv", "customers.jsonl");
    sandbox.write("customers.jsonl", "{\"id\": 1, \"tags\": [\"a\", \"b\"]}\n");
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn a_url_that_this_build_cannot_open() {
    let sandbox = Sandbox::with("out/result.csv", "s3://bucket/result.csv");
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}
