//! `#[step]` on a struct: what a step may declare, read and emit.

mod common;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use common::{customers, run, show, show_problems};
use serde_json::json;
use stepwell_sdk::native::NativeStep;
use stepwell_sdk::prelude::*;
use stepwell_sdk::{Description, StepDefinition};

/// A step of the test's own making: what it does when it is opened and given a batch.
#[derive(Clone, Copy)]
struct Script {
    open: fn(&Inputs, &mut Opening) -> Result<(), Problems>,
    process: fn(&Batch, &Output) -> Result<(), StepError>,
    finish: fn(&[Batch], &Output) -> Result<(), StepError>,
}

impl Script {
    fn new(
        open: fn(&Inputs, &mut Opening) -> Result<(), Problems>,
        process: fn(&Batch, &Output) -> Result<(), StepError>,
    ) -> Self {
        Self {
            open,
            process,
            finish: |_, _| Ok(()),
        }
    }
}

thread_local! {
    /// The script of the next step that is opened.
    static SCRIPT: RefCell<Option<Script>> = const { RefCell::new(None) };
}

mod scripted {
    use super::*;

    /// Does what the test says.
    #[step(
        name = "scripted",
        version = "0.1.0",
        inputs(input = "Rows.", other = "More rows."),
        outputs(output = "Rows.", rest = "Other rows.")
    )]
    pub(crate) struct Scripted {
        script: Script,
        batches: Vec<Batch>,
    }

    impl Step for Scripted {
        type Parameters = NoParameters;

        fn open(_: NoParameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
            let script = SCRIPT.take().expect("a test sets a script");
            (script.open)(inputs, plan)?;
            Ok(Self {
                script,
                batches: Vec::new(),
            })
        }

        fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
            self.batches.push(batch.clone());
            (self.script.process)(&batch, output)
        }

        fn finish(&mut self, output: &mut Output) -> Result<(), StepError> {
            (self.script.finish)(&self.batches, output)
        }
    }
}

fn open(script: Script) -> Result<NativeStep, Problems> {
    SCRIPT.set(Some(script));
    let other = customers().project(&[0, 1]).unwrap();
    NativeStep::open(
        scripted::STEP,
        json!({}),
        &[customers().schema(), other.schema()],
    )
}

/// What a script gives for the customers.
fn check_run(script: Script) -> String {
    match open(script) {
        Err(problems) => show_problems(&problems),
        Ok(mut step) => {
            let result = step.process(0, customers()).and_then(|()| step.finish());
            show(&step, result)
        }
    }
}

fn nothing(_: &Batch, _: &Output) -> Result<(), StepError> {
    Ok(())
}

