//! Sinks that are folders of parts.

use std::fs;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, RecordBatch, StringArray};
use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};
use stepwell_connect::{SinkSummary, open_sink};

use crate::support::{Folder, batch, collect, integers, show_error, sink_spec, texts};

fn rows(range: std::ops::Range<i64>) -> RecordBatch {
    let countries = ["FR", "DE", "FR", "IT", "DE"];
    let country: Vec<&str> = range.clone().map(|n| countries[n as usize % 5]).collect();
    batch([
        ("n", integers(&range.collect::<Vec<_>>())),
        ("country", texts(&country)),
    ])
}

/// All files below `out`, with the numbers in them.
fn tree(folder: &Folder) -> String {
    let mut text = String::new();
    for name in folder.names() {
        text.push_str(&name);
        if name.ends_with(".parquet") || name.ends_with(".csv") || name.ends_with(".csv.gz") {
            let mut source = folder.open(json!({"path": name})).unwrap();
            let read = collect(source.as_mut()).unwrap();
            let column = read.column_by_name("n").unwrap();
            let numbers = arrow_cast::cast(column, &arrow_schema::DataType::Int64).unwrap();
            let numbers: &arrow_array::Int64Array =
                arrow_array::cast::AsArray::as_primitive(&numbers);
            text.push_str(&format!(" {:?}", numbers.values().to_vec()));
        }
        text.push('\n');
    }
    text
}

fn write(folder: &Folder, spec: Value, rows: RecordBatch) -> SinkSummary {
    folder.write(spec, &[rows]).unwrap()
}

