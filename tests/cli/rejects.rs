//! Rejected rows, as a user sees them.

use crate::support::{Sandbox, assert_fails, assert_shows};

const CUSTOMERS: &str = "\
id,name,joined
1,Ada,2020-01-05
2,Grace,soon
3,Alan,2021-02-03
4,,2022-12-31
5,Edsger,2019-13-01
";

const PIPELINE: &str = r#"
[pipeline]
name    = "dates"
rejects = "out/rejects.csv"

[sources.customers]
path = "customers.csv"

[steps.named]
uses  = "std/drop-missing"
input = "customers"
with  = { columns = ["name"] }

[steps.dates]
uses  = "std/cast"
input = "named"
with  = { columns = { joined = "date32" }, errors = "reject" }

[sinks.result]
input = "dates"
path  = "out/result.csv"
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_standard_steps_only();
    sandbox.write("customers.csv", CUSTOMERS);
    sandbox.write("pipeline.toml", PIPELINE);
    sandbox
}

#[test]
fn a_summary_accounts_for_every_row_and_says_where_rejected_ones_are() {
    let sandbox = sandbox();
    assert_shows!(sandbox.run(["run", "pipeline.toml"]));
    insta::assert_snapshot!("rejects_file", sandbox.read("out/rejects.csv"));
}

#[test]
fn a_summary_says_where_rejected_rows_are_not_kept() {
    let sandbox = sandbox();
    sandbox.replace("rejects = \"out/rejects.csv\"\n", "");
    assert_shows!(sandbox.run(["run", "pipeline.toml"]));
}

#[test]
fn events_count_rejected_rows_by_code() {
    let ran = sandbox().run(["run", "pipeline.toml", "--json"]).well();
    let is_end = |line: &&str| {
        [
            r#""event":"plan""#,
            r#""event":"step""#,
            r#""event":"finished""#,
        ]
        .iter()
        .any(|event| line.contains(event))
    };
    let text = ran.text();
    let lines: Vec<&str> = text.lines().filter(is_end).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_format_of_a_sink_holds_rejected_rows() {
    for name in [
        "rejects.jsonl",
        "rejects.parquet",
        "rejects.arrow",
        "rejects.arrows",
        "rejects.csv.gz",
    ] {
        let sandbox = sandbox();
        let setting = format!("pipeline.rejects={name}");
        sandbox
            .run(["run", "pipeline.toml", "--quiet", "--set", &setting])
            .well();
        sandbox.write(
            "read.toml",
            format!(
                "[pipeline]\nname = 'read'\n[sources.rejects]\npath = '{name}'\n\
                 [sinks.rejects]\ninput = 'rejects'\npath = 'read.csv'\n"
            ),
        );
        sandbox.run(["run", "read.toml", "--quiet"]).well();
        insta::assert_snapshot!("rejects_file", sandbox.read("read.csv"));
    }
}

#[test]
fn too_many_rejected_rows_end_a_run_and_change_nothing() {
    let sandbox = sandbox();
    sandbox.write("out/rejects.csv", "old\n");
    sandbox.write("out/result.csv", "old\n");
    for most in [
        "pipeline.max_rejects=1",
        "pipeline.max_rejects=10 %",
        "steps.dates.max_rejects=49 %",
    ] {
        let ran = sandbox.fail(["run", "pipeline.toml", "--set", most]);
        assert_eq!(ran.code, Some(1));
        assert_fails!(ran);
    }
}

#[test]
fn wrong_settings_are_shown_with_their_place() {
    let sandbox = sandbox();
    sandbox.replace(
        "rejects = \"out/rejects.csv\"",
        "rejects = \"out/result.csv\"\nmax_rejects = \"some\"",
    );
    sandbox.replace(
        "uses  = \"std/cast\"",
        "on_error = \"reject-all\"\nuses  = \"std/cast\"",
    );
    assert_fails!(sandbox.fail(["run", "pipeline.toml"]));
}

#[test]
fn a_dry_run_says_where_rejected_rows_would_be() {
    assert_shows!(sandbox().run(["run", "pipeline.toml", "--dry-run"]));
}

#[test]
fn rejected_rows_may_go_to_standard_output() {
    let ran = sandbox().run([
        "run",
        "pipeline.toml",
        "--quiet",
        "--set",
        "pipeline.rejects={ path = \"-\", format = \"json\" }",
    ]);
    assert_shows!(ran);
}
