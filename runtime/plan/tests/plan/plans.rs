//! What a plan says: the order of steps, and the columns that are needed.

use std::collections::BTreeSet;

use serde_json::json;
use stepwell_plan::{Downstream, Limits, Plan, Upstream};

use crate::world::plan;

/// The names of the columns that are needed of what comes from there.
fn needed(plan: &Plan, upstream: Upstream) -> Vec<&str> {
    let schema = plan.schema(upstream);
    plan.needed(upstream)
        .iter()
        .map(|column| schema.field(*column).name().as_str())
        .collect()
}

#[test]
fn steps_come_after_what_they_read_from_whatever_their_order_in_the_file() {
    let plan = plan(
        "pipeline.name = 'a'
        [steps.third]
        uses = 'std/select'
        input = 'second'
        with = { columns = ['id'] }
        [steps.first]
        uses = 'std/split'
        input = 'customers'
        [steps.second]
        uses = 'std/join'
        input = ['first', 'first.test']
        [sources.customers]
        path = 'customers.csv'
        [sinks.result]
        input = 'third'
        path = 'out.csv'",
    );
    let names: Vec<&str> = plan.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "third"]);
    assert_eq!(
        plan.steps[1].inputs,
        [
            Upstream::Step { step: 0, port: 0 },
            Upstream::Step { step: 0, port: 1 }
        ]
    );
    assert_eq!(plan.sinks[0].input, Upstream::Step { step: 2, port: 0 });
    assert_eq!(plan.upstream_name(plan.steps[1].inputs[1]), "first.test");
    assert_eq!(plan.upstream_name(plan.sinks[0].input), "third");
    let readers = plan.readers(Upstream::Step { step: 0, port: 1 });
    assert_eq!(readers, [Downstream::Step { step: 1, port: 1 }]);
    assert_eq!(plan.readers(plan.sinks[0].input), [Downstream::Sink(0)]);
}

#[test]
fn a_column_is_needed_where_a_step_reads_it_or_a_sink_gets_it() {
    let plan = plan(
        "pipeline.name = 'a'
        sources.customers.path = 'customers.csv'
        [steps.clean]
        uses = 'std/impute'
        input = 'customers'
        with = { columns = ['total_charges'] }
        [steps.narrow]
        uses = 'std/select'
        input = 'clean'
        with = { columns = ['id', 'gender'] }
        [sinks.result]
        input = 'narrow'
        path = 'out.csv'",
    );
    // `clean` reads `total_charges`, although nobody needs what it makes of it; nobody ever looks
    // at `tenure`.
    assert_eq!(
        needed(&plan, Upstream::Source(0)),
        ["id", "gender", "total_charges"]
    );
    assert_eq!(
        needed(&plan, Upstream::Step { step: 0, port: 0 }),
        ["id", "gender"]
    );
    assert_eq!(plan.steps[0].needed_inputs(0), BTreeSet::from([0, 1, 3]));
}

#[test]
fn what_is_needed_of_each_input_and_each_reader_adds_up() {
    let plan = plan(
        "pipeline.name = 'a'
        sources.customers.path = 'customers.csv'
        sources.orders.path = 'orders.csv'
        [steps.join]
        uses = 'std/join'
        input = { right = 'orders', left = 'customers' }
        [steps.narrow]
        uses = 'std/select'
        input = 'join'
        with = { columns = ['gender', 'at'] }
        [steps.other]
        uses = 'std/select'
        input = 'join'
        with = { columns = ['tenure'] }
        [sinks.result]
        input = 'narrow'
        path = 'out.csv'
        [sinks.other]
        input = 'other'
        path = 'other.csv'",
    );
    assert_eq!(
        plan.steps[0].inputs,
        [Upstream::Source(0), Upstream::Source(1)]
    );
    assert_eq!(
        needed(&plan, Upstream::Source(0)),
        ["id", "gender", "tenure"]
    );
    assert_eq!(needed(&plan, Upstream::Source(1)), ["id", "at"]);
    assert_eq!(
        needed(&plan, Upstream::Step { step: 0, port: 0 }),
        ["gender", "tenure", "at"]
    );
}

#[test]
fn what_the_file_does_not_say_has_a_default() {
    let plan = plan(
        "pipeline.name = 'a'
        sources.customers.path = 'customers.csv'
        [steps.a]
        uses = 'std/select'
        input = 'customers'
        limits = { memory = '64 MiB', rows = 9 }
        [sinks.result]
        input = 'a'
        path = '-'",
    );
    assert_eq!((plan.batch_rows, plan.threads), (65_536, None));
    assert_eq!(plan.steps[0].parameters, json!({}));
    assert_eq!(plan.steps[0].grants, stepwell_plan::Grants::default());
    let expect = Limits {
        memory: 64 << 20,
        rows: 9,
        ..Limits::default()
    };
    assert_eq!(plan.steps[0].limits, expect);
}

#[test]
fn a_parameter_of_the_pipeline_keeps_its_type_where_it_stands_alone() {
    let plan = plan(
        "pipeline.name = 'a'
        parameters.seed = { type = 'integer', default = 5 }
        parameters.share = { type = 'number', default = 0.5 }
        sources.customers.path = 'customers_${param:seed}.csv'
        [steps.split]
        uses = 'std/split'
        input = 'customers'
        with = { seed = '${param:seed}', fraction = '${param:share}', text = '${param:share} of $${x}' }
        [sinks]
        a = { input = 'split', path = 'a.csv' }
        b = { input = 'split.test', path = 'b.csv' }",
    );
    let expect = json!({ "seed": 5, "fraction": 0.5, "text": "0.5 of ${x}" });
    assert_eq!(plan.steps[0].parameters, expect);
}
