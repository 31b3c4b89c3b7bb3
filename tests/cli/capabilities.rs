//! Grants, secrets and the audit on the command line.

use std::fs;

use crate::support::{Sandbox, assert_fails};

const SECRET: &str = "open-sesame";

/// A pipeline whose step tries things.
fn sandbox(allow: &str, with: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.write("customers.csv", "id,tenure\n1,34\n2,5\n");
    sandbox.write("lookup/codes.txt", "inside");
    sandbox.write("words.txt", "a b c");
    sandbox.write("curious.wasm", stepwell_test_components::guest("curious"));
    let text = format!(
        "[pipeline]\nname = 'p'\n\n[artifacts]\nwords = 'words.txt'\n\n[sources.customers]\npath = 'customers.csv'\n\n\
         [steps.try]\npath  = 'curious.wasm'\ninput = 'customers'\nallow = {{ {allow} }}\nwith  = {{ {with} }}\n\n\
         [sinks.out]\ninput = 'try'\npath  = 'out.csv'\n"
    );
    sandbox.write("pipeline.toml", text);
    sandbox
}

const EMPTY: &str = "wasi = 'empty', artifacts = ['words']";

#[test]
fn a_step_that_imports_what_it_is_not_granted_is_refused_by_check() {
    let sandbox = sandbox("artifacts = ['words']", "attempts = ['time']");
    assert_fails!(sandbox.run(["check", "pipeline.toml"]));
}

#[test]
fn all_that_a_component_could_ask_for_is_shown_with_what_grants_it() {
    let ran = sandbox("", "attempts = []")
        .run(["inspect", "curious.wasm"])
        .well();
    let text = ran.text();
    let start = text.find("Imports").unwrap();
    let end = text.find("\nInputs:").unwrap();
    insta::assert_snapshot!(&text[start..end]);
}

#[test]
fn all_that_a_component_could_ask_for_is_there_for_programs() {
    let ran = sandbox("", "attempts = []")
        .run(["inspect", "curious.wasm", "--json"])
        .well();
    let step: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let capabilities = serde_json::to_string_pretty(&step["capabilities"]).unwrap();
    insta::assert_snapshot!(capabilities);
}

#[test]
fn a_seed_on_the_command_line_gives_the_same_numbers_each_time() {
    let sandbox = sandbox(&format!("{EMPTY}, random = true"), "attempts = ['random']");
    let numbers = |seed: &str| {
        sandbox
            .run(["run", "pipeline.toml", "--quiet", "--seed", seed])
            .well();
        sandbox.read("out.csv")
    };
    assert_eq!(numbers("7"), numbers("7"));
    assert_ne!(numbers("7"), numbers("8"));
}

fn with_secret(attempt: &str) -> Sandbox {
    let with = format!("attempts = ['{attempt}'], secret = '${{secret:KEY}}'");
    let sandbox = sandbox(EMPTY, &with);
    sandbox.write("secrets.toml", format!("KEY = \"{SECRET}\"\n"));
    sandbox
}

/// Neither stream shows the secret.
fn is_silent(output: &std::process::Output) {
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_secret_is_shown_by_no_command() {
    for attempt in ["use", "tell", "reject", "fail", "panic", "refuse"] {
        let sandbox = with_secret(attempt);
        for arguments in [
            &["run", "pipeline.toml"][..],
            &["run", "pipeline.toml", "--json", "--log-level", "debug"],
            &["run", "pipeline.toml", "--dry-run"],
            &["run", "pipeline.toml", "--dry-run", "--json"],
            &["run", "pipeline.toml", "--audit", "audit.jsonl"],
            &["check", "pipeline.toml", "--json"],
            &["explain", "pipeline.toml"],
            &["explain", "pipeline.toml", "--format", "json"],
        ] {
            let output = sandbox
                .command([])
                .args(arguments)
                .args(["--secrets", "secrets.toml"])
                .output()
                .unwrap();
            is_silent(&output);
        }
        let audit = fs::read_to_string(sandbox.path("audit.jsonl")).unwrap();
        assert!(!audit.contains(SECRET), "{audit}");
        // With the attempts that let a run end well, the step got it all the same.
        if attempt == "use" {
            assert!(sandbox.read("out.csv").contains("11 bytes"));
        }
    }
}

#[test]
fn a_secret_of_the_environment_counts_and_a_file_counts_more() {
    let sandbox = with_secret("use");
    let run = |arguments: &[&str]| {
        let mut command = sandbox.command(["run", "pipeline.toml", "--quiet"]);
        command.args(arguments);
        command.env("STEPWELL_SECRET_KEY", "xyzzy");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        sandbox.read("out.csv")
    };
    assert!(run(&[]).contains("5 bytes"));
    assert!(run(&["--secrets", "secrets.toml"]).contains("11 bytes"));
}

#[test]
fn a_secret_that_is_missing_and_a_bad_file_of_secrets_are_told() {
    let sandbox = with_secret("use");
    assert_fails!(sandbox.run(["check", "pipeline.toml"]));
    assert_fails!(sandbox.run(["check", "pipeline.toml", "--secrets", "missing.toml"]));
    sandbox.write("bad.toml", format!("KEY = '{SECRET}'\nOTHER = {SECRET}\n"));
    let ran = sandbox.run(["check", "pipeline.toml", "--secrets", "bad.toml"]);
    assert_fails!(ran);
}

#[test]
fn the_audit_is_appended_to_and_is_there_when_a_run_fails() {
    let allow = format!("{EMPTY}, directories = ['lookup']");
    let sandbox = sandbox(
        &allow,
        "attempts = ['read lookup/codes.txt', 'exit'], reads = ['tenure']",
    );
    let arguments = ["run", "pipeline.toml", "--audit", "audit.jsonl"];
    assert!(
        !sandbox
            .command(arguments)
            .output()
            .unwrap()
            .status
            .success()
    );
    let first = sandbox.read("audit.jsonl");
    let whats: Vec<String> = first
        .lines()
        .map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {}", event["action"], event["what"])
        })
        .collect();
    assert_eq!(
        whats,
        [
            r#""read" "tenure""#,
            r#""read" "lookup/codes.txt""#,
            r#""total" "tenure""#
        ]
    );
    assert!(
        !sandbox
            .command(arguments)
            .output()
            .unwrap()
            .status
            .success()
    );
    assert!(sandbox.read("audit.jsonl").starts_with(&first));
}

#[test]
fn an_audit_that_cannot_be_written_is_told_before_anything_runs() {
    let sandbox = sandbox(EMPTY, "attempts = []");
    assert_fails!(sandbox.run(["run", "pipeline.toml", "--audit", "missing/audit.jsonl"]));
}