#[test]
fn ports_docs_and_parameters_are_described() {
    let Description {
        name,
        summary,
        inputs,
        outputs,
        parameters,
        ..
    } = scripted::STEP.describe();
    insta::assert_debug_snapshot!((name, summary, inputs, outputs));
    insta::assert_snapshot!(parameters, @r#"{"type":"object","additionalProperties":false,"description":"The parameters of a step that has none.","$schema":"https://json-schema.org/draft/2020-12/schema"}"#);
}

#[test]
fn columns_are_passed_renamed_replaced_and_made() {
    let script = Script::new(
        |inputs, plan| {
            plan.reads("tenure");
            plan.pass_all_but(["total_charges"]);
            plan.make(Field::new("late", DataType::Int64, true));
            plan.replace("tenure", Field::new("years", DataType::Float64, true));
            plan.make_or_replace(Field::new("name", DataType::Utf8, false));
            plan.pass_as(inputs.column("total_charges")?, "charges");
            Ok(())
        },
        |batch, output| {
            let tenure = batch.column::<Int64Type>("tenure")?;
            let years: Float64Array = tenure
                .iter()
                .map(|months| Some(months? as f64 / 12.0))
                .collect();
            let names =
                StringArray::from_iter_values((0..batch.rows()).map(|row| format!("row {row}")));
            // In the order of the declarations, not of the schema.
            output.emit(batch, columns![tenure, years, names])
        },
    );
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    id: int64 | name: utf8 not null |      years: float64 | late: int64 | charges: float64
            1 | row 0               | 0.16666666666666666 |           2 |             20.0
            2 | row 1               |  0.3333333333333333 |           4 |             null
            3 | row 2               |                null |        null |              9.0
            4 | row 3               | 0.08333333333333333 |           1 |              7.5
            5 | row 4               |  0.8333333333333334 |          10 |            100.0
    rest:
    (0 rows without columns)
    "#);
}

#[test]
fn rows_are_selected_by_mask_index_and_range() {
    let script = Script::new(
        |_, plan| {
            plan.reads("tenure");
            for output in plan.outputs() {
                output.pass("id");
            }
            Ok(())
        },
        |batch, output| {
            let tenure = batch.column::<Int64Array>("tenure")?;
            let long: BooleanArray = tenure.iter().map(|months| Some(months? > 1)).collect();
            output.filter(batch, &long, columns![])?;
            let rest = output.port("rest")?;
            rest.take(batch, vec![4, 0, 0], columns![])?;
            rest.take(batch, 1..3, columns![])?;
            rest.take(batch, Vec::new(), columns![])
        },
    );
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    id: int64
            1
            2
            5
    rest:
    id: int64
            5
            1
            1
            2
            3
    "#);
}

#[test]
fn rows_are_rejected_with_a_code_and_a_reason() {
    let script = Script::new(
        |_, plan| {
            plan.reads("tenure");
            plan.pass_all();
            Ok(())
        },
        |batch, output| {
            let tenure = batch.array("tenure")?;
            let valid = tenure
                .nulls()
                .map_or_else(|| panic!("there is a null"), |nulls| nulls.inner().clone());
            output.reject(batch, !&valid, "no_tenure", "`tenure` is null")?;
            output.take(batch, valid, columns![])?;
            log::warn!("{} rows of {}", batch.rows(), batch.port());
            Ok(())
        },
    );
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    id: int64 | name: utf8 | tenure: int64 | total_charges: float64
            1 | ada        |             2 |                   20.0
            2 | ben        |             4 |                   null
            4 | dan        |             1 |                    7.5
            5 | eve        |            10 |                  100.0
    rest:
    (0 rows without columns)
    rejected as no_tenure (`tenure` is null):
    id: int64 | name: utf8 | tenure: int64 | total_charges: float64
            3 | cleo       |          null |                    9.0
    Warn: 5 rows of input
    "#);
}

#[test]
fn inputs_are_put_side_by_side_and_below_each_other() {
    let script = Script {
        finish: |batches, output| {
            let (left, right) = (&batches[0], &batches[1]);
            output.emit_rows(
                [left.select(vec![0, 4]), right.select(vec![1, 1])],
                columns![],
            )?;
            let rest = output.port("rest")?;
            rest.pass(left)?;
            rest.pass(right)
        },
        ..Script::new(
            |inputs, plan| {
                plan.stateful();
                let right = inputs.port("other")?;
                plan.pass("name");
                plan.pass_as(right.column("name")?, "other_name");
                let rest = plan.output("rest")?;
                rest.pass("id");
                rest.pass_also(right.column("id")?, "id");
                Ok(())
            },
            nothing,
        )
    };
    let mut step = open(script).unwrap();
    step.process(0, customers()).unwrap();
    step.process(1, customers().project(&[0, 1]).unwrap())
        .unwrap();
    let result = step.finish();
    insta::assert_snapshot!(show(&step, result), @r#"
    output:
    name: utf8 | other_name: utf8
    ada        | ben
    eve        | ben
    rest:
    id: int64
            1
            2
            3
            4
            5
            1
            2
            3
            4
            5
    "#);
}

#[test]
fn a_declaration_that_cannot_be_is_a_problem() {
    let script = Script::new(
        |inputs, plan| {
            plan.reads("tenur");
            plan.reads(inputs.port("other")?.column("id")?);
            plan.pass_all();
            plan.pass("id");
            plan.pass("missing");
            plan.make(Field::new("name", DataType::Utf8, true));
            plan.replace("nothing", Field::new("x", DataType::Utf8, true));
            plan.pass_field("id", Field::new("text", DataType::Utf8, true));
            plan.pass_also("name", "id");
            Ok(())
        },
        nothing,
    );
    insta::assert_snapshot!(check_run(script), @r#"
    missing_column at column "tenur" of input 0: column `tenur` is not in input `input`; columns are `id`, `name`, `tenure`, `total_charges`
      hint: did you mean `tenure`?
    missing_column at column "missing" of input 0: column `missing` is not in input `input`; columns are `id`, `name`, `tenure`, `total_charges`
    missing_column at step: output `output` has no column `nothing` to replace
    wrong_type at step: column `id` is passed as `utf8`, it is `int64`
    bad_pass at step: output column `id` cannot also be passed from column `name` of port `input`
    duplicate_column at step: output `output` would have several columns `id`
    duplicate_column at step: output `output` would have several columns `name`
    "#);
}

#[test]
fn a_steps_own_problems_come_with_those_of_its_declarations() {
    let script = Script::new(
        |inputs, plan| {
            let mut problems = Problems::new();
            plan.pass("nmae");
            inputs.listed(
                &["id", "nmae", "tenure", "name "],
                "/columns",
                &mut problems,
            );
            problems.check(inputs.typed::<Float64Type>("tenure"));
            problems.check(inputs.typed::<TimestampMicrosecondType>("name"));
            problems.check(plan.output("outptu").map(|_| ()));
            problems.into_result()
        },
        nothing,
    );
    insta::assert_snapshot!(check_run(script), @r#"
    missing_column at parameter "/columns/1": column `nmae` is not in input `input`; columns are `id`, `name`, `tenure`, `total_charges`
      hint: did you mean `name`?
    missing_column at parameter "/columns/3": column `name ` is not in input `input`; columns are `id`, `name`, `tenure`, `total_charges`
      hint: did you mean `name`?
    wrong_type at column "tenure" of input 0: column `tenure` is `int64`, expected `float64`
    wrong_type at column "name" of input 0: column `name` is `utf8`, expected `timestamp(us)`
    unknown_port at step: there is no port `outptu`; ports are `output`, `rest`
    missing_column at column "nmae" of input 0: column `nmae` is not in input `input`; columns are `id`, `name`, `tenure`, `total_charges`
      hint: did you mean `name`?
    "#);
}

/// Emissions that do not hold, each of a step that declared to pass `id` and to make `x: int64 not null`.
fn check_emission(process: fn(&Batch, &Output) -> Result<(), StepError>, expect: &str) {
    let declare: fn(&Inputs, &mut Opening) -> Result<(), Problems> = |_, plan| {
        plan.reads("id");
        plan.pass("id");
        plan.make(Field::new("x", DataType::Int64, false));
        Ok(())
    };
    let mut step = open(Script::new(declare, process)).unwrap();
    let error = step.process(0, customers()).unwrap_err();
    assert_eq!(format!("{}: {}", error.code, error.message), expect);
    assert!(step.emitted().is_empty());
}

#[test]
fn an_emission_that_does_not_hold_is_an_error_that_says_why() {
    check_emission(
        |batch, output| output.emit(batch, columns![]),
        "bad_emission: emission on port `output`: 0 made columns, `open` declared `x`",
    );
    check_emission(
        |batch, output| output.emit(batch, columns![Float64Array::from(vec![0.0; 5])]),
        "bad_emission: emission on port `output`: made column `x` is `float64`, `open` declared `int64`",
    );
    check_emission(
        |batch, output| output.emit(batch, columns![Int64Array::from(vec![1, 2])]),
        "bad_emission: emission on port `output`: made column `x` has 2 values for 5 rows",
    );
    check_emission(
        |batch, output| {
            output.take(
                batch,
                vec![0, 1],
                columns![Int64Array::from(vec![Some(1), None])],
            )
        },
        "bad_emission: emission on port `output`: made column `x` has nulls, `open` declared that it has none",
    );
    check_emission(
        |_, output| output.emit_made(columns![Int64Array::from(vec![1, 2])]),
        "bad_emission: emission on port `output`: no rows of the input that column `id` is passed from",
    );
    check_emission(
        |_, output| output.emit_made(columns![]),
        "bad_emission: emission on port `output`: neither rows of a batch nor made columns",
    );
    check_emission(
        |batch, output| output.emit_rows([batch.all(), batch.all()], columns![batch.array("id")?]),
        "bad_emission: emission on port `output`: several batches of input `input`",
    );
    check_emission(
        |batch, output| output.take(batch, vec![5], columns![Int64Array::from(vec![1])]),
        "bad_selection: the step selects row 5 of a batch of 5 rows",
    );
    check_emission(
        |batch, output| output.take(batch, 4..6, columns![Int64Array::from(vec![1, 2])]),
        "bad_selection: the step selects rows 4 to 6 of a batch of 5 rows",
    );
    check_emission(
        |batch, output| output.filter(batch, &BooleanArray::from(vec![true]), columns![]),
        "bad_selection: the step selects a mask of 1 rows for a batch of 5 rows",
    );
    check_emission(
        |_, output| output.port("rset").map(|_| ()),
        "unknown_port: there is no port `rset`; ports are `output`, `rest`",
    );
}

#[test]
fn a_column_that_was_not_declared_cannot_be_read() {
    let script = Script::new(|_, _| Ok(()), |batch, _| batch.array("name").map(|_| ()));
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    (0 rows without columns)
    rest:
    (0 rows without columns)
    undeclared_read at column "name" of input 0: the step reads column `name` of input `input`, which it did not declare
      hint: call `plan.reads("name")` in `open`
    "#);
    let script = Script::new(|_, _| Ok(()), |batch, _| batch.handle("name").map(|_| ()));
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    (0 rows without columns)
    rest:
    (0 rows without columns)
    undeclared_read at column "name" of input 0: the step reads column `name` of input `input`, which it did not declare
      hint: call `plan.reads("name")` in `open`
    "#);
}

#[test]
fn a_column_is_read_as_its_own_type_only() {
    let script = Script::new(
        |_, plan| {
            plan.reads("name");
            Ok(())
        },
        |batch, _| batch.column::<LargeUtf8Type>("name").map(|_| ()),
    );
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    (0 rows without columns)
    rest:
    (0 rows without columns)
    wrong_type at column "name" of input 0: column `name` is `utf8`, expected `large_utf8`
    "#);
}

#[test]
fn only_a_stateful_step_emits_at_the_end() {
    let script = Script {
        finish: |batches, output| output.pass(&batches[0]),
        ..Script::new(
            |_, plan| {
                plan.pass("id");
                Ok(())
            },
            nothing,
        )
    };
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    id: int64
    rest:
    (0 rows without columns)
    bad_emission at step: emission on port `output`: a step must declare itself `stateful` in `open` to emit in `finish`
    "#);
}

#[test]
fn a_batch_that_is_kept_and_released_can_be_read_again() {
    let script = Script {
        finish: |batches, output| {
            let total: i64 = batches.iter().map(|batch| batch.rows() as i64).sum();
            let first = batches[0].array("id")?;
            batches[0].release();
            assert_eq!(&first, &batches[0].array("id")?);
            output.emit_made(columns![Int64Array::from(vec![total])])
        },
        ..Script::new(
            |_, plan| {
                plan.stateful();
                plan.reads("id");
                plan.make(Field::new("rows", DataType::Int64, false));
                Ok(())
            },
            nothing,
        )
    };
    insta::assert_snapshot!(check_run(script), @r#"
    output:
    rows: int64 not null
                       5
    rest:
    (0 rows without columns)
    "#);
}

#[test]
fn the_state_of_a_map_step_is_empty_and_that_of_another_must_be_implemented() {
    let mut map = open(Script::new(|_, _| Ok(()), nothing)).unwrap();
    assert_eq!(map.save().unwrap(), Vec::<u8>::new());
    map.restore(&[]).unwrap();
    let mut stateful = open(Script::new(
        |_, plan| {
            plan.stateful();
            Ok(())
        },
        nothing,
    ))
    .unwrap();
    assert_eq!(stateful.save().unwrap_err().code, "not_saved");
    assert_eq!(stateful.restore(&[]).unwrap_err().code, "not_saved");
}

mod nested {
    use super::*;

    #[parameters]
    pub(crate) struct Parameters {
        /// Rules, in their order.
        rules: Vec<Rule>,
    }

    #[parameters]
    #[serde(rename_all = "snake_case")]
    pub(crate) enum Rule {
        /// Keeps the first rows.
        First { rows: u32 },
        /// Keeps all.
        All,
    }

    /// Takes nested parameters.
    #[step(name = "nested", version = "0.1.0")]
    pub(crate) struct Nested {
        rules: Vec<Rule>,
    }

    impl Step for Nested {
        type Parameters = Parameters;

        fn open(parameters: Parameters, _: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
            plan.pass("id");
            Ok(Self {
                rules: parameters.rules,
            })
        }

        fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
            for rule in &self.rules {
                match rule {
                    Rule::First { rows } => output.take(&batch, 0..*rows as usize, columns![])?,
                    Rule::All => output.pass(&batch)?,
                }
            }
            Ok(())
        }
    }
}

#[test]
fn a_bad_parameter_is_named_by_its_place() {
    let step = &nested::STEP;
    insta::assert_snapshot!(run(step, json!({ "rules": [{ "first": { "rows": 1 } }, "all"] })), @r#"
    output:
    id: int64
            1
            1
            2
            3
            4
            5
    "#);
    insta::assert_snapshot!(run(step, json!({ "rules": [{ "first": { "rows": -1 } }] })), @r#"bad_parameter at parameter "/rules/0/rows": parameter `rules.0.rows`: invalid value: integer `-1`, expected u32"#);
    insta::assert_snapshot!(run(step, json!({ "rules": ["all", "none"] })), @r#"bad_parameter at parameter "/rules/1": parameter `rules.1`: unknown variant `none`, expected `first` or `all`"#);
    insta::assert_snapshot!(run(step, json!({ "rule": [] })), @r#"bad_parameter at parameter "/rule": parameter `rule`: unknown field `rule`, expected `rules`"#);
    insta::assert_snapshot!(run(step, json!({})), @r#"bad_parameter at parameter "": missing field `rules`"#);
}

struct Doubler;

impl stepwell_sdk::native::NativeModel for Doubler {
    fn inputs(&self) -> Vec<stepwell_sdk::Tensor> {
        vec![stepwell_sdk::Tensor {
            name: "x".to_owned(),
            element_type: "tensor(int64)".to_owned(),
            shape: vec![None],
        }]
    }

    fn outputs(&self) -> Vec<stepwell_sdk::Tensor> {
        self.inputs()
    }

    fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepError> {
        Ok(outputs
            .iter()
            .map(|output| Field::new(&output.name, DataType::Int64, true))
            .collect())
    }

    fn run(
        &self,
        inputs: &[(String, Vec<ArrayRef>)],
        _: &[ModelOutput],
    ) -> Result<Vec<ArrayRef>, StepError> {
        let x = inputs[0].1[0].as_primitive::<Int64Type>();
        Ok(vec![Arc::new(x.unary::<_, Int64Type>(|x| 2 * x))])
    }
}

mod predicting {
    use super::*;

    /// Runs a model on columns by handle.
    #[step(name = "predicting", version = "0.1.0")]
    pub(crate) struct Predicting {
        model: Model,
    }

    impl Step for Predicting {
        type Parameters = NoParameters;

        fn open(_: NoParameters, _: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
            let model = Model::load("doubler")?;
            plan.reads("id");
            plan.pass("id");
            for field in model.output_fields(&[ModelOutput::whole("y")])? {
                plan.make(field);
            }
            Ok(Self { model })
        }

        fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
            let id = batch.handle("id")?;
            let made = self
                .model
                .run(&[ModelInput::new("x", [&id])], &[ModelOutput::whole("y")])?;
            output.emit(&batch, made)
        }
    }
}

#[test]
fn a_model_that_was_given_runs_on_handles() {
    let schemas = [customers().schema()];
    let models = [(
        "doubler".to_owned(),
        Rc::new(Doubler) as Rc<dyn stepwell_sdk::native::NativeModel>,
    )];
    let mut step = NativeStep::open_with_models(
        predicting::STEP,
        json!({}),
        &schemas,
        models.into_iter().collect(),
    )
    .unwrap();
    let result = step.process(0, customers());
    insta::assert_snapshot!(show(&step, result), @r#"
    output:
    id: int64 | y: int64
            1 |        2
            2 |        4
            3 |        6
            4 |        8
            5 |       10
    "#);
    insta::assert_snapshot!(run(&predicting::STEP, json!({})), @"unknown_model at step: there is no model `doubler`; none was given");
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    let step: StepDefinition = predicting::STEP;
    let models = [(
        "doubler".to_owned(),
        Rc::new(Doubler) as Rc<dyn stepwell_sdk::native::NativeModel>,
    )];
    let mut step = NativeStep::open_with_models(
        step,
        json!({}),
        &[customers().schema()],
        models.into_iter().collect(),
    )
    .unwrap();
    let error = step
        .process(0, customers().project(&[0]).unwrap())
        .unwrap_err();
    assert_eq!(error.code, "wrong_schema");
}
