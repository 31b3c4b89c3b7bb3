//! Steps that fail on rows.

use insta::assert_snapshot;

use crate::support::{ROWS, World, all_but, fail, numbers, run, shown, without_sizes};

/// A pipeline of one step that fails on rows.
fn step(with: &str, keys: &str) -> String {
    format!(
        "rejects = 'rejects.csv'\n[steps.last]\npath = 'picky.wasm'\ninput = 'numbers'\n\
         with = {{ column = 'n', {with} }}\n{keys}"
    )
}

#[test]
fn the_rows_that_a_step_fails_on_are_found_and_the_others_go_on() {
    let (rejects, out, summary) = run(&step(
        "fail = [5, 6, 33], panic = [20], refuse = [4]",
        "on_error = 'reject-rows'",
    ));
    assert_snapshot!(rejects, @r#"
    last,unwanted,nobody wants it,numbers,numbers.csv,4,"{""n"":4,""name"":""row 4""}","{""n"":4,""name"":""row 4""}"
    last,bad_number,`5` is bad,numbers,numbers.csv,5,"{""n"":5,""name"":""row 5""}","{""n"":5,""name"":""row 5""}"
    last,bad_number,`6` is bad,numbers,numbers.csv,6,"{""n"":6,""name"":""row 6""}","{""n"":6,""name"":""row 6""}"
    last,step_crashed,the step crashed in `process`: the step panicked at tests/guests/picky/src/lib.rs:164: not 20,numbers,numbers.csv,20,"{""n"":20,""name"":""row 20""}","{""n"":20,""name"":""row 20""}"
    last,bad_number,`33` is bad,numbers,numbers.csv,33,"{""n"":33,""name"":""row 33""}","{""n"":33,""name"":""row 33""}"
    "#);
    assert_eq!(numbers(&out), all_but(&[4, 5, 6, 20, 33]));
    assert_eq!(summary.steps[0].rows_in, ROWS as u64);
    assert_eq!(summary.steps[0].rows_rejected, 5);
}

#[test]
fn rows_that_a_step_spends_all_its_time_or_memory_on_are_found() {
    let (rejects, out, _) = run(&step(
        "spin = [8], allocate = [31]",
        "on_error = 'reject-rows'\nlimits = { time = '200 ms', memory = '16 MiB' }",
    ));
    assert_snapshot!(without_sizes(&rejects), @r#"
    last,limit_exceeded,the step went past its limit on time (200ms per call) in `process`: it was still running,numbers,numbers.csv,8,"{""n"":8,""name"":""row 8""}","{""n"":8,""name"":""row 8""}"
    last,limit_exceeded,the step went past its limit on memory (16777216 bytes) in `process`: [size] bytes,numbers,numbers.csv,31,"{""n"":31,""name"":""row 31""}","{""n"":31,""name"":""row 31""}"
    "#);
    assert_eq!(numbers(&out), all_but(&[8, 31]));
}

#[test]
fn rows_that_a_step_breaks_the_contract_on_are_found() {
    let (rejects, out, _) = run(&step("contradict = [11]", "on_error = 'reject-rows'"));
    assert_snapshot!(rejects, @r#"last,contract_violation,the step broke the contract in `process`: it both emitted and rejected row 0 of a batch of 1,numbers,numbers.csv,11,"{""n"":11,""name"":""row 11""}","{""n"":11,""name"":""row 11""}""#);
    assert_eq!(numbers(&out), all_but(&[11]));
}

#[test]
fn a_step_may_fail_on_every_row() {
    let all: Vec<String> = (1..=ROWS).map(|number| number.to_string()).collect();
    let (rejects, out, _) = run(&step(
        &format!("fail = [{}]", all.join(", ")),
        "on_error = 'reject-rows'",
    ));
    assert_eq!(rejects.lines().count(), ROWS as usize);
    assert_eq!(out, "");
}

#[test]
fn a_later_step_of_the_same_stage_gets_what_is_left() {
    let (rejects, out, _) = run("rejects = 'rejects.csv'
        [steps.first]\npath = 'picky.wasm'\ninput = 'numbers'\nwith = { column = 'n', fail = [3] }
        on_error = 'reject-rows'
        [steps.last]\npath = 'picky.wasm'\ninput = 'first'\nwith = { column = 'n', panic = [4], fail = [3] }
        on_error = 'reject-rows'");
    assert_snapshot!(rejects, @r#"
    first,bad_number,`3` is bad,numbers,numbers.csv,3,"{""n"":3,""name"":""row 3""}","{""n"":3,""name"":""row 3""}"
    last,step_crashed,the step crashed in `process`: the step panicked at tests/guests/picky/src/lib.rs:164: not 4,numbers,numbers.csv,4,"{""n"":4,""name"":""row 4""}","{""n"":4,""name"":""row 4""}"
    "#);
    assert_eq!(numbers(&out), all_but(&[3, 4]));
}

#[test]
fn a_batch_is_rejected_whole_where_that_is_asked_for() {
    let world = World::new(&step("fail = [10]", "on_error = 'reject-batch'"));
    world.run(7, 2).unwrap();
    let rejects = world.read("rejects.csv");
    let rows: Vec<&str> = rejects.lines().skip(1).collect();
    assert_eq!(rows.len(), 7, "{rejects}");
    assert_snapshot!(rows[0], @r#"last,bad_number,`10` is bad,numbers,numbers.csv,8,"{""n"":8,""name"":""row 8""}","{""n"":8,""name"":""row 8""}""#);
    let out = world.read("out.csv");
    let out: Vec<&str> = out.lines().skip(1).collect();
    assert_eq!(out.len(), 33);
    assert_eq!(out[7], "15,row 15");
}

#[test]
fn without_on_error_the_first_failure_ends_the_run() {
    let world = World::new(&step("fail = [10]", ""));
    assert_snapshot!(shown(&world.run(7, 2).unwrap_err()), @"
    error[step_failed]: step `last` on rows 8 to 14 of source `numbers` (`numbers.csv`): `10` is bad
    blame: step
    ");
    assert_snapshot!(shown(&world.run(1, 2).unwrap_err()), @"
    error[step_failed]: step `last` on row 10 of source `numbers` (`numbers.csv`): `10` is bad
    blame: step
    ");
}

#[test]
fn a_search_ends_when_too_many_rows_were_found() {
    assert_snapshot!(fail(&step(
        "fail = [2, 3, 5, 7, 11, 13, 17, 19]",
        "on_error = 'reject-rows'\nmax_rejects = 3",
    )), @"
    error[too_many_rejects]: step `last` rejected more than 3 rows; the first as `bad_number`, row 2 of source `numbers` (`numbers.csv`): `2` is bad
    blame: data
    hint: put the data right, or raise `max_rejects` of step `last`: a run that ends well keeps rejected rows in `rejects` of the pipeline
    ");
}

#[test]
fn a_step_with_state_cannot_go_on_after_a_failure() {
    for on_error in ["reject-rows", "reject-batch"] {
        let world = World::new(&step("late = true", &format!("on_error = '{on_error}'")));
        let error = world.check().unwrap_err();
        let diagnostics = error.diagnostics();
        assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
        assert_eq!(diagnostics[0].code, "on_error_not_possible");
    }
}
