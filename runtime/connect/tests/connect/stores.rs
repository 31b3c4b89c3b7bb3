//! Object stores, with one in memory.

use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::json;
use stepwell_connect::object_store::memory::InMemory;
use stepwell_connect::{OpenOptions, SinkOptions, Storage, open_sink, open_source};

use crate::support::{
    Folder, batch, collect, integers, show, sink_spec, source_spec, texts, write,
};

fn storage() -> Storage {
    Storage::default().with_store("memory://bucket", Arc::new(InMemory::new()))
}

fn open_options(storage: &Storage) -> OpenOptions {
    OpenOptions {
        storage: storage.clone(),
        ..OpenOptions::default()
    }
}

fn sink_options(storage: &Storage) -> SinkOptions {
    SinkOptions {
        storage: storage.clone(),
        ..SinkOptions::default()
    }
}

#[test]
fn every_format_is_written_and_read_in_a_store() {
    let storage = storage();
    // More than one part of an upload.
    let rows: Vec<i64> = (0..1_500_000).map(|row| row * 7919 % 1_000_003).collect();
    let rows = batch([("n", integers(&rows))]);
    for name in ["a.csv", "a.jsonl.zst", "a.parquet", "a.arrow", "a.arrows"] {
        let url = format!("memory://bucket/x/{name}");
        let summary = write(
            json!({"path": url}),
            std::slice::from_ref(&rows),
            &sink_options(&storage),
        )
        .unwrap();
        assert_eq!(summary.path, url);
        let mut source = open_source(
            "t",
            &source_spec(json!({"path": url})),
            &open_options(&storage),
        )
        .unwrap();
        assert_eq!(source.progress().bytes_total, Some(summary.bytes));
        assert_eq!(
            collect(source.as_mut()).unwrap().columns(),
            rows.columns(),
            "{name}"
        );
    }
}

#[test]
fn folders_and_globs_work_in_a_store() {
    let storage = storage();
    for name in ["d/b.csv", "d/a.csv", "d/_c.csv", "d/deep/e.csv"] {
        let rows = batch([("name", texts(&[name]))]);
        let path = format!("memory://bucket/{name}");
        write(json!({"path": path}), &[rows], &sink_options(&storage)).unwrap();
    }
    let read = |path: &str| {
        show(open_source(
            "t",
            &source_spec(json!({"path": path})),
            &open_options(&storage),
        ))
    };
    assert_snapshot!(read("memory://bucket/d"), @r"
    name: utf8
    +---------+
    | name    |
    +---------+
    | d/a.csv |
    | d/b.csv |
    +---------+
    ");
    assert_snapshot!(read("memory://bucket/d/*.csv"), @r"
    name: utf8
    +---------+
    | name    |
    +---------+
    | d/a.csv |
    | d/b.csv |
    +---------+
    ");
    assert_snapshot!(read("memory://bucket/d/**/*.csv"), @r"
    name: utf8
    +--------------+
    | name         |
    +--------------+
    | d/a.csv      |
    | d/b.csv      |
    | d/deep/e.csv |
    +--------------+
    ");
    assert_snapshot!(read("memory://bucket/d/*.parquet"), @r"
    error[no_match]: source `t`: no file matches `memory://bucket/d/*.parquet`; `memory://bucket/d` holds `_c.csv`, `a.csv`, `b.csv`
      hint: hidden files, files that start with `_` and files of unknown formats are passed over
    ");
    assert_snapshot!(read("memory://bucket/e/x.csv"), @r"
    error[not_found]: source `t`: `memory://bucket/e/x.csv` does not exist
      hint: relative paths start at the pipeline file's folder
    ");
}

#[test]
fn an_upload_that_is_aborted_leaves_nothing() {
    let storage = storage();
    let rows = batch([("n", integers(&(0..2_000_000).collect::<Vec<_>>()))]);
    let spec = sink_spec(json!({"path": "memory://bucket/a.csv"}));
    let mut sink = open_sink("s", &spec, rows.schema(), &sink_options(&storage)).unwrap();
    sink.write(&rows).unwrap();
    drop(sink);
    let source = open_source(
        "t",
        &source_spec(json!({"path": "memory://bucket/a.csv"})),
        &open_options(&storage),
    );
    assert_eq!(source.unwrap_err().code(), "not_found");
}

#[test]
fn urls_that_cannot_be_opened_are_errors() {
    let folder = Folder::new();
    let read = |path: &str| folder.show(json!({"path": path}));
    #[cfg(not(feature = "aws"))]
    assert_snapshot!(read("s3://bucket/a.csv"), @r"
    error[unsupported_url]: source `t`: `s3://bucket/a.csv` cannot be opened: this build is without the feature `aws`
      hint: build with the cargo feature `aws` of `stepwell-connect`
    ");
    #[cfg(not(feature = "gcp"))]
    assert_snapshot!(read("gs://bucket/a.csv"), @r"
    error[unsupported_url]: source `t`: `gs://bucket/a.csv` cannot be opened: this build is without the feature `gcp`
      hint: build with the cargo feature `gcp` of `stepwell-connect`
    ");
    #[cfg(not(feature = "azure"))]
    assert_snapshot!(read("abfs://container/a.csv"), @r"
    error[unsupported_url]: source `t`: `abfs://container/a.csv` cannot be opened: this build is without the feature `azure`
      hint: build with the cargo feature `azure` of `stepwell-connect`
    ");
    #[cfg(not(feature = "http"))]
    assert_snapshot!(read("https://example.org/a.csv"), @r"
    error[unsupported_url]: source `t`: `https://example.org/a.csv` cannot be opened: this build is without the feature `http`
      hint: build with the cargo feature `http` of `stepwell-connect`
    ");
    assert_snapshot!(read("ftp://example.org/a.csv"), @r"error[unsupported_url]: source `t`: `ftp://example.org/a.csv` cannot be opened: `ftp` is not one of `file`, `s3`, `gs`, `az`, `abfs`, `http` and `https`");
    assert_snapshot!(read("https://example.org/a.csv?key=1"), @r"error[unsupported_url]: source `t`: `https://example.org/a.csv?key=1` cannot be opened: a query (`?…`) in a URL is not supported");
    assert_snapshot!(read("s3://[/a.csv"), @r"error[unsupported_url]: source `t`: `s3://[/a.csv` cannot be opened: invalid IPv6 address");
}

#[test]
fn a_caller_within_a_runtime_may_block() {
    let storage = storage();
    let rows = batch([("n", integers(&[1]))]);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let path = json!({"path": "memory://bucket/a.csv"});
        write(path.clone(), &[rows], &sink_options(&storage)).unwrap();
        let mut source = open_source("t", &source_spec(path), &open_options(&storage)).unwrap();
        assert_eq!(collect(source.as_mut()).unwrap().num_rows(), 1);
    });
}
