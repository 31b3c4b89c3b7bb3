//! Files that are not what they should be: never a panic, always an error.

use std::sync::Arc;

use arrow_array::{DictionaryArray, RecordBatch, types::Int8Type};
use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Folder, batch, collect, integers, texts};

const NAMES: [&str; 7] = [
    "a.parquet",
    "a.arrow",
    "a.arrows",
    "a.arrows.zst",
    "a.csv.gz",
    "a.csv.zst",
    "a.jsonl.gz",
];

fn sample() -> RecordBatch {
    let dictionary: DictionaryArray<Int8Type> = ["x", "y", "x"].into_iter().collect();
    batch([
        ("number", integers(&[1, 2, 3])),
        ("text", texts(&["a", "bb", "ccc"])),
        ("word", Arc::new(dictionary)),
    ])
}

fn written(folder: &Folder, name: &str) -> Vec<u8> {
    folder
        .write(json!({"path": name}), &[sample(), sample()])
        .unwrap();
    std::fs::read(folder.path(name)).unwrap()
}

#[test]
fn a_file_cut_short_is_an_error() {
    let mut report = String::new();
    for name in NAMES {
        let folder = Folder::new();
        let bytes = written(&folder, name);
        for length in [0, 3, bytes.len() / 2, bytes.len() - 9] {
            folder.file(name, &bytes[..length]);
            report.push_str(&folder.show(json!({"path": name})));
            report.push('\n');
        }
    }
    assert_snapshot!(report);
}

#[test]
fn no_cut_and_no_flipped_byte_panics() {
    for name in NAMES {
        let folder = Folder::new();
        let bytes = written(&folder, name);
        let read = |bytes: &[u8]| {
            folder.file(name, bytes);
            folder
                .open(json!({"path": name}))
                .and_then(|mut source| collect(source.as_mut()))
        };
        let whole = read(&bytes).unwrap();
        for length in 0..bytes.len() {
            if let Ok(batch) = read(&bytes[..length]) {
                // The end mark of a stream may be left out; rows may not.
                assert_eq!(batch, whole, "{name} cut to {length} bytes");
            }
        }
        for position in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[position] ^= [0x01, 0x80, 0xff][position % 3];
            // Formats without checksums cannot tell every change from data.
            let _ = read(&flipped);
        }
    }
}

#[test]
fn a_file_of_another_format_is_an_error() {
    let folder = Folder::new();
    folder.file("text.parquet", "a,b\n1,2\n3,4\n5,6\n");
    folder.file("text.arrow", "a,b\n1,2\n3,4\n");
    folder.file("text.arrows", "a,b\n1,2\n3,4\n");
    folder.file("old.feather", "FEA1            FEA1");
    folder.file("text.csv.gz", "a,b\n1,2\n");
    folder.file("text.csv.zst", "a,b\n1,2\n");
    folder.file("a.parquet.gz", "x");
    let report: Vec<String> = [
        "text.parquet",
        "text.arrow",
        "text.arrows",
        "old.feather",
        "text.csv.gz",
        "text.csv.zst",
        "a.parquet.gz",
    ]
    .iter()
    .map(|name| folder.show(json!({"path": name})))
    .collect();
    assert_snapshot!(report.join("\n"));
}

#[test]
fn options_of_another_format_are_errors() {
    let folder = Folder::new();
    written(&folder, "a.parquet");
    assert_snapshot!(folder.show(json!({"path": "a.parquet", "csv": {}})), @r"
    error[invalid_option]: source `t`: `csv` is given, but the format is `parquet`
      hint: leave `csv` out, or set `format` to `csv`
      key: csv
    ");
    assert_snapshot!(folder.show(json!({"path": "a.parquet", "types": {"number": "utf8"}})), @r"
    error[invalid_option]: source `t`: `types` is given, but files of the format `parquet` say their types
      hint: leave `types` out, and change types with the step `std/cast`
      key: types
    ");
}

#[test]
fn a_stream_named_arrow_is_read_as_one() {
    let folder = Folder::new();
    let bytes = written(&folder, "a.arrows");
    folder.file("a.arrow", bytes);
    let mut source = folder.open(json!({"path": "a.arrow"})).unwrap();
    assert_eq!(collect(source.as_mut()).unwrap().num_rows(), 6);
}

/// A file of the format whose batch is compressed, and says of its first compressed buffer that it has `size` bytes.
fn with_declared_size(is_file: bool, size: i64) -> Vec<u8> {
    let values = vec![7_i64; 1_000];
    let table = batch([("number", integers(&values))]);
    let options = arrow_ipc::writer::IpcWriteOptions::default()
        .try_with_compression(Some(arrow_ipc::CompressionType::LZ4_FRAME))
        .unwrap();
    let schema = table.schema();
    let mut bytes = Vec::new();
    if is_file {
        let mut writer =
            arrow_ipc::writer::FileWriter::try_new_with_options(&mut bytes, &schema, options)
                .unwrap();
        writer.write(&table).unwrap();
        writer.finish().unwrap();
    } else {
        let mut writer =
            arrow_ipc::writer::StreamWriter::try_new_with_options(&mut bytes, &schema, options)
                .unwrap();
        writer.write(&table).unwrap();
        writer.finish().unwrap();
    }
    // The size stands in front of the frame, which begins with the magic number of LZ4.
    let frame = bytes
        .windows(12)
        .position(|window| {
            window == [&8_000_i64.to_le_bytes()[..], &[0x04, 0x22, 0x4d, 0x18]].concat()
        })
        .unwrap();
    bytes[frame..frame + 8].copy_from_slice(&size.to_le_bytes());
    bytes
}

#[test]
fn a_buffer_that_says_to_be_huge_is_an_error_and_asks_for_no_memory() {
    for (name, is_file) in [("a.arrow", true), ("a.arrows", false)] {
        let folder = Folder::new();
        folder.file(name, with_declared_size(is_file, 8_000));
        let mut source = folder.open(json!({"path": name})).unwrap();
        assert_eq!(collect(source.as_mut()).unwrap().num_rows(), 1_000);
        // Memory that cannot be had would end the process, which nothing can catch.
        for size in [1 << 34, 1 << 50, i64::MAX] {
            folder.file(name, with_declared_size(is_file, size));
            let message = folder.show(json!({"path": name}));
            let expected = format!("says to have {size} bytes");
            assert!(message.contains(&expected), "{message}");
        }
    }
}
