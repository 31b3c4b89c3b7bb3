//! What expressions give: operators.

mod common;

use common::show;

/// Each expression with its type and its values on the table.
fn check(expressions: &[&str]) -> String {
    let width = expressions
        .iter()
        .map(|text| text.chars().count())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = expressions
        .iter()
        .map(|text| format!("{text:width$}  {}", show(text)))
        .collect();
    lines.join("\n")
}

#[test]
fn whole_numbers_stay_whole() {
    insta::assert_snapshot!(check(&[
        "a + b",
        "a - b",
        "a * b",
        "-a",
        "a // b",
        "a % b",
        "a + 1",
        "1 + 2 * 3",
        "(1 + 2) * 3",
        "-2 + a",
        "7 // -2",
        "-7 % 4",
        "9223372036854775807 - 1",
        "-9223372036854775808",
    ]));
}

#[test]
fn floating_point_numbers_widen() {
    insta::assert_snapshot!(check(&[
        "a / b",
        "1 / 2",
        "a + x",
        "a * 1.5",
        "x / 0",
        "y - 1",
        "n + 1",
        "n = 10.10",
        "-x",
        "5.5 % 2",
        "1e3",
        "0 / 0",
    ]));
}

#[test]
fn comparisons_of_null_are_null() {
    insta::assert_snapshot!(check(&[
        "a = b",
        "a <> 0",
        "a < b",
        "a >= 1",
        "x > 1",
        "x = x",
        "s = 'grüße'",
        "s < 'b'",
        "p = true",
        "a is distinct from b",
        "a is not distinct from null",
        "nothing = 1",
        "a = null",
    ]));
}

#[test]
fn logic_has_three_values() {
    insta::assert_snapshot!(check(&[
        "p and true",
        "p and false",
        "p or true",
        "p or false",
        "not p",
        "p and null",
        "p or null",
        "p is null",
        "p is not null",
        "p is true",
        "p is not false",
        "a > 0 and b > 0",
        "a > 0 or b > 3",
    ]));
}

#[test]
fn ranges_and_patterns() {
    insta::assert_snapshot!(check(&[
        "a between 0 and 5",
        "a not between 0 and 5",
        "a in (1, 7, null)",
        "a not in (1, 0)",
        "s in ('', '12')",
        "s like 'A%'",
        "s like '%e%'",
        "s like '_'",
        "t like 'b\\%'",
        "s ilike 'ADA%'",
        "s not like '%a%'",
        "t like t",
    ]));
}

#[test]
fn text_is_joined() {
    insta::assert_snapshot!(check(&[
        "s || '!'",
        "s || null",
        "concat(s, '-', t)",
        "'it''s'",
    ]));
}

#[test]
fn casts() {
    insta::assert_snapshot!(check(&[
        "cast(a as double)",
        "a::text",
        "x::text",
        "cast(x as boolean)",
        "cast(p as integer)",
        "cast('12' as integer)",
        "try_cast(s as integer)",
        "cast(y as integer)",
        "cast(2.5 as int)",
        "cast(3.5 as bigint)",
        "d::timestamp",
        "m::date",
        "z::text",
        "z::date",
        "m::timestamptz",
        "cast('2024-02-29' as date)",
        "cast('2024-02-29 12:30' as timestamp)",
        "cast('2024-02-29T12:30:00.25+02:00' as timestamp)",
        "cast(nothing as text)",
        "cast('yes' as boolean)",
        "date '2024-01-31' + 1",
    ]));
}

#[test]
fn precedence_is_that_of_sql() {
    insta::assert_snapshot!(check(&[
        "1 + 2 * 3 = 7 and not false",
        "not a = 1",
        "a = 1 or a = 0 and b = 0",
        "-2::text",
        "2 * -3",
        "a + b between 1 and 3 or p",
        "not a in (1)",
        "a is null = true",
        "1 - 1 - 1",
    ]));
}
