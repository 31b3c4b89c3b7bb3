//! Every table returns from its text as it was.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use proptest::prelude::*;
use stepwell_cases::{parse_table, write_table};
use stepwell_test_arrays::{Random, every_type};

fn check(table: &RecordBatch) {
    let text = write_table(table);
    let back = parse_table(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(back.schema_ref(), table.schema_ref());
    assert_eq!(write_table(&back), text);
    for (back, column) in back.columns().iter().zip(table.columns()) {
        if has_dictionary(column.data_type()) || text.contains("NaN") {
            // A null in a dictionary may be one of the keys or of the values, and NaN has many bit patterns:
            // arrays that differ in that alone hold the same and are not equal.
            let is_null =
                |array: &ArrayRef| array.logical_nulls().map_or(0, |nulls| nulls.null_count());
            assert_eq!(is_null(back), is_null(column), "{text}");
        } else {
            assert_eq!(back, column, "{text}");
        }
    }
}

fn has_dictionary(data_type: &DataType) -> bool {
    format!("{data_type:?}").contains("Dictionary")
}

fn check_error(text: &str, expect: &str) {
    let error = parse_table(text).expect_err(text);
    assert_eq!(error, expect, "{text}");
}

#[test]
fn every_type_returns_as_it_was() {
    for data_type in every_type() {
        for seed in 0..16 {
            let schema = Schema::new(vec![Field::new("x", data_type.clone(), true)]);
            check(&Random::new(seed).batch_of(schema, 12));
        }
    }
}

proptest! {
    #[test]
    fn tables_of_all_types_return_as_they_were(
        seed: u64,
        depth in 0_usize..4,
        n_columns in 0_usize..4,
        n_rows in 0_usize..12,
    ) {
        check(&Random::new(seed).batch(n_columns, n_rows, depth));
    }

    #[test]
    fn every_string_returns_as_it_was(name in ".*", texts: Vec<Option<String>>) {
        let column: ArrayRef = Arc::new(StringArray::from(texts));
        check(&RecordBatch::try_from_iter_with_nullable([(name, column, true)]).unwrap());
    }

    #[test]
    fn every_float_returns_as_it_was(values: Vec<f64>) {
        let column: ArrayRef = Arc::new(Float64Array::from(values));
        check(&RecordBatch::try_from_iter_with_nullable([("x", column, true)]).unwrap());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[a-z0-9|: <>(),\"\\[\\]{}\n#-]*") {
        let _ = parse_table(&text);
        let _ = parse_table(&format!("a: struct<b: list<int8>> | b: dense_union<0 = a: utf8>\n{text}"));
    }
}

#[test]
fn strings_are_quoted_only_where_they_would_be_misread() {
    let texts = [
        "plain",
        "two words",
        "",
        "null",
        " padded ",
        "a|b",
        "say \"x\"",
        "# no comment",
        "--- none",
        "a\nb",
        "1.5",
    ];
    let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let table = RecordBatch::try_from_iter_with_nullable([("text", column, true)]).unwrap();
    insta::assert_snapshot!(write_table(&table));
    check(&table);
}

#[test]
fn what_a_person_writes_is_understood() {
    let table = parse_table(
        "
        # a comment
        id:int64 not null|paid: boolean | at: timestamp(us, UTC)   | price: decimal128(6, 2) | day: date32 | span: interval(month_day_nano) | tags: list<utf8>

        1|true|2026-01-31T12:00:00+02:00|5|2026-02-28|{\"days\": 3}|[\"a\"]
        # another
        2 | null | 0 | 5.1 | null | null | []
        ",
    )
    .unwrap();
    insta::assert_snapshot!(write_table(&table));
}

#[test]
fn errors_name_the_line_the_column_and_what_would_be_right() {
    check_error(
        "",
        "line 1: a table needs a line of columns, such as `id: int64 | name: utf8`",
    );
    check_error(
        "id: int46\n1",
        "line 1: `int46` in `id: int46` is not a type; did you mean `int64`?",
    );
    check_error(
        "id\n1",
        "line 1: expected a name, a colon and a type, such as `age: int64` before `id` in `id`",
    );
    check_error(
        "id: int64\n1\n2 | 3",
        "line 3: values in this line: 2, columns of the table: 1",
    );
    check_error(
        "id: int8\n1\n300",
        "line 3: column `id`: `300` is not a value of the type `int8`: expected a number that the type can hold",
    );
    check_error(
        "id: int64 not null\n\nnull",
        "line 3: column `id`: `null` in a column that is `not null`",
    );
    check_error(
        "at: timestamp(us, UTC)\n2026-01-31T12:00:00",
        "line 2: column `at`: `2026-01-31T12:00:00` is not a value of the type `timestamp(us, UTC)`: expected such as `2026-01-31T23:59:59Z` or `2026-01-31T23:59:59+02:00`",
    );
    check_error(
        "price: decimal128(4, 2)\n1.234",
        "line 2: column `price`: `1.234` is not a value of the type `decimal128(4, 2)`: expected a number that the type can hold",
    );
    check_error(
        "a: utf8 | b: utf8\nx |",
        "line 2: column `b`: an empty cell: write `null` or, for an empty string, `\"\"`",
    );
    check_error("a: utf8\n\"x", "line 2: a quote is not closed");
    check_error(
        "a: utf8\nsay \"x\"",
        "line 2: column `a`: `say \"x\"` is not a text: one that holds quotes is written as a JSON string",
    );
    check_error(
        "a: struct<days: int64>\n{\"day\": 1}",
        "line 2: column `a`: `struct<days: int64>` has no field `day`; did you mean `days`?",
    );
    check_error(
        "a: fixed_size_list<int8, 2>\n[1]",
        "line 2: column `a`: `[1]` has 1 items where `fixed_size_list<int8, 2>` has 2",
    );
    check_error(
        "a: sparse_union<0 = x: int8>\n[3, 1]",
        "line 2: column `a`: `sparse_union<0 = x: int8>` has no type id `3`",
    );
}
