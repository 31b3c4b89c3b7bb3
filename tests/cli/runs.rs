//! Pipelines that run, and what is shown of them.

use crate::support::{CUSTOMERS, Sandbox, assert_fails, assert_shows};

#[test]
fn a_run_shows_what_it_did_and_writes_its_output() {
    let sandbox = Sandbox::new();
    assert_shows!(sandbox.run(["run", "pipeline.toml"]));
    assert_eq!(sandbox.read("out/result.csv"), CUSTOMERS);
}

#[test]
fn a_quiet_run_says_nothing() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(["run", "pipeline.toml", "--quiet"]).well();
    assert_eq!((ran.stdout(), ran.stderr), (String::new(), String::new()));
    assert_eq!(sandbox.read("out/result.csv"), CUSTOMERS);
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing() {
    let sandbox = Sandbox::new();
    let before = sandbox.files();
    assert_shows!(sandbox.run(["run", "pipeline.toml", "--dry-run"]));
    sandbox.assert_unchanged(&before);
}

#[test]
fn a_limit_holds_for_each_source() {
    let sandbox = Sandbox::new();
    sandbox
        .run(["run", "pipeline.toml", "--limit", "2", "--quiet"])
        .well();
    assert_eq!(
        sandbox.read("out/result.csv"),
        CUSTOMERS
            .lines()
            .take(3)
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    );
}

#[test]
fn parameters_and_settings_change_the_pipeline() {
    let sandbox = Sandbox::new();
    sandbox.write("other.csv", "x\n1\n");
    let ran = sandbox.run([
        "run",
        "pipeline.toml",
        "--param",
        "same.by=handle",
        "--set",
        "sources.customers.path=other.csv",
        "--set",
        "sinks.result.path=other.jsonl",
    ]);
    assert_shows!(ran);
    assert_eq!(sandbox.read("other.jsonl"), "{\"x\":1}\n");
}

#[test]
fn columns_are_made_in_the_order_in_which_they_are_written() {
    let sandbox = Sandbox::with_standard_steps(
        "path  = \"identity.wasm\"\ninput = \"customers\"\nwith  = { by = \"read\" }",
        "uses = \"std/derive\"\ninput = \"customers\"\n\n[steps.same.with.columns]\nz = \"1\"\ny = \"x + 1\"\nx = \"2\"",
    );
    sandbox.run(["run", "pipeline.toml", "--quiet"]).well();
    let header = format!("{},z,y,x", CUSTOMERS.lines().next().unwrap());
    assert_eq!(
        sandbox.read("out/result.csv").lines().next(),
        Some(header.as_str())
    );
}

/// Events without those of progress that depend on how quick the machine is: the last one stays.
fn without_early_progress(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_progress = |line: &str| line.contains(r#""event":"progress""#);
    let last = lines.iter().rposition(|line| is_progress(line));
    let kept = lines
        .iter()
        .enumerate()
        .filter(|(index, line)| !is_progress(line) || Some(*index) == last);
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

#[test]
fn events_are_lines_of_json() {
    let ran = Sandbox::new()
        .run(["run", "pipeline.toml", "--json"])
        .well();
    for line in ran.stdout().lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["event"].is_string(), "{line}");
    }
    insta::assert_snapshot!(without_early_progress(&ran.text()));
}

#[test]
fn events_of_a_dry_run_end_with_finished() {
    assert_shows!(Sandbox::new().run(["run", "pipeline.toml", "--json", "--dry-run"]));
}

#[test]
fn events_tell_what_is_wrong_with_a_pipeline() {
    let sandbox = Sandbox::with("\"read\"", "\"reed\"");
    assert_fails!(sandbox.fail(["run", "pipeline.toml", "--json"]));
}

#[test]
fn a_pipeline_that_is_right_is_told_in_one_line() {
    assert_shows!(Sandbox::new().run(["check", "pipeline.toml"]));
}

#[test]
fn a_check_for_programs_is_one_object() {
    assert_shows!(Sandbox::new().run(["check", "pipeline.toml", "--json"]));
    let sandbox = Sandbox::with("\"read\"", "\"reed\"");
    assert_fails!(sandbox.fail(["check", "pipeline.toml", "--json"]));
}

#[test]
fn warnings_are_shown_and_do_not_stop_a_run() {
    let sandbox = Sandbox::with(
        "[sources.customers]",
        "[models]\nunused = \"model.onnx\"\n\n[sources.customers]",
    );
    std::fs::copy(
        crate::support::workspace().join("runtime/models/tests/data/linear_regression/model.onnx"),
        sandbox.path("model.onnx"),
    )
    .unwrap();
    assert_shows!(sandbox.run(["check", "pipeline.toml"]));
    sandbox.run(["run", "pipeline.toml"]).well();
}

#[test]
fn a_plan_is_explained_in_every_format() {
    for format in ["tree", "mermaid", "dot", "json"] {
        let ran = Sandbox::new()
            .run(["explain", "pipeline.toml", "--format", format])
            .well();
        insta::assert_snapshot!(format!("explained_as_{format}"), ran.text());
    }
}

#[test]
fn an_old_output_stays_until_the_new_one_is_whole() {
    let sandbox = Sandbox::new();
    sandbox.write("out/result.csv", "old\n");
    // The second file breaks the types of the first one, after rows of it were written.
    let rows: String = (0..200_000).map(|id| format!("{id},x,1,1.0\n")).collect();
    sandbox.write(
        "customers.csv",
        format!("id,name,tenure,charges\n{rows}not a number,x,1,1.0\n"),
    );
    sandbox.fail(["run", "pipeline.toml", "--set", "pipeline.batch_rows=100"]);
    assert_eq!(sandbox.read("out/result.csv"), "old\n");
}

#[test]
fn environment_variables_stand_in_the_pipeline() {
    let sandbox = Sandbox::with("customers.csv", "${env:TABLE}");
    let output = sandbox
        .command(["run", "pipeline.toml", "--quiet"])
        .env("TABLE", "customers.csv")
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}
