//! Models as scikit-learn exports them give what scikit-learn gives, whatever the batches.
//!
//! Each folder of `tests/data` with a `case.json` is a case.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::DataType;
use serde_json::Value;
use stepwell_models::{Model, OutputRequest};

struct Case {
    model: Arc<Model>,
    table: RecordBatch,
    inputs: Vec<(String, Vec<String>)>,
    requests: Vec<OutputRequest>,
    expected: RecordBatch,
    tolerance: f64,
}

impl Case {
    fn read(name: &str) -> Self {
        let folder = common::data(name);
        let case: Value =
            serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
        let inputs: BTreeMap<String, Vec<String>> =
            serde_json::from_value(case["inputs"].clone()).unwrap();
        let outputs: BTreeMap<String, (String, Option<String>)> =
            serde_json::from_value(case["outputs"].clone()).unwrap();
        let expected = common::texts(&folder.join("expected.csv"));
        let schema = expected.schema();
        let requests = schema.fields().iter().map(|field| {
            let (name, class) = outputs[field.name()].clone();
            OutputRequest { name, class }
        });
        Self {
            model: common::load(name),
            table: common::table(case["table"].as_str().unwrap()),
            inputs: inputs.into_iter().collect(),
            requests: requests.collect(),
            expected,
            tolerance: case["tolerance"].as_f64().unwrap(),
        }
    }

    fn run(&self, start: usize, rows: usize) -> Vec<ArrayRef> {
        let batch = self.table.slice(start, rows);
        let inputs: Vec<(&str, Vec<ArrayRef>)> = self
            .inputs
            .iter()
            .map(|(input, columns)| {
                let columns = columns.iter().map(|name| common::column(&batch, name));
                (input.as_str(), columns.collect())
            })
            .collect();
        let columns = self.model.run(&inputs, &self.requests, rows);
        columns.unwrap_or_else(|error| panic!("{error}"))
    }

    /// The whole table, in batches of this many rows.
    fn run_in_batches(&self, rows: usize) -> Vec<ArrayRef> {
        let total = self.table.num_rows();
        let parts: Vec<Vec<ArrayRef>> = (0..total)
            .step_by(rows)
            .map(|start| self.run(start, rows.min(total - start)))
            .collect();
        (0..self.requests.len())
            .map(|column| {
                let parts: Vec<&dyn Array> =
                    parts.iter().map(|part| part[column].as_ref()).collect();
                arrow_select::concat::concat(&parts).unwrap()
            })
            .collect()
    }
}

fn numbers(column: &ArrayRef) -> Vec<f64> {
    let column = cast(column, &DataType::Float64).unwrap();
    column.as_primitive::<Float64Type>().values().to_vec()
}

/// What a row of a result says, as a text or as numbers.
fn compare(found: &ArrayRef, expected: &dyn Array, tolerance: f64, what: &str) {
    let expected = expected.as_string::<i32>();
    let expected_numbers = |row: usize| -> Vec<f64> {
        match serde_json::from_str(expected.value(row)) {
            Ok(Value::Array(values)) => {
                values.iter().map(|value| value.as_f64().unwrap()).collect()
            }
            Ok(value) => vec![value.as_f64().unwrap()],
            Err(error) => panic!("{what}, row {row}: {error}"),
        }
    };
    for row in 0..found.len() {
        let found = match found.data_type() {
            DataType::Utf8 => {
                assert_eq!(
                    found.as_string::<i32>().value(row),
                    expected.value(row),
                    "{what}, row {row}"
                );
                continue;
            }
            DataType::Boolean => {
                let found = if found.as_boolean().value(row) {
                    "True"
                } else {
                    "False"
                };
                assert_eq!(found, expected.value(row), "{what}, row {row}");
                continue;
            }
            DataType::FixedSizeList(..) => numbers(&found.as_fixed_size_list().value(row)),
            _ => numbers(&found.slice(row, 1)),
        };
        let expected = expected_numbers(row);
        assert_eq!(found.len(), expected.len(), "{what}, row {row}");
        for (found, expected) in found.iter().zip(&expected) {
            let allowed = tolerance * expected.abs().max(1.0);
            assert!(
                (found - expected).abs() <= allowed,
                "{what}, row {row}: {found} is not {expected}"
            );
        }
    }
}

fn case_names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(common::data(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("case.json").is_file())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert!(names.len() >= 15, "only {} cases", names.len());
    names
}

#[test]
fn results_are_those_of_scikit_learn() {
    for name in case_names() {
        let case = Case::read(&name);
        let found = case.run(0, case.table.num_rows());
        assert_eq!(case.table.num_rows(), case.expected.num_rows(), "{name}");
        let schema = case.expected.schema();
        for (position, column) in found.iter().enumerate() {
            let what = format!("{name}, column `{}`", schema.field(position).name());
            compare(
                column,
                case.expected.column(position).as_ref(),
                case.tolerance,
                &what,
            );
        }
    }
}

