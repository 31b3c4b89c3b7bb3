//! What becomes of rows that are at a sink's place already.

use arrow_array::RecordBatch;
use insta::assert_snapshot;
use serde_json::{Value, json};
use stepwell_connect::{StandardOutput, check_sink, open_sink};

use crate::support::{Folder, batch, collect, integers, show_error, sink_spec, texts, write};

fn rows(first: i64) -> RecordBatch {
    batch([
        ("n", integers(&[first, first + 1])),
        ("w", texts(&["a", "b"])),
    ])
}

fn text(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path(name)).unwrap()
}

#[test]
fn rows_are_appended_to_a_file() {
    for name in [
        "a.csv",
        "a.csv.gz",
        "a.csv.zst",
        "a.jsonl",
        "a.jsonl.gz",
        "a.arrows",
        "a.arrows.zst",
    ] {
        let folder = Folder::new();
        for run in 0..3 {
            let summary = folder
                .write(json!({"path": name, "mode": "append"}), &[rows(10 * run)])
                .unwrap();
            let size = std::fs::metadata(folder.path(name)).unwrap().len();
            assert_eq!((summary.rows, summary.bytes), (2, size), "{name}");
        }
        let mut source = folder.open(json!({"path": name})).unwrap();
        let read = collect(source.as_mut()).unwrap();
        let expect = integers(&[0, 1, 10, 11, 20, 21]);
        assert_eq!(read.column(0), &expect, "{name}");
        assert_eq!(folder.names(), [name]);
    }
}

