//! Every Arrow type in every format: it comes back as it was, or the sink refuses it before anything is written.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_schema::{DataType, Field, Schema};
use insta::assert_snapshot;
use serde_json::json;
use stepwell_connect::{check_sink, open_source};
use stepwell_plan::type_name;
use stepwell_test_arrays::{Random, every_type};

use crate::support::{Folder, collect, show_error, sink_spec, source_spec};

/// What becomes of a column in a format.
fn outcome(name: &str, data_type: &DataType) -> String {
    let folder = Folder::new();
    let schema = Schema::new(vec![Field::new("c", data_type.clone(), true)]);
    let batch = Random::new(1).batch_of(schema, 50);
    let spec = json!({"path": name});
    let checked = check_sink(
        "s",
        &sink_spec(spec.clone()),
        &batch.schema(),
        &folder.sink_options(),
    );
    let written = folder.write(spec.clone(), std::slice::from_ref(&batch));
    if let Err(error) = checked {
        let again = written.unwrap_err();
        assert_eq!(show_error(&error), show_error(&again), "{name} {data_type}");
        assert_eq!(folder.names(), Vec::<String>::new(), "{name} {data_type}");
        return "refused".to_owned();
    }
    if let Err(error) = written {
        return show_error(&error);
    }
    let mut spec = spec;
    if name.contains("csv") || name.contains("json") {
        spec["types"] = json!({"c": type_name(data_type)});
    }
    let read = open_source("t", &source_spec(spec), &folder.open_options())
        .and_then(|mut source| collect(source.as_mut()));
    match read {
        Ok(read) if read.column(0) == batch.column(0) => "same".to_owned(),
        Ok(read) if read.column(0).data_type() != data_type => {
            format!("comes back as {}", type_name(read.column(0).data_type()))
        }
        Ok(read) if logical(read.column(0)) == logical(batch.column(0)) => "same".to_owned(),
        Ok(_) => "other values".to_owned(),
        Err(error) => format!("cannot be read back: {}", error.code()),
    }
}

/// A column without its dictionary: equal values may be in other places of it.
fn logical(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Dictionary(_, values) => arrow_cast::cast(column, values).unwrap(),
        _ => column.clone(),
    }
}

#[test]
fn arrow_holds_every_type() {
    for name in ["a.arrow", "a.arrows", "a.arrows.gz"] {
        for data_type in every_type() {
            assert_eq!(outcome(name, &data_type), "same", "{name} {data_type}");
        }
    }
}

#[test]
fn other_formats_hold_what_they_can_and_refuse_the_rest() {
    let mut report = String::new();
    for data_type in every_type() {
        let outcomes: Vec<String> = ["a.parquet", "a.csv", "a.jsonl"]
            .iter()
            .map(|name| outcome(name, &data_type))
            .collect();
        report.push_str(&format!(
            "{}\n    parquet: {}; csv: {}; json: {}\n",
            type_name(&data_type),
            outcomes[0],
            outcomes[1],
            outcomes[2]
        ));
    }
    assert_snapshot!(report);
}

#[test]
fn a_refusal_names_the_column() {
    let folder = Folder::new();
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true)));
    let fields = vec![
        Field::new("n", DataType::Int64, true),
        Field::new("tags", list, true),
    ];
    let batch = Random::new(1).batch_of(Schema::new(fields), 3);
    assert_snapshot!(folder.write_error(json!({"path": "a.csv"}), &[batch]), @r"
    error[unsupported_column]: sink `s`: CSV cannot hold column `tags` of type `list<int64>`
      hint: write `.parquet` or `.arrow`, or turn the column into text first
    ");
    let batch = Random::new(1).batch_of(
        Schema::new(vec![Field::new("b", DataType::Binary, true)]),
        3,
    );
    assert_snapshot!(folder.write_error(json!({"path": "a.csv"}), &[batch]), @r"
    error[unsupported_column]: sink `s`: CSV cannot hold column `b` of type `binary`
      hint: bytes are no text; write `.parquet` or `.arrow`, or drop the column
    ");
}