#[test]
fn results_have_the_types_that_were_announced() {
    for name in case_names() {
        let case = Case::read(&name);
        let fields = case.model.output_fields(&case.requests).unwrap();
        for rows in [0, 1, 3] {
            for (column, field) in case.run(5, rows).iter().zip(&fields) {
                assert_eq!(
                    column.data_type(),
                    field.data_type(),
                    "{name}, `{}`",
                    field.name()
                );
                assert_eq!(column.len(), rows, "{name}, `{}`", field.name());
                assert_eq!(column.null_count(), 0, "{name}, `{}`", field.name());
            }
        }
    }
}

#[test]
fn results_have_the_same_bits_in_batches_of_any_size() {
    for name in case_names() {
        let case = Case::read(&name);
        let whole = case.run_in_batches(usize::MAX);
        for rows in [1, 2, 7, 100, 127, 128, 129] {
            let parts = case.run_in_batches(rows);
            assert!(
                whole
                    .iter()
                    .zip(&parts)
                    .all(|(whole, part)| whole.to_data() == part.to_data()),
                "{name} differs in batches of {rows}"
            );
        }
    }
}

#[test]
fn a_row_has_the_same_bits_wherever_it_stands_in_a_batch() {
    for name in case_names() {
        let case = Case::read(&name);
        let whole = case.run_in_batches(usize::MAX);
        for start in [1, 5, 64, 97] {
            let found = case.run(start, 140);
            for (whole, found) in whole.iter().zip(&found) {
                assert_eq!(&whole.slice(start, 140), found, "{name} from row {start}");
            }
        }
    }
}

#[test]
fn many_threads_get_the_same_bits() {
    let case = Case::read("forest");
    let whole = case.run_in_batches(usize::MAX);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for rows in [50, 301, 13] {
                    assert_eq!(case.run_in_batches(rows), whole);
                }
            });
        }
    });
}

#[test]
fn the_example_gives_the_probabilities_of_the_notebook() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/churn");
    let customers = common::texts(&folder.join("data/telco_churn.csv"));
    let expected = common::texts(&folder.join("expected/probabilities.csv"));
    let model = common::catalog()
        .load(&folder.join("models/churn.onnx"))
        .unwrap();
    let columns: Vec<(String, ArrayRef)> = model
        .inputs()
        .iter()
        .map(|input| {
            let column = common::column(&customers, &input.name);
            let column = match input.element_type.as_str() {
                "tensor(string)" => cleaned(&column),
                "tensor(float)" => cast(&column, &DataType::Float64).unwrap(),
                _ => cast(&column, &DataType::Int64).unwrap(),
            };
            (input.name.clone(), column)
        })
        .collect();
    let inputs: Vec<(&str, Vec<ArrayRef>)> = columns
        .iter()
        .map(|(name, column)| (name.as_str(), vec![Arc::clone(column)]))
        .collect();
    let request = OutputRequest::class("probabilities", "1");
    let found = model
        .run(&inputs, &[request], customers.num_rows())
        .unwrap();
    let probabilities = common::column(&expected, "churn_probability");
    assert_eq!(found[0].len(), 7043);
    compare(&found[0], probabilities.as_ref(), 1e-5, "churn");

    let notebook = std::fs::read_to_string(folder.join("churn.ipynb")).unwrap();
    let auc = auc_of_held_out(&numbers(&found[0]), &expected);
    let printed = format!("AUC on the held-out third: {auc:.4}");
    assert!(notebook.contains(&printed), "{printed}");
}

/// How often a customer who left has a higher score than one who stayed, ties counted half.
fn auc_of_held_out(scores: &[f64], expected: &RecordBatch) -> f64 {
    let held_out = common::column(expected, "held_out");
    let churn = common::column(expected, "churn");
    let (mut left, mut stayed) = (Vec::new(), Vec::new());
    for (row, &score) in scores.iter().enumerate() {
        if held_out.as_string::<i32>().value(row) == "True" {
            match churn.as_string::<i32>().value(row) {
                "Yes" => left.push(score),
                _ => stayed.push(score),
            }
        }
    }
    let pairs = left
        .iter()
        .flat_map(|left| stayed.iter().map(move |stayed| (left, stayed)));
    let higher = pairs.map(|(left, stayed)| match left.total_cmp(stayed) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    higher.sum::<f64>() / (left.len() * stayed.len()) as f64
}

/// As the notebook cleans a text column.
fn cleaned(column: &ArrayRef) -> ArrayRef {
    let texts = column
        .as_string::<i32>()
        .iter()
        .map(|text| match text.unwrap() {
            "No internet service" | "No phone service" => "No".to_owned(),
            text => text.replace(" (automatic)", ""),
        });
    Arc::new(arrow_array::StringArray::from_iter_values(texts))
}
