//! What is said of rejected rows: where they are kept, how many there may be, and which steps may fail on rows.

use insta::assert_snapshot;
use stepwell_plan::{MaxRejects, OnError};

use crate::world::{messages, plan};

fn text(of_pipeline: &str, of_step: &str) -> String {
    format!(
        "[pipeline]\nname = 'churn'\n{of_pipeline}\n[sources.customers]\npath = 'customers.csv'\n\
         [steps.step]\ninput = 'customers'\n{of_step}\n[sinks.result]\ninput = 'step'\npath = 'out.csv'\n"
    )
}

fn check(of_pipeline: &str, of_step: &str) -> String {
    messages(&text(of_pipeline, of_step))
}

const SELECT: &str = "uses = 'std/select'\nwith = { columns = ['id'] }";

#[test]
fn a_plan_says_what_becomes_of_rejected_rows() {
    let plan = plan(&text(
        "rejects = 'rejects.parquet'\nmax_rejects = '1.5 %'",
        &format!("{SELECT}\non_error = 'reject-rows'\nmax_rejects = 10"),
    ));
    assert_eq!(plan.rejects.as_ref().unwrap().path, "rejects.parquet");
    assert_eq!(plan.max_rejects, Some(MaxRejects::Percent(1.5)));
    assert_eq!(plan.steps[0].on_error, OnError::RejectRows);
    assert_eq!(plan.steps[0].max_rejects, Some(MaxRejects::Rows(10)));
    let all: Vec<usize> = (0..plan.sources[0].schema.fields().len()).collect();
    let needed: Vec<usize> = plan.sources[0].needed.iter().copied().collect();
    assert_eq!(needed, all, "a rejected row is kept whole");
}

#[test]
fn rejected_rows_may_have_the_keys_of_a_sink() {
    let plan = plan(&text(
        "rejects = { path = 'rejects', format = 'json', compression = 'gzip' }",
        SELECT,
    ));
    let rejects = plan.rejects.unwrap();
    assert_eq!(rejects.path, "rejects");
    assert!(rejects.format.is_some() && rejects.compression.is_some());
}

#[test]
fn a_pipeline_that_says_nothing_of_rejected_rows_counts_them_only() {
    let plan = plan(&text("", SELECT));
    assert_eq!((plan.rejects, plan.max_rejects), (None, None));
    assert_eq!(plan.steps[0].on_error, OnError::Fail);
    assert_eq!(plan.sources[0].needed.len(), 1);
}

