//! Help texts.

use crate::support::{Sandbox, assert_fails, assert_shows};

#[test]
fn the_command_says_what_it_can_do() {
    assert_shows!(Sandbox::empty().run(["--help"]));
}

#[test]
fn without_arguments_the_command_says_what_it_can_do() {
    assert_fails!(Sandbox::empty().fail([]));
}

#[test]
fn each_command_says_what_it_does_with_an_example() {
    for command in [
        "run",
        "check",
        "explain",
        "inspect",
        "build",
        "test",
        "steps",
        "schema",
        "completions",
    ] {
        let ran = Sandbox::empty().run([command, "--help"]).well();
        assert!(
            ran.stdout().contains("stepwell "),
            "{command} has an example"
        );
        insta::assert_snapshot!(format!("help_of_{command}"), ran.text());
    }
    assert_shows!(Sandbox::empty().run(["new", "step", "--help"]));
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = Sandbox::empty().run(["completions", shell]).well();
        assert!(ran.stdout().contains("inspect"), "{shell}");
    }
}

#[test]
fn the_schema_of_pipeline_files_is_the_published_one() {
    let ran = Sandbox::empty().run(["schema"]).well();
    let published = crate::support::workspace().join("docs/reference/pipeline.schema.json");
    let published: serde_json::Value =
        serde_json::from_slice(&std::fs::read(published).unwrap()).unwrap();
    let printed: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(printed, published);
}
