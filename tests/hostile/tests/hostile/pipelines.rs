//! A pipeline under attack: what its user is told, its outputs, and the pipelines beside it.

use std::fs;
use std::sync::mpsc;
use std::time::Duration;

use guest_hostile::Attack;
use insta::assert_snapshot;
use stepwell::{BatchCollector, Error, Host, HostOptions, Pipeline};
use stepwell_test_components::guest_path;
use tempfile::TempDir;

use crate::bystander::batch;

/// A folder with an output of an earlier run.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    fs::write(folder.path().join("out/result.csv"), "of an earlier run\n").unwrap();
    folder
}

fn host() -> Host {
    Host::new(HostOptions::new()).unwrap()
}

/// A pipeline of one step, with a table in memory and `settings` before its sections.
fn pipeline(folder: &TempDir, component: &str, with: &str, settings: &str) -> Pipeline {
    let path = guest_path(component);
    let text = format!(
        "pipeline.name = 'p'\n{settings}\n\
         [sources.rows]\n\
         [steps.step]\npath = '{}'\ninput = 'rows'\nwith = {{ {with} }}\n\
         [sinks.result]\ninput = 'step'\npath = 'out/result.csv'\n",
        path.display()
    );
    Pipeline::parse(text, folder.path()).source("rows", batch().schema(), [batch()])
}

fn told(error: &Error) -> String {
    let hint = error.hint().map(|hint| format!("\n  hint: {hint}"));
    let code = error.blame().exit_code();
    format!(
        "exit code {code}, error[{}] {error}{}",
        error.code(),
        hint.unwrap_or_default()
    )
}

/// Runs a pipeline that is attacked beside one that is not.
fn attacked(attack: Attack, settings: &str) -> String {
    let (folder, host) = (folder(), host());
    let collector = BatchCollector::new();
    let neighbour = pipeline(&folder, "identity", "by = 'read'", "")
        .collect("result", &collector)
        .check(&host)
        .unwrap();
    let with = format!("attack = '{}'", attack.name());
    let hostile = pipeline(&folder, "hostile", &with, settings);
    let error = std::thread::scope(|scope| {
        let neighbour = scope.spawn(|| neighbour.run().unwrap());
        let error = hostile.check(&host).unwrap().run().unwrap_err();
        neighbour.join().unwrap();
        error
    });
    let output = fs::read_to_string(folder.path().join("out/result.csv")).unwrap();
    assert_eq!(output, "of an earlier run\n");
    let files = fs::read_dir(folder.path().join("out")).unwrap().count();
    assert_eq!(files, 1, "nothing is left beside the output");
    assert_eq!(collector.take(), [batch()]);
    told(&error)
}

#[test]
fn a_step_that_spins_ends_its_run_alone() {
    assert_snapshot!(attacked(Attack::SpinInProcess, "limits.time = '200 ms'"), @"
    exit code 1, error[limit_exceeded] step `step` on rows 1 to 4 of source `rows` (`memory://rows`): the step went past its limit on time (200ms per call) in `process`: it was still running
      hint: raise `limits.time` of this step if it is right to need more
    ");
}

#[test]
fn a_step_that_eats_memory_ends_its_run_alone() {
    assert_snapshot!(attacked(Attack::MillionHandles, "limits.handles = 1000"), @"
    exit code 1, error[limit_exceeded] step `step` on rows 1 to 4 of source `rows` (`memory://rows`): the step went past its limit on handles (1000) in `process`: 1001 handles
      hint: raise `limits.handles` of this step if it is right to need more
    ");
}

#[test]
fn a_step_that_crashes_ends_its_run_alone() {
    assert_snapshot!(attacked(Attack::RecurseWithoutEnd, ""), @"
    exit code 1, error[step_crashed] step `step` on rows 1 to 4 of source `rows` (`memory://rows`): the step crashed in `process`: wasm trap: out of bounds memory access
      hint: this is a fault of the step: tell its author
    ");
}

#[test]
fn a_step_that_hands_over_what_is_none_ends_its_run_alone() {
    assert_snapshot!(attacked(Attack::TooManyRows, "limits.rows = 100"), @"
    exit code 1, error[limit_exceeded] step `step` on rows 1 to 4 of source `rows` (`memory://rows`): the step went past its limit on rows (100 per call) in `process`: 104 rows
      hint: raise `limits.rows` of this step if it is right to need more
    ");
}

#[test]
fn a_run_ends_when_its_time_is_over() {
    let settings = "pipeline.time = '200 ms'\nlimits.time = '1 s'";
    assert_snapshot!(attacked(Attack::SpinInProcess, settings), @"
    exit code 1, error[limit_exceeded] the run went past its limit on time (200ms): it was still running
      hint: raise `time` of the pipeline if it is right to need longer
    ");
}

#[test]
fn a_run_whose_source_gives_nothing_ends_when_its_time_is_over() {
    let (folder, host) = (folder(), host());
    let (sender, receiver) = mpsc::channel();
    let pipeline = pipeline(
        &folder,
        "identity",
        "by = 'read'",
        "pipeline.time = '300 ms'",
    )
    .source("rows", batch().schema(), receiver);
    let error = pipeline.check(&host).unwrap().run().unwrap_err();
    // Until here the source was waited for.
    sender.send(batch()).unwrap_or_default();
    assert_snapshot!(told(&error), @"
    exit code 1, error[limit_exceeded] the run went past its limit on time (300ms): it was still running
      hint: raise `time` of the pipeline if it is right to need longer
    ");
}

#[test]
fn a_run_that_has_time_takes_what_it_needs() {
    let (folder, host) = (folder(), host());
    let collector = BatchCollector::new();
    let run = pipeline(&folder, "identity", "by = 'read'", "pipeline.time = '1 h'")
        .collect("result", &collector)
        .check(&host)
        .unwrap()
        .start()
        .unwrap();
    assert!(run.wait_for(Duration::from_secs(60)));
    run.wait().unwrap();
    assert_eq!(collector.take(), [batch()]);
}
