//! Names of types: what they look like, what is refused, and that they read back.

use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use stepwell_layout::{field_name_and_type, parse_field, parse_type, type_name};

/// `text` must name a type whose name is `expect`.
fn check(text: &str, expect: &str) {
    let data_type = parse_type(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(type_name(&data_type), expect, "{text}");
    assert_eq!(parse_type(expect).as_ref(), Ok(&data_type), "{expect}");
}

fn check_error(text: &str, expect: &str) {
    let error = parse_type(text).expect_err(text);
    assert_eq!(error.to_string(), expect, "{text}");
}

#[test]
fn every_name_reads_back() {
    for text in [
        "null",
        "boolean",
        "int8",
        "uint64",
        "float16",
        "decimal32(9, 2)",
        "decimal64(18, -3)",
        "decimal128(38, 38)",
        "decimal256(76, 0)",
        "date32",
        "date64",
        "time32(s)",
        "time64(ns)",
        "timestamp(ms)",
        "timestamp(us, UTC)",
        "timestamp(ns, Europe/Berlin)",
        "timestamp(s, +02:00)",
        "timestamp(s, \"a zone\")",
        "duration(us)",
        "interval(month_day_nano)",
        "utf8",
        "large_utf8",
        "utf8_view",
        "binary",
        "large_binary",
        "binary_view",
        "fixed_size_binary(16)",
        "list<utf8>",
        "list<element: utf8 not null>",
        "large_list<list_view<large_list_view<int8>>>",
        "fixed_size_list<float32, 3>",
        "struct<>",
        "struct<a: int64, \"b c\": struct<d: utf8> not null>",
        "struct<\"\\\"\\\\\\n\\u{7f}\": int8>",
        "map<utf8, int64>",
        "map<utf8, sorted_by: int64>",
        "map<keys: utf8, values: int64 not null, sorted>",
        "map<key_value: struct<key: utf8 not null, value: utf8>>",
        "map<key_value: struct<key: utf8 not null, value: utf8>, sorted>",
        "sparse_union<0 = a: int64, 5 = b: utf8>",
        "dense_union<>",
        "dictionary<int32, utf8>",
        "run_end_encoded<int16, list<utf8>>",
        "run_end_encoded<int16, v: int8 not null>",
    ] {
        check(text, text);
    }
}

#[test]
fn common_words_and_free_spacing_are_understood() {
    check("string", "utf8");
    check("bool", "boolean");
    check("date", "date32");
    check("timestamp", "timestamp(us)");
    check("decimal(10, 2)", "decimal128(10, 2)");
    check("decimal128(10)", "decimal128(10, 0)");
    check(
        "  list < struct < a:int64 ,b : utf8 not null > > ",
        "list<struct<a: int64, b: utf8 not null>>",
    );
}

#[test]
fn errors_say_where_and_what_was_expected() {
    check_error("flaot64", "`flaot64` is not a type");
    check_error(
        "list<flaot64>",
        "`flaot64` in `list<flaot64>` is not a type",
    );
    check_error("", "`` ends where a type is expected");
    check_error("list", "`list` ends where `<` is expected");
    check_error("int64 nul", "expected the end before `nul` in `int64 nul`");
    check_error(
        "decimal128(39, 0)",
        "`decimal128(39, 0)`: the precision is 1 to 38",
    );
    check_error(
        "decimal128(4, 5)",
        "`decimal128(4, 5)`: the scale is not more than the precision",
    );
    check_error(
        "time32(us)",
        "expected a unit, one of `s`, `ms` before `us)` in `time32(us)`",
    );
    check_error(
        "struct<int64>",
        "expected a name, a colon and a type, such as `a: int64` before `int64>` in `struct<int64>`",
    );
    check_error(
        "map<utf8>",
        "expected a comma and the type of the map's values before `>` in `map<utf8>`",
    );
    check_error(
        "dictionary<utf8, utf8>",
        "`dictionary<utf8, utf8>`: the keys of a dictionary are integers",
    );
    check_error(
        "fixed_size_binary(-1)",
        "`fixed_size_binary(-1)`: a size is not negative",
    );
    check_error(
        "timestamp(us, \"UTC)",
        "`timestamp(us, \"UTC)`: a quote is not closed",
    );
    let deep = "list<".repeat(100_000);
    let error = parse_type(&deep).unwrap_err();
    assert!(error.to_string().ends_with("types nest more than 64 deep"));
}

#[test]
fn fields_carry_their_names_and_whether_they_may_be_null() {
    let field = Field::new(
        "paid at",
        DataType::List(Arc::new(Field::new_list_field(
            DataType::Timestamp(TimeUnit::Second, None),
            true,
        ))),
        false,
    );
    let text = field_name_and_type(&field);
    assert_eq!(text, "\"paid at\": list<timestamp(s)> not null");
    assert_eq!(parse_field(&text).unwrap(), field);
    assert_eq!(
        parse_field("int64").unwrap_err().to_string(),
        "expected a name, a colon and a type, such as `age: int64` before `int64` in `int64`"
    );
}
