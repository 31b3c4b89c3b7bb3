//! What is at a sink's place before, during and after.

use std::io::Write;
use std::sync::Arc;

use arrow_array::types::Int8Type;
use arrow_array::{DictionaryArray, RecordBatch};
use arrow_schema::Schema;
use insta::assert_snapshot;
use serde_json::json;
use stepwell_connect::{check_sink, open_sink};

use crate::support::{Folder, batch, collect, integers, show_error, sink_spec, texts};

fn rows() -> RecordBatch {
    batch([("n", integers(&[1, 2])), ("w", texts(&["a", "b,\"c\""]))])
}

#[test]
fn text_formats_are_written_as_people_expect() {
    let folder = Folder::new();
    let written = |spec: serde_json::Value| {
        let name = spec["path"].as_str().unwrap().to_owned();
        folder
            .write(spec, &[rows(), rows().slice(0, 0), rows()])
            .unwrap();
        std::fs::read_to_string(folder.path(&name)).unwrap()
    };
    assert_snapshot!(written(json!({"path": "a.csv"})), @r#"
    n,w
    1,a
    2,"b,""c"""
    1,a
    2,"b,""c"""
    "#);
    assert_snapshot!(written(json!({"path": "a.tsv"})), @r#"
    n	w
    1	a
    2	"b,""c"""
    1	a
    2	"b,""c"""
    "#);
    assert_snapshot!(
        written(json!({"path": "b.csv", "csv": {"header": false, "delimiter": ";", "quote": "'"}})),
        @r#"
        1;a
        2;b,"c"
        1;a
        2;b,"c"
        "#
    );
    assert_snapshot!(written(json!({"path": "a.jsonl"})), @r#"
    {"n":1,"w":"a"}
    {"n":2,"w":"b,\"c\""}
    {"n":1,"w":"a"}
    {"n":2,"w":"b,\"c\""}
    "#);
}

#[test]
fn nulls_and_empty_tables_are_written() {
    let folder = Folder::new();
    let nulls = batch([(
        "n",
        Arc::new(arrow_array::Int64Array::from(vec![None, Some(1)])),
    )]);
    folder
        .write(
            json!({"path": "a.csv", "csv": {"null_values": ["NA"]}}),
            std::slice::from_ref(&nulls),
        )
        .unwrap();
    assert_snapshot!(std::fs::read_to_string(folder.path("a.csv")).unwrap(), @r"
    n
    NA
    1
    ");
    folder
        .write(json!({"path": "b.csv"}), std::slice::from_ref(&nulls))
        .unwrap();
    assert_snapshot!(std::fs::read_to_string(folder.path("b.csv")).unwrap(), @r#"
    n
    ""
    1
    "#);
    folder
        .write(json!({"path": "a.jsonl"}), std::slice::from_ref(&nulls))
        .unwrap();
    assert_snapshot!(std::fs::read_to_string(folder.path("a.jsonl")).unwrap(), @r#"
    {"n":null}
    {"n":1}
    "#);
    for name in ["c.csv", "c.csv.gz", "c.parquet", "c.arrow", "c.arrows.zst"] {
        folder
            .write(json!({"path": name}), &[nulls.slice(0, 0)])
            .unwrap();
        let mut source = folder.open(json!({"path": name})).unwrap();
        assert_eq!(source.schema().field(0).name(), "n", "{name}");
        assert_eq!(collect(source.as_mut()).unwrap().num_rows(), 0, "{name}");
    }
}

#[test]
fn the_place_is_untouched_until_the_end() {
    let folder = Folder::new();
    folder.file("out/a.csv", "old");
    let spec = sink_spec(json!({"path": "out/a.csv"}));
    let old = || std::fs::read_to_string(folder.path("out/a.csv")).unwrap();
    let open = || open_sink("s", &spec, rows().schema(), &folder.sink_options()).unwrap();

    let mut sink = open();
    sink.write(&rows()).unwrap();
    assert_eq!((old().as_str(), folder.names().len()), ("old", 4));
    sink.abort();
    assert_eq!((old().as_str(), folder.names().len()), ("old", 2));

    let mut sink = open();
    sink.write(&rows()).unwrap();
    drop(sink);
    assert_eq!((old().as_str(), folder.names().len()), ("old", 2));

    let mut sink = open();
    sink.write(&rows()).unwrap();
    sink.prepare().unwrap();
    assert_eq!((old().as_str(), folder.names().len()), ("old", 4));
    drop(sink);
    assert_eq!((old().as_str(), folder.names().len()), ("old", 2));

    let mut sink = open();
    sink.write(&rows()).unwrap();
    sink.prepare().unwrap();
    assert!(sink.write(&rows()).is_err());
    let summary = sink.finish().unwrap();
    assert_eq!(old(), "n,w\n1,a\n2,\"b,\"\"c\"\"\"\n");
    assert_eq!(folder.names(), ["out/", "out/a.csv"]);
    assert_eq!((summary.rows, summary.bytes), (2, old().len() as u64));
    assert_eq!(summary.path, folder.path("out/a.csv").display().to_string());
}

#[test]
fn missing_folders_are_made_and_go_again_with_what_failed() {
    let folder = Folder::new();
    let spec = sink_spec(json!({"path": "new/deep/a.csv"}));
    let sink = open_sink("s", &spec, rows().schema(), &folder.sink_options()).unwrap();
    drop(sink);
    assert_eq!(folder.names(), Vec::<String>::new());
    folder
        .write(json!({"path": "new/deep/a.csv"}), &[rows()])
        .unwrap();
    assert_eq!(folder.names(), ["new/", "new/deep/", "new/deep/a.csv"]);
}

#[test]
fn dates_outside_of_the_calendar_are_no_text() {
    let folder = Folder::new();
    let days = batch([(
        "day",
        Arc::new(arrow_array::Date32Array::from(vec![0, i32::MAX])),
    )]);
    assert_snapshot!(folder.write_error(json!({"path": "a.jsonl"}), std::slice::from_ref(&days)), @r"error[encode]: sink `s`: cannot encode rows for `a.jsonl`: column `day` of type `date32` holds 2147483647, which is no date or time that can be written");
    assert_eq!(
        folder
            .write(json!({"path": "a.csv"}), std::slice::from_ref(&days))
            .unwrap_err()
            .code(),
        "encode"
    );
    folder.write(json!({"path": "a.parquet"}), &[days]).unwrap();
    assert_eq!(folder.names(), ["a.parquet"]);
}

#[test]
fn a_batch_of_another_schema_is_refused() {
    let folder = Folder::new();
    let other = batch([("n", integers(&[1])), ("w", integers(&[1]))]);
    assert_snapshot!(folder.write_error(json!({"path": "a.csv"}), &[rows(), other]), @r"error[wrong_batch]: sink `s`: a batch does not have the sink's schema: column `w` of type `utf8` is `w` of type `int64`");
    let other = batch([("n", integers(&[1]))]);
    assert_snapshot!(folder.write_error(json!({"path": "a.csv"}), &[rows(), other]), @r"error[wrong_batch]: sink `s`: a batch does not have the sink's schema: it has 1 column instead of 2");
    assert_eq!(folder.names(), Vec::<String>::new());
}

#[test]
fn places_that_cannot_be_written_are_errors() {
    let folder = Folder::new();
    folder.file("folder/x", "");
    folder.file("file", "");
    let error = |path: &str| folder.write_error(json!({"path": path, "format": "csv"}), &[rows()]);
    assert_snapshot!(error("folder"), @r"
    error[is_directory]: sink `s`: `folder` is a folder, not a file
      hint: name a file in it, or end `path` with `/` for a folder of parts
    ");
    assert_snapshot!(error("file/"), @r"error[not_a_directory]: sink `s`: a part of the path `file/` is a file, not a folder");
    assert_snapshot!(error("file/a.csv"), @r"error[not_a_directory]: sink `s`: a part of the path `file/a.csv` is a file, not a folder");
    assert_snapshot!(folder.write_error(json!({"path": "a.xlsx"}), &[rows()]), @r"
    error[unknown_format]: sink `s`: the format of `a.xlsx` is not known
      hint: set `format` to `csv`, `json`, `parquet`, `arrow` or `arrows`
    ");
    assert_snapshot!(folder.write_error(json!({"path": "a.parquet.gz"}), &[rows()]), @r"
    error[invalid_option]: sink `s`: `a.parquet.gz` would be compressed as a whole, which its format does not allow
      hint: drop the last extension; Parquet and Arrow files are compressed within, by `compression`
      key: path
    ");
    assert_snapshot!(folder.write_error(json!({"path": "a.arrow", "compression": "gzip"}), &[rows()]), @r"
    error[invalid_option]: sink `s`: the Arrow file format cannot be compressed with gzip
      hint: use `zstd`, or write `.arrows.gz`
      key: compression
    ");
    assert_snapshot!(folder.write_error(json!({"path": "a.arrow", "csv": {}}), &[rows()]), @r"
    error[invalid_option]: sink `s`: `csv` is given, but the format is another
      hint: leave `csv` out, or set `format` to `csv`
      key: csv
    ");
    let spec = sink_spec(json!({"path": "folder", "format": "csv"}));
    let checked = check_sink("s", &spec, &Schema::empty(), &folder.sink_options());
    assert_snapshot!(show_error(&checked.unwrap_err()), @r"
    error[is_directory]: sink `s`: `folder` is a folder, not a file
      hint: name a file in it, or end `path` with `/` for a folder of parts
    ");
    assert_eq!(folder.names(), ["file", "folder/", "folder/x"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::new();
    // A device that is always full; it is written to, not replaced.
    assert_snapshot!(folder.write_error(json!({"path": "/dev/full", "format": "csv"}), &[rows()]), @r"
    error[storage_full]: sink `s`: no space left to write `/dev/full`
      hint: free some space or write elsewhere; what was there before is untouched
    ");
    for format in ["csv", "json", "parquet", "arrow", "arrows"] {
        let error = folder
            .write(json!({"path": "/dev/full", "format": format}), &[rows()])
            .unwrap_err();
        assert_eq!(error.code(), "storage_full", "{format}");
    }
    folder
        .write(json!({"path": "/dev/null", "format": "csv"}), &[rows()])
        .unwrap();
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn new_files_have_the_permissions_of_any_other() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.write(json!({"path": "a.csv"}), &[rows()]).unwrap();
    folder.file("b.csv", "");
    let mode = |name: &str| {
        std::fs::metadata(folder.path(name))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("a.csv"), mode("b.csv"));
}

#[cfg(unix)]
#[test]
fn a_link_is_written_through() {
    let folder = Folder::new();
    folder.file("real/a.csv", "old");
    std::os::unix::fs::symlink(folder.path("real/a.csv"), folder.path("link.csv")).unwrap();
    folder
        .write(json!({"path": "link.csv"}), &[rows()])
        .unwrap();
    assert!(
        std::fs::symlink_metadata(folder.path("link.csv"))
            .unwrap()
            .is_symlink()
    );
    assert!(
        std::fs::read_to_string(folder.path("real/a.csv"))
            .unwrap()
            .starts_with("n,w")
    );
}

#[test]
fn dictionaries_that_differ_between_batches_become_one() {
    let words = |values: [&str; 3]| -> RecordBatch {
        let dictionary: DictionaryArray<Int8Type> = values.into_iter().collect();
        batch([("w", Arc::new(dictionary))])
    };
    let batches = [
        words(["a", "b", "a"]),
        words(["c", "a", "c"]),
        words(["b", "c", "d"]),
    ];
    for name in ["a.arrow", "a.arrows", "a.parquet"] {
        let folder = Folder::new();
        folder.write(json!({"path": name}), &batches).unwrap();
        let mut source = folder.open(json!({"path": name})).unwrap();
        let read = collect(source.as_mut()).unwrap();
        let expect = arrow_select::concat::concat_batches(&batches[0].schema(), &batches).unwrap();
        assert_eq!(read.column(0), expect.column(0), "{name}");
    }
    let folder = Folder::new();
    let many: Vec<RecordBatch> = (0..50)
        .map(|batch| {
            let values: Vec<String> = (0..3).map(|value| format!("{batch} {value}")).collect();
            words([&values[0], &values[1], &values[2]])
        })
        .collect();
    assert_snapshot!(folder.write_error(json!({"path": "a.arrow"}), &many), @r"error[encode]: sink `s`: cannot encode rows for `a.arrow`: column `w` has 129 different values in all, more than its keys of type `Int8` can count");
}

/// Fails after some bytes.
pub(crate) struct FailingWriter(pub(crate) usize, pub(crate) std::io::ErrorKind);

impl Write for FailingWriter {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        match self.0.checked_sub(buffer.len()) {
            None => Err(self.1.into()),
            Some(rest) => {
                self.0 = rest;
                Ok(buffer.len())
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
