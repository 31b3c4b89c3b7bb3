//! What the command line changes, and what is said where that is wrong.

use insta::assert_snapshot;
use stepwell_plan::{Overrides, ParseOptions, Paths, StepReference};

use crate::world::{checked, messages_with};

const PIPELINE: &str = r#"
[pipeline]
name = "churn"
[parameters.year]
type = "string"
default = "2023"
[parameters.seed]
type = "integer"
[sources.customers]
path = "customers_${param:year}.csv"
[steps.clean]
uses = "std/impute@0.1"
input = "customers"
with = { columns = ["tenure"], strategy = "median" }
[steps.split]
uses = "std/split"
input = "clean"
with = { seed = "${param:seed}" }
[sinks.result]
input = "split"
path = "out.csv"
[sinks.test]
input = "split.test"
path = "test.csv"
"#;

fn options(overrides: Overrides) -> ParseOptions {
    ParseOptions {
        overrides,
        ..ParseOptions::default()
    }
}

fn check(overrides: Overrides) -> String {
    let seeded = PIPELINE.replace("type = \"integer\"", "type = \"integer\"\ndefault = 7");
    messages_with(&seeded, &options(overrides))
}

#[test]
fn values_of_the_command_line_take_the_place_of_those_in_the_file() {
    let overrides = Overrides::new()
        .param("year=007")
        .param("seed=7")
        .param("clean.strategy=mean")
        .param("clean.columns.0=total_charges")
        .set("sources.customers.format=csv")
        .set("sinks.result.path='a=b.csv'")
        .set("steps.clean.limits.time=250 ms")
        .set("steps.split.path=split.wasm")
        .set("pipeline.batch_rows=7");
    let (plan, warnings) = checked(PIPELINE, &options(overrides))
        .into_result()
        .unwrap();
    assert_eq!(warnings, []);
    assert_eq!(plan.batch_rows, 7);
    assert_eq!(
        plan.sources[0].spec.path,
        Paths::One("customers_007.csv".into())
    );
    assert_eq!(
        plan.sources[0].spec.format,
        Some(stepwell_plan::Format::Csv)
    );
    assert_eq!(
        plan.steps[0].parameters,
        serde_json::json!({ "columns": ["total_charges"], "strategy": "mean" })
    );
    assert_eq!(
        plan.steps[0].limits.time,
        std::time::Duration::from_millis(250)
    );
    assert_eq!(plan.steps[1].parameters, serde_json::json!({ "seed": 7 }));
    assert_eq!(
        plan.steps[1].reference,
        StepReference::Path("split.wasm".into())
    );
    assert_eq!(plan.sinks[0].spec.path, "a=b.csv");
}

#[test]
fn a_number_of_the_command_line_is_a_text_where_a_text_is_wanted() {
    let overrides = Overrides::new()
        .param("seed=7")
        .param("clean.columns=['tenure']")
        .param("clean.fill_value=007")
        .set("pipeline.name=2024")
        .set("sinks.result.path=5");
    let (plan, _) = checked(PIPELINE, &options(overrides))
        .into_result()
        .unwrap();
    assert_eq!(plan.name, "2024");
    assert_eq!(plan.sinks[0].spec.path, "5");
    assert_eq!(plan.steps[0].parameters["fill_value"], "007");
    let overrides = Overrides::new().param("seed=7").param("clean.strategy=1");
    assert_snapshot!(messages_with(PIPELINE, &options(overrides)), @"error[invalid_value] --param:1:16: parameter `strategy` of step `clean` cannot be `1`; valid values: `mean`, `median`, `mode`, `constant`");
}

