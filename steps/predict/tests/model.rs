//! What the step does with a model, shown with one that needs no inference library.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Value, json};
use stepwell_sdk::arrow::array::RecordBatch;
use stepwell_sdk::arrow::schema::Schema;
use stepwell_sdk::native::{NativeModel, NativeStep};
use stepwell_sdk::prelude::*;
use stepwell_sdk::{Subject, Tensor};

/// Adds up its inputs. `sum` is a number, `scores` has the sum as the score of `yes` and 1 less it as that of `no`.
struct Adder {
    inputs: Vec<Tensor>,
}

fn tensor(name: &str, element_type: &str, shape: &[Option<u64>]) -> Tensor {
    Tensor {
        name: name.to_owned(),
        element_type: element_type.to_owned(),
        shape: shape.to_vec(),
    }
}

impl NativeModel for Adder {
    fn inputs(&self) -> Vec<Tensor> {
        self.inputs.clone()
    }

    fn outputs(&self) -> Vec<Tensor> {
        vec![
            tensor("sum", "tensor(double)", &[None, Some(1)]),
            tensor("scores", "tensor(double)", &[None, Some(2)]),
        ]
    }

    fn classes(&self) -> Vec<String> {
        vec!["no".to_owned(), "yes".to_owned()]
    }

    fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepError> {
        outputs
            .iter()
            .map(|output| {
                let class = output.class.as_deref();
                let code = match (output.name.as_str(), class) {
                    ("sum", None) | ("scores", Some("no" | "yes")) => {
                        return Ok(Field::new(class.unwrap_or("sum"), DataType::Float64, false));
                    }
                    ("sum", Some(_)) => "model_not_scores",
                    ("scores", None) => "model_unsupported_output",
                    ("scores", Some(_)) => "model_unknown_class",
                    _ => "model_unknown_output",
                };
                Err(StepError::new(
                    code,
                    format!("no `{}` of `{}`", class.unwrap_or("whole"), output.name),
                ))
            })
            .collect()
    }

    fn run(
        &self,
        inputs: &[(String, Vec<ArrayRef>)],
        outputs: &[ModelOutput],
    ) -> Result<Vec<ArrayRef>, StepError> {
        let names: Vec<&str> = inputs.iter().map(|(name, _)| name.as_str()).collect();
        let expected: Vec<&str> = self
            .inputs
            .iter()
            .map(|tensor| tensor.name.as_str())
            .collect();
        assert_eq!(names, expected);
        let columns: Vec<&Float64Array> = inputs
            .iter()
            .flat_map(|(_, columns)| columns)
            .map(|column| column.as_primitive())
            .collect();
        let sums: Float64Array = (0..columns[0].len())
            .map(|row| columns.iter().map(|column| column.value(row)).sum::<f64>())
            .collect();
        Ok(outputs
            .iter()
            .map(|output| match output.class.as_deref() {
                Some("no") => Arc::new(sums.unary::<_, Float64Type>(|sum| 1.0 - sum)) as ArrayRef,
                _ => Arc::new(sums.clone()) as ArrayRef,
            })
            .collect())
    }
}

fn open(
    model: Vec<Tensor>,
    parameters: Value,
    fields: &[(&str, DataType)],
) -> Result<NativeStep, Problems> {
    let fields: Vec<Field> = fields
        .iter()
        .map(|(name, data_type)| Field::new(*name, data_type.clone(), true))
        .collect();
    let models = BTreeMap::from([(
        "adder".to_owned(),
        Rc::new(Adder { inputs: model }) as Rc<dyn NativeModel>,
    )]);
    NativeStep::open_with_models(
        step_predict::STEP,
        parameters,
        &[Arc::new(Schema::new(fields))],
        models,
    )
}

