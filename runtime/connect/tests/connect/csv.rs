//! CSV: types, options, and errors that say where.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::Folder;

fn show(text: impl AsRef<[u8]>, options: Value) -> String {
    let folder = Folder::new();
    folder.file("a.csv", text);
    let mut spec = json!({"path": "a.csv"});
    spec.as_object_mut()
        .unwrap()
        .extend(options.as_object().unwrap().clone());
    folder.show(spec)
}

#[test]
fn types_are_inferred() {
    assert_snapshot!(show(
        "id,amount,ok,day,at,zoned,zip,empty,text\n\
         1,2,true,2024-02-29,2024-02-29 12:00:00,2024-02-29T12:00:00+02:00,01234,,a\n\
         2,2.5,FALSE,2024-03-01,2024-02-29T12:00:00.5,2024-02-29T12:00:00Z,99999,,\"b, \"\"c\"\"\"\n\
         ,,,,,,,,\n",
        json!({})
    ), @r#"
    id: int64, amount: float64, ok: boolean, day: date32, at: timestamp(us), zoned: timestamp(us, UTC), zip: utf8, empty: utf8, text: utf8
    +----+--------+-------+------------+-------------------------+----------------------+-------+-------+--------+
    | id | amount | ok    | day        | at                      | zoned                | zip   | empty | text   |
    +----+--------+-------+------------+-------------------------+----------------------+-------+-------+--------+
    | 1  | 2.0    | true  | 2024-02-29 | 2024-02-29T12:00:00     | 2024-02-29T10:00:00Z | 01234 |       | a      |
    | 2  | 2.5    | false | 2024-03-01 | 2024-02-29T12:00:00.500 | 2024-02-29T12:00:00Z | 99999 |       | b, "c" |
    |    |        |       |            |                         |                      |       |       |        |
    +----+--------+-------+------------+-------------------------+----------------------+-------+-------+--------+
    "#);
}

#[test]
fn given_types_count_more_than_inferred_ones() {
    assert_snapshot!(show(
        "a,b,c,d\n1,2.50,yes,2024-01-01 10:00:00\n2,,0,2024-01-02 10:00:00\n",
        json!({"types": {"a": "utf8", "b": "decimal128(10, 2)", "c": "boolean", "d": "timestamp(ms, Europe/Berlin)"}})
    ), @r"
    a: utf8, b: decimal128(10, 2), c: boolean, d: timestamp(ms, Europe/Berlin)
    +---+------+-------+---------------------------+
    | a | b    | c     | d                         |
    +---+------+-------+---------------------------+
    | 1 | 2.50 | true  | 2024-01-01T10:00:00+01:00 |
    | 2 |      | false | 2024-01-02T10:00:00+01:00 |
    +---+------+-------+---------------------------+
    ");
}

#[test]
fn options_are_heeded() {
    assert_snapshot!(show(
        "1;'a;b';NA\n2;'it''s';-\n",
        json!({"csv": {"header": false, "delimiter": ";", "quote": "'", "null_values": ["NA", "-"]}})
    ), @r"
    column_1: int64, column_2: utf8, column_3: utf8
    +----------+----------+----------+
    | column_1 | column_2 | column_3 |
    +----------+----------+----------+
    | 1        | a;b      |          |
    | 2        | it's     |          |
    +----------+----------+----------+
    ");
}

#[test]
fn byte_order_mark_and_line_ends_of_windows_are_no_data() {
    let text = "\u{feff}a,b\r\n1,x\r\n\r\n2,\"y\r\nz\"\r\n";
    assert_snapshot!(show(text, json!({})).escape_debug().to_string().replace("\\n", "\n"), @r"
    a: int64, b: utf8
    +---+----+
    | a | b  |
    +---+----+
    | 1 | x  |
    | 2 | y\r |
    |   | z  |
    +---+----+
    ");
}

#[test]
fn a_last_line_needs_no_end() {
    assert_snapshot!(show("a,b\n1,\n2,", json!({})), @r"
    a: int64, b: utf8
    +---+---+
    | a | b |
    +---+---+
    | 1 |   |
    | 2 |   |
    +---+---+
    ");
}

#[test]
fn tab_separated_files_have_their_delimiter() {
    let folder = Folder::new();
    folder.file("a.tsv", "a\tb\n1\tx,y\n");
    assert_snapshot!(folder.show(json!({"path": "a.tsv"})), @r"
    a: int64, b: utf8
    +---+-----+
    | a | b   |
    +---+-----+
    | 1 | x,y |
    +---+-----+
    ");
}

#[test]
fn names_of_columns_are_made_different() {
    assert_snapshot!(show("a,a, b ,,a_2\n1,2,3,4,5\n", json!({})), @r"
    a: int64, a_3: int64, b: int64, column_4: int64, a_2: int64
    +---+-----+---+----------+-----+
    | a | a_3 | b | column_4 | a_2 |
    +---+-----+---+----------+-----+
    | 1 | 2   | 3 | 4        | 5   |
    +---+-----+---+----------+-----+
    ");
}

#[test]
fn a_header_alone_is_an_empty_table_of_text() {
    assert_snapshot!(show("a,b\n", json!({})), @r"
    a: utf8, b: utf8
    +---+---+
    | a | b |
    +---+---+
    +---+---+
    ");
}

#[test]
fn an_empty_file_is_an_error() {
    assert_snapshot!(show("", json!({})), @r"error[empty_file]: source `t`: `a.csv` is empty");
    assert_snapshot!(show("\n\n", json!({"csv": {"header": false}})), @r"error[empty_file]: source `t`: `a.csv` is empty");
}

#[test]
fn a_value_that_breaks_an_inferred_type_is_an_error() {
    let mut text = "id,amount\n".to_owned();
    for row in 0..2500 {
        text.push_str(&format!("{row},1.5\n"));
    }
    assert_snapshot!(show(format!("{text}x1,2\n"), json!({"sample_rows": 100})), @r#"
    error[invalid_value]: source `t`: `a.csv` line 2502, column `id`: `x1` is not of type `int64`, which was inferred from the first 100 rows
      hint: read it as text with `types = { id = "utf8" }`, or name it a null with `csv.null_values`
    "#);
    assert_snapshot!(show(format!("{text}1,\"\n\n\",\n"), json!({"sample_rows": 100})), @r"
    error[field_count]: source `t`: `a.csv` line 2502: 3 fields where 2 are expected
      hint: a field that holds the delimiter or a line break must be quoted
    ");
    // As a number, it would lose its zeros.
    assert_snapshot!(show(format!("{text}007,2\n"), json!({"sample_rows": 1})), @r#"
    error[invalid_value]: source `t`: `a.csv` line 2502, column `id`: `007` is not of type `int64`, which was inferred from the first row
      hint: read it as text with `types = { id = "utf8" }`, or name it a null with `csv.null_values`
    "#);
    // A number beyond 64 bits is none.
    assert_snapshot!(show(format!("{text}9223372036854775808,2\n"), json!({"sample_rows": 100})), @r#"
    error[invalid_value]: source `t`: `a.csv` line 2502, column `id`: `9223372036854775808` is not of type `int64`, which was inferred from the first 100 rows
      hint: read it as text with `types = { id = "utf8" }`, or name it a null with `csv.null_values`
    "#);
}

#[test]
fn a_value_that_does_not_fit_a_given_type_is_an_error() {
    assert_snapshot!(
        show("day,n\n2024-01-01,1\n\"2024-\n02-30\",2\n", json!({"types": {"day": "date32"}})),
        @r"
        error[invalid_value]: source `t`: `a.csv` line 3, column `day`: `2024-\n02-30` is not of type `date32`
          hint: give another type with `types = { day = … }`
        "
    );
    assert_snapshot!(show("my col\n300\n", json!({"types": {"my col": "int8"}})), @r#"
    error[invalid_value]: source `t`: `a.csv` line 2, column `my col`: `300` is not of type `int8`
      hint: give another type with `types = { "my col" = … }`
    "#);
}

#[test]
fn lines_are_counted_through_quoted_line_breaks() {
    assert_snapshot!(show("a,b\n\"x\ny\",1\n\n\"z\r\nw\",2,3\n", json!({})), @r"
    error[field_count]: source `t`: `a.csv` line 5: 3 fields where 2 are expected
      hint: a field that holds the delimiter or a line break must be quoted
    ");
}

#[test]
fn ragged_lines_are_errors() {
    assert_snapshot!(show("a,b,c\n1,2,3\n4,5\n", json!({})), @r"
    error[field_count]: source `t`: `a.csv` line 3: 2 fields where 3 are expected
      hint: a field that holds the delimiter or a line break must be quoted
    ");
    assert_snapshot!(show("a,b,c\n1;2;3\n", json!({})), @r"
    error[field_count]: source `t`: `a.csv` line 2: 1 field where 3 are expected
      hint: is another character between the fields? set `csv.delimiter`
    ");
}

#[test]
fn an_open_quote_is_an_error() {
    assert_snapshot!(show("a,b\n1,x\n2,\"y\n3,z\n", json!({})), @r"
    error[unending_record]: source `t`: `a.csv` line 3: a quote is opened and never closed
      hint: double a quote within a quoted field, or set `csv.quote` to a character that the data does not use
    ");
}

#[test]
fn text_that_is_not_utf8_is_an_error() {
    assert_snapshot!(show(b"name,city\nA,Bonn\nB,M\xfcnchen stra\xdfe\n", json!({})), @r"
    error[invalid_encoding]: source `t`: `a.csv` line 3, column `city`: not UTF-8 text
      hint: it looks like windows-1252; convert it with `iconv -f windows-1252 -t UTF-8 a.csv`
    ");
    assert_snapshot!(show(b"na\xefve,city\nA,Bonn\n", json!({})), @r"
    error[invalid_encoding]: source `t`: `a.csv` line 1: not UTF-8 text
      hint: convert the file to UTF-8
    ");
    assert_snapshot!(show(b"\xff\xfea\0,\0b\0\n\0", json!({})), @r"
    error[invalid_encoding]: source `t`: `a.csv` line 1: not UTF-8 text
      hint: it looks like UTF-16LE; convert it with `iconv -f UTF-16LE -t UTF-8 a.csv`
    ");
    // Each half alone is no text, though both together would be.
    assert_snapshot!(show(b"a,b\n\xc3,\xbc\n", json!({})), @r"
    error[invalid_encoding]: source `t`: `a.csv` line 2, column `a`: not UTF-8 text
      hint: it looks like windows-1252; convert it with `iconv -f windows-1252 -t UTF-8 a.csv`
    ");
}

#[test]
fn wrong_options_are_errors() {
    let text = "a,b\n1,2\n";
    assert_snapshot!(show(text, json!({"csv": {"delimiter": "€"}})), @r"
    error[invalid_option]: source `t`: `csv.delimiter` must be one ASCII character and no line break, not `€`
      key: csv.delimiter
    ");
    assert_snapshot!(show(text, json!({"csv": {"delimiter": "\""}})), @r#"
    error[invalid_option]: source `t`: `csv.quote` and `csv.delimiter` are both `\"`
      key: csv.quote
    "#);
    assert_snapshot!(show(text, json!({"types": {"A": "utf8"}})), @r"
    error[unknown_column]: source `t`: `types` names the column `A`, which `a.csv` does not have
      hint: did you mean `a`?
      key: types.A
    ");
    assert_snapshot!(show(text, json!({"types": {"zzz": "utf8"}})), @r"
    error[unknown_column]: source `t`: `types` names the column `zzz`, which `a.csv` does not have
      hint: the columns are `a`, `b`
      key: types.zzz
    ");
    assert_snapshot!(show(text, json!({"types": {"a": "strnig"}})), @r"
    error[invalid_option]: source `t`: the type of column `a`: `strnig` is not a type
      hint: for example `utf8`, `int64`, `float64`, `boolean`, `date32` or `timestamp(us)`
      key: types.a
    ");
    assert_snapshot!(show(text, json!({"types": {"a": "list<int64>"}})), @r"
    error[unsupported_column]: source `t`: CSV cannot hold column `a` of type `list<int64>`
      hint: give it a type that one field of text can be, such as `utf8`
    ");
    assert_snapshot!(show(text, json!({"sample_rows": 0})), @r"
    error[invalid_option]: source `t`: `sample_rows` is 0
      hint: types cannot be inferred from no rows; leave it out for 10,000
      key: sample_rows
    ");
}

#[test]
fn columns_that_nobody_reads_are_not_parsed() {
    let folder = Folder::new();
    let text = format!("a,b\n{}1,x\n", "1,2\n".repeat(3000));
    folder.file("a.csv", text);
    let mut source = folder
        .open(json!({"path": "a.csv", "sample_rows": 10}))
        .unwrap();
    source.project(&[0]);
    let rows: usize = crate::support::read_all(source.as_mut())
        .unwrap()
        .iter()
        .map(|batch| batch.rows)
        .sum();
    assert_eq!(rows, 3001);
}
