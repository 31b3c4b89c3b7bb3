//! Outputs that change while a run goes on, and runs that meet.

use std::fs;

use insta::assert_snapshot;

use crate::tools::{OLD, assert_old, from_standard_input, names, sandbox, start_and_feed};

#[test]
fn the_second_of_two_runs_is_refused_at_its_start() {
    for path in ["out/result.csv", "out/parts/"] {
        let sandbox = sandbox();
        sandbox.replace("out/result.csv\"", &format!("{path}\"\nformat = \"csv\""));
        sandbox.write("other.toml", sandbox.read("pipeline.toml"));
        from_standard_input(&sandbox);
        let (started, stdin) = start_and_feed(&sandbox);
        let second = sandbox.run(["run", "other.toml"]);
        insta::allow_duplicates! {
            assert_snapshot!(second.text().replace(path, "[path]"), @"
            exit code: 1
            --- standard output
            --- standard error
            error: sink `result`: another run is writing `[path]`
            hint: wait for the other run to end, or give this one another path
            ");
        }
        drop(stdin);
        let (ran, _) = started.end(&sandbox);
        ran.well();
        // The first has let go.
        sandbox.run(["run", "other.toml", "--quiet"]).well();
        assert!(
            names(&sandbox, "out")
                .iter()
                .all(|name| !name.starts_with('.'))
        );
    }
}

#[test]
fn an_output_folder_that_is_removed_in_the_middle_of_a_run_is_an_error() {
    let sandbox = sandbox();
    from_standard_input(&sandbox);
    let (started, stdin) = start_and_feed(&sandbox);
    fs::remove_dir_all(sandbox.path("out")).unwrap();
    drop(stdin);
    let (ran, last) = started.end(&sandbox);
    assert_snapshot!(last, @r#"{"event":"failed","code":"output_lost","message":"sink `result`: the folder of `out/result.csv` was removed or replaced while it was written","hint":"run it again","blame":"environment","exit_code":1}"#);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    assert!(!sandbox.path("out").exists());
}

#[test]
fn an_output_that_cannot_take_its_place_leaves_the_others_as_they_were() {
    let sandbox = sandbox();
    let more = "\n[sinks.second]\ninput = \"customers\"\npath = \"lost/second.csv\"\n";
    sandbox.write("pipeline.toml", sandbox.read("pipeline.toml") + more);
    from_standard_input(&sandbox);
    let (started, stdin) = start_and_feed(&sandbox);
    fs::remove_dir_all(sandbox.path("lost")).unwrap();
    drop(stdin);
    let (ran, last) = started.end(&sandbox);
    assert_eq!(ran.code, Some(1));
    assert!(last.contains("\"code\":\"output_lost\""), "{last}");
    assert_old(&sandbox);
}

#[test]
fn a_file_that_another_program_changes_while_rows_are_appended_is_not_overwritten() {
    let sandbox = sandbox();
    sandbox.replace("out/result.csv\"", "out/result.csv\"\nmode = \"append\"");
    from_standard_input(&sandbox);
    let (started, stdin) = start_and_feed(&sandbox);
    sandbox.write("out/result.csv", format!("{OLD}1,by another\n"));
    drop(stdin);
    let (ran, last) = started.end(&sandbox);
    assert_eq!(ran.code, Some(1));
    assert_snapshot!(last, @r#"{"event":"failed","code":"output_changed","message":"sink `result`: another program changed `out/result.csv` while rows were appended","hint":"run it again; what the other program wrote is still there","blame":"environment","exit_code":1}"#);
    assert_eq!(
        sandbox.read("out/result.csv"),
        format!("{OLD}1,by another\n")
    );
}

#[test]
fn wrong_settings_are_told_with_their_place() {
    let check = |settings: &str| {
        let sandbox = sandbox();
        sandbox.replace("path  = \"out/result.csv\"", settings);
        sandbox.fail(["check", "pipeline.toml"]).text()
    };
    assert_snapshot!(check("path = \"out/\"\npartition_by = [\"nam\"]"), @"
    exit code: 2
    --- standard output
    --- standard error
    error[invalid_option] pipeline.toml:10:17: sink `result`: `partition_by` names the column `nam`, which the rows do not have
      hint: did you mean `name`?
    ");
    assert_snapshot!(check("path = \"out/result.csv\"\nmode = \"error\""), @"
    exit code: 2
    --- standard output
    --- standard error
    error[output_exists] pipeline.toml:10:8: sink `result`: `out/result.csv` exists already
      hint: remove it, write elsewhere, or set `mode` to `overwrite` or `append`
    ");
    assert_snapshot!(check("path = \"result.parquet\"\nmode = \"append\""), @"
    exit code: 2
    --- standard output
    --- standard error
    error[invalid_option] pipeline.toml:10:8: sink `result`: rows cannot be appended to a file of Parquet
      hint: end `path` with `/`: each run adds a part to the folder then; or write `.csv`, `.jsonl` or `.arrows`
    ");
}
