//! Tables that are not what they should be.

use crate::support::{CUSTOMERS, Ran, Sandbox, assert_fails};

/// Runs the usual pipeline on another table.
fn run(table: impl AsRef<[u8]>) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write("customers.csv", table);
    sandbox.fail(["run", "pipeline.toml"])
}

/// Runs the usual pipeline on a table of which only the first row is looked at before the run.
fn run_after_sample(table: &str) -> Ran {
    let sandbox = Sandbox::with("\"customers.csv\"", "\"customers.csv\"\nsample_rows = 1");
    sandbox.write("customers.csv", table);
    sandbox.write("out/result.csv", "the output of an earlier run\n");
    let ran = sandbox.fail(["run", "pipeline.toml"]);
    assert_eq!(ran.code, Some(1), "{}", ran.text());
    ran
}

#[test]
fn a_file_that_is_empty() {
    assert_fails!(run(""));
}

#[test]
fn a_line_with_too_few_fields() {
    assert_fails!(run("id,name\n1,Ada\n2\n"));
    assert_fails!(run_after_sample("id,name\n1,Ada\n2\n"));
}

#[test]
fn a_quote_that_is_never_closed() {
    assert_fails!(run("id,name\n1,\"Ada\n2,Grace\n"));
}

#[test]
fn a_value_that_does_not_fit() {
    assert_fails!(run_after_sample("id,name\n1,Ada\nn/a,Grace\n"));
}

#[test]
fn a_value_that_does_not_fit_the_type_that_was_given() {
    let sandbox = Sandbox::with(
        "\"customers.csv\"",
        "\"customers.csv\"\ntypes = { name = \"int64\" }",
    );
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn text_in_another_encoding() {
    assert_fails!(run(b"id,name\n1,Andr\xe9\n2,Zo\xeb\n"));
}

#[test]
fn a_header_without_rows_is_a_table() {
    let sandbox = Sandbox::new();
    sandbox.write("customers.csv", "id,name\n");
    sandbox.run(["run", "pipeline.toml"]).well();
    assert_eq!(sandbox.read("out/result.csv"), "id,name\n");
}

#[test]
fn json_that_is_broken() {
    let sandbox = Sandbox::with("customers.csv", "customers.jsonl");
    sandbox.write("customers.jsonl", "{\"id\": 1}\n{\"id\": 2\n");
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn parquet_that_was_cut_short() {
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
    sandbox.write("customers.parquet", &parquet[..parquet.len() / 2]);
    assert_fails!(sandbox.fail([
        "run",
        "pipeline.toml",
        "--set",
        "sources.customers.path=customers.parquet"
    ]));
}

#[test]
fn a_file_that_is_not_what_its_name_says() {
    let sandbox = Sandbox::with("\"customers.csv\"", "\"customers.parquet\"");
    sandbox.write("customers.parquet", CUSTOMERS);
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn gzip_that_was_cut_short() {
    let sandbox = Sandbox::new();
    sandbox
        .run([
            "run",
            "pipeline.toml",
            "--quiet",
            "--set",
            "sinks.result.path=customers.csv.gz",
        ])
        .well();
    let gzip = std::fs::read(sandbox.path("customers.csv.gz")).unwrap();
    sandbox.write("customers.csv.gz", &gzip[..gzip.len() - 12]);
    assert_fails!(sandbox.fail([
        "run",
        "pipeline.toml",
        "--set",
        "sources.customers.path=customers.csv.gz"
    ]));
}

#[test]
fn a_glob_that_matches_nothing() {
    let sandbox = Sandbox::with("customers.csv", "tables/*.csv");
    sandbox.write("tables/notes.txt", "nothing");
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn files_with_other_columns() {
    let sandbox = Sandbox::with("customers.csv", "tables/*.csv");
    sandbox.write("tables/a.csv", CUSTOMERS);
    sandbox.write("tables/b.csv", "id,nome\n1,Ada\n");
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}
