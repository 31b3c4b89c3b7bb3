//! Limits: of the pipeline, for all steps, and of a step.

use std::time::Duration;

use insta::assert_snapshot;
use stepwell_plan::Limits;

use crate::world::{messages, plan};

fn pipeline(limits: &str, of_step: &str) -> String {
    format!(
        "pipeline.name = 'a'\n\
         {limits}\n\
         [sources.customers]\n\
         path = 'customers.csv'\n\
         [steps.a]\n\
         uses = 'std/select'\n\
         input = 'customers'\n\
         limits = {{ {of_step} }}\n\
         [sinks.result]\n\
         input = 'a'\n\
         path = '-'\n"
    )
}

#[test]
fn a_step_has_its_own_limits_then_those_of_the_pipeline_then_the_defaults() {
    let limits = "pipeline.time = '2 h'\n[limits]\nmemory = '64 MiB'\ntime = '5 s'\nhandles = 100";
    let plan = plan(&pipeline(
        limits,
        "time = '1 s', nesting = 3, held = '1 GiB'",
    ));
    let expect = Limits {
        memory: 64 << 20,
        time: Duration::from_secs(1),
        handles: 100,
        nesting: 3,
        held: 1 << 30,
        ..Limits::default()
    };
    assert_eq!(plan.steps[0].limits, expect);
    assert_eq!(plan.time, Some(Duration::from_secs(7_200)));
}

#[test]
fn every_limit_can_be_set() {
    let all = "memory = '1 MiB', time = '1 s', rows = 1, bytes = 2, rejects = 3, calls = 4, handles = 5, held = 6, \
               columns = 7, nesting = 8, schema = 9, text = 10, log = 11, log_lines = 12, state = 13, problems = 14";
    let expect = Limits {
        memory: 1 << 20,
        time: Duration::from_secs(1),
        rows: 1,
        bytes: 2,
        rejects: 3,
        calls: 4,
        handles: 5,
        held: 6,
        columns: 7,
        nesting: 8,
        schema: 9,
        text: 10,
        log: 11,
        log_lines: 12,
        state: 13,
        problems: 14,
    };
    assert_eq!(plan(&pipeline("", all)).steps[0].limits, expect);
    let of_pipeline = format!("[limits]\n{}", all.replace(", ", "\n"));
    assert_eq!(plan(&pipeline(&of_pipeline, "")).steps[0].limits, expect);
}

#[test]
fn a_wrong_limit_of_the_pipeline_says_where_and_what_is_right() {
    let text = pipeline(
        "pipeline.time = 'soon'\n[limits]\nmemory = 'lots'\ntime = '5'\nschema = 0",
        "",
    );
    assert_snapshot!(messages(&text), @r#"
    error[bad_limit] pipeline.toml:2:17: `time` of the pipeline: `soon` is not a duration
      hint: write a number and a unit: `"30 min"`, `"2 h"`
    error[bad_limit] pipeline.toml:4:10: limit `memory` of all steps: `lots` is not a size
      hint: write a number and a unit: `"256 MiB"`
    error[bad_limit] pipeline.toml:5:8: limit `time` of all steps: `5` is not a duration
      hint: write a number and a unit: `"5 s"`, `"500 ms"`, `"1 min"`
    error[bad_limit] pipeline.toml:6:10: limit `schema` of all steps: a limit of 0 bytes leaves nothing to work with
      hint: write a number and a unit: `"256 MiB"`
    "#);
    let text = pipeline("[limits]\nmemry = '1 MiB'\nrows = 0\ntime = 5", "");
    assert_snapshot!(messages(&text), @r#"
    error[unknown_key] pipeline.toml:3:1: `limits` has no key `memry`; valid keys: `memory`, `time`, `held`, `text`, `schema`, `rejects`, `columns`, `nesting`, `problems`, `rows`, `bytes`, `calls` and 4 more
      hint: did you mean `memory`?
    error[out_of_bounds] pipeline.toml:4:8: `limits.rows` must be at least 1, not 0
    error[wrong_type] pipeline.toml:5:8: `limits.time` must be a string, not an integer
      hint: write it in quotes: `"5"`
    "#);
}

#[test]
fn a_count_is_a_number_and_not_nothing() {
    let text = pipeline("", "handles = 0, columns = '7', calls = -1, nesting = 65");
    assert_snapshot!(messages(&text), @"
    error[out_of_bounds] pipeline.toml:8:22: `steps.a.limits.handles` must be at least 1, not 0
    error[wrong_type] pipeline.toml:8:35: `steps.a.limits.columns` must be an integer, not a string
      hint: write it without quotes: `7`
    error[out_of_bounds] pipeline.toml:8:48: `steps.a.limits.calls` must be at least 1, not -1
    error[out_of_bounds] pipeline.toml:8:62: `steps.a.limits.nesting` must be at most 64, not 65
    ");
}

#[test]
fn a_size_or_a_time_of_a_step_has_a_unit() {
    let text = pipeline("", "held = 'all', text = '', state = '5 bananas'");
    assert_snapshot!(messages(&text), @r#"
    error[bad_limit] pipeline.toml:8:19: limit `held` of step `a`: `all` is not a size
      hint: write a number and a unit: `"256 MiB"`
    error[bad_limit] pipeline.toml:8:33: limit `text` of step `a`: `` is not a size
      hint: write a number and a unit: `"256 MiB"`
    error[bad_limit] pipeline.toml:8:45: limit `state` of step `a`: `5 bananas` is not a size
      hint: write a number and a unit: `"256 MiB"`
    "#);
}