#[test]
fn what_is_appended_starts_on_a_line_of_its_own() {
    let folder = Folder::new();
    let append = |name: &str| {
        folder
            .write(json!({"path": name, "mode": "append"}), &[rows(7)])
            .unwrap();
        text(&folder, name)
    };
    folder.file("a.csv", "n,w\n1,x");
    assert_snapshot!(append("a.csv"), @r"
    n,w
    1,x
    7,a
    8,b
    ");
    folder.file("a.jsonl", "{\"n\": 1}");
    assert_snapshot!(append("a.jsonl"), @r#"
    {"n": 1}
    {"n":7,"w":"a"}
    {"n":8,"w":"b"}
    "#);
    folder.file("empty.csv", "");
    assert_snapshot!(append("empty.csv"), @r"
    n,w
    7,a
    8,b
    ");
    folder.file("header.csv", "n,w\n");
    assert_snapshot!(append("header.csv"), @r"
    n,w
    7,a
    8,b
    ");
    let mut compressed = flate2_of("n,w\n1,x");
    folder.file("a.csv.gz", &compressed);
    folder
        .write(json!({"path": "a.csv.gz", "mode": "append"}), &[rows(7)])
        .unwrap();
    assert_snapshot!(folder.show(json!({"path": "a.csv.gz"})), @r"
    n: int64, w: utf8
    +---+---+
    | n | w |
    +---+---+
    | 1 | x |
    | 7 | a |
    | 8 | b |
    +---+---+
    ");
    compressed.truncate(compressed.len() - 4);
    folder.file("a.csv.gz", &compressed);
    assert_snapshot!(folder.write_error(json!({"path": "a.csv.gz", "mode": "append"}), &[rows(7)]), @r"
    error[malformed_file]: sink `s`: `a.csv.gz` is not a whole gzip file: it ends too early
      hint: was it copied whole, and is its extension or `format` right?
    ");
    assert_eq!(std::fs::read(folder.path("a.csv.gz")).unwrap(), compressed);
}

fn flate2_of(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_file_stays_as_it_was_until_all_is_appended() {
    let folder = Folder::new();
    folder.file("a.csv", "n,w\n1,x\n");
    let spec = sink_spec(json!({"path": "a.csv", "mode": "append"}));
    let open = || open_sink("s", &spec, rows(0).schema(), &folder.sink_options()).unwrap();
    let mut sink = open();
    sink.write(&rows(2)).unwrap();
    sink.prepare().unwrap();
    assert_eq!(text(&folder, "a.csv"), "n,w\n1,x\n");
    drop(sink);
    assert_eq!(text(&folder, "a.csv"), "n,w\n1,x\n");
    assert_eq!(folder.names(), ["a.csv"]);

    let mut sink = open();
    sink.write(&rows(2)).unwrap();
    folder.file("a.csv", "n,w\n1,x\n5,y\n");
    assert_snapshot!(show_error(&sink.prepare().unwrap_err()), @r"
    error[output_changed]: sink `s`: another program changed `a.csv` while rows were appended
      hint: run it again; what the other program wrote is still there
    ");
    assert_eq!(text(&folder, "a.csv"), "n,w\n1,x\n5,y\n");
}

#[test]
fn other_columns_cannot_be_appended() {
    let folder = Folder::new();
    folder.file("a.csv", "w,n\nx,1\n");
    folder.file("b.csv", "1\n");
    folder
        .write(
            json!({"path": "c.arrows"}),
            &[batch([("n", texts(&["1"])), ("w", texts(&["x"]))])],
        )
        .unwrap();
    let before = folder.names();
    let error = |spec: Value| folder.write_error(spec, &[rows(0)]);
    assert_snapshot!(error(json!({"path": "a.csv", "mode": "append"})), @r"
    error[append_mismatch]: sink `s`: rows cannot be appended to `a.csv`: `a.csv` has the columns `w`, `n`, and the rows have `n`, `w`
      hint: write to another place, or set `mode` to `overwrite`
      key: mode
    ");
    assert_snapshot!(error(json!({"path": "b.csv", "mode": "append", "csv": {"header": false}})), @r"
    error[append_mismatch]: sink `s`: rows cannot be appended to `b.csv`: `b.csv` has the columns `column_1`, and the rows have `n`, `w`
      hint: write to another place, or set `mode` to `overwrite`
      key: mode
    ");
    assert_snapshot!(error(json!({"path": "c.arrows", "mode": "append"})), @r"
    error[append_mismatch]: sink `s`: rows cannot be appended to `c.arrows`: `n` is `utf8` instead of `int64`
      hint: write to another place, or set `mode` to `overwrite`
      key: mode
    ");
    assert_eq!(folder.names(), before);
}

#[test]
fn a_place_that_must_be_free_is_not_replaced() {
    let folder = Folder::new();
    folder.file("a.csv", "old");
    let spec = json!({"path": "a.csv", "mode": "error"});
    assert_snapshot!(folder.write_error(spec.clone(), &[rows(0)]), @r"
    error[output_exists]: sink `s`: `a.csv` exists already
      hint: remove it, write elsewhere, or set `mode` to `overwrite` or `append`
      key: mode
    ");
    let checked = check_sink(
        "s",
        &sink_spec(spec),
        &rows(0).schema(),
        &folder.sink_options(),
    );
    assert_eq!(checked.unwrap_err().code(), "output_exists");
    assert_eq!(text(&folder, "a.csv"), "old");

    let spec = sink_spec(json!({"path": "b.csv", "mode": "error"}));
    let mut sink = open_sink("s", &spec, rows(0).schema(), &folder.sink_options()).unwrap();
    sink.prepare().unwrap();
    folder.file("b.csv", "somebody else's");
    assert_eq!(sink.finish().unwrap_err().code(), "output_exists");
    assert_eq!(text(&folder, "b.csv"), "somebody else's");
    folder
        .write(json!({"path": "c.csv", "mode": "error"}), &[rows(0)])
        .unwrap();
    assert_eq!(folder.names(), ["a.csv", "b.csv", "c.csv"]);
}

#[test]
fn settings_that_do_not_go_together_are_errors() {
    let folder = Folder::new();
    let mut options = folder.sink_options();
    options.standard_output = StandardOutput::new(std::io::sink());
    let error = |spec: Value| show_error(&write(spec, &[rows(0)], &options).unwrap_err());
    assert_snapshot!(error(json!({"path": "-", "mode": "append"})), @r#"
    error[invalid_option]: sink `s`: standard output cannot be written with `mode = "append"`
      hint: leave `mode` out, and let the shell append: `>> file`
      key: mode
    "#);
    assert_snapshot!(error(json!({"path": "a.parquet", "mode": "append"})), @r"
    error[invalid_option]: sink `s`: rows cannot be appended to a file of Parquet
      hint: end `path` with `/`: each run adds a part to the folder then; or write `.csv`, `.jsonl` or `.arrows`
      key: mode
    ");
    assert_snapshot!(error(json!({"path": "a.csv", "mode": "overwrite-partitions"})), @r#"
    error[invalid_option]: sink `s`: `mode = "overwrite-partitions"` is for folders with `partition_by`
      hint: end `path` with `/` and set `partition_by`, or use another mode: `overwrite`, `append` or `error`
      key: mode
    "#);
    assert_snapshot!(error(json!({"path": "a/", "mode": "overwrite-partitions"})), @r#"
    error[invalid_option]: sink `s`: `mode = "overwrite-partitions"` needs `partition_by`
      hint: name the columns to partition by, or use another mode: `overwrite`, `append` or `error`
      key: mode
    "#);
    assert_snapshot!(error(json!({"path": "a.csv", "rows_per_file": 5})), @r"
    error[invalid_option]: sink `s`: `rows_per_file` is for folders of parts, and `a.csv` is none
      hint: end `path` with `/` to write a folder of parts
      key: rows_per_file
    ");
    assert_snapshot!(error(json!({"path": "a/", "max_partitions": 5})), @r"
    error[invalid_option]: sink `s`: `max_partitions` is given without `partition_by`
      hint: leave it out, or name the columns to partition by
      key: max_partitions
    ");
    assert_snapshot!(error(json!({"path": "a/", "rows_per_file": 0})), @r"
    error[invalid_option]: sink `s`: `rows_per_file` is 0
      hint: give at least 1
      key: rows_per_file
    ");
    assert_snapshot!(error(json!({"path": "a/", "partition_by": ["N"]})), @r"
    error[invalid_option]: sink `s`: `partition_by` names the column `N`, which the rows do not have
      hint: did you mean `n`?
      key: partition_by.0
    ");
    assert_snapshot!(error(json!({"path": "a/", "partition_by": ["w", "w"]})), @r"
    error[invalid_option]: sink `s`: `partition_by` names the column `w` twice
      hint: name each column once
      key: partition_by.1
    ");
    assert_snapshot!(error(json!({"path": "a/", "partition_by": ["w", "n"]})), @r"
    error[invalid_option]: sink `s`: `partition_by` names every column, which leaves none for the files
      hint: partition by fewer columns
      key: partition_by
    ");
    let floats = batch([
        ("n", integers(&[1])),
        (
            "f",
            std::sync::Arc::new(arrow_array::Float64Array::from(vec![1.0])),
        ),
    ]);
    assert_snapshot!(folder.write_error(json!({"path": "a/", "partition_by": ["f"]}), &[floats]), @r"
    error[invalid_option]: sink `s`: rows cannot be partitioned by column `f` of type `float64`
      hint: partition by text, integers, booleans, decimals or dates; `std/derive` makes such a column of another
      key: partition_by.0
    ");
    assert_eq!(folder.names(), Vec::<String>::new());
}