#[test]
fn a_place_that_cannot_be_written_is_an_error() {
    assert_snapshot!(check("rejects = 'rejects.xlsx'", SELECT), @r#"
    error[unknown_format] pipeline.toml:3:11: sink `pipeline.rejects`: `rejects.xlsx` has no known format
      hint: give one: `format = "csv"`
    "#);
    assert_snapshot!(check("rejects = 5", SELECT), @"error[wrong_type] pipeline.toml:3:11: `pipeline.rejects` must be a string or a table, not an integer");
    assert_snapshot!(check("rejects = { format = 'csv' }", SELECT), @"
    error[missing_key] pipeline.toml:3:1: `pipeline.rejects` needs the key `path`
      hint: `path`: a file, a folder of parts (`out/`, with a `/` at its end), a URL, or `-` for standard output
    ");
    assert_snapshot!(check("rejects = { path = 'rejects.csv', colour = 'red' }", SELECT), @"error[unknown_key] pipeline.toml:3:35: `pipeline.rejects` has no key `colour`; valid keys: `path`, `mode`, `format`, `compression`, `csv`, `rows_per_file`, `partition_by`, `max_partitions`");
}

#[test]
fn the_file_of_a_sink_or_a_source_is_no_place_for_rejected_rows() {
    assert_snapshot!(check("rejects = './out.csv'", SELECT), @"
    error[two_writers] pipeline.toml:3:11: sink `pipeline.rejects` writes to `./out.csv`, and so does sink `result`
      at pipeline.toml:12:8: `'out.csv'` is the other one
      hint: give each sink a path of its own
    ");
    assert_snapshot!(check("rejects = 'customers.csv'", SELECT), @"
    error[overwrites_source] pipeline.toml:3:11: sink `pipeline.rejects` would overwrite `customers.csv`, which source `customers` reads
      at pipeline.toml:5:8: `'customers.csv'` is read here
      hint: write to another file
    ");
}

#[test]
fn a_number_of_rejected_rows_that_is_none_is_an_error() {
    assert_snapshot!(check("max_rejects = 'few'", SELECT), @r#"
    error[bad_max_rejects] pipeline.toml:3:15: `max_rejects` of the pipeline: `few` is neither a number of rows nor a share
      hint: write a number of rows, `100`, or a share of them, `"1 %"`
    "#);
    assert_snapshot!(check("max_rejects = '120 %'", SELECT), @r#"
    error[bad_max_rejects] pipeline.toml:3:15: `max_rejects` of the pipeline: `120 %` is not between 0 % and 100 %
      hint: write a number of rows, `100`, or a share of them, `"1 %"`
    "#);
    assert_snapshot!(check("max_rejects = -1", SELECT), @"error[out_of_bounds] pipeline.toml:3:15: `pipeline.max_rejects` must be at least 0, not -1");
    assert_snapshot!(check("max_rejects = true", SELECT), @"error[wrong_type] pipeline.toml:3:15: `pipeline.max_rejects` must be a string or an integer, not a boolean");
    assert_snapshot!(check("", &format!("{SELECT}\nmax_rejects = '5'")), @r#"
    error[bad_max_rejects] pipeline.toml:10:15: `max_rejects` of step `step`: `5` is neither a number of rows nor a share
      hint: write a number of rows, `100`, or a share of them, `"1 %"`
    "#);
    assert_snapshot!(check("", &format!("{SELECT}\nmax_rejects = 1.5")), @"error[wrong_type] pipeline.toml:10:15: `steps.step.max_rejects` must be a string or an integer, not a number with a fraction");
}

#[test]
fn a_word_that_on_error_does_not_know_is_an_error() {
    assert_snapshot!(check("rejects = 'rejects.csv'", &format!("{SELECT}\non_error = 'reject-row'")), @"
    error[invalid_value] pipeline.toml:10:12: `steps.step.on_error` cannot be `reject-row`; valid values: `fail`, `reject-batch`, `reject-rows`
      hint: did you mean `reject-rows`?
    ");
    assert_snapshot!(check("rejects = 'rejects.csv'", &format!("{SELECT}\non_error = 'skip'")), @"error[invalid_value] pipeline.toml:10:12: `steps.step.on_error` cannot be `skip`; valid values: `fail`, `reject-batch`, `reject-rows`");
}

#[test]
fn a_step_that_keeps_state_cannot_reject_rows_that_it_fails_on() {
    let impute = "uses = 'std/impute'\nwith = { columns = ['tenure'] }\non_error = 'reject-rows'";
    assert_snapshot!(check("rejects = 'rejects.csv'", impute), @r#"
    error[on_error_not_possible] pipeline.toml:10:12: step `step` cannot have `on_error = "reject-rows"`: it keeps state from batch to batch, which is lost when it fails; valid values: `fail`
      hint: leave it out; let a step before this one reject the rows, such as `std/cast` with `errors = "reject"`
    "#);
}

#[test]
fn rows_that_are_rejected_and_not_kept_are_warned_of() {
    assert_snapshot!(check("", &format!("{SELECT}\non_error = 'reject-batch'")), @r#"
    warning[rejects_not_kept] pipeline.toml:10:12: step `step` rejects rows that it fails on, but the pipeline does not keep them
      hint: keep them: `rejects = "out/rejects.parquet"` in `[pipeline]`
    "#);
}

#[test]
fn keys_of_the_pipeline_outside_of_its_section_are_shown_the_way() {
    assert_snapshot!(messages(&format!(
        "rejects = 'rejects.csv'\n{}", text("", SELECT)
    )), @"
    error[unknown_key] pipeline.toml:1:1: the pipeline file has no section `rejects`; valid sections: `pipeline`, `limits`, `parameters`, `models`, `artifacts`, `sources`, `steps`, `sinks`
      hint: it goes into the section `[pipeline]`
    ");
}
