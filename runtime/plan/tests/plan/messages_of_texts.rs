//! What is said of a file by itself: syntax, shape, names, variables.

use insta::assert_snapshot;
use stepwell_plan::{ParseOptions, PipelineFile};

use crate::world::{checked, messages, messages_with};

/// A pipeline in which everything else is right.
fn around(text: &str) -> String {
    format!(
        "pipeline.name = \"churn\"\nsources.customers.path = \"customers.csv\"\n{text}\n\
         [sinks.result]\ninput = \"customers\"\npath = \"result.csv\"\n"
    )
}

#[test]
fn nothing_is_said_of_a_pipeline_in_which_nothing_is_wrong() {
    assert_snapshot!(messages(&around("")), @"");
}

#[test]
fn all_syntax_errors_are_reported() {
    assert_snapshot!(messages("[pipeline\nname = \"churn\"\n[sources.a]\npath = \n"), @r"
        error[bad_toml] pipeline.toml:1:10: this is not TOML: unclosed table, expected `]`
        error[bad_toml] pipeline.toml:4:8: this is not TOML: string values must be quoted, expected literal string
        ");
}

#[test]
fn a_key_that_is_there_twice_is_an_error() {
    assert_snapshot!(messages("[pipeline]\nname = \"a\"\nname = \"b\"\n"), @"error[bad_toml] pipeline.toml:3:1: this is not TOML: duplicate key");
}

#[test]
fn an_empty_file_lacks_the_pipeline() {
    assert_snapshot!(messages(""), @r"
        error[missing_key] pipeline.toml:1:1: the pipeline file needs the section `pipeline`
          hint: `pipeline`: what holds for the pipeline as a whole
        error[no_sinks] pipeline.toml:1:1: the pipeline has no sink: its result would go nowhere
          hint: add one: `[sinks.result]` with `input` and `path`
        ");
}

#[test]
fn numbers_that_do_not_fit_are_errors() {
    assert_snapshot!(messages("[steps.a.with]\nx = nan\ny = 9223372036854775808\nz = 0xffff_ffff_ffff_ffff\n"), @r"
        error[bad_number] pipeline.toml:2:5: `nan` is not a number that a pipeline can hold
        error[bad_number] pipeline.toml:3:5: `9223372036854775808` does not fit a 64-bit integer
        error[bad_number] pipeline.toml:4:5: `0xffff_ffff_ffff_ffff` does not fit a 64-bit integer
        ");
}

#[test]
fn an_unknown_section_is_an_error_with_the_sections_there_are() {
    assert_snapshot!(messages(&around("[source.other]\npath = \"x.csv\"")), @"
    error[unknown_key] pipeline.toml:3:2: the pipeline file has no section `source`; valid sections: `pipeline`, `limits`, `parameters`, `models`, `artifacts`, `sources`, `steps`, `sinks`
      hint: did you mean `sources`?
    ");
}

#[test]
fn an_unknown_key_is_an_error_with_the_keys_there_are() {
    assert_snapshot!(messages(
        "pipeline.name = \"a\"\n[sources.customers]\npth = \"customers.csv\"\nsepparator = \";\"\n[sinks.x]\ninput = \"customers\"\npath = \"x.csv\""
    ), @"
    error[unknown_key] pipeline.toml:3:1: `sources.customers` has no key `pth`; valid keys: `path`, `format`, `compression`, `types`, `csv`, `sample_rows`
      hint: did you mean `path`?
    error[unknown_key] pipeline.toml:4:1: `sources.customers` has no key `sepparator`; valid keys: `path`, `format`, `compression`, `types`, `csv`, `sample_rows`
    ");
}

#[test]
fn keys_of_the_pipeline_outside_of_its_section_are_pointed_to_it() {
    assert_snapshot!(messages("batch_rows = 7\n[pipeline]\nname = \"a\"\n[sinks]\n"), @"
    error[unknown_key] pipeline.toml:1:1: the pipeline file has no section `batch_rows`; valid sections: `pipeline`, `limits`, `parameters`, `models`, `artifacts`, `sources`, `steps`, `sinks`
      hint: it goes into the section `[pipeline]`
    error[no_sinks] pipeline.toml:3:8: the pipeline has no sink: its result would go nowhere
      hint: add one: `[sinks.result]` with `input` and `path`
    ");
}

#[test]
fn missing_keys_are_errors_that_say_what_they_are_for() {
    assert_snapshot!(messages("[pipeline]\n[sources.customers]\nformat = \"csv\"\n[steps.a]\n[sinks.x]\n"), @"
    error[missing_key] pipeline.toml:1:2: `pipeline` needs the key `name`
      hint: `name`: the pipeline's name, in summaries and messages
    error[missing_key] pipeline.toml:2:10: `sources.customers` needs the key `path`
      hint: `path`: a file, a folder, a glob (`data/*.csv`), a URL (`s3://bucket/key`), or `-` for standard input
    error[missing_key] pipeline.toml:4:8: `steps.a` needs one of the keys `uses`, `path`
    error[missing_key] pipeline.toml:4:8: `steps.a` needs the key `input`
      hint: `input`: what the step reads: the name of a source or a step (`clean`; `split.test` for an output port other than the first), an array of names for the first input ports, or a table of a name for each input port
    error[missing_key] pipeline.toml:5:8: `sinks.x` needs the key `input`
      hint: `input`: what is written: the name of a source or a step (`clean`; `split.test` for an output port other than the first)
    error[missing_key] pipeline.toml:5:8: `sinks.x` needs the key `path`
      hint: `path`: a file, a folder of parts (`out/`, with a `/` at its end), a URL, or `-` for standard output
    ");
}

#[test]
fn values_of_the_wrong_type_are_errors_that_say_how_to_write_them() {
    assert_snapshot!(messages(
        r#"
[pipeline]
name = 5
batch_rows = "7"
threads = 1.0
[sources.customers]
path = 7
csv = { header = "true", null_values = "NA" }
types = ["utf8"]
[sinks.x]
input = ["customers"]
path = "x.csv"
"#
    ), @r#"
        error[wrong_type] pipeline.toml:3:8: `pipeline.name` must be a string, not an integer
          hint: write it in quotes: `"5"`
        error[wrong_type] pipeline.toml:4:14: `pipeline.batch_rows` must be an integer, not a string
          hint: write it without quotes: `7`
        error[wrong_type] pipeline.toml:5:11: `pipeline.threads` must be an integer, not a number with a fraction
          hint: write it without the fraction: `1`
        error[wrong_type] pipeline.toml:7:8: `sources.customers.path` must be a string or an array of strings, not an integer
        error[wrong_type] pipeline.toml:8:18: `sources.customers.csv.header` must be a boolean, not a string
          hint: write it without quotes: `true`
        error[wrong_type] pipeline.toml:8:40: `sources.customers.csv.null_values` must be an array of strings, not a string
          hint: write it in brackets: `["NA"]`
        error[wrong_type] pipeline.toml:9:9: `sources.customers.types` must be a table, not an array
        error[wrong_type] pipeline.toml:11:9: `sinks.x.input` must be a string, not an array
        "#);
}

#[test]
fn values_out_of_bounds_are_errors() {
    assert_snapshot!(messages("[pipeline]\nname = \"\"\nbatch_rows = 0\nthreads = -1\n[sources.customers]\npath = \"a\"\ncsv.delimiter = \"||\"\n[sinks.x]\ninput = \"customers\"\npath = \"x.csv\""), @r"
        error[out_of_bounds] pipeline.toml:2:8: `pipeline.name` must not be empty
        error[out_of_bounds] pipeline.toml:3:14: `pipeline.batch_rows` must be at least 1, not 0
        error[out_of_bounds] pipeline.toml:4:11: `pipeline.threads` must be at least 1, not -1
        error[out_of_bounds] pipeline.toml:7:17: `sources.customers.csv.delimiter` must be 1 character long, not 2 characters
        ");
}

#[test]
fn a_value_that_is_none_of_the_valid_ones_is_an_error_with_those() {
    assert_snapshot!(messages("pipeline.name = \"a\"\n[sources.customers]\npath = \"customers.csv\"\nformat = \"parket\"\ncompression = \"bzip2\"\n[sinks.x]\ninput = \"customers\"\npath = \"x.csv\""), @r"
        error[invalid_value] pipeline.toml:4:10: `sources.customers.format` cannot be `parket`; valid values: `csv`, `json`, `parquet`, `arrow`, `arrows`
          hint: did you mean `parquet`?
        error[invalid_value] pipeline.toml:5:15: `sources.customers.compression` cannot be `bzip2`; valid values: `none`, `gzip`, `zstd`
        ");
}

#[test]
fn unknown_types_of_columns_are_errors() {
    assert_snapshot!(messages(
        "pipeline.name = \"a\"\n[sources.customers]\npath = \"customers.csv\"\ntypes = { a = \"flaot64\", b = \"decimal128(10\", c = \"utf8\" }\n[sinks.x]\ninput = \"customers\"\npath = \"x.csv\""
    ), @r"
        error[unknown_type] pipeline.toml:4:15: type of column `a` of source `customers`: `flaot64` is not a type; valid types: `float64`, `float16`, `float32`, `int64`, `uint64`, `date64`, `time64`, `list`, `decimal64`, `large_utf8`, `large_list_view`, `int8` and 30 more
          hint: did you mean `float64`?
        error[bad_type] pipeline.toml:4:30: type of column `b` of source `customers`: `decimal128(10` ends where `)` is expected
        ");
}

#[test]
fn names_are_lowercase_words() {
    assert_snapshot!(messages(
        "pipeline.name = \"a\"\n[sources.\"My Customers\"]\npath = \"customers.csv\"\n[sinks.Out]\ninput = \"My Customers\"\npath = \"x.csv\""
    ), @r"
        error[bad_name] pipeline.toml:2:10: `My Customers` cannot be a name; names are made of lowercase letters, digits, `_` and `-`
          hint: call it `my_customers`
        error[bad_name] pipeline.toml:4:8: `Out` cannot be a name; names are made of lowercase letters, digits, `_` and `-`
          hint: call it `out`
        ");
}

#[test]
fn a_source_and_a_step_cannot_have_one_name() {
    assert_snapshot!(messages(&around("[steps.customers]\nuses = \"std/select\"\ninput = \"customers\"")), @r"
        error[duplicate_name] pipeline.toml:3:8: `customers` is the name of a source and of a step
          at pipeline.toml:2:9: `customers` is in `sources`, too
          hint: sources and steps share one set of names: rename one of them
        ");
}

#[test]
fn a_step_is_exactly_one_component() {
    assert_snapshot!(messages(&around(
        "[steps.a]\ninput = \"customers\"\n[steps.b]\ninput = \"a\"\nuses = \"std/select\"\npath = \"x.wasm\"\n[steps.c]\ninput = \"b\"\nuse = \"std/select\""
    )), @"
    error[missing_key] pipeline.toml:3:8: `steps.a` needs one of the keys `uses`, `path`
    error[conflicting_keys] pipeline.toml:5:8: `steps.b` can have only one of the keys `uses`, `path`
    error[unknown_key] pipeline.toml:11:1: `steps.c` has no key `use`; valid keys: `uses`, `path`, `input`, `with`, `allow`, `limits`, `on_error`, `max_rejects`
      hint: did you mean `uses`?
    ");
}

#[test]
fn a_parameter_outside_of_with_is_pointed_to_it() {
    assert_snapshot!(messages(&around("[steps.a]\nuses = \"std/impute\"\ninput = \"customers\"\nstrategy = \"mean\"")), @"
    error[unknown_key] pipeline.toml:6:1: `steps.a` has no key `strategy`; valid keys: `uses`, `path`, `input`, `with`, `allow`, `limits`, `on_error`, `max_rejects`
      hint: parameters of the step go into `with`: `[steps.a.with]`
    ");
}

#[test]
fn a_reference_to_a_step_has_a_form() {
    assert_snapshot!(messages(&around(
        "[steps.a]\nuses = \"impute@0.1\"\ninput = \"customers\"\n[steps.b]\nuses = \"std/impute@new\"\ninput = \"customers\"\n[steps.c]\nuses = \"steps/c.wasm\"\ninput = \"customers\""
    )), @r#"
        error[bad_reference] pipeline.toml:4:8: step `a`: `impute@0.1` is not of the form `COLLECTION/NAME@VERSION`
          hint: for a standard step, write `std/impute@0.1`
        error[bad_reference] pipeline.toml:7:8: step `b`: `std/impute@new` does not end with a version: unexpected character 'n' while parsing major version number
          hint: write `std/impute@0.1` (0.1 and what is compatible) or `std/impute@=0.1.2` (that one only)
        error[bad_reference] pipeline.toml:10:8: step `c`: `steps/c.wasm` is not of the form `COLLECTION/NAME@VERSION`
          hint: for a component file, write `path = "steps/c.wasm"` instead of `uses`
        "#);
}

#[test]
fn limits_are_sizes_and_durations() {
    assert_snapshot!(messages(&around(
        "[steps.a]\nuses = \"std/select\"\ninput = \"customers\"\nlimits = { memory = \"lots\", time = \"5\", rows = 0, log = 0 }\n\
         [steps.b]\nuses = \"std/select\"\ninput = \"customers\"\nlimits = { memory = \"lots\", time = \"5\", log = 0, bytes = true }\n\
         [steps.c]\nuses = \"std/select\"\ninput = \"customers\"\nlimits = { memory = \"lots\", time = \"5\", log = 0 }"
    )), @r#"
        error[out_of_bounds] pipeline.toml:6:48: `steps.a.limits.rows` must be at least 1, not 0
        error[wrong_type] pipeline.toml:10:58: `steps.b.limits.bytes` must be a string or an integer, not a boolean
        error[bad_limit] pipeline.toml:14:21: limit `memory` of step `c`: `lots` is not a size
          hint: write a number and a unit: `"256 MiB"`
        error[bad_limit] pipeline.toml:14:36: limit `time` of step `c`: `5` is not a duration
          hint: write a number and a unit: `"5 s"`, `"500 ms"`, `"1 min"`
        error[bad_limit] pipeline.toml:14:47: limit `log` of step `c`: a limit of 0 bytes leaves nothing to work with
          hint: write a number and a unit: `"256 MiB"`
        "#);
}

#[test]
fn an_input_is_a_name_an_array_or_a_table_of_names() {
    assert_snapshot!(messages(&around(
        "[steps.a]\nuses = \"std/select\"\ninput = 5\n[steps.b]\nuses = \"std/select\"\ninput = [1]\n[steps.c]\nuses = \"std/join\"\ninput = { left = 1 }\n[steps.d]\nuses = \"std/select\"\ninput = []"
    )), @r#"
        error[wrong_type] pipeline.toml:5:9: `steps.a.input` must be a string or an array of strings or a table, not an integer
        error[wrong_type] pipeline.toml:8:10: `steps.b.input[0]` must be a string, not an integer
          hint: write it in quotes: `"1"`
        error[wrong_type] pipeline.toml:11:18: `steps.c.input.left` must be a string, not an integer
          hint: write it in quotes: `"1"`
        error[out_of_bounds] pipeline.toml:14:9: `steps.d.input` must not be empty
        "#);
}

#[test]
fn unknown_variables_are_errors() {
    let text = r#"
pipeline.name = "a"
[parameters.year]
type = "integer"
default = 2024
[parameters.unused]
type = "string"
default = "x"
[sources.customers]
path = "${param:yaer}/${HOME}/${env:DATA_DIRR}/${env:DATA_DIR}.csv"
[steps.a]
uses = "std/select"
input = "${param:year"
[sinks.x]
input = "customers"
path = "$${param:no}/${param:year}/${env:NOPE:-fallback}.csv"
"#;
    let options = ParseOptions {
        environment: [("DATA_DIR".to_owned(), "data".to_owned())].into(),
        ..ParseOptions::default()
    };
    assert_snapshot!(messages_with(text, &options), @"
    warning[unused_parameter] pipeline.toml:6:13: parameter `unused` is declared but nothing uses it
      hint: `${param:unused}` stands for its value in any string
    error[unknown_variable] pipeline.toml:10:9: the pipeline has no parameter `yaer`; valid parameters: `unused`, `year`
      hint: did you mean `year`?
    error[bad_variable] pipeline.toml:10:23: `${HOME}` is no variable; valid forms: `${param:NAME}`, `${env:NAME}`, `${env:NAME:-FALLBACK}`, `${secret:NAME}`
      hint: write `$${` where `${` itself is meant
    error[unknown_variable] pipeline.toml:10:31: environment variable `DATA_DIRR` is not set
      hint: did you mean `DATA_DIR`?
    error[bad_variable] pipeline.toml:13:9: `${` is not closed by `}`
      hint: write `$${` where `${` itself is meant
    ");
}

#[test]
fn a_message_as_json_has_lines_and_columns() {
    let checked = checked("pipeline.name = \"a\"\n", &ParseOptions::default());
    assert_snapshot!(serde_json::to_string_pretty(&checked.diagnostics).unwrap(), @r#"
        [
          {
            "code": "no_sinks",
            "severity": "error",
            "message": "the pipeline has no sink: its result would go nowhere",
            "labels": [
              {
                "file": "pipeline.toml",
                "start": {
                  "line": 1,
                  "column": 17
                },
                "end": {
                  "line": 1,
                  "column": 20
                },
                "text": ""
              }
            ],
            "help": "add one: `[sinks.result]` with `input` and `path`"
          }
        ]
        "#);
}

#[test]
fn an_error_of_the_crate_says_all_that_is_wrong() {
    let error = PipelineFile::parse("[pipelin]", "p.toml", &ParseOptions::default()).unwrap_err();
    assert_eq!(error.code(), "invalid_pipeline");
    assert_eq!(error.diagnostics().len(), 1);
    assert_snapshot!(error, @"
    pipeline `p.toml` has one problem
    error[unknown_key] p.toml:1:2: the pipeline file has no section `pipelin`; valid sections: `pipeline`, `limits`, `parameters`, `models`, `artifacts`, `sources`, `steps`, `sinks`
      hint: did you mean `pipeline`?
    ");
}

#[test]
fn parameters_of_the_pipeline_have_a_type_and_a_value() {
    assert_snapshot!(messages(&around(
        "[parameters.a]\ntype = \"integer\"\n[parameters.b]\ntype = \"integer\"\ndefault = \"5\"\n[parameters.c]\ntype = \"int\"\n\
         [parameters.d]\ntype = \"string\"\ndefault = \"${param:a}\"\n[parameters.e]\ndefault = [1]"
    )), @r"
        error[missing_value] pipeline.toml:3:13: parameter `a` of the pipeline has no value
          hint: give it one, `--param a=…`, or a `default`
        error[wrong_type] pipeline.toml:7:11: parameter `b` of the pipeline must be an integer, not a string
        error[invalid_value] pipeline.toml:9:8: `parameters.c.type` cannot be `int`; valid values: `string`, `integer`, `number`, `boolean`
          hint: did you mean `integer`?
        error[bad_variable] pipeline.toml:12:12: `${param:a}` cannot be used in `[parameters]`
        error[missing_key] pipeline.toml:13:13: `parameters.e` needs the key `type`
          hint: `type`: the type of its value
        error[wrong_type] pipeline.toml:14:11: `parameters.e.default` must be a string or a number or a boolean, not an array
        ");
}

fn with_secrets(step: &str) -> String {
    let text = format!(
        "[pipeline]\nname = 'p'\n[sources.customers]\npath = 'customers.csv'\n[steps.step]\nuses = 'std/predict'\ninput = 'customers'\nallow.models = ['m']\n{step}\n[models]\nm = 'm.onnx'\n[sinks.out]\ninput = 'step'\npath = 'out.csv'"
    );
    let options = ParseOptions {
        secrets: ["KEY".to_owned()].into(),
        environment: [("STEPWELL_SECRET_KEY".to_owned(), "hush".to_owned())].into(),
        ..ParseOptions::default()
    };
    messages_with(&text, &options)
}

#[test]
fn a_secret_can_stand_where_a_step_is_given_something() {
    assert_snapshot!(with_secrets("with = { model = 'x${secret:KEY}' }"), @"");
}

#[test]
fn a_secret_that_there_is_not_is_an_error() {
    assert_snapshot!(with_secrets("with = { model = '${secret:KEZ}' }"), @"
    error[unknown_secret] pipeline.toml:9:19: there is no secret `KEZ`; valid secrets: `KEY`
      hint: did you mean `KEY`?
    ");
    assert_snapshot!(with_secrets("with = { model = '${secret:}' }"), @"
    error[bad_variable] pipeline.toml:9:19: `` cannot be the name of a secret
      hint: names of secrets are made of letters, digits, `_` and `-`
    ");
}

#[test]
fn a_secret_cannot_stand_elsewhere() {
    assert_snapshot!(with_secrets("limits.time = '${secret:KEY}'"), @"
    error[bad_variable] pipeline.toml:9:16: `${secret:KEY}` cannot be used here
      hint: secrets are for steps: they can stand in `with` and in `allow.environment`
    ");
    assert_snapshot!(with_secrets("with = { model = '${env:STEPWELL_SECRET_KEY}' }"), @"
    error[bad_variable] pipeline.toml:9:19: environment variable `STEPWELL_SECRET_KEY` holds a secret, which is not shown as it is
      hint: write `${secret:KEY}`
    ");
}
