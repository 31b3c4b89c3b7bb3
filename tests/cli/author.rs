//! A step's way from its scaffold to its component.

use std::process::Command;

use crate::support::{Ran, Sandbox, assert_fails, workspace};

/// A new step that is compiled beside everything else, so that the SDK is compiled once.
fn new_step(sandbox: &Sandbox) -> Ran {
    sandbox.run(["new", "step", "clip-range"]).well()
}

fn command<const N: usize>(sandbox: &Sandbox, arguments: [&str; N]) -> Command {
    let mut command = sandbox.command(arguments);
    command
        .current_dir(sandbox.path("clip-range"))
        .env("CARGO_TARGET_DIR", workspace().join("target/tmp/scaffold"));
    // The crates are those that this workspace was built from.
    command.arg("--offline");
    command
}

fn run<const N: usize>(sandbox: &Sandbox, arguments: [&str; N]) -> Ran {
    Ran::new(sandbox, &command(sandbox, arguments).output().unwrap())
}

#[test]
fn a_new_step_builds_and_passes_and_what_breaks_it_is_told() {
    let sandbox = Sandbox::empty();
    insta::assert_snapshot!("a_new_step", new_step(&sandbox).text());
    // The versions that the workspace has been built with are here; others might have to be downloaded.
    std::fs::copy(
        workspace().join("Cargo.lock"),
        sandbox.path("clip-range/Cargo.lock"),
    )
    .unwrap();

    let built = run(&sandbox, ["build", "--output", "clip.wasm"]).well();
    assert!(
        built.stdout().starts_with("clip.wasm: "),
        "{}",
        built.text()
    );
    let inspected = sandbox.run(["inspect", "clip-range/clip.wasm"]).well();
    assert!(
        inspected.stdout().starts_with("step clip-range 0.1.0\n"),
        "{}",
        inspected.text()
    );

    insta::assert_snapshot!("a_new_step_passes", run(&sandbox, ["test"]).well().text());

    let case = "clip-range/cases/clips_to_the_range.case";
    let accepted = sandbox.read(case);
    let wrong = accepted.replace("50.0\nwest", "49.0\nwest");
    assert_ne!(wrong, accepted);
    sandbox.write(case, &wrong);
    let failed = run(&sandbox, ["test", "--filter", "clips", "--sandbox-only"]);
    assert_eq!(failed.code, Some(1));
    insta::assert_snapshot!("a_case_that_fails", failed.text());

    insta::assert_snapshot!(
        "a_case_that_is_blessed",
        run(&sandbox, ["test", "--bless", "--sandbox-only"])
            .well()
            .text()
    );
    assert_eq!(sandbox.read(case), accepted);

    let nothing = run(&sandbox, ["test", "--filter", "nothing", "--sandbox-only"]);
    assert_eq!(nothing.code, Some(2));
    insta::assert_snapshot!("no_case_of_that_name", nothing.text());

    let source = sandbox.read("clip-range/src/lib.rs");
    sandbox.write(
        "clip-range/src/lib.rs",
        format!("{source}\nfn broken() -> u8 {{ \"text\" }}\n"),
    );
    let broken = run(&sandbox, ["build"]);
    assert_eq!(broken.code, Some(1), "{}", broken.text());
    assert!(
        broken.stderr.contains("mismatched types"),
        "{}",
        broken.text()
    );
    assert!(
        broken.stderr.contains("error: cannot compile `clip-range`"),
        "{}",
        broken.text()
    );
}

#[test]
fn a_name_that_no_step_can_have() {
    assert_fails!(Sandbox::empty().fail(["new", "step", "My Step"]));
}

#[test]
fn a_language_that_is_not_there() {
    assert_fails!(Sandbox::empty().fail(["new", "step", "my-step", "--lang", "cobol"]));
}

#[test]
fn a_folder_that_is_not_empty() {
    let sandbox = Sandbox::empty();
    sandbox.write("my-step/notes.txt", "mine");
    assert_fails!(sandbox.fail(["new", "step", "my-step"]));
}

#[test]
fn a_folder_without_a_step() {
    for command in ["build", "test"] {
        let sandbox = Sandbox::empty();
        let ran = sandbox.fail([command]);
        assert_eq!(ran.code, Some(2));
        insta::allow_duplicates! { assert_fails!(ran) };
    }
}

#[test]
fn a_crate_that_is_no_step() {
    let sandbox = Sandbox::empty();
    sandbox.write(
        "Cargo.toml",
        "[package]\nname = \"plain\"\nedition = \"2024\"\n\n[workspace]\n",
    );
    sandbox.write("src/lib.rs", "");
    let ran = sandbox.run(["build"]);
    assert_eq!(ran.code, Some(2));
    assert_fails!(ran);
}

#[test]
fn the_standard_steps_hold_their_cases_in_the_sandbox() {
    let sandbox = Sandbox::with_standard_steps_only();
    let listed = sandbox.run(["steps", "--json"]).well();
    let listed: Vec<serde_json::Value> = serde_json::from_slice(&listed.stdout).unwrap();
    for step in listed {
        let name = step["name"].as_str().unwrap().trim_start_matches("std/");
        let folder = workspace().join("steps").join(name);
        let component = step["path"].as_str().unwrap();
        sandbox
            .run(["test", folder.to_str().unwrap(), "--component", component])
            .well();
    }
}
