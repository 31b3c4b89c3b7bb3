//! What is said of expressions that are wrong.

mod common;

use common::show;

/// Each expression with what is wrong with it.
fn check(expressions: &[&str]) -> String {
    let lines: Vec<String> = expressions
        .iter()
        .map(|text| format!("{text}\n    {}", show(text).replace('\n', "\n    ")))
        .collect();
    lines.join("\n")
}

#[test]
fn what_is_no_expression() {
    insta::assert_snapshot!(check(&[
        "",
        "a +",
        "a b",
        "(a",
        "a)",
        "case a end",
        "case when a then 1",
        "cast(a)",
        "a in ()",
        "a not",
        "select 1",
        "a.b",
        "'open",
        "and",
        "f(1",
        "a between 1",
        "a is 3",
        "1 = = 2",
        "a like",
        "`a",
        "$1 + 2",
        "a + \n  )",
    ]));
}

#[test]
fn names() {
    insta::assert_snapshot!(check(&[
        "tenure",
        "A",
        "totalcharges",
        "\"total charges\" + aa",
        "foo(1)",
        "uper(s)",
        "cast(a as strin)",
        "l = 1",
        "round()",
        "round(1, 2, 3)",
        "upper()",
        "count(*)",
    ]));
}

#[test]
fn types() {
    insta::assert_snapshot!(check(&[
        "a + s",
        "s and p",
        "not a",
        "a = s",
        "a = '1'",
        "p = 1",
        "-s",
        "x // 2",
        "d + 1.5",
        "m + 1",
        "d = 'soon'",
        "case when a then 1 end",
        "case when p then 1 else 'x' end",
        "coalesce(a, s)",
        "s like 1",
        "upper(a)",
        "a in (1, 'x')",
        "cast(d as integer)",
        "null",
        "nothing",
        "coalesce(null, null)",
        "m = z",
        "hour(s)",
        "date_trunc(s, d)",
        "date_trunc('decade', d)",
        "to_date(s, '%Q')",
        "regexp_like(s, t)",
        "regexp_like(s, '(')",
        "99999999999999999999",
    ]));
}

#[test]
fn all_problems_are_reported_at_once() {
    insta::assert_snapshot!(check(&["foo + bar * upper(1) - baz(2)",]));
}

#[test]
fn values() {
    insta::assert_snapshot!(check(&[
        "a * 9223372036854775807",
        "9223372036854775807 + a",
        "-(a - 9223372036854775806 - 3)",
        "-9223372036854775808 // -1",
        "cast(s as integer)",
        "cast(x as integer)",
        "cast('2024-13-01' as date)",
        "to_date(s)",
        "to_date(s, '%d.%m.%Y')",
        "abs(-9223372036854775808)",
        "d + 9999999999",
        "date_add('year', 999999999, d)",
        "cast(s as boolean)",
    ]));
}
