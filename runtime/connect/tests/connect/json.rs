//! JSON lines: types, nesting, and errors that say where.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Folder;

fn show(text: impl AsRef<[u8]>, options: Value) -> String {
    let folder = Folder::new();
    folder.file("a.jsonl", text);
    let mut spec = json!({"path": "a.jsonl"});
    spec.as_object_mut()
        .unwrap()
        .extend(options.as_object().unwrap().clone());
    folder.show(spec)
}

#[test]
fn types_are_inferred() {
    assert_snapshot!(show(
        r#"{"z": 1, "a": {"x": [1, 2.5], "y": null}, "t": "a", "mixed": 1}

{"a": {"x": []}, "late": true, "mixed": "b", "z": null}
"#,
        json!({})
    ), @r"
    z: int64, a: struct<x: list<float64>, y: utf8>, t: utf8, mixed: utf8, late: boolean
    +---+----------------------+---+-------+------+
    | z | a                    | t | mixed | late |
    +---+----------------------+---+-------+------+
    | 1 | {x: [1.0, 2.5], y: } | a | 1     |      |
    |   | {x: [], y: }         |   | b     | true |
    +---+----------------------+---+-------+------+
    ");
}

#[test]
fn given_types_count_more_than_inferred_ones() {
    assert_snapshot!(show(
        "{\"a\": 1, \"d\": \"2024-01-01\"}\n",
        json!({"types": {"a": "utf8", "d": "date32", "new": "float64"}})
    ), @r"
    a: utf8, d: date32, new: float64
    +---+------------+-----+
    | a | d          | new |
    +---+------------+-----+
    | 1 | 2024-01-01 |     |
    +---+------------+-----+
    ");
}

#[test]
fn lines_that_are_no_objects_are_errors() {
    assert_snapshot!(show("{\"a\": 1}\n{\"a\": 1,}\n", json!({})), @r"
    error[invalid_json]: source `t`: `a.jsonl` line 2, character 9: trailing comma
      hint: each line must be one JSON object; `jq -c '.[]'` makes such lines of an array
    ");
    assert_snapshot!(show("{\"a\": 1}\n{\"a\": 1} {\"a\": 2}\n", json!({})), @r"
    error[invalid_json]: source `t`: `a.jsonl` line 2, character 10: trailing characters
      hint: each line must be one JSON object; `jq -c '.[]'` makes such lines of an array
    ");
    assert_snapshot!(show("[{\"a\": 1}, {\"a\": 2}]\n", json!({})), @r"
    error[invalid_json]: source `t`: `a.jsonl` line 1, character 1: an array where an object is expected
      hint: each line must be one JSON object; `jq -c '.[]'` makes such lines of an array
    ");
    assert_snapshot!(show("{\"a\": 1}\n\n{\"a\": \"b", json!({})), @r"
    error[invalid_json]: source `t`: `a.jsonl` line 3, character 8: EOF while parsing a string
      hint: each line must be one JSON object; `jq -c '.[]'` makes such lines of an array
    ");
    assert_snapshot!(show("{\n  \"a\": 1\n}\n", json!({})), @r"
    error[invalid_json]: source `t`: `a.jsonl` line 1, character 1: EOF while parsing an object
      hint: each line must be one JSON object; `jq -c '.[]'` makes such lines of an array
    ");
    assert_snapshot!(show(b"{\"a\": 1}\n{\"a\": \"M\xfcnchen\"}\n", json!({})), @r"
    error[invalid_encoding]: source `t`: `a.jsonl` line 2: not UTF-8 text
      hint: convert the file to UTF-8
    ");
    assert_snapshot!(show("", json!({})), @r"error[empty_file]: source `t`: `a.jsonl` is empty");
}

#[test]
fn values_of_no_common_type_are_errors() {
    assert_snapshot!(show("{\"a\": 1}\n{\"a\": {\"b\": 2}}\n", json!({})), @r"
    error[invalid_json]: source `t`: `a.jsonl` line 2, character 7: an object where there was a number before
      hint: each line must be one JSON object; `jq -c '.[]'` makes such lines of an array
    ");
}

#[test]
fn a_value_that_breaks_an_inferred_type_is_an_error() {
    let text = "{\"a\": 1, \"b\": {\"c\": 2}}\n".repeat(1500);
    let sample = json!({"sample_rows": 10});
    assert_snapshot!(show(format!("{text}{{\"a\": \"x\"}}\n"), sample.clone()), @r#"
    error[invalid_value]: source `t`: `a.jsonl` line 1501, column `a`: `x` is not of type `int64`, which was inferred from the first 10 rows
      hint: raise `sample_rows`, or read it as text with `types = { a = "utf8" }`
    "#);
    assert_snapshot!(show(format!("{text}{{\"b\": {{\"c\": [1]}}}}\n"), sample.clone()), @r#"
    error[invalid_value]: source `t`: `a.jsonl` line 1501, column `b`: `{"c":[1]}` is not of type `struct<c: int64>`, which was inferred from the first 10 rows
      hint: raise `sample_rows`; values of one key must be of one kind
    "#);
    assert_snapshot!(show(format!("{text}{{\"c\": 1}}\n"), sample.clone()), @r"
    error[unknown_key]: source `t`: `a.jsonl` line 1501: the key `c` is not among the columns, which were inferred from the first 10 rows
      hint: raise `sample_rows`, or add the column with `types = { c = … }`
    ");
    assert_snapshot!(show(format!("{text}{{\"b\": {{\"d\": 1}}}}\n"), sample), @r"
    error[unknown_key]: source `t`: `a.jsonl` line 1501: the key `b.d` is not among the columns, which were inferred from the first 10 rows
      hint: raise `sample_rows`
    ");
}

#[test]
fn rows_are_counted_without_columns() {
    let folder = Folder::new();
    folder.file("a.jsonl", "{\"a\": 1}\n{\"a\": 2}\n");
    let mut source = folder.open(json!({"path": "a.jsonl"})).unwrap();
    source.project(&[]);
    let batches = crate::support::read_all(source.as_mut()).unwrap();
    assert_eq!(
        (batches.len(), batches[0].rows, batches[0].columns.len()),
        (1, 2, 0)
    );
}