/// What comes out for two rows, in which the columns `a`, `b` and `c` are 1, 2, 3 and 10, 20, 30.
fn check(model: Vec<Tensor>, parameters: Value, reads: &[usize], expected: &[(&str, [f64; 2])]) {
    let fields = ["a", "b", "c"].map(|name| (name, DataType::Float64));
    let mut step = open(model, parameters, &fields).expect("the step opens");
    let read: Vec<usize> = step
        .opened()
        .reads()
        .iter()
        .map(|(_, column)| *column)
        .collect();
    assert_eq!(read, reads);
    let columns = [[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]
        .map(|values| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef);
    let schema = step.opened().inputs().schema().clone();
    step.process(0, RecordBatch::new_empty(schema.clone()))
        .expect("no rows are taken");
    step.process(
        0,
        RecordBatch::try_new(schema, columns.to_vec()).expect("a batch"),
    )
    .expect("rows are taken");
    step.finish().expect("the step finishes");
    let output = step.output(0).expect("an output");
    let actual: Vec<(&str, Vec<f64>)> = output
        .schema_ref()
        .fields()
        .iter()
        .zip(output.columns())
        .map(|(field, column)| {
            (
                field.name().as_str(),
                column.as_primitive::<Float64Type>().values().to_vec(),
            )
        })
        .collect();
    let expected: Vec<(&str, Vec<f64>)> = expected
        .iter()
        .map(|(name, values)| (*name, values.to_vec()))
        .collect();
    assert_eq!(actual, expected);
}

const A: (&str, [f64; 2]) = ("a", [1.0, 10.0]);
const B: (&str, [f64; 2]) = ("b", [2.0, 20.0]);
const C: (&str, [f64; 2]) = ("c", [3.0, 30.0]);

fn one_column_each() -> Vec<Tensor> {
    vec![
        tensor("a", "tensor(double)", &[None, Some(1)]),
        tensor("c", "tensor(double)", &[None]),
    ]
}

fn two_features() -> Vec<Tensor> {
    vec![tensor("X", "tensor(double)", &[None, Some(2)])]
}

#[test]
fn inputs_take_the_columns_of_their_names() {
    let parameters = json!({ "model": "adder", "output": "sum" });
    check(
        one_column_each(),
        parameters,
        &[0, 2],
        &[A, B, C, ("sum", [4.0, 40.0])],
    );
}

#[test]
fn inputs_take_the_columns_that_they_are_given() {
    let parameters =
        json!({ "model": "adder", "output": "sum", "name": "total", "inputs": { "c": "b" } });
    check(
        one_column_each(),
        parameters,
        &[0, 1],
        &[A, B, C, ("total", [3.0, 30.0])],
    );
    let parameters = json!({ "model": "adder", "output": "sum", "inputs": { "X": ["b", "c"] } });
    check(
        two_features(),
        parameters,
        &[1, 2],
        &[A, B, C, ("sum", [5.0, 50.0])],
    );
}

#[test]
fn a_class_gives_its_score() {
    let parameters = json!({ "model": "adder", "output": "scores", "class": "no", "name": "p" });
    check(
        one_column_each(),
        parameters,
        &[0, 2],
        &[A, B, C, ("p", [-3.0, -39.0])],
    );
}

#[test]
fn all_outputs_are_taken_by_default() {
    let parameters = json!({ "model": "adder", "class": "yes", "prefix": "m_" });
    let made = [A, B, C, ("m_sum", [4.0, 40.0]), ("m_scores", [4.0, 40.0])];
    check(one_column_each(), parameters, &[0, 2], &made);
}

#[test]
fn a_column_of_the_same_name_is_replaced() {
    let parameters = json!({ "model": "adder", "output": "sum", "name": "a" });
    check(
        one_column_each(),
        parameters,
        &[0, 2],
        &[("a", [4.0, 40.0]), B, C],
    );
}

/// All that is wrong, with its place and hint.
fn problems(model: Vec<Tensor>, parameters: Value, fields: &[(&str, DataType)]) -> String {
    let problems = open(model, parameters, fields)
        .err()
        .expect("the step refuses");
    let lines = problems.iter().map(|problem| {
        let place = match &problem.subject {
            Subject::Parameter(pointer) => pointer.clone(),
            Subject::Column(_, name) => format!("column {name}"),
            other => format!("{other:?}"),
        };
        let hint = problem
            .hint
            .as_ref()
            .map(|hint| format!("\n  hint: {hint}"))
            .unwrap_or_default();
        format!("{} at {place}: {}{hint}", problem.code, problem.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_that_does_not_fit_is_said_at_once() {
    let parameters = json!({
        "model": "adder", "output": "summ", "prefix": "m_", "inputs": { "X": ["a", "bb", "text"], "x/y": "a" },
    });
    let fields = [
        ("a", DataType::Float64),
        ("b", DataType::Float64),
        ("text", DataType::Utf8),
    ];
    insta::assert_snapshot!(problems(two_features(), parameters, &fields), @"
    unknown_input at /inputs/x~1y: model `adder` has no input `x/y`; inputs are `X`
    missing_column at /inputs/X/1: column `bb` is not in input `input`; columns are `a`, `b`, `text`
    wrong_columns at /inputs/X: input `X` of model `adder` takes 2 columns, not 3
    wrong_type at column text: input `X` of model `adder` takes numbers, and column `text` is `utf8`
      hint: cast the column before
    unused_prefix at /prefix: `prefix` is for all outputs, and only one is taken
      hint: give the column's `name`
    model_unknown_output at /output: no `whole` of `summ`
    ");
}

#[test]
fn an_input_without_a_column_says_how_to_give_it_one() {
    let parameters = json!({ "model": "adder", "output": "sum" });
    let fields = [("A", DataType::Float64), ("b", DataType::Float64)];
    insta::assert_snapshot!(problems(one_column_each(), parameters.clone(), &fields), @r#"
    missing_column at column a: model `adder` takes an input `a`, and there is no column of this name
      hint: say which columns it takes: `inputs = { a = "A" }`
    missing_column at column c: model `adder` takes an input `c`, and there is no column of this name
      hint: say which columns it takes: `inputs = { c = "…" }`
    "#);
    insta::assert_snapshot!(problems(two_features(), parameters.clone(), &fields), @r#"
    missing_column at column X: model `adder` takes an input `X`, and there is no column of this name
      hint: say which columns it takes: `inputs = { X = ["…", "…"] }`
    "#);
    insta::assert_snapshot!(problems(two_features(), parameters, &[("X", DataType::Float64)]), @r#"
    wrong_columns at /model: input `X` of model `adder` takes 2 columns, not 1
      hint: list the columns in the order of the features: `inputs = { X = ["…", "…"] }`
    "#);
}

#[test]
fn classes_and_outputs_that_are_not_there_are_said() {
    let fields = ["a", "c"].map(|name| (name, DataType::Float64));
    let wrong = |parameters| problems(one_column_each(), parameters, &fields);
    insta::assert_snapshot!(wrong(json!({ "model": "adder", "class": "maybe" })), @"model_unknown_class at /class: no `maybe` of `scores`");
    insta::assert_snapshot!(wrong(json!({ "model": "adder", "output": "scores", "class": "maybe" })), @"model_unknown_class at /class: no `maybe` of `scores`");
    insta::assert_snapshot!(wrong(json!({ "model": "adder", "output": "sum", "class": "yes" })), @"model_not_scores at /class: no `yes` of `sum`");
    insta::assert_snapshot!(wrong(json!({ "model": "adder", "name": "score" })), @"
    unused_name at /name: `name` names the column of one output, and all outputs are taken
      hint: say which `output` to take, or give a `prefix`
    model_unsupported_output at /model: no `whole` of `scores`
    ");
    insta::assert_snapshot!(wrong(json!({ "model": "ader", "output": "sum" })), @"unknown_model at /model: there is no model `ader`; given are `adder`");
}

#[test]
fn columns_that_an_input_cannot_take_are_refused() {
    let check = |element_type: &str, data_type: DataType| {
        let model = vec![tensor("a", element_type, &[None, Some(1)])];
        let opened = open(
            model,
            json!({ "model": "adder", "output": "sum" }),
            &[("a", data_type)],
        );
        opened.err().map(|problems| problems.to_string())
    };
    let text_by_key = DataType::Dictionary(DataType::Int32.into(), DataType::Utf8.into());
    for (element_type, taken) in [
        ("tensor(float)", DataType::Int64),
        ("tensor(float)", DataType::Decimal128(10, 2)),
        ("tensor(double)", DataType::Boolean),
        ("tensor(int64)", DataType::Float64),
        ("tensor(uint8)", DataType::Boolean),
        ("tensor(bool)", DataType::Boolean),
        ("tensor(string)", DataType::LargeUtf8),
        ("tensor(string)", text_by_key.clone()),
        ("tensor(of the future)", DataType::Date32),
    ] {
        assert_eq!(check(element_type, taken), None);
    }
    for (element_type, refused, expected) in [
        (
            "tensor(float)",
            DataType::Utf8,
            "takes numbers, and column `a` is `utf8`",
        ),
        ("tensor(float)", text_by_key, "takes numbers"),
        (
            "tensor(int64)",
            DataType::Decimal128(10, 0),
            "takes whole numbers",
        ),
        ("tensor(bool)", DataType::Int64, "takes booleans"),
        ("tensor(string)", DataType::Date32, "takes text"),
    ] {
        let said = check(element_type, refused).unwrap_or_default();
        assert!(said.contains(expected), "{said}");
    }
}