#[test]
fn a_folder_of_parts_is_parquet_with_so_many_rows_each() {
    let folder = Folder::new();
    let summary = write(
        &folder,
        json!({"path": "out/", "rows_per_file": 3}),
        rows(0..7),
    );
    assert_snapshot!(tree(&folder), @r"
    out/
    out/part-00000.parquet [0, 1, 2]
    out/part-00001.parquet [3, 4, 5]
    out/part-00002.parquet [6]
    ");
    let parts: Vec<(&str, u64)> = summary
        .parts
        .iter()
        .map(|part| (part.path.as_str(), part.rows))
        .collect();
    assert_eq!(
        parts,
        [
            ("part-00000.parquet", 3),
            ("part-00001.parquet", 3),
            ("part-00002.parquet", 1)
        ]
    );
    assert_eq!(summary.rows, 7);
    let sizes = |part: &str| fs::metadata(folder.path("out").join(part)).unwrap().len();
    for part in &summary.parts {
        assert_eq!(part.bytes, sizes(&part.path));
    }
    assert_eq!(
        summary.bytes,
        summary.parts.iter().map(|part| part.bytes).sum::<u64>()
    );
    assert!(summary.path.ends_with("/out/"), "{}", summary.path);
    let mut source = folder.open(json!({"path": "out/"})).unwrap();
    assert_eq!(collect(source.as_mut()).unwrap(), rows(0..7));
}

#[test]
fn partitions_are_folders_named_by_values() {
    let folder = Folder::new();
    write(
        &folder,
        json!({"path": "out/", "partition_by": ["country"]}),
        rows(0..7),
    );
    assert_snapshot!(tree(&folder), @r"
    out/
    out/country=DE/
    out/country=DE/part-00000.parquet [1, 4, 6]
    out/country=FR/
    out/country=FR/part-00000.parquet [0, 2, 5]
    out/country=IT/
    out/country=IT/part-00000.parquet [3]
    ");
    assert_snapshot!(folder.show(json!({"path": "out/country=IT/part-00000.parquet"})), @r"
    n: int64
    +---+
    | n |
    +---+
    | 3 |
    +---+
    ");
}

#[test]
fn partitions_have_names_for_all_values_and_types() {
    let folder = Folder::new();
    let day: ArrayRef = Arc::new(Date32Array::from(vec![
        Some(20_000),
        None,
        Some(0),
        Some(0),
    ]));
    let name: ArrayRef = Arc::new(StringArray::from(vec![
        Some("a/b"),
        Some(""),
        None,
        Some("Zürich 50%"),
    ]));
    let table = batch([
        ("n", integers(&[1, 2, 3, 4])),
        ("a day", day),
        ("name", name),
    ]);
    write(
        &folder,
        json!({"path": "out/", "format": "csv", "compression": "gzip", "partition_by": ["a day", "name"]}),
        table,
    );
    assert_snapshot!(tree(&folder), @r"
    out/
    out/a day=1970-01-01/
    out/a day=1970-01-01/name=Zürich 50%25/
    out/a day=1970-01-01/name=Zürich 50%25/part-00000.csv.gz [4]
    out/a day=1970-01-01/name=__HIVE_DEFAULT_PARTITION__/
    out/a day=1970-01-01/name=__HIVE_DEFAULT_PARTITION__/part-00000.csv.gz [3]
    out/a day=2024-10-04/
    out/a day=2024-10-04/name=a%2Fb/
    out/a day=2024-10-04/name=a%2Fb/part-00000.csv.gz [1]
    out/a day=__HIVE_DEFAULT_PARTITION__/
    out/a day=__HIVE_DEFAULT_PARTITION__/name=/
    out/a day=__HIVE_DEFAULT_PARTITION__/name=/part-00000.csv.gz [2]
    ");
}

/// A folder that two runs have written, in two modes.
fn after(first: Value, second: Value) -> String {
    let folder = Folder::new();
    write(&folder, first, rows(0..5));
    folder.file("out/.gitignore", "*");
    folder.file("out/_SUCCESS", "");
    write(&folder, second, rows(10..13));
    tree(&folder)
}

#[test]
fn overwriting_replaces_all_parts() {
    let spec = json!({"path": "out/", "format": "csv", "rows_per_file": 2});
    assert_snapshot!(after(spec.clone(), spec), @r"
    out/
    out/.gitignore
    out/part-00000.csv [10, 11]
    out/part-00001.csv [12]
    ");
    let partitioned = json!({"path": "out/", "partition_by": ["country"]});
    assert_snapshot!(after(partitioned, json!({"path": "out/", "format": "csv"})), @r"
    out/
    out/.gitignore
    out/part-00000.csv [10, 11, 12]
    ");
}

#[test]
fn appending_adds_parts() {
    let spec = json!({"path": "out/", "mode": "append", "rows_per_file": 2});
    assert_snapshot!(after(spec.clone(), spec), @r"
    out/
    out/.gitignore
    out/part-00000.parquet [0, 1]
    out/part-00001.parquet [2, 3]
    out/part-00002.parquet [4]
    out/part-00003.parquet [10, 11]
    out/part-00004.parquet [12]
    ");
    let spec = json!({"path": "out/", "mode": "append", "partition_by": ["country"]});
    assert_snapshot!(after(spec.clone(), spec), @r"
    out/
    out/.gitignore
    out/country=DE/
    out/country=DE/part-00000.parquet [1, 4]
    out/country=DE/part-00001.parquet [11]
    out/country=FR/
    out/country=FR/part-00000.parquet [0, 2]
    out/country=FR/part-00001.parquet [10, 12]
    out/country=IT/
    out/country=IT/part-00000.parquet [3]
    ");
}

#[test]
fn overwriting_partitions_leaves_those_that_get_no_rows() {
    let spec = json!({"path": "out/", "mode": "overwrite-partitions", "partition_by": ["country"]});
    assert_snapshot!(after(spec.clone(), spec), @r"
    out/
    out/.gitignore
    out/country=DE/
    out/country=DE/part-00000.parquet [11]
    out/country=FR/
    out/country=FR/part-00000.parquet [10, 12]
    out/country=IT/
    out/country=IT/part-00000.parquet [3]
    ");
}

#[test]
fn a_folder_that_must_be_empty_is_not_replaced() {
    let folder = Folder::new();
    let spec = json!({"path": "out/", "mode": "error", "format": "csv"});
    fs::create_dir(folder.path("out")).unwrap();
    write(&folder, spec.clone(), rows(0..1));
    assert_snapshot!(folder.write_error(spec, &[rows(0..1)]), @r"
    error[output_exists]: sink `s`: `out/` exists already
      hint: remove it, write elsewhere, or set `mode` to `overwrite` or `append`
      key: mode
    ");
    let spec = sink_spec(json!({"path": "other/", "mode": "error"}));
    let mut sink = open_sink("s", &spec, rows(0..1).schema(), &folder.sink_options()).unwrap();
    sink.prepare().unwrap();
    folder.file("other/part-00000.parquet", "somebody else's");
    assert_eq!(sink.finish().unwrap_err().code(), "output_exists");
    assert_eq!(
        folder.names(),
        [
            "other/",
            "other/part-00000.parquet",
            "out/",
            "out/part-00000.csv"
        ]
    );
}

#[test]
fn a_table_without_rows_has_columns_still() {
    let folder = Folder::new();
    let none = rows(0..0);
    write(
        &folder,
        json!({"path": "out/", "format": "csv"}),
        none.clone(),
    );
    assert_eq!(
        fs::read_to_string(folder.path("out/part-00000.csv")).unwrap(),
        "n,country\n"
    );
    // What is there has columns already.
    write(
        &folder,
        json!({"path": "out/", "format": "csv", "mode": "append"}),
        none.clone(),
    );
    assert_eq!(folder.names(), ["out/", "out/part-00000.csv"]);
    write(
        &folder,
        json!({"path": "out/", "partition_by": ["country"]}),
        none,
    );
    assert_eq!(folder.names(), ["out/"]);
}

#[test]
fn the_folder_is_untouched_until_the_end() {
    let folder = Folder::new();
    write(
        &folder,
        json!({"path": "out/", "format": "csv"}),
        rows(0..2),
    );
    let spec = sink_spec(json!({"path": "out/", "format": "csv", "rows_per_file": 1}));
    let visible = || -> Vec<String> {
        let names = folder.names().into_iter();
        names.filter(|name| !name.starts_with('.')).collect()
    };
    let before = visible();
    let open = || open_sink("s", &spec, rows(0..1).schema(), &folder.sink_options()).unwrap();
    let mut sink = open();
    sink.write(&rows(5..8)).unwrap();
    assert_eq!((visible(), sink.parts().len()), (before.clone(), 3));
    sink.prepare().unwrap();
    assert_eq!(visible(), before);
    assert!(sink.write(&rows(5..8)).is_err());
    sink.abort();
    assert_eq!(folder.names(), before);
    let mut sink = open();
    sink.write(&rows(5..7)).unwrap();
    sink.finish().unwrap();
    assert_eq!(
        folder.names(),
        ["out/", "out/part-00000.csv", "out/part-00001.csv"]
    );
}

#[test]
fn a_folder_that_holds_something_else_is_not_replaced() {
    let error = |file: &str, spec: Value| {
        let folder = Folder::new();
        folder.file(file, "n,country\n");
        let before = folder.names();
        let error = folder.write_error(spec, &[rows(0..1)]);
        assert_eq!(folder.names(), before);
        error
    };
    assert_snapshot!(error("out/notes.txt", json!({"path": "out/"})), @r"
    error[not_a_part]: sink `s`: the folder `out/` holds `notes.txt`, which is no part of a table
      hint: a folder of parts is replaced as a whole: give the sink a folder of its own
    ");
    assert_snapshot!(error("out/customers.csv", json!({"path": "out/"})), @r"
    error[not_a_part]: sink `s`: the folder `out/` holds `customers.csv`, which is no part of a table
      hint: a folder of parts is replaced as a whole: give the sink a folder of its own
    ");
    assert_snapshot!(error("out/_delta_log/0.json", json!({"path": "out/", "mode": "append"})), @r"
    error[not_a_part]: sink `s`: the folder `out/` holds `_delta_log`, which is no part of a table
      hint: a folder of parts is replaced as a whole: give the sink a folder of its own
    ");
    assert_snapshot!(error("out/country=FR/customers.csv", json!({
        "path": "out/", "format": "csv", "mode": "overwrite-partitions", "partition_by": ["country"]
    })), @r"
    error[not_a_part]: sink `s`: the folder `out/` holds `country=FR/customers.csv`, which is no part of a table
      hint: a folder of parts is replaced as a whole: give the sink a folder of its own
    ");
    assert_snapshot!(error("data.csv", json!({"path": "./"})), @r"
    error[not_a_part]: sink `s`: the folder `./` holds `data.csv`, which is no part of a table
      hint: a folder of parts is replaced as a whole: give the sink a folder of its own
    ");
}

#[test]
fn parts_that_do_not_go_together_are_not_put_together() {
    let error = |first: Value, second: Value| {
        let folder = Folder::new();
        write(&folder, first, rows(0..1));
        let before = folder.names();
        let error = folder.write_error(second, &[rows(0..1)]);
        assert_eq!(folder.names(), before);
        error
    };
    let append = json!({"path": "out/", "mode": "append"});
    assert_snapshot!(error(json!({"path": "out/", "format": "csv"}), append.clone()), @r"
    error[append_mismatch]: sink `s`: rows cannot be appended to `out/`: `part-00000.csv` is CSV, and the new parts would be Parquet
      hint: write to another place, or set `mode` to `overwrite`
      key: mode
    ");
    assert_snapshot!(error(json!({"path": "out/", "partition_by": ["country"]}), append), @r"
    error[append_mismatch]: sink `s`: rows cannot be appended to `out/`: `country=FR/part-00000.parquet` is partitioned by `country`, and the rows are not partitioned
      hint: write to another place, or set `mode` to `overwrite`
      key: mode
    ");
    assert_snapshot!(error(json!({"path": "out/"}), json!({
        "path": "out/", "mode": "overwrite-partitions", "partition_by": ["country"]
    })), @r"
    error[append_mismatch]: sink `s`: rows cannot be appended to `out/`: `part-00000.parquet` is not partitioned, and the rows are partitioned by `country`
      hint: write to another place, or set `mode` to `overwrite`
      key: mode
    ");
    let folder = Folder::new();
    let other = batch([("n", texts(&["1"])), ("country", texts(&["FR"]))]);
    write(&folder, json!({"path": "out/"}), other);
    assert_snapshot!(folder.write_error(json!({"path": "out/", "mode": "append"}), &[rows(0..1)]), @r"
    error[append_mismatch]: sink `s`: rows cannot be appended to `out/`: `n` is `utf8` instead of `int64`
      hint: write to another place, or set `mode` to `overwrite`
      key: mode
    ");
}

#[test]
fn too_many_partitions_are_an_error() {
    let folder = Folder::new();
    let spec = json!({"path": "out/", "partition_by": ["n"], "max_partitions": 3});
    write(&folder, spec.clone(), rows(0..3));
    let before = folder.names();
    assert_snapshot!(folder.write_error(spec, &[rows(0..2), rows(1..5)]), @r"
    error[too_many_partitions]: sink `s`: more than 3 partitions of `out/`: the next one would be `n=3`
      hint: partition by columns with fewer values, or raise `max_partitions`
      key: max_partitions
    ");
    assert_eq!(folder.names(), before);
}

#[test]
fn many_partitions_need_no_more_handles_than_one() {
    let open_files = || fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let folder = Folder::new();
    let spec = sink_spec(json!({"path": "out/", "partition_by": ["n"]}));
    let mut sink = open_sink("s", &spec, rows(0..1).schema(), &folder.sink_options()).unwrap();
    sink.write(&rows(0..1)).unwrap();
    let one = open_files();
    sink.write(&rows(0..300)).unwrap();
    // Other tests of this process open files, too, but not as many.
    assert!(open_files() < one + 200);
    sink.finish().unwrap();
    assert_eq!(folder.names().len(), 1 + 2 * 300);
}

#[cfg(unix)]
#[test]
fn a_replaced_folder_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mode = |name: &str| {
        fs::metadata(folder.path(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777
    };
    fs::create_dir(folder.path("plain")).unwrap();
    write(&folder, json!({"path": "out/"}), rows(0..1));
    assert_eq!(mode("out"), mode("plain"));
    fs::set_permissions(folder.path("out"), fs::Permissions::from_mode(0o750)).unwrap();
    write(&folder, json!({"path": "out/"}), rows(0..1));
    assert_eq!(mode("out"), 0o750);
}

#[test]
fn a_folder_of_a_store_is_refused() {
    use stepwell_connect::object_store::memory::InMemory;
    let mut options = Folder::new().sink_options();
    options.storage = options
        .storage
        .with_store("memory://bucket", Arc::new(InMemory::new()));
    let error = |spec: Value| {
        let spec = sink_spec(spec);
        show_error(
            &open_sink("s", &spec, rows(0..1).schema(), &options)
                .err()
                .unwrap(),
        )
    };
    assert_snapshot!(error(json!({"path": "memory://bucket/out/"})), @r"
    error[invalid_option]: sink `s`: `memory://bucket/out/` is a folder of an object store, where parts cannot appear together
      hint: name one object, for example with the extension `.parquet`
      key: path
    ");
    assert_snapshot!(error(json!({"path": "memory://bucket/a.csv", "mode": "append"})), @r"
    error[invalid_option]: sink `s`: `memory://bucket/a.csv` is an object of a store, which cannot be appended to
      hint: write another object with each run, and read them together with a glob
      key: mode
    ");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever the size of batches, the same files hold the same rows.
    #[test]
    fn parts_do_not_depend_on_batches(
        cuts in proptest::collection::vec(0..60_usize, 0..6),
        rows_per_file in 5..20_u64,
        is_partitioned in any::<bool>(),
    ) {
        let table = rows(0..60);
        let mut cuts = cuts;
        cuts.extend([0, 60]);
        cuts.sort_unstable();
        let batches: Vec<RecordBatch> = cuts
            .windows(2)
            .map(|pair| table.slice(pair[0], pair[1] - pair[0]))
            .collect();
        let partition_by = if is_partitioned { vec!["country"] } else { vec![] };
        let spec = json!({
            "path": "out/", "format": "csv", "rows_per_file": rows_per_file, "partition_by": partition_by
        });
        let (whole, cut) = (Folder::new(), Folder::new());
        whole.write(spec.clone(), &[table]).unwrap();
        cut.write(spec, &batches).unwrap();
        prop_assert_eq!(tree(&whole), tree(&cut));
    }
}
