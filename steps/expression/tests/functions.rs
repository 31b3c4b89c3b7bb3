//! What expressions give: functions.

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
fn conditions() {
    insta::assert_snapshot!(check(&[
        "case when a > 0 then 'plus' when a < 0 then 'minus' end",
        "case a when 1 then 'one' when 0 then 'zero' else 'other' end",
        "case when a > 0 then 1 else 0.5 end",
        "coalesce(a, b, 9)",
        "coalesce(a, x)",
        "coalesce(null, s, 'none')",
        "ifnull(b, 0)",
        "nullif(a, 0)",
        "nullif(s, '')",
        "if(p, a, b)",
        "least(a, b)",
        "greatest(a, 1.5)",
        "least(s, t)",
        "greatest(d, '2000-01-01')",
    ]));
}

#[test]
fn nothing_is_evaluated_that_does_not_matter() {
    insta::assert_snapshot!(check(&[
        "case when s = '12' then cast(s as integer) else 0 end",
        "s = '12' and cast(s as integer) = 12",
        "s <> '12' or cast(s as integer) = 12",
        "coalesce(a, cast(s as integer))",
        "if(length(s) = 2, s::integer, null)",
    ]));
}

#[test]
fn numbers() {
    insta::assert_snapshot!(check(&[
        "abs(a)",
        "abs(x)",
        "sign(x)",
        "round(x)",
        "round(2.345, 2)",
        "round(-2.5)",
        "round(1250, -2)",
        "round(a, 1)",
        "floor(x)",
        "ceil(y)",
        "trunc(x)",
        "sqrt(x)",
        "sqrt(4)",
        "ln(0)",
        "ln(1)",
        "log10(1000)",
        "log2(8)",
        "exp(0)",
        "exp(1)",
        "pow(2, 10)",
        "pow(-8, 0.5)",
        "pow(0, -1)",
        "mod(a, 2)",
        "is_nan(x)",
    ]));
}

#[test]
fn text() {
    insta::assert_snapshot!(check(&[
        "lower(s)",
        "upper(s)",
        "trim('  a b ')",
        "ltrim('  a ')",
        "rtrim(' a  ')",
        "length(s)",
        "substr(s, 2)",
        "substr(s, 1, 3)",
        "substr(s, -3)",
        "substr('abc', 0, 2)",
        "left(s, 3)",
        "right(s, 2)",
        "left(s, -2)",
        "right('abc', -1)",
        "replace(s, 'e', '3')",
        "starts_with(s, 'A')",
        "ends_with(s, 'e')",
        "contains(s, 'ü')",
        "position(s, 'L')",
        "split_part(s, ' ', 2)",
        "split_part('a-b-c', '-', -1)",
        "split_part(s, ' ', 5)",
        "regexp_like(s, '^[A-Z]')",
        "regexp_extract(s, '([A-Z])[a-z]+$')",
        "regexp_extract(s, '(\\w)(\\w)', 2)",
        "regexp_replace(s, '[aeiou]', '*')",
        "regexp_replace(s, '(\\w+) (\\w+)', '$2 $1')",
    ]));
}

#[test]
fn dates() {
    insta::assert_snapshot!(check(&[
        "year(d)",
        "quarter(d)",
        "month(d)",
        "week(d)",
        "day(d)",
        "day_of_year(d)",
        "weekday(d)",
        "hour(m)",
        "minute(m)",
        "second(m)",
        "hour(z)",
        "day(z)",
        "year('2024-02-29')",
        "date_trunc('month', d)",
        "date_trunc('week', d)",
        "date_trunc('hour', m)",
        "date_trunc('day', z)",
        "date_trunc('quarter', m)",
        "date_diff('day', d, date '2024-03-01')",
        "date_diff('month', '2024-01-31', d)",
        "date_diff('hour', m, m)",
        "date_diff('week', date '2024-03-03', date '2024-03-04')",
        "date_add('month', 1, date '2024-01-31')",
        "date_add('day', -1, d)",
        "date_add('hour', 25, d)",
        "d - date '2024-01-01'",
        "d + 1",
        "d < '2000-01-01'",
        "m >= '2024-02-29 12:00'",
        "d between '2024-01-01' and '2024-12-31'",
        "z = '1970-01-02T02:00:00+02:00'",
        "z = '1970-01-02 02:00'",
        "to_date('31.01.2024', '%d.%m.%Y')",
        "to_date('2024-01-31')",
        "try_to_date(s)",
        "to_timestamp('31.01.2024 23:59', '%d.%m.%Y %H:%M')",
        "to_timestamp('2024-01-31T23:59:59+01:00')",
        "try_to_timestamp('nope', '%Y')",
        "strftime(d, '%Y-%m')",
        "strftime(z, '%H:%M')",
    ]));
}
