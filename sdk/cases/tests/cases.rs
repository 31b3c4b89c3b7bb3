//! Reading, comparing and accepting cases.

use std::fs;
use std::path::Path;

use arrow_array::RecordBatch;
use stepwell_cases::{Case, Outcome, Problem, RejectedRows, parse_table};

const CASE: &str = "\
# Fills with the median of what is known.
tolerance = 1e-9
models = { churn = \"models/churn.onnx\" }

--- parameters
# columns to fill
columns = [\"total\"]
since = 2026-01-31

--- input customers
id: int64 | total: float64
1 | 1.5
2 | null
3 | 0.5

--- output
# one is made
id: int64 | total: float64
        1 |        1.5
        2 |        1.0

--- rejected customers
code    | reason       | id: int64 | total: float64
too_low | 0.5 is below |         3 |            0.5
";

fn case() -> Case {
    Case::parse(CASE, Path::new("cases/median.case")).unwrap()
}

fn table(text: &str) -> RecordBatch {
    parse_table(text).unwrap()
}

fn output(text: &str, rejected: Vec<RejectedRows>) -> Outcome {
    Outcome::Output {
        tables: vec![("output".to_owned(), table(text))],
        rejected,
    }
}

fn rejected(text: &str, code: &str, reason: &str) -> RejectedRows {
    RejectedRows {
        port: "customers".to_owned(),
        code: code.to_owned(),
        reason: reason.to_owned(),
        rows: table(text),
    }
}

fn problem(code: &str, message: &str) -> Problem {
    Problem {
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

fn too_low() -> RejectedRows {
    rejected(
        "id: int64 | total: float64\n3 | 0.5",
        "too_low",
        "0.5 is below",
    )
}

fn check_mismatch(name: &str, case: &Case, actual: &Outcome) {
    insta::assert_snapshot!(name, case.compare(actual).unwrap_err());
}

#[test]
fn a_case_holds_what_its_file_says() {
    let case = case();
    assert_eq!(case.name, "median");
    assert_eq!(case.tolerance, Some(1e-9));
    assert_eq!(case.models["churn"], Path::new("cases/models/churn.onnx"));
    assert_eq!(
        case.parameters,
        serde_json::json!({"columns": ["total"], "since": "2026-01-31"})
    );
    assert_eq!(case.inputs.len(), 1);
    assert_eq!(case.inputs[0].0, "customers");
    assert_eq!(
        case.inputs[0].1,
        table("id: int64 | total: float64\n1 | 1.5\n2 | null\n3 | 0.5")
    );
    let expected = output(
        "id: int64 | total: float64\n1 | 1.5\n2 | 1.0",
        vec![too_low()],
    );
    assert_eq!(case.expected, expected);
    case.compare(&expected).unwrap();
}

#[test]
fn floats_may_differ_by_the_tolerance_and_no_more() {
    let within = output(
        "id: int64 | total: float64\n1 | 1.5\n2 | 1.0000000001",
        vec![too_low()],
    );
    case().compare(&within).unwrap();
    let mut exact = case();
    exact.tolerance = None;
    exact.compare(&within).unwrap_err();
    let nested = "x: struct<a: list<float64>, b: utf8>\n";
    let mut case = case();
    case.expected = output(&format!("{nested}{{\"a\": [1.5], \"b\": \"1.5\"}}"), vec![]);
    case.compare(&output(
        &format!("{nested}{{\"a\": [1.50000000001], \"b\": \"1.5\"}}"),
        vec![],
    ))
    .unwrap();
    case.compare(&output(
        &format!("{nested}{{\"a\": [1.5], \"b\": \"1.50000000001\"}}"),
        vec![],
    ))
    .unwrap_err();
}

#[test]
fn mismatches_say_where() {
    let case = case();
    check_mismatch(
        "other_values",
        &case,
        &output(
            "id: int64 | total: float64\n1 | null\n5 | 1.0",
            vec![too_low()],
        ),
    );
    check_mismatch(
        "other_columns",
        &case,
        &output(
            "id: int32 | total: float64 not null\n1 | 1.5\n2 | 1.0",
            vec![too_low()],
        ),
    );
    check_mismatch(
        "other_rows",
        &case,
        &output(
            "id: int64 | total: float64\n1 | 1.5\n7 | 7.0\n2 | 1.0",
            vec![too_low()],
        ),
    );
    check_mismatch(
        "other_rejects",
        &case,
        &output(
            "id: int64 | total: float64\n1 | 1.5\n2 | 1.0",
            vec![rejected(
                "id: int64 | total: float64\n2 | null\n3 | 0.5",
                "too_low",
                "nothing",
            )],
        ),
    );
    check_mismatch(
        "other_ports",
        &case,
        &Outcome::Output {
            tables: vec![("test".to_owned(), table("id: int64"))],
            rejected: vec![too_low()],
        },
    );
    let failed = Outcome::Error {
        problems: vec![
            problem("missing_column", "there is no column `total`"),
            problem("other", "x"),
        ],
    };
    check_mismatch("an_error_for_outputs", &case, &failed);
    let mut failing = case.clone();
    failing.expected = Outcome::Error {
        problems: vec![problem("missing_column", "there is no column `total`")],
    };
    check_mismatch("outputs_for_an_error", &failing, &case.expected);
    check_mismatch("another_error", &failing, &failed);
    let new = Case::parse("--- input\nid: int64\n", Path::new("new.case")).unwrap();
    check_mismatch("nothing_expected", &new, &case.expected);
}

#[test]
fn the_order_of_rejected_rows_has_no_meaning() {
    let header = "id: int64\n";
    let mut case = case();
    let first = rejected(&format!("{header}1\n2"), "a", "why");
    let second = rejected(&format!("{header}3"), "b", "why");
    case.expected = output(header, vec![first.clone(), second.clone()]);
    case.compare(&output(header, vec![second.clone(), first.clone()]))
        .unwrap();
    case.compare(&output(header, vec![second, first.clone(), first]))
        .unwrap_err();
}

#[test]
fn an_accepted_outcome_is_the_expected_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("median.case");
    let outcomes = [
        (
            "blessed_output",
            output(
                "id: int64 | total: float64\n1 | 1.5\n2 | 0.1",
                vec![too_low()],
            ),
        ),
        (
            "blessed_error",
            Outcome::Error {
                problems: vec![
                    problem("missing_column", "two\nlines"),
                    problem("other", "plain"),
                ],
            },
        ),
        (
            "blessed_ports",
            Outcome::Output {
                tables: vec![
                    ("train".to_owned(), table("id: int64\n1")),
                    ("test".to_owned(), table("(2 rows without columns)")),
                ],
                rejected: vec![
                    too_low(),
                    rejected("id: int64 | total: float64\n1 | 1.5", "not \"it\"", "a | b"),
                ],
            },
        ),
    ];
    for (name, outcome) in outcomes {
        fs::write(&path, CASE).unwrap();
        let case = Case::load(&path).unwrap();
        case.bless(&outcome).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        insta::assert_snapshot!(name, text);
        let blessed = Case::load(&path).unwrap();
        blessed.compare(&outcome).unwrap();
        assert_eq!(blessed.inputs, case.inputs);
        blessed.bless(&outcome).unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            text,
            "accepting twice changes nothing more"
        );
    }
}

#[test]
fn a_folder_gives_its_cases_by_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.case", "a.case", "notes.md"] {
        fs::write(folder.path().join(name), CASE).unwrap();
    }
    let names: Vec<String> = Case::load_dir(folder.path())
        .unwrap()
        .into_iter()
        .map(|case| case.name)
        .collect();
    assert_eq!(names, ["a", "b"]);
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(Case::load_dir(empty.path()).unwrap_err().code(), "no_cases");
    assert_eq!(
        Case::load_dir(Path::new("nowhere")).unwrap_err().code(),
        "case_not_readable"
    );
}

#[test]
fn errors_name_the_file_and_the_line() {
    let texts = [
        "",
        "tolerence = 1\n--- input\nid: int64",
        "# x\n\ntolerance = \"much\"\n",
        "--- inptu\nid: int64",
        "---\n",
        "--- input a b\n",
        "--- error x\n",
        "--- input\nid: int64\n--- input\nid: int64",
        "--- input\n\n--- output\nid: int64",
        "--- input\nid: int64\nx\n",
        "--- input\ncode | id: int64\n",
        "--- parameters\na = 1\nb = \n--- input\nid: int64",
        "--- parameters\na = inf\n--- input\nid: int64",
        "--- input\nid: int64\n--- rejected\nid: int64\n1",
        "--- input\nid: int64\n--- error\n",
        "--- input\nid: int64\n--- error\nmissing column\n",
        "--- input\nid: int64\n--- output\nid: int64\n--- error\na: b",
    ];
    let errors: Vec<String> = texts
        .iter()
        .map(|text| {
            format!(
                "{text:?}\n  {}",
                Case::parse(text, Path::new("x.case")).unwrap_err()
            )
        })
        .collect();
    insta::assert_snapshot!(errors.join("\n"));
}
