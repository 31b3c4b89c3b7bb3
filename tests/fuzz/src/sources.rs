//! Sources: files that are not what they should be.
//!
//! The first byte of an input says how the rest is read, so that an input is a file but for one byte.

use std::io::Cursor;

use stepwell_connect::{ConnectError, OpenOptions, StandardInput, open_source};
use stepwell_plan::{Compression, CsvOptions, Format, Paths, SourceSpec};

use crate::walk::show;

/// Rows that are read of a file, at most: a few bytes may stand for very many.
const ROWS: u64 = 2_000;

pub(crate) fn csv(input: &[u8]) {
    read(Format::Csv, input);
}

pub(crate) fn json(input: &[u8]) {
    read(Format::Json, input);
}

pub(crate) fn arrow(input: &[u8]) {
    read(Format::Arrow, input);
}

pub(crate) fn arrows(input: &[u8]) {
    read(Format::Arrows, input);
}

pub(crate) fn parquet(input: &[u8]) {
    read(Format::Parquet, input);
}

/// Reads a file of one byte of options, and then its content.
fn read(format: Format, input: &[u8]) {
    let Some((&options, content)) = input.split_first() else {
        return;
    };
    let spec = spec(format, options);
    let open_options = OpenOptions {
        batch_rows: [7, 64, 4_096, 1][usize::from(options & 3)],
        limit: Some(ROWS),
        standard_input: StandardInput::new(Cursor::new(content.to_vec())),
        ..OpenOptions::default()
    };
    if let Err(error) = read_all(&spec, &open_options, options & 4 != 0) {
        // The message may hold parts of the file.
        assert!(!error.to_string().is_empty());
        let _ = error.hint();
    }
}

fn spec(format: Format, options: u8) -> SourceSpec {
    let is_text = matches!(format, Format::Csv | Format::Json);
    let compression = match (options >> 3) & 3 {
        1 if is_text || format == Format::Arrows => Compression::Gzip,
        2 if is_text || format == Format::Arrows => Compression::Zstd,
        _ => Compression::None,
    };
    let mut types = std::collections::BTreeMap::new();
    if is_text && options & 32 != 0 {
        for (column, data_type) in [
            ("a", "int64"),
            ("b", "decimal128(10, 2)"),
            ("c", "timestamp(us, UTC)"),
            ("d", "dictionary(int8, utf8)"),
        ] {
            types.insert(column.to_owned(), data_type.to_owned());
        }
    }
    let csv = (format == Format::Csv && options & 64 != 0).then(|| CsvOptions {
        header: options & 128 != 0,
        delimiter: ';',
        quote: '\'',
        null_values: vec!["NA".to_owned(), "-".to_owned()],
    });
    SourceSpec {
        path: Paths::One("-".to_owned()),
        format: Some(format),
        compression: Some(compression),
        types,
        csv,
        sample_rows: (options & 128 != 0).then_some(2),
    }
}

fn read_all(
    spec: &SourceSpec,
    options: &OpenOptions,
    every_other_column: bool,
) -> Result<(), ConnectError> {
    let mut source = open_source("t", spec, options)?;
    let schema = source.schema();
    let n_columns = schema.fields().len();
    let columns: Vec<usize> = match every_other_column {
        true => (0..n_columns).rev().step_by(2).collect(),
        false => (0..n_columns).collect(),
    };
    source.project(&columns);
    let mut rows = 0;
    while let Some(batch) = source.next_batch()? {
        assert!((1..=options.batch_rows).contains(&batch.rows));
        assert_eq!(batch.columns.len(), columns.len());
        for (column, array) in columns.iter().zip(&batch.columns) {
            assert_eq!(array.len(), batch.rows);
            assert_eq!(array.data_type(), schema.field(*column).data_type());
            array
                .to_data()
                .validate_full()
                .expect("a source gives valid arrays");
            show(array.as_ref());
        }
        rows += batch.rows as u64;
    }
    assert!(rows <= ROWS, "{rows} rows");
    Ok(())
}
