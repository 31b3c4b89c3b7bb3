//! Limits on rejected rows.

use insta::assert_snapshot;

use crate::support::{fail, numbers, run};

fn pipeline(of_pipeline: &str, of_step: &str) -> String {
    format!(
        "rejects = 'rejects.csv'\n{of_pipeline}\n
        [steps.first]\npath = 'picky.wasm'\ninput = 'numbers'
        with = {{ column = 'n', refuse = [3, 17], doubt = [17] }}
        [steps.last]\npath = 'picky.wasm'\ninput = 'first'
        with = {{ column = 'n', refuse = [5, 40] }}\n{of_step}"
    )
}

#[test]
fn as_many_rows_as_are_allowed_may_be_rejected() {
    for (of_pipeline, of_step) in [
        ("max_rejects = 4", ""),
        ("max_rejects = '10 %'", ""),
        ("", "max_rejects = 2"),
        ("", "max_rejects = '5.27 %'"),
    ] {
        let (rejects, out, _) = run(&pipeline(of_pipeline, of_step));
        assert_eq!(rejects.lines().count(), 5, "row 17 for two reasons");
        assert_eq!(numbers(&out).len(), 36);
    }
}

#[test]
fn more_rows_than_the_pipeline_allows_end_the_run() {
    assert_snapshot!(fail(&pipeline("max_rejects = 3", "")), @"
    error[too_many_rejects]: the pipeline rejected more than 3 rows; the first by step `first` as `unwanted`, row 3 of source `numbers` (`numbers.csv`): nobody wants it
    blame: data
    hint: put the data right, or raise `max_rejects` of the pipeline: a run that ends well keeps rejected rows in `rejects` of the pipeline
    ");
    assert_snapshot!(fail(&pipeline("max_rejects = '9.9 %'", "")), @"
    error[too_many_rejects]: the pipeline rejected 4 of 40 rows, more than 9.9 %; the first by step `first` as `unwanted`, row 3 of source `numbers` (`numbers.csv`): nobody wants it
    blame: data
    hint: put the data right, or raise `max_rejects` of the pipeline: a run that ends well keeps rejected rows in `rejects` of the pipeline
    ");
}

#[test]
fn more_rows_than_a_step_may_reject_end_the_run() {
    assert_snapshot!(fail(&pipeline("", "max_rejects = 1")), @"
    error[too_many_rejects]: step `last` rejected more than 1 row; the first as `unwanted`, row 5 of source `numbers` (`numbers.csv`): nobody wants it
    blame: data
    hint: put the data right, or raise `max_rejects` of step `last`: a run that ends well keeps rejected rows in `rejects` of the pipeline
    ");
    assert_snapshot!(fail(&pipeline("", "max_rejects = 0")), @"
    error[too_many_rejects]: step `last` rejected more than 0 rows; the first as `unwanted`, row 5 of source `numbers` (`numbers.csv`): nobody wants it
    blame: data
    hint: put the data right, or raise `max_rejects` of step `last`: a run that ends well keeps rejected rows in `rejects` of the pipeline
    ");
    assert_snapshot!(fail(&pipeline("", "max_rejects = '5.2 %'")), @"
    error[too_many_rejects]: step `last` rejected 2 of 38 rows, more than 5.2 %; the first as `unwanted`, row 5 of source `numbers` (`numbers.csv`): nobody wants it
    blame: data
    hint: put the data right, or raise `max_rejects` of step `last`: a run that ends well keeps rejected rows in `rejects` of the pipeline
    ");
}

#[test]
fn limits_hold_also_where_rejected_rows_are_not_kept() {
    let text = pipeline("", "max_rejects = 1").replace("rejects = 'rejects.csv'\n", "");
    assert_snapshot!(fail(&text), @"
    error[too_many_rejects]: step `last` rejected more than 1 row; the first as `unwanted`, row 5 of source `numbers` (`numbers.csv`): nobody wants it
    blame: data
    hint: put the data right, or raise `max_rejects` of step `last`: a run that ends well keeps rejected rows in `rejects` of the pipeline
    ");
}