#[test]
fn a_parameter_without_a_value_says_how_to_give_it_one() {
    assert_snapshot!(messages_with(PIPELINE, &ParseOptions::default()), @r"
        error[missing_value] pipeline.toml:7:13: parameter `seed` of the pipeline has no value
          hint: give it one, `--param seed=…`, or a `default`
        ");
}

#[test]
fn a_wrong_value_is_shown_in_the_argument() {
    assert_snapshot!(check(Overrides::new().param("clean.strategy=medain").param("clean.columns=tenure")), @r#"
        error[wrong_type] --param:1:15: parameter `columns` of step `clean` must be an array of strings, not a string
          hint: write it in brackets: `["tenure"]`
        error[invalid_value] --param:1:16: parameter `strategy` of step `clean` cannot be `medain`; valid values: `mean`, `median`, `mode`, `constant`
          hint: did you mean `median`?
        "#);
    assert_snapshot!(check(Overrides::new().param("seed=many")), @"error[wrong_type] --param:1:6: parameter `seed` of the pipeline must be an integer, not a string");
    assert_snapshot!(check(Overrides::new().set("sources.customers.format=parket")), @r"
        error[invalid_value] --set:1:26: `sources.customers.format` cannot be `parket`; valid values: `csv`, `json`, `parquet`, `arrow`, `arrows`
          hint: did you mean `parquet`?
        ");
    assert_snapshot!(check(Overrides::new().param("clean.columns=['gendre']")), @"error[missing_column] --param:1:16: step `clean`: the input has no column `gendre`");
}

#[test]
fn a_wrong_key_is_shown_in_the_argument() {
    assert_snapshot!(check(Overrides::new().param("clean.stratgy=mean")), @"
    error[unknown_parameter] --param:1:7: step `clean` has no parameter `stratgy`; valid parameters: `columns`, `strategy`, `fill_value`
      hint: did you mean `strategy`?
    ");
    assert_snapshot!(check(Overrides::new().param("claen.strategy=mean")), @r"
        error[bad_override] --param:1:1: the pipeline has no step `claen`; valid steps: `clean`, `split`
          hint: did you mean `clean`?
        ");
    assert_snapshot!(check(Overrides::new().param("yaer=1")), @r"
        error[unknown_parameter] --param:1:1: the pipeline has no parameter `yaer`; valid parameters: `year`, `seed`
          hint: did you mean `year`?
        ");
    assert_snapshot!(check(Overrides::new().param("strategy=mean")), @r"
        error[unknown_parameter] --param:1:1: the pipeline has no parameter `strategy`; valid parameters: `year`, `seed`
          hint: a step's parameter is given with the step's name: `clean.strategy=…`
        ");
    assert_snapshot!(check(Overrides::new().set("source.customers.path=x")), @"
    error[bad_override] --set:1:1: a pipeline file has no section `source`; valid sections: `pipeline`, `limits`, `parameters`, `models`, `artifacts`, `sources`, `steps`, `sinks`
      hint: did you mean `sources`?
    ");
    assert_snapshot!(check(Overrides::new().set("sources.orders.path=x")), @"error[bad_override] --set:1:9: the pipeline has no source `orders`; valid sources: `customers`");
    assert_snapshot!(check(Overrides::new().set("sources.customers.pth=x")), @"
    error[unknown_key] --set:1:19: `sources.customers` has no key `pth`; valid keys: `path`, `format`, `compression`, `types`, `csv`, `sample_rows`
      hint: did you mean `path`?
    ");
    assert_snapshot!(check(Overrides::new().set("sinks=x")), @r"
        error[bad_override] --set:1:1: `sinks` as a whole cannot be set
          hint: name an entry and a key: `sinks.NAME.KEY=…`
        ");
    assert_snapshot!(check(Overrides::new().param("clean.columns.3=x")), @"error[bad_override] --param:1:15: `3` is no item of this array, which has 1, counted from 0");
    assert_snapshot!(check(Overrides::new().set("sources.customers.path.x=y")), @"error[bad_override] --set:1:24: `x` cannot be set: the value before it is no table");
}

#[test]
fn an_argument_has_a_form() {
    assert_snapshot!(check(Overrides::new().param("clean.strategy")), @r"
        error[bad_override] --param:1:1: `--param clean.strategy` has no `=`
          hint: write `STEP.KEY=VALUE` or `NAME=VALUE`
        ");
    assert_snapshot!(check(Overrides::new().set("=x")), @r"
        error[bad_override] --set:1:1: `` is not a key
          hint: write `SECTION.NAME.KEY=VALUE`
        ");
    assert_snapshot!(check(Overrides::new().set("a b.c=x")), @r"
        error[bad_override] --set:1:1: `a b.c` is not a key
          hint: write `SECTION.NAME.KEY=VALUE`
        ");
}
