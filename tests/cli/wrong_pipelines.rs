//! Pipelines that cannot run as they are written.

use crate::support::{Sandbox, assert_fails};

/// Checks the usual pipeline with a part replaced; running it must fail in the same words.
fn check(sandbox: &Sandbox) -> crate::support::Ran {
    let checked = sandbox.fail(["check", "pipeline.toml"]);
    assert_eq!(checked.code, Some(2), "{}", checked.text());
    let ran = sandbox.fail(["run", "pipeline.toml"]);
    assert_eq!((ran.code, &ran.stderr), (checked.code, &checked.stderr));
    checked
}

macro_rules! wrong {
    ($test:ident, $before:expr => $after:expr) => {
        #[test]
        fn $test() {
            assert_fails!(check(&Sandbox::with($before, $after)));
        }
    };
    ($test:ident, with standard steps, $before:expr => $after:expr) => {
        #[test]
        fn $test() {
            assert_fails!(check(&Sandbox::with_standard_steps($before, $after)));
        }
    };
}

const STEP: &str = "path  = \"identity.wasm\"\ninput = \"customers\"\nwith  = { by = \"read\" }";

wrong!(a_line_that_is_not_toml, "name = \"demo\"" => "name = \"demo");
wrong!(a_key_with_a_typo, "input = \"same\"" => "inptu = \"same\"");
wrong!(a_section_with_a_typo, "[sinks.result]" => "[sink.result]");
wrong!(a_source_that_is_not_there, "\"customers.csv\"" => "\"custmers.csv\"");
wrong!(an_input_that_is_not_there, "input = \"customers\"" => "input = \"custmers\"");
wrong!(a_parameter_of_the_wrong_type, "by = \"read\"" => "by = 3");
wrong!(a_parameter_that_is_missing, "by = \"read\"" => "");
wrong!(a_type_that_does_not_exist, "\"customers.csv\"" => "\"customers.csv\"\ntypes = { tenure = \"integer\" }");
wrong!(a_type_of_a_column_that_is_not_there, "\"customers.csv\"" => "\"customers.csv\"\ntypes = { tenur = \"int64\" }");
wrong!(a_column_that_may_not_be_read, "by = \"read\" }" => "by = \"read\" }\nallow = { columns = [\"id\", \"name\"] }");
wrong!(a_limit_that_is_no_size, "by = \"read\" }" => "by = \"read\" }\nlimits = { memory = \"lots\" }");
wrong!(a_limit_that_the_step_goes_past, "by = \"read\" }" => "by = \"read\" }\nlimits = { memory = \"100 kB\" }");
wrong!(a_format_that_the_name_does_not_say, "out/result.csv" => "out/result.xyz");
wrong!(a_cycle, "[sinks.result]" => "[steps.other]\npath = \"identity.wasm\"\ninput = \"again\"\nwith = { by = \"read\" }\n\n[steps.again]\npath = \"identity.wasm\"\ninput = \"other\"\nwith = { by = \"read\" }\n\n[sinks.result]");
wrong!(two_writers_of_one_file, "out/result.csv\"" => "out/result.csv\"\n\n[sinks.other]\ninput = \"customers\"\npath = \"./out/../out/result.csv\"");
wrong!(a_sink_that_writes_what_is_read, "out/result.csv" => "customers.csv");
wrong!(no_sink, "[sinks.result]\ninput = \"same\"\npath  = \"out/result.csv\"\n" => "");
wrong!(a_step_with_a_typo, with standard steps, "path  = \"identity.wasm\"" => "uses = \"std/bucketise\"");
wrong!(a_version_that_is_not_there, with standard steps, "path  = \"identity.wasm\"" => "uses = \"std/bucketize@7\"");
wrong!(a_column_that_is_missing, with standard steps, STEP => "uses = \"std/bucketize\"\ninput = \"customers\"\nwith = { column = \"tenur\", edges = [1.0, 2.0] }");
wrong!(a_column_of_the_wrong_type, with standard steps, STEP => "uses = \"std/bucketize\"\ninput = \"customers\"\nwith = { column = \"name\", edges = [1.0, 2.0] }");

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let sandbox = Sandbox::with("\"customers.csv\"", "\"custmers.csv\"");
    sandbox.replace("by = \"read\"", "by = \"reed\", columns = 3");
    sandbox.replace(
        "out/result.csv\"",
        "out/result.csv\"\ncompresion = \"gzip\"",
    );
    sandbox.replace(
        "[sinks.result]",
        "[steps.other]\npath = \"missing.wasm\"\ninput = \"sane\"\n\n[sinks.result]",
    );
    assert_fails!(check(&sandbox));
}

#[test]
fn no_steps_are_installed() {
    let sandbox = Sandbox::with("path  = \"identity.wasm\"", "uses = \"std/impute@0.1\"");
    // The steps of the checkout lie beside the program that is tested.
    let program = sandbox.path("bin/stepwell");
    std::fs::create_dir(sandbox.path("bin")).unwrap();
    if std::fs::hard_link(env!("CARGO_BIN_EXE_stepwell"), &program).is_err() {
        std::fs::copy(env!("CARGO_BIN_EXE_stepwell"), &program).unwrap();
    }
    let mut command = std::process::Command::new(program);
    command
        .args(["check", "pipeline.toml"])
        .current_dir(sandbox.folder());
    command
        .env_remove("STEPWELL_STEPS")
        .env("XDG_DATA_HOME", sandbox.path("nothing-here"));
    let output = command.output().unwrap();
    assert_fails!(crate::support::Ran::new(&sandbox, &output));
}

#[test]
fn an_output_that_nobody_reads() {
    let sandbox = Sandbox::with(
        "[sinks.result]",
        "[steps.other]\npath = \"identity.wasm\"\ninput = \"same\"\nwith = { by = \"read\" }\n\n[sinks.result]",
    );
    insta::assert_snapshot!(sandbox.run(["check", "pipeline.toml"]).text());
}

const MODEL: &str = "linear_regression/model.onnx";

/// The usual pipeline with a step that runs a model.
fn predicting(models: &str, allow: &str) -> Sandbox {
    let step = format!(
        "uses = \"std/predict\"\ninput = \"customers\"\nwith = {{ model = \"churn\" }}\n{allow}"
    );
    let sandbox = Sandbox::with_standard_steps(STEP, &step);
    sandbox.replace(
        "[sources.customers]",
        &format!("{models}\n\n[sources.customers]"),
    );
    let model = crate::support::workspace()
        .join("runtime/models/tests/data")
        .join(MODEL);
    std::fs::copy(model, sandbox.path("model.onnx")).unwrap();
    sandbox
}

#[test]
fn a_model_that_was_not_granted() {
    assert_fails!(check(&predicting("[models]\nchurn = \"model.onnx\"", "")));
}

#[test]
fn a_model_that_is_not_there() {
    assert_fails!(check(&predicting(
        "[models]\nchurn = \"modle.onnx\"",
        "allow = { models = [\"churn\"] }"
    )));
}

#[test]
fn a_model_that_is_not_one() {
    let sandbox = predicting(
        "[models]\nchurn = \"customers.csv\"",
        "allow = { models = [\"churn\"] }",
    );
    assert_fails!(check(&sandbox));
}

#[test]
fn columns_that_a_model_takes_and_the_table_has_not() {
    assert_fails!(check(&predicting(
        "[models]\nchurn = \"model.onnx\"",
        "allow = { models = [\"churn\"] }"
    )));
}
