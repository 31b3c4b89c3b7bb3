//! Sizes of batches, limits, projections and progress.

use serde_json::json;
use stepwell_connect::{Progress, Source, open_source};

use crate::support::{Folder, batch, concat, integers, read_all, source_spec, texts};

const NAMES: [&str; 5] = [
    "a.csv",
    "a.jsonl.gz",
    "a.parquet",
    "a.arrow",
    "a.arrows.zst",
];

/// A folder with a table of 5,000 rows in each format, written in uneven batches.
fn tables() -> Folder {
    let folder = Folder::new();
    let rows: Vec<i64> = (0..5000).collect();
    let batches: Vec<_> = [&rows[..1], &rows[1..1700], &rows[1700..1703], &rows[1703..]]
        .iter()
        .map(|rows| {
            let words: Vec<String> = rows.iter().map(|row| format!("w{row}")).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            batch([("n", integers(rows)), ("w", texts(&words))])
        })
        .collect();
    for name in NAMES {
        folder.write(json!({"path": name}), &batches).unwrap();
    }
    folder
}

fn open(folder: &Folder, name: &str, batch_rows: usize, limit: Option<u64>) -> Box<dyn Source> {
    let mut options = folder.open_options();
    options.batch_rows = batch_rows;
    options.limit = limit;
    open_source("t", &source_spec(json!({"path": name})), &options).unwrap()
}

#[test]
fn batches_have_exactly_the_rows_that_were_asked_for() {
    let folder = tables();
    for name in NAMES {
        let expect = concat(
            &open(&folder, name, 5000, None).schema(),
            &read_all(open(&folder, name, 5000, None).as_mut()).unwrap(),
        );
        for batch_rows in [1, 7, 1000, 4999, 5000, usize::MAX] {
            let mut source = open(&folder, name, batch_rows, None);
            let batches = read_all(source.as_mut()).unwrap();
            let (last, full) = batches.split_last().unwrap();
            assert!(
                full.iter().all(|batch| batch.rows == batch_rows),
                "{name} {batch_rows}"
            );
            assert_eq!(
                last.rows,
                5000 - full.len() * batch_rows.min(5000),
                "{name} {batch_rows}"
            );
            let mut row = 0;
            for batch in &batches {
                assert_eq!(batch.first_row, row);
                row += batch.rows as u64;
            }
            assert_eq!(
                concat(&source.schema(), &batches),
                expect,
                "{name} {batch_rows}"
            );
        }
    }
}

#[test]
fn a_limit_counts_rows_of_all_files() {
    let folder = tables();
    for name in NAMES {
        for limit in [0, 1, 6, 7, 8, 4999, 5000, 6000] {
            let batches = read_all(open(&folder, name, 7, Some(limit)).as_mut()).unwrap();
            let rows: u64 = batches.iter().map(|batch| batch.rows as u64).sum();
            assert_eq!(rows, limit.min(5000), "{name}");
        }
    }
    folder
        .file("parts/a.csv", "n\n1\n2\n")
        .file("parts/b.csv", "n\n3\n4\n");
    let batches = read_all(open(&folder, "parts", 7, Some(3)).as_mut()).unwrap();
    assert_eq!(
        batches.iter().map(|batch| batch.rows).collect::<Vec<_>>(),
        [2, 1]
    );
}

#[test]
fn what_is_wrong_past_the_limit_is_of_no_interest() {
    let folder = Folder::new();
    folder.file("a.csv", format!("n\n{}x\n", "1\n".repeat(50)));
    let spec = source_spec(json!({"path": "a.csv", "sample_rows": 5}));
    let mut options = folder.open_options();
    options.limit = Some(50);
    let mut source = open_source("t", &spec, &options).unwrap();
    assert_eq!(read_all(source.as_mut()).unwrap()[0].rows, 50);
}

#[test]
fn projections_choose_and_order_columns() {
    let folder = tables();
    for name in NAMES {
        let mut source = open(&folder, name, 5000, None);
        source.project(&[1, 0]);
        let both = read_all(source.as_mut()).unwrap();
        let mut source = open(&folder, name, 5000, None);
        source.project(&[1]);
        let one = read_all(source.as_mut()).unwrap();
        let all = read_all(open(&folder, name, 5000, None).as_mut()).unwrap();
        assert_eq!(
            both[0].columns[0].as_ref(),
            all[0].columns[1].as_ref(),
            "{name}"
        );
        assert_eq!(
            both[0].columns[1].as_ref(),
            all[0].columns[0].as_ref(),
            "{name}"
        );
        assert_eq!(one[0].columns.len(), 1, "{name}");
        assert_eq!(
            one[0].columns[0].as_ref(),
            all[0].columns[1].as_ref(),
            "{name}"
        );
        let mut source = open(&folder, name, 1000, None);
        source.project(&[]);
        let none = read_all(source.as_mut()).unwrap();
        assert_eq!(
            (none.len(), none[0].rows, none[0].columns.len()),
            (5, 1000, 0),
            "{name}"
        );
    }
}

#[test]
fn unread_columns_of_parquet_are_not_fetched() {
    let folder = tables();
    let read = |columns: &[usize]| {
        let mut source = open(&folder, "a.parquet", 5000, None);
        source.project(columns);
        read_all(source.as_mut()).unwrap();
        source.progress().bytes_read
    };
    assert!(read(&[0]) < read(&[0, 1]));
    assert_eq!(read(&[]), 0);
}

#[test]
fn progress_counts_the_bytes_that_are_stored() {
    let folder = tables();
    for name in NAMES {
        let size = std::fs::metadata(folder.path(name)).unwrap().len();
        let mut source = open(&folder, name, 7, None);
        let rows_total = (name == "a.parquet").then_some(5000);
        let expect = |bytes_read| Progress {
            bytes_read,
            bytes_total: Some(size),
            rows_total,
        };
        assert_eq!(source.progress(), expect(0), "{name}");
        read_all(source.as_mut()).unwrap();
        let read = source.progress();
        assert_eq!(read, expect(read.bytes_read), "{name}");
        assert!(
            read.bytes_read > size / 2 && read.bytes_read <= size,
            "{name}"
        );
        if !matches!(name, "a.parquet" | "a.arrow") {
            assert_eq!(read.bytes_read, size, "{name}");
        }
    }
}

#[test]
#[should_panic(expected = "does not fit a schema of 2 columns")]
fn a_projection_outside_of_the_schema_panics() {
    open(&tables(), "a.csv", 7, None).project(&[2]);
}
