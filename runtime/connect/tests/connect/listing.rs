//! Folders, globs and lists of files.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Folder, batch, integers, read_all, texts};

fn files() -> Folder {
    let folder = Folder::new();
    folder
        .file("data/b.csv", "x,y\n3,c\n4,d\n")
        .file("data/a.csv", "x,y\n1,a\n2,b\n")
        .file("data/.hidden.csv", "broken\n1,2\n")
        .file("data/_SUCCESS", "")
        .file("data/_old.csv", "broken\n1,2\n")
        .file("data/README.md", "no data")
        .file("data/deep/c.csv", "y,x\ne,5\n")
        .file("data/_temporary/d.csv", "broken\n1,2\n");
    folder
}

#[test]
fn a_folder_is_its_files_in_the_order_of_their_names() {
    assert_snapshot!(files().show(json!({"path": "data"})), @r"
    x: int64, y: utf8
    +---+---+
    | x | y |
    +---+---+
    | 1 | a |
    | 2 | b |
    | 3 | c |
    | 4 | d |
    +---+---+
    ");
    assert_snapshot!(files().show(json!({"path": "data/"})), @r"
    x: int64, y: utf8
    +---+---+
    | x | y |
    +---+---+
    | 1 | a |
    | 2 | b |
    | 3 | c |
    | 4 | d |
    +---+---+
    ");
}

#[test]
fn globs_pass_over_hidden_files_and_reach_into_folders_if_they_say_so() {
    assert_snapshot!(files().show(json!({"path": "data/*.csv"})), @r"
    x: int64, y: utf8
    +---+---+
    | x | y |
    +---+---+
    | 1 | a |
    | 2 | b |
    | 3 | c |
    | 4 | d |
    +---+---+
    ");
    assert_snapshot!(files().show(json!({"path": "data/**/*.csv"})), @r"
    x: int64, y: utf8
    +---+---+
    | x | y |
    +---+---+
    | 1 | a |
    | 2 | b |
    | 3 | c |
    | 4 | d |
    | 5 | e |
    +---+---+
    ");
    assert_snapshot!(files().show(json!({"path": "data/[a].csv"})), @r"
    x: int64, y: utf8
    +---+---+
    | x | y |
    +---+---+
    | 1 | a |
    | 2 | b |
    +---+---+
    ");
}

#[test]
fn a_list_is_read_in_its_order() {
    assert_snapshot!(files().show(json!({"path": ["data/b.csv", "data/a.csv"]})), @r"
    x: int64, y: utf8
    +---+---+
    | x | y |
    +---+---+
    | 3 | c |
    | 4 | d |
    | 1 | a |
    | 2 | b |
    +---+---+
    ");
    assert_snapshot!(files().show(json!({"path": []})), @r"
    error[invalid_option]: source `t`: `path` names no file
      hint: name at least one file
      key: path
    ");
}

#[test]
fn a_name_with_the_characters_of_globs_is_a_name_first() {
    let folder = Folder::new();
    folder.file("data [1].csv", "x\n1\n");
    assert_snapshot!(folder.show(json!({"path": "data [1].csv"})), @r"
    x: int64
    +---+
    | x |
    +---+
    | 1 |
    +---+
    ");
}

#[test]
fn urls_of_files_are_files() {
    let folder = files();
    let url = format!("file://{}", folder.path("data/a.csv").display());
    assert_snapshot!(folder.show(json!({"path": url})), @r"
    x: int64, y: utf8
    +---+---+
    | x | y |
    +---+---+
    | 1 | a |
    | 2 | b |
    +---+---+
    ");
}

#[test]
fn what_is_not_there_is_an_error() {
    let folder = files();
    folder.file("empty/.keep", "");
    folder.file("customers.csv", "a\n1\n");
    assert_snapshot!(folder.show(json!({"path": "costumers.csv"})), @r"
    error[not_found]: source `t`: `costumers.csv` does not exist
      hint: similar names there: `customers.csv`
    ");
    assert_snapshot!(folder.show(json!({"path": "nowhere/x.csv"})), @r"
    error[not_found]: source `t`: `nowhere/x.csv` does not exist
      hint: relative paths start at the pipeline file's folder
    ");
    assert_snapshot!(folder.show(json!({"path": "data/*.parquet"})), @r"
    error[no_match]: source `t`: no file matches `data/*.parquet`; `data` holds `README.md`, `_SUCCESS`, `_old.csv`, `_temporary`, `a.csv`, `b.csv`, `deep`
      hint: hidden files, files that start with `_` and files of unknown formats are passed over
    ");
    assert_snapshot!(folder.show(json!({"path": "nowhere/*.parquet"})), @r"
    error[no_match]: source `t`: no file matches `nowhere/*.parquet`; `.` holds `customers.csv`, `data`, `empty`
      hint: hidden files, files that start with `_` and files of unknown formats are passed over
    ");
    assert_snapshot!(folder.show(json!({"path": "empty"})), @r"
    error[no_match]: source `t`: no file matches `empty`; `empty` is empty
      hint: hidden files, files that start with `_` and files of unknown formats are passed over
    ");
    assert_snapshot!(folder.show(json!({"path": "data/**x.csv"})), @r"
    error[invalid_option]: source `t`: `data/**x.csv` is not a glob: recursive wildcards must form a single path component
      hint: `*` matches within a name, `**` matches folders; `[*]` is the character itself
      key: path
    ");
    assert_snapshot!(folder.show(json!({"path": "data/README.md"})), @r"
    error[unknown_format]: source `t`: the format of `data/README.md` is not known
      hint: set `format` to `csv`, `json`, `parquet`, `arrow` or `arrows`
    ");
}

#[test]
fn files_of_several_formats_are_an_error() {
    let folder = files();
    folder.file("data/a.json", "{}");
    assert_snapshot!(folder.show(json!({"path": "data"})), @r"
    error[several_formats]: source `t`: `data` holds files of several formats: `csv`, `json`
      hint: set `format`, or name the files with a glob such as `*.csv`
    ");
}

#[test]
fn files_must_have_the_same_columns() {
    let folder = files();
    folder.file("data/c.csv", "x,z\n1,2\n");
    assert_snapshot!(folder.show(json!({"path": "data"})), @r"
    error[schema_mismatch]: source `t`: `data/c.csv` does not have the columns of `data/a.csv`: it lacks `y`; it has `z` besides
      hint: all files of a source must have the same columns; make one source for each kind of file
    ");

    let folder = Folder::new();
    let numbers = batch([("x", integers(&[1])), ("y", integers(&[1]))]);
    let words = batch([("x", texts(&["a"])), ("y", integers(&[1]))]);
    folder
        .write(json!({"path": "a.parquet"}), &[numbers])
        .unwrap();
    folder
        .write(json!({"path": "b.parquet"}), &[words])
        .unwrap();
    assert_snapshot!(folder.show(json!({"path": "*.parquet"})), @r"
    error[schema_mismatch]: source `t`: `b.parquet` does not have the columns of `a.parquet`: `x` is `utf8` instead of `int64`
      hint: all files of a source must have the same columns; make one source for each kind of file
    ");
}

#[test]
fn columns_past_the_files_that_are_looked_into_are_checked_when_they_are_reached() {
    let folder = Folder::new();
    for number in 0..100 {
        folder.file(&format!("{number:03}.csv"), format!("x\n{number}\n"));
    }
    folder.file("099.csv", "y\n1\n");
    assert_snapshot!(folder.show(json!({"path": "*.csv"})), @r"
    error[schema_mismatch]: source `t`: `099.csv` does not have the columns of `000.csv`: it lacks `x`; it has `y` besides
      hint: all files of a source must have the same columns; make one source for each kind of file
    ");
}

#[test]
fn types_are_inferred_from_all_files() {
    let folder = Folder::new();
    folder
        .file("a.csv", "x,y,z\n1,,2024-01-01\n")
        .file("b.csv", "z,y,x\n2024-01-01 10:00:00,7,2.5\n")
        .file("c.csv", "x,y,z\n,,\n");
    assert_snapshot!(folder.show(json!({"path": "*.csv"})), @r"
    x: float64, y: int64, z: timestamp(us)
    +-----+---+---------------------+
    | x   | y | z                   |
    +-----+---+---------------------+
    | 1.0 |   | 2024-01-01T00:00:00 |
    | 2.5 | 7 | 2024-01-01T10:00:00 |
    |     |   |                     |
    +-----+---+---------------------+
    ");
    folder
        .file("a.jsonl", r#"{"x": 1, "y": null, "z": {"a": 1}}"#)
        .file("b.jsonl", r#"{"x": "a", "y": [true], "z": {"b": 2.5}}"#);
    assert_snapshot!(folder.show(json!({"path": "*.jsonl"})), @r"
    x: utf8, y: list<boolean>, z: struct<a: int64, b: float64>
    +---+--------+---------------+
    | x | y      | z             |
    +---+--------+---------------+
    | 1 |        | {a: 1, b: }   |
    | a | [true] | {a: , b: 2.5} |
    +---+--------+---------------+
    ");
    folder.file("c.jsonl", r#"{"x": {}}"#);
    assert_snapshot!(folder.show(json!({"path": "*.jsonl"})), @r"
    error[schema_mismatch]: source `t`: `c.jsonl` does not have the columns of `a.jsonl`: `x` is `struct<>` instead of `utf8`
      hint: all files of a source must have the same columns; make one source for each kind of file
    ");
}

#[test]
fn batches_say_where_their_rows_came_from() {
    let folder = files();
    let mut options = folder.open_options();
    options.batch_rows = 1;
    let spec = crate::support::source_spec(json!({"path": "data/*.csv"}));
    let mut source = stepwell_connect::open_source("t", &spec, &options).unwrap();
    let places: Vec<String> = read_all(source.as_mut())
        .unwrap()
        .iter()
        .map(|batch| format!("{}:{}", batch.file, batch.first_row))
        .collect();
    assert_eq!(
        places,
        [
            "data/a.csv:0",
            "data/a.csv:1",
            "data/b.csv:0",
            "data/b.csv:1"
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once() {
    let folder = Folder::new();
    let pipe = folder.path("pipe.csv");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let writer = std::thread::spawn(move || std::fs::write(pipe, "a\n1\n2\n").unwrap());
    assert_snapshot!(folder.show(json!({"path": "pipe.csv"})), @r"
    a: int64
    +---+
    | a |
    +---+
    | 1 |
    | 2 |
    +---+
    ");
    writer.join().unwrap();
}
