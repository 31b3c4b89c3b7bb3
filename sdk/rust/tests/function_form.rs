//! `#[step]` on a function.

mod common;

use common::{customers, run};
use serde_json::json;
use stepwell_sdk::native::NativeStep;

mod charge {
    use stepwell_sdk::prelude::*;

    /// Average charge per month
    /// of tenure.
    ///
    /// Null where either is null.
    ///
    /// - one
    ///   - two
    #[step(name = "charge-per-month", version = "1.2.3")]
    pub(crate) fn charge_per_month(
        /// All that was charged.
        total_charges: &Float64Array,
        /// Months.
        tenure: &Int64Array,
    ) -> Float64Array {
        total_charges
            .iter()
            .zip(tenure)
            .map(|(charges, months)| Some(charges? / months? as f64))
            .collect()
    }
}

mod tiers {
    use stepwell_sdk::prelude::*;

    #[parameters]
    pub(crate) struct Tiers {
        /// Months from which a customer is old.
        old_from: i64,
    }

    /// Whether a customer is `old` or `new`.
    #[step]
    pub(crate) fn tier(tenure: &Int64Array, parameters: &Tiers) -> Result<StringArray, StepError> {
        if tenure.iter().flatten().any(|months| months > 99) {
            return Err(StepError::data("too_old", "a tenure is over 99"));
        }
        let tier = |months| {
            if months < parameters.old_from {
                "new"
            } else {
                "old"
            }
        };
        Ok(tenure.iter().map(|months| months.map(tier)).collect())
    }
}

mod short {
    use stepwell_sdk::prelude::*;

    /// Forgets a row.
    #[step]
    pub(crate) fn short(id: &Int64Array) -> Int64Array {
        id.slice(1, id.len() - 1)
    }
}

#[test]
fn a_functions_description_follows_from_its_signature_and_docs() {
    let description = charge::STEP.describe();
    insta::assert_debug_snapshot!(description);
    let parameters = tiers::STEP.describe().parameters;
    insta::assert_snapshot!(serde_json::to_string_pretty(&parameters).unwrap());
}

#[test]
fn the_package_gives_name_and_version_where_the_attribute_does_not() {
    let description = tiers::STEP.describe();
    assert_eq!(description.name, "stepwell-sdk");
    assert_eq!(description.version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_function_adds_the_column_of_its_name_and_passes_the_others() {
    insta::assert_snapshot!(run(&charge::STEP, json!({})), @r#"
    output:
    id: int64 | name: utf8 | tenure: int64 | total_charges: float64 | charge_per_month: float64
            1 | ada        |             2 |                   20.0 |                      10.0
            2 | ben        |             4 |                   null |                      null
            3 | cleo       |          null |                    9.0 |                      null
            4 | dan        |             1 |                    7.5 |                       7.5
            5 | eve        |            10 |                  100.0 |                      10.0
    "#);
    insta::assert_snapshot!(run(&tiers::STEP, json!({ "old_from": 4 })), @r#"
    output:
    id: int64 | name: utf8 | tenure: int64 | total_charges: float64 | tier: utf8
            1 | ada        |             2 |                   20.0 | new
            2 | ben        |             4 |                   null | old
            3 | cleo       |          null |                    9.0 | null
            4 | dan        |             1 |                    7.5 | new
            5 | eve        |            10 |                  100.0 | old
    "#);
}

#[test]
fn a_pipeline_may_name_the_columns_differently() {
    let parameters = json!({ "columns": { "tenure": "id" }, "output": "name" });
    insta::assert_snapshot!(run(&charge::STEP, parameters), @r#"
    output:
    id: int64 | name: float64 | tenure: int64 | total_charges: float64
            1 |          20.0 |             2 |                   20.0
            2 |          null |             4 |                   null
            3 |           3.0 |          null |                    9.0
            4 |         1.875 |             1 |                    7.5
            5 |          20.0 |            10 |                  100.0
    "#);
}

#[test]
fn only_the_arguments_are_read() {
    let step = NativeStep::open(charge::STEP, json!({}), &[customers().schema()]).unwrap();
    assert_eq!(
        step.opened().reads().iter().collect::<Vec<_>>(),
        [&(0, 2), &(0, 3)]
    );
}

#[test]
fn all_that_is_wrong_is_said_when_the_step_is_opened() {
    let parameters = json!({ "columns": { "tenure": "name", "total_charges": "totl_charges", "x": "id" }, "output": 5 });
    insta::assert_snapshot!(run(&charge::STEP, parameters), @r#"
    bad_parameter at parameter "/output": parameter `output`: expected a name, got `5`
    bad_parameter at parameter "/columns/x": the step reads no `x`; it reads `total_charges`, `tenure`
    missing_column at parameter "/columns/total_charges": column `totl_charges` is not in input `input`; columns are `id`, `name`, `tenure`, `total_charges`
      hint: did you mean `total_charges`?
    wrong_type at column "name" of input 0: column `name` is `utf8`, expected `int64`
    "#);
    insta::assert_snapshot!(run(&tiers::STEP, json!({ "old_form": 4, "columns": "id" })), @r#"
    bad_parameter at parameter "/columns": parameter `columns`: expected names by argument, got `"id"`
    bad_parameter at parameter "/old_form": parameter `old_form`: unknown field `old_form`, expected `old_from`
    "#);
    let renamed = customers().project(&[0, 1]).unwrap();
    let problems = NativeStep::open(charge::STEP, json!({}), &[renamed.schema()])
        .err()
        .unwrap();
    insta::assert_snapshot!(common::show_problems(&problems), @r#"
    missing_column at column "total_charges" of input 0: column `total_charges` is not in input `input`; columns are `id`, `name`
      hint: a column of another name is given as `columns = { total_charges = "…" }`
    missing_column at column "tenure" of input 0: column `tenure` is not in input `input`; columns are `id`, `name`
      hint: a column of another name is given as `columns = { tenure = "…" }`
    "#);
}

#[test]
fn what_goes_wrong_with_the_data_is_the_steps_error() {
    let old = run(
        &tiers::STEP,
        json!({ "old_from": 4, "columns": { "tenure": "id" } }),
    );
    insta::assert_snapshot!(old, @r#"
    output:
    id: int64 | name: utf8 | tenure: int64 | total_charges: float64 | tier: utf8
            1 | ada        |             2 |                   20.0 | new
            2 | ben        |             4 |                   null | new
            3 | cleo       |          null |                    9.0 | new
            4 | dan        |             1 |                    7.5 | old
            5 | eve        |            10 |                  100.0 | old
    "#);
    insta::assert_snapshot!(run(&short::STEP, json!({})), @r#"
    output:
    id: int64 | name: utf8 | tenure: int64 | total_charges: float64 | short: int64
    wrong_length at step: `short` returned 4 values for 5 rows
    "#);
}
