//! The example: the same bytes however it is run, and the probabilities of scikit-learn.

use std::fs::{self, File};
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_csv::ReaderBuilder;
use arrow_csv::reader::Format;
use arrow_schema::DataType;
use arrow_select::concat::concat_batches;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::support::{Sandbox, workspace};

/// How many customers there are.
const CUSTOMERS: usize = 7_043;
/// What the notebook prints for the third of the customers that it held out.
const AUC: f64 = 0.8455;

/// The example as a user has it.
fn example() -> Sandbox {
    let sandbox = Sandbox::with_standard_steps_only();
    let example = workspace().join("examples/churn");
    for file in ["pipeline.toml", "data/telco_churn.csv", "models/churn.onnx"] {
        sandbox.write(file, fs::read(example.join(file)).unwrap());
    }
    sandbox
}

#[test]
fn the_result_is_the_same_for_all_sizes_of_batches_and_numbers_of_threads() {
    let sandbox = example();
    let mut results: Vec<(String, Vec<u8>, RecordBatch)> = Vec::new();
    for batch_rows in ["1", "7", "8192", "1000000"] {
        for threads in ["1", "2"] {
            let size = format!("pipeline.batch_rows={batch_rows}");
            let run = |format: &str| {
                let format = format!("sinks.scores.format={format}");
                let arguments = [
                    "run",
                    "pipeline.toml",
                    "--quiet",
                    "--threads",
                    threads,
                    "--set",
                    &size,
                    "--set",
                    "sinks.scores.path=-",
                    "--set",
                    &format,
                ];
                sandbox.run(arguments).well().stdout
            };
            // A file of Arrow keeps the batches that it was written in, so that its rows are compared, not its bytes.
            let arrow = read_arrow(&run("arrow"));
            results.push((
                format!("{batch_rows} rows, {threads} threads"),
                run("csv"),
                arrow,
            ));
        }
    }
    let (_, csv, arrow) = &results[0];
    assert_eq!(
        csv.iter().filter(|byte| **byte == b'\n').count(),
        CUSTOMERS + 1
    );
    for (how, other_csv, other_arrow) in &results[1..] {
        assert!(csv == other_csv, "CSV differs with {how}");
        assert!(arrow == other_arrow, "Arrow differs with {how}");
    }
}

#[test]
fn probabilities_are_those_of_scikit_learn() {
    let sandbox = example();
    sandbox.run(["run", "pipeline.toml", "--quiet"]).well();
    let scores = read_parquet(&sandbox.path("out/scores.parquet"));
    let expected = read_csv(&workspace().join("examples/churn/expected/probabilities.csv"));
    assert_eq!(
        (scores.num_rows(), expected.num_rows()),
        (CUSTOMERS, CUSTOMERS)
    );
    let probabilities = numbers(&scores["churn_probability"]);
    let of_scikit_learn = numbers(&expected["churn_probability"]);
    for (row, (ours, theirs)) in probabilities.iter().zip(&of_scikit_learn).enumerate() {
        assert!(
            (ours - theirs).abs() < 1e-5,
            "row {row}: {ours} instead of {theirs}"
        );
    }
    let texts = cast(&expected["churn"], &DataType::Utf8).unwrap();
    let churned: Vec<bool> = texts
        .as_string::<i32>()
        .iter()
        .map(|text| text == Some("Yes"))
        .collect();
    let held_out: Vec<bool> = expected["held_out"]
        .as_boolean()
        .iter()
        .map(|value| value == Some(true))
        .collect();
    let judged: Vec<(f64, bool)> = (0..CUSTOMERS)
        .filter(|row| held_out[*row])
        .map(|row| (probabilities[row], churned[row]))
        .collect();
    assert_eq!(judged.len(), 2_348);
    let auc = area_under_curve(&judged);
    assert!(
        (auc - AUC).abs() < 5e-5,
        "the notebook prints {AUC}, here it is {auc}"
    );
}

#[test]
fn the_example_checks_and_is_explained() {
    let sandbox = example();
    insta::assert_snapshot!(
        "churn_is_checked",
        sandbox.run(["check", "pipeline.toml"]).well().text()
    );
    insta::assert_snapshot!(
        "churn_is_explained",
        sandbox.run(["explain", "pipeline.toml"]).well().text()
    );
    insta::assert_snapshot!(
        "churn_is_run",
        sandbox.run(["run", "pipeline.toml"]).well().text()
    );
}

/// The probability that one who left has a higher score than one who stayed; equal scores count half.
fn area_under_curve(judged: &[(f64, bool)]) -> f64 {
    let of = |wanted: bool| {
        judged
            .iter()
            .filter(move |(_, left)| *left == wanted)
            .map(|(score, _)| *score)
    };
    let mut wins = 0.0;
    for left in of(true) {
        for stayed in of(false) {
            wins += match left.total_cmp(&stayed) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    wins / (of(true).count() * of(false).count()) as f64
}

fn numbers(column: &ArrayRef) -> Vec<f64> {
    let numbers = cast(column, &DataType::Float64).unwrap();
    assert_eq!(numbers.null_count(), 0);
    numbers.as_primitive::<Float64Type>().values().to_vec()
}

fn read_parquet(path: &Path) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = reader.schema().clone();
    let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn read_arrow(bytes: &[u8]) -> RecordBatch {
    let reader = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(bytes), None).unwrap();
    let schema = reader.schema();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn read_csv(path: &Path) -> RecordBatch {
    let format = Format::default().with_header(true);
    let (schema, _) = format
        .infer_schema(File::open(path).unwrap(), None)
        .unwrap();
    let reader = ReaderBuilder::new(schema.clone().into())
        .with_format(format)
        .build(File::open(path).unwrap())
        .unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&schema.into(), &batches).unwrap()
}
