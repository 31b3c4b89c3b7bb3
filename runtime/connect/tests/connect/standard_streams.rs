//! Standard input and output.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use serde_json::{Value, json};
use stepwell_connect::{
    ConnectError, OpenOptions, Source, StandardInput, StandardOutput, open_source,
};

use crate::sinks::FailingWriter;
use crate::support::{
    Folder, batch, collect, integers, show, show_error, source_spec, texts, write,
};

/// Gives a few bytes at a time, as pipes do.
struct Trickle(std::io::Cursor<Vec<u8>>);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(2);
        self.0.read(&mut buffer[..length])
    }
}

fn options(bytes: impl Into<Vec<u8>>) -> OpenOptions {
    OpenOptions {
        standard_input: StandardInput::new(Trickle(std::io::Cursor::new(bytes.into()))),
        ..OpenOptions::default()
    }
}

fn open(spec: Value, options: &OpenOptions) -> Result<Box<dyn Source>, ConnectError> {
    open_source("t", &source_spec(spec), options)
}

#[test]
fn text_is_csv_unless_it_is_json() {
    assert_snapshot!(show(open(json!({"path": "-"}), &options("\u{feff}a,b\n1,x\n"))), @r"
    a: int64, b: utf8
    +---+---+
    | a | b |
    +---+---+
    | 1 | x |
    +---+---+
    ");
    assert_snapshot!(show(open(json!({"path": "-"}), &options("\n {\"a\": 1}\n"))), @r"
    a: int64
    +---+
    | a |
    +---+
    | 1 |
    +---+
    ");
    assert_snapshot!(show(open(json!({"path": "-", "format": "csv"}), &options("{\n1\n"))), @r"
    {: int64
    +---+
    | { |
    +---+
    | 1 |
    +---+
    ");
    assert_snapshot!(show(open(json!({"path": "-"}), &options(""))), @r"error[empty_file]: source `t`: `-` is empty");
}

#[test]
fn every_format_is_recognized_by_its_first_bytes() {
    let folder = Folder::new();
    let rows = batch([("n", integers(&[1, 2])), ("w", texts(&["a", "b"]))]);
    for name in [
        "a.csv",
        "a.csv.gz",
        "a.csv.zst",
        "a.jsonl",
        "a.jsonl.gz",
        "a.parquet",
        "a.arrow",
        "a.arrows",
        "a.arrows.gz",
    ] {
        folder
            .write(json!({"path": name}), std::slice::from_ref(&rows))
            .unwrap();
        let options = options(std::fs::read(folder.path(name)).unwrap());
        // Once to check the pipeline, once to run it.
        for _ in 0..2 {
            let mut source = open(json!({"path": "-"}), &options).unwrap();
            assert_eq!(source.schema().fields().len(), 2, "{name}");
            source.project(&[0, 1]);
        }
        let mut source = open(json!({"path": "-"}), &options).unwrap();
        assert_eq!(
            collect(source.as_mut()).unwrap().columns(),
            rows.columns(),
            "{name}"
        );
    }
}

#[test]
fn only_one_source_can_read_standard_input() {
    let options = options("a\n1\n2\n");
    let mut first = open(json!({"path": "-"}), &options).unwrap();
    let mut second = open(json!({"path": "-"}), &options).unwrap();
    assert!(first.next_batch().unwrap().is_some());
    assert_snapshot!(show_error(&second.next_batch().unwrap_err()), @r"
    error[stream_taken]: source `t`: standard input is used already
      hint: only one source can be `-`, and only one sink
    ");
    assert_snapshot!(show(open(json!({"path": "-"}), &options)), @r"
    error[stream_taken]: source `t`: standard input is used already
      hint: only one source can be `-`, and only one sink
    ");
}

#[test]
fn errors_name_the_line_of_standard_input() {
    let mut text = "a\n".to_owned();
    text.push_str(&"1\n".repeat(100));
    text.push_str("x\n");
    assert_snapshot!(show(open(json!({"path": "-", "sample_rows": 3}), &options(text))), @r#"
    error[invalid_value]: source `t`: `-` line 102, column `a`: `x` is not of type `int64`, which was inferred from the first 3 rows
      hint: read it as text with `types = { a = "utf8" }`, or name it a null with `csv.null_values`
    "#);
}

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(buffer)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn standard_output_is_csv_unless_the_pipeline_says_otherwise() {
    let rows = batch([("n", integers(&[1, 2]))]);
    let written = |spec: Value| {
        let kept = Kept::default();
        let mut options = Folder::new().sink_options();
        options.standard_output = StandardOutput::new(kept.clone());
        let summary = write(spec, std::slice::from_ref(&rows), &options).unwrap();
        let bytes = kept.0.lock().unwrap().clone();
        assert_eq!(
            (summary.path.as_str(), summary.bytes),
            ("-", bytes.len() as u64)
        );
        bytes
    };
    assert_eq!(written(json!({"path": "-"})), b"n\n1\n2\n");
    assert_eq!(
        written(json!({"path": "-", "format": "json"})),
        b"{\"n\":1}\n{\"n\":2}\n"
    );
    assert!(written(json!({"path": "-", "format": "parquet"})).ends_with(b"PAR1"));
    assert_eq!(
        written(json!({"path": "-", "compression": "gzip"}))[..2],
        [0x1f, 0x8b]
    );
}

#[test]
fn a_reader_that_went_away_is_an_error_of_its_own() {
    let rows = batch([("n", integers(&(0..100_000).collect::<Vec<_>>()))]);
    let mut options = Folder::new().sink_options();
    for format in ["csv", "json", "arrows", "parquet"] {
        options.standard_output =
            StandardOutput::new(FailingWriter(1000, std::io::ErrorKind::BrokenPipe));
        let error = write(
            json!({"path": "-", "format": format}),
            std::slice::from_ref(&rows),
            &options,
        )
        .unwrap_err();
        assert_eq!(error.code(), "broken_pipe", "{format}");
    }
    assert_snapshot!(
        show_error(&write(json!({"path": "-"}), &[rows], &options).unwrap_err()),
        @r"
        error[stream_taken]: sink `s`: standard output is used already
          hint: only one source can be `-`, and only one sink
        "
    );
}
