//! What is said of steps: which they are, their parameters, their grants, and what they say
//! themselves.

use insta::assert_snapshot;

use stepwell_plan::{ParseOptions, PipelineFile};

use crate::world::{World, messages};

/// One step between a source and a sink.
fn check(step: &str) -> String {
    messages(&format!(
        "pipeline.name = \"churn\"\nsources.customers.path = \"customers.csv\"\n\
         sinks.result = {{ input = \"step\", path = \"out.csv\" }}\n[steps.step]\ninput = \"customers\"\n{step}\n"
    ))
}

#[test]
fn an_unknown_step_is_an_error() {
    assert_snapshot!(check("uses = 'std/inpute@0.1'"), @r"
        error[step_not_found] pipeline.toml:6:8: step `step`: there is no step `std/inpute@0.1`
          hint: `std` has `impute`, `join`, `predict`, `select`, `split`
        ");
}

#[test]
fn what_is_not_a_step_is_an_error() {
    assert_snapshot!(check("path = 'module.wasm'"), @"error[not_a_step] pipeline.toml:6:8: step `step`: `module.wasm` is a core module, not a component");
}

#[test]
fn a_step_for_another_contract_is_an_error() {
    assert_snapshot!(check("path = 'old.wasm'"), @r"
        error[contract_version] pipeline.toml:6:8: step `step`: `old.wasm` is a step for contract 0.0.1; this host runs contract 0.1
          hint: build it again with a current SDK
        ");
}

#[test]
fn parameters_are_compared_with_the_schema_of_the_step() {
    assert_snapshot!(check("uses = 'std/impute'\nwith = { columns = ['tenure', 5], stratgy = 'mean', fill_value = true }"), @r#"
    error[wrong_type] pipeline.toml:7:31: parameter `columns[1]` of step `step` must be a string, not an integer
      hint: write it in quotes: `"5"`
    error[unknown_parameter] pipeline.toml:7:35: step `step` has no parameter `stratgy`; valid parameters: `columns`, `strategy`, `fill_value`
      hint: did you mean `strategy`?
    error[wrong_type] pipeline.toml:7:66: parameter `fill_value` of step `step` must be a string or a number, not a boolean
    "#);
}

#[test]
fn a_value_that_is_none_of_the_valid_ones_is_an_error_with_those() {
    assert_snapshot!(check("uses = 'std/impute'\n[steps.step.with]\ncolumns = ['tenure']\nstrategy = 'medain'"), @r"
        error[invalid_value] pipeline.toml:9:12: parameter `strategy` of step `step` cannot be `medain`; valid values: `mean`, `median`, `mode`, `constant`
          hint: did you mean `median`?
        ");
}

#[test]
fn a_value_of_another_type_than_the_valid_ones_is_an_error_with_those() {
    assert_snapshot!(check("uses = 'std/impute'\nwith = { columns = ['tenure'], strategy = 1 }"), @r#"error[wrong_type] pipeline.toml:7:43: parameter `strategy` of step `step` must be one of `"mean"`, `"median"`, `"mode"`, `"constant"`, not an integer"#);
}

#[test]
fn a_missing_parameter_is_an_error_that_says_what_it_is_for() {
    assert_snapshot!(check("uses = 'std/impute'"), @r"
        error[missing_parameter] pipeline.toml:4:8: step `step` needs the parameter `columns`
          hint: `columns`: the columns to work on
        ");
}

#[test]
fn numbers_out_of_bounds_are_errors() {
    assert_snapshot!(check("uses = 'std/split'\nwith = { fraction = 1.0, seed = -1 }"), @r#"
        warning[unread_port] pipeline.toml:4:8: nothing reads output port `test` of step `step`: its rows are dropped
          hint: read it in a step or a sink: `input = "step.test"`
        error[out_of_bounds] pipeline.toml:7:21: parameter `fraction` of step `step` must be less than 1, not 1
        error[out_of_bounds] pipeline.toml:7:33: parameter `seed` of step `step` must be at least 0, not -1
        "#);
}

#[test]
fn an_item_that_is_there_twice_is_an_error_where_a_set_is_wanted() {
    assert_snapshot!(check("uses = 'std/impute'\nwith = { columns = ['tenure'] }\nallow = { columns = ['tenure', 'tenure'] }"), @"error[repeated_item] pipeline.toml:8:32: `steps.step.allow.columns[1]` is there twice: it is the same as item 0, counted from 0");
}

#[test]
fn a_date_is_given_to_a_step_as_text() {
    assert_snapshot!(check("uses = 'std/predict'\nwith = { model = 2024-01-01, output = 2024-01-01T00:00:00Z }\nallow.models = ['m']"), @r#"
        error[unknown_model] pipeline.toml:8:17: step `step` is granted the model `m`, which `[models]` does not have; there are no models
          hint: declare it: `m = "PATH.onnx"` in `[models]`
        "#);
}

#[test]
fn a_step_that_runs_models_must_be_granted_one() {
    assert_snapshot!(check("uses = 'std/predict'\nwith = { model = 'churn' }"), @r#"
        error[capability_not_granted] pipeline.toml:6:8: step `step` runs models (it imports the capability `model`), but is granted none
          hint: declare a model, `[models]` with `NAME = "PATH.onnx"`, and grant it: `allow = { models = ["NAME"] }`
        "#);
    assert_snapshot!(check("uses = 'std/predict'\nwith = { model = 'churn' }\n[models]\nchurn = 'churn.onnx'"), @r#"
        error[capability_not_granted] pipeline.toml:6:8: step `step` runs models (it imports the capability `model`), but is granted none
          hint: grant one: `allow = { models = ["churn"] }`
        warning[unused_model] pipeline.toml:9:1: model `churn` is granted to no step
          hint: grant it in a step: `allow = { models = ["churn"] }`
        "#);
}

#[test]
fn a_grant_of_an_unknown_model_is_an_error() {
    assert_snapshot!(check("uses = 'std/predict'\nwith = { model = 'churn' }\nallow.models = ['chrun']\n[models]\nchurn = 'churn.onnx'"), @r#"
        error[unknown_model] pipeline.toml:8:17: step `step` is granted the model `chrun`, which `[models]` does not have; valid models: `churn`
          hint: did you mean `churn`?
        warning[unused_model] pipeline.toml:10:1: model `churn` is granted to no step
          hint: grant it in a step: `allow = { models = ["churn"] }`
        "#);
}

#[test]
fn a_grant_that_a_step_cannot_use_is_a_warning() {
    assert_snapshot!(check("uses = 'std/select'\nallow.models = ['churn']\n[models]\nchurn = 'churn.onnx'"), @r"
        warning[needless_grant] pipeline.toml:7:16: step `step` is granted models, but cannot run any: it does not import the capability `model`
          hint: remove `allow.models`
        ");
}

#[test]
fn reading_a_column_that_is_not_granted_is_an_error() {
    assert_snapshot!(check("uses = 'std/impute'\nwith = { columns = ['tenure', 'total_charges'] }\nallow = { columns = ['gender'] }"), @r"
        error[column_not_granted] pipeline.toml:8:21: step `step` reads the columns `tenure`, `total_charges`, which `allow.columns` does not grant
          hint: add `tenure`, `total_charges` to `allow.columns`, or let the step's parameters leave them out
        ");
}

#[test]
fn a_grant_of_a_column_that_no_input_has_is_a_warning() {
    assert_snapshot!(check("uses = 'std/impute'\nwith = { columns = ['tenure'] }\nallow = { columns = ['tenure', 'total_charge'] }"), @r"
        warning[unknown_column] pipeline.toml:8:32: step `step` is granted the column `total_charge`, which none of its inputs has; valid columns: `id`, `gender`, `tenure`, `total_charges`
          hint: did you mean `total_charges`?
        ");
}

#[test]
fn all_that_a_step_says_is_shown_where_it_belongs() {
    assert_snapshot!(check("uses = 'std/impute'\n[steps.step.with]\ncolumns = [\n  'tenur',\n  'gender',\n  'nonsense',\n]"), @r"
        error[missing_column] pipeline.toml:9:3: step `step`: the input has no column `tenur`
        error[missing_column] pipeline.toml:11:3: step `step`: the input has no column `nonsense`
        ");
}

#[test]
fn what_a_step_says_of_a_column_is_shown_at_the_input_with_the_columns_there_are() {
    assert_snapshot!(check("uses = 'std/picky'"), @r"
        error[step_refused] pipeline.toml:5:9: step `step`: column `total_charge` must be  [31mutf8
          hint: did you mean `total_charges`? valid columns: `id`, `gender`, `tenure`, `total_charges`
        error[step_refused] pipeline.toml:5:9: step `step`: column `tenure` must be  [31mutf8
          hint: cast it with `std/cast`
        ");
}

#[test]
fn a_file_that_was_parsed_before_is_checked_with_its_warnings() {
    let text = "pipeline.name = 'a'\nparameters.x = { type = 'integer', default = 1 }\nsources.a.path = 'a.csv'\n\
                sinks.a = { input = 'a', path = 'b.csv' }";
    let file = PipelineFile::parse(text, "pipeline.toml", &ParseOptions::default()).unwrap();
    let checked = stepwell_plan::check(&file, &mut World);
    assert_snapshot!(checked.diagnostics[0], @r"
        warning[unused_parameter] pipeline.toml:2:12: parameter `x` is declared but nothing uses it
          hint: `${param:x}` stands for its value in any string
        ");
    assert!(checked.into_result().is_ok());
}

#[test]
fn a_step_that_fails_or_lies_when_it_is_opened_is_an_error() {
    assert_snapshot!(check("uses = 'std/trap'"), @"error[step_trapped] pipeline.toml:6:8: step `step`: it trapped: unreachable");
    assert_snapshot!(check("uses = 'std/mute'"), @"error[step_refused] pipeline.toml:6:8: step `step` refuses to open and does not say why");
    assert_snapshot!(check("uses = 'std/liar'"), @r"
        error[bad_step_answer] pipeline.toml:6:8: step `step` gave an answer that cannot be right when it was opened: input port 0 has no column 99
          hint: this is a mistake in the step, not in the pipeline
        ");
}

#[test]
fn an_answer_of_a_step_is_not_believed() {
    let check = |lie: &str| check(&format!("uses = 'std/liar'\nwith.lie = '{lie}'"));
    assert_snapshot!(check("type"), @r"
        error[bad_step_answer] pipeline.toml:6:8: step `step` gave an answer that cannot be right when it was opened: column `id` of output port `output` is said to be column `id` of the input, but is utf8 instead of int64
          hint: this is a mistake in the step, not in the pipeline
        ");
    assert_snapshot!(check("twice"), @r"
        error[bad_step_answer] pipeline.toml:6:8: step `step` gave an answer that cannot be right when it was opened: column `id` of output port `output` is passed twice from input port 0
          hint: this is a mistake in the step, not in the pipeline
        ");
    assert_snapshot!(check("beyond"), @r"
        error[bad_step_answer] pipeline.toml:6:8: step `step` gave an answer that cannot be right when it was opened: output port `output` has no column 99
          hint: this is a mistake in the step, not in the pipeline
        ");
    assert_snapshot!(check("ports"), @r"
        error[bad_step_answer] pipeline.toml:6:8: step `step` gave an answer that cannot be right when it was opened: output ports: 1 by its description, 2 by its answer
          hint: this is a mistake in the step, not in the pipeline
        ");
}

const ALL_GRANTS: &str = "
[steps.step.allow]
artifacts   = ['words']
clock       = true
directories = ['lookup']
environment = ['LANG']
http        = ['api.example.com']
random      = true
wasi        = 'empty'
[artifacts]
words = 'words.txt'
";

#[test]
fn a_step_that_imports_what_it_is_not_granted_is_refused() {
    assert_snapshot!(check("uses = 'std/greedy'"), @r#"
    error[capability_not_granted] pipeline.toml:6:8: step `step` reads artifacts (it imports the capability `artifact`), but is granted none
      hint: declare an artifact, `[artifacts]` with `NAME = "PATH"`, and grant it: `allow = { artifacts = ["NAME"] }`
    error[capability_not_granted] pipeline.toml:6:8: step `step` could open files (it imports `wasi:filesystem/preopens@0.2.6`, `wasi:filesystem/types@0.2.6`), which nothing grants it
      hint: grant it: `allow = { directories = ["PATH"] }`; where only the step's language needs the import, `allow = { wasi = "empty" }` stands in for it and gives nothing
    error[capability_not_granted] pipeline.toml:6:8: step `step` could read environment variables (it imports `wasi:cli/environment@0.2.6`), which nothing grants it
      hint: grant it: `allow = { environment = ["NAME"] }`; where only the step's language needs the import, `allow = { wasi = "empty" }` stands in for it and gives nothing
    error[capability_not_granted] pipeline.toml:6:8: step `step` could send HTTP requests (it imports `wasi:http/outgoing-handler@0.2.6`), which nothing grants it
      hint: grant it: `allow = { http = ["HOST"] }`; where only the step's language needs the import, `allow = { wasi = "empty" }` stands in for it and gives nothing
    error[capability_not_granted] pipeline.toml:6:8: step `step` could ask for the time and wait (it imports `wasi:clocks/wall-clock@0.2.6`), which nothing grants it
      hint: grant it: `allow = { clock = true }`; where only the step's language needs the import, `allow = { wasi = "empty" }` stands in for it and gives nothing
    error[capability_not_granted] pipeline.toml:6:8: step `step` could draw random numbers (it imports `wasi:random/random@0.2.6`), which nothing grants it
      hint: grant it: `allow = { random = true }`; where only the step's language needs the import, `allow = { wasi = "empty" }` stands in for it and gives nothing
    error[capability_not_granted] pipeline.toml:6:8: step `step` could open sockets (it imports `wasi:sockets/tcp@0.2.6`), which nothing grants it
      hint: no step may do that; where only the step's language needs the import, `allow = { wasi = "empty" }` stands in for it and gives nothing
    "#);
}

#[test]
fn a_step_that_is_granted_all_that_it_imports_is_opened() {
    assert_snapshot!(check(&format!("uses = 'std/greedy'{ALL_GRANTS}")), @"");
}

#[test]
fn an_empty_interface_stands_in_for_what_is_not_granted() {
    assert_snapshot!(
        check("uses = 'std/greedy'\nallow = { wasi = 'empty', artifacts = ['words'] }\n[artifacts]\nwords = 'words.txt'"),
        @""
    );
}

#[test]
fn grants_that_a_step_cannot_use_are_warnings() {
    assert_snapshot!(check(&format!("uses = 'std/select'{ALL_GRANTS}")), @"
    warning[needless_grant] pipeline.toml:8:15: step `step` is granted `artifacts`, but cannot read artifacts: it imports nothing for it
      hint: remove `allow.artifacts`
    warning[needless_grant] pipeline.toml:9:15: step `step` is granted `clock`, but cannot ask for the time and wait: it imports nothing for it
      hint: remove `allow.clock`
    warning[needless_grant] pipeline.toml:10:15: step `step` is granted `directories`, but cannot open files: it imports nothing for it
      hint: remove `allow.directories`
    warning[needless_grant] pipeline.toml:11:15: step `step` is granted `environment`, but cannot read environment variables: it imports nothing for it
      hint: remove `allow.environment`
    warning[needless_grant] pipeline.toml:12:15: step `step` is granted `http`, but cannot send HTTP requests: it imports nothing for it
      hint: remove `allow.http`
    warning[needless_grant] pipeline.toml:13:15: step `step` is granted `random`, but cannot draw random numbers: it imports nothing for it
      hint: remove `allow.random`
    ");
}

#[test]
fn an_artifact_that_is_not_declared_or_not_granted_is_told() {
    assert_snapshot!(check("uses = 'std/greedy'\nallow = { wasi = 'empty', artifacts = ['wrods'] }\n[artifacts]\nwords = 'words.txt'"), @r#"
    error[unknown_artifact] pipeline.toml:7:40: step `step` is granted the artifact `wrods`, which `[artifacts]` does not have; valid artifacts: `words`
      hint: did you mean `words`?
    warning[unused_artifact] pipeline.toml:9:1: artifact `words` is granted to no step
      hint: grant it in a step: `allow = { artifacts = ["words"] }`
    "#);
}

#[test]
fn a_wrong_grant_is_told_with_what_would_be_right() {
    let wrong = |grant: &str| {
        check(&format!(
            "uses = 'std/greedy'\nallow = {{ wasi = 'empty', artifacts = ['words'], {grant} }}\n[artifacts]\nwords = 'words.txt'"
        ))
    };
    assert_snapshot!(wrong("directories = ['s3://bucket']"), @r#"
    error[bad_grant] pipeline.toml:7:65: grant `directories` of step `step`: `s3://bucket` is not a directory's path
      hint: give a directory of this machine, such as `"lookup"`
    "#);
    assert_snapshot!(wrong("directories = [{ path = 'a', access = 'execute' }]"), @"error[invalid_value] pipeline.toml:7:88: `steps.step.allow.directories[0].access` cannot be `execute`; valid values: `read`, `write`");
    assert_snapshot!(wrong("directories = ['a', { path = 'b', at = 'a' }]"), @r#"
    error[bad_grant] pipeline.toml:7:70: grant `directories` of step `step`: the step would know two directories as `a`: `a` and `b`
      hint: give each a name of its own: `{ path = "…", at = "/name" }`
    "#);
    assert_snapshot!(wrong("http = ['*.example.com']"), @r#"
    error[bad_grant] pipeline.toml:7:58: grant `http` of step `step`: `*.example.com` is not the name of one host
      hint: name each host: `"api.example.com"`, `"api.example.com:8443"`, or `"http://localhost:8080"` for a connection that is not encrypted
    "#);
    assert_snapshot!(wrong("http = ['https://example.com/path']"), @r#"
    error[bad_grant] pipeline.toml:7:58: grant `http` of step `step`: `https://example.com/path` has a path; a host is granted whole
      hint: name each host: `"api.example.com"`, `"api.example.com:8443"`, or `"http://localhost:8080"` for a connection that is not encrypted
    "#);
    assert_snapshot!(wrong("http = [{ host = 'example.com', methods = ['post'] }]"), @"
    error[bad_grant] pipeline.toml:7:92: grant `http` of step `step`: `post` is no method of HTTP; valid methods: `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, `QUERY`
      hint: did you mean `POST`?
    ");
    assert_snapshot!(wrong("clock = 'yesterday'"), @r#"
    error[bad_grant] pipeline.toml:7:58: grant `clock` of step `step`: `yesterday` is not a time
      hint: write `true` for the machine's clock, or a time such as `"2026-01-31T00:00:00Z"`
    "#);
    assert_snapshot!(wrong("environment = ['A=B']"), @r#"
    error[bad_grant] pipeline.toml:7:64: grant `environment` of step `step`: `A=B` cannot be the name of an environment variable
      hint: give a name such as `"LANG"`
    "#);
    assert_snapshot!(wrong("environment = ['STEPWELL_SECRET_KEY']"), @r#"
    error[bad_grant] pipeline.toml:7:64: grant `environment` of step `step`: `STEPWELL_SECRET_KEY` holds a secret, which is not shown as it is
      hint: give it by name: `environment = { KEY = "${secret:KEY}" }`
    "#);
    assert_snapshot!(wrong("random = 7"), @"error[wrong_type] pipeline.toml:7:59: `steps.step.allow.random` must be a boolean, not an integer");
    assert_snapshot!(check("uses = 'std/greedy'\nallow.wasi = 'full'"), @"error[invalid_value] pipeline.toml:7:14: `steps.step.allow.wasi` cannot be `full`; valid values: `empty`");
    assert_snapshot!(wrong("directory = 'a'"), @"
    error[unknown_key] pipeline.toml:7:50: `steps.step.allow` has no key `directory`; valid keys: `columns`, `models`, `artifacts`, `directories`, `environment`, `http`, `clock`, `random`, `wasi`
      hint: did you mean `directories`?
    ");
}
