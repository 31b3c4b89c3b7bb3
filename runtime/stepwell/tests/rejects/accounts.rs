//! Every row that goes into a step is accounted for.

use crate::support::{ROWS, run};

/// What the host counts: in, passed on, rejected, neither, made, out.
fn check(steps: &str, expect: [u64; 6]) {
    let (_, _, summary) = run(&format!("rejects = 'rejects.csv'\n{steps}"));
    let step = &summary.steps[0];
    let counted = [
        step.rows_in,
        step.rows_passed,
        step.rows_rejected,
        step.rows_ended(),
        step.rows_new,
        step.rows_out.iter().sum(),
    ];
    assert_eq!(counted, expect, "{steps}");
    assert_eq!(
        step.rows_in,
        step.rows_passed + step.rows_rejected + step.rows_ended()
    );
}

fn picky(with: &str) -> String {
    format!("[steps.last]\npath = 'picky.wasm'\ninput = 'numbers'\nwith = {{ column = 'n'{with} }}")
}

#[test]
fn rows_that_go_on_are_refused_or_left_out() {
    check(&picky(""), [40, 40, 0, 0, 0, 40]);
    check(
        &picky(", refuse = [1, 2], leave_out = [3]"),
        [40, 37, 2, 1, 0, 37],
    );
}

#[test]
fn a_row_that_is_repeated_went_on_once() {
    check(&picky(", repeat = [1, 2, 40]"), [40, 40, 0, 0, 0, 43]);
}

#[test]
fn a_row_that_is_refused_twice_is_one_row() {
    check(
        &picky(", refuse = [1], doubt = [1, 2]"),
        [40, 38, 2, 0, 0, 38],
    );
}

#[test]
fn of_a_step_that_makes_rows_it_is_not_claimed_what_became_of_the_others() {
    check(
        &picky(", make = true, leave_out = [3]"),
        [40, 0, 0, 40, 39, 39],
    );
}

#[test]
fn a_step_with_several_inputs_is_given_the_rows_of_all() {
    check(
        "[steps.last]\npath = 'concatenate.wasm'\ninput = ['numbers', 'numbers']",
        [2 * ROWS as u64, 2 * ROWS as u64, 0, 0, 0, 2 * ROWS as u64],
    );
}

#[test]
fn rows_that_go_to_two_outputs_went_on_once() {
    check(
        "[steps.parts]\nuses = 'std/split'\ninput = 'numbers'\nwith = { test_size = 0.5, seed = 1 }
        [steps.last]\npath = 'concatenate.wasm'\ninput = ['parts.train', 'parts.test']",
        [40, 40, 0, 0, 0, 40],
    );
}

#[test]
fn a_step_that_fails_on_rows_was_given_them() {
    check(
        &format!("{}\non_error = 'reject-rows'", picky(", panic = [5, 6]")),
        [40, 38, 2, 0, 0, 38],
    );
}
