//! Functions of dates and timestamps.

use arrow_array::{Date32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use chrono::{Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use stepwell_values::{
    DAY_IN_MICROSECONDS, DateFormat, Kind, Vector, datetime_of, days_of, microseconds_of,
    parse_iso_date, parse_iso_datetime,
};

use super::{Call, Function};
use crate::arguments::Arguments;
use crate::cast::{bad_value, moment_text};
use crate::check::Checker;
use crate::error::Problem;
use crate::node::Node;
use crate::types::Type;

macro_rules! parts {
    ($($name:literal $(| $alias:literal)?, $summary:literal, $part:expr;)*) => {
        &[$(Function {
            names: &[$name $(, $alias)?],
            usage: concat!($name, "(date)"),
            summary: $summary,
            arguments: (1, 1),
            build: |checker, call| part(checker, call, $part),
        }),*]
    };
}

pub(super) const PARTS: &[Function] = parts! {
    "year", "The year.", |moment| i64::from(moment.year());
    "quarter", "The quarter of the year, 1 to 4.", |moment| i64::from(moment.quarter());
    "month", "The month, 1 to 12.", |moment| i64::from(moment.month());
    "week" | "weekofyear", "The week of the year after ISO 8601, 1 to 53.", |moment| i64::from(moment.iso_week().week());
    "day" | "dayofmonth", "The day of the month, 1 to 31.", |moment| i64::from(moment.day());
    "day_of_year" | "dayofyear", "The day of the year, 1 to 366.", |moment| i64::from(moment.ordinal());
    "weekday" | "isodow", "The day of the week after ISO 8601: 1 is Monday, 7 is Sunday.", |moment| i64::from(moment.weekday().number_from_monday());
    "hour", "The hour of the day, 0 to 23.", |moment| i64::from(moment.hour());
    "minute", "The minute of the hour, 0 to 59.", |moment| i64::from(moment.minute());
    "second", "The second of the minute, 0 to 59.", |moment| i64::from(moment.second());
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["date_trunc"],
        usage: "date_trunc(unit, date)",
        summary: "The start of the year, quarter, month, week, day, hour, minute or second.",
        arguments: (2, 2),
        build: date_trunc,
    },
    Function {
        names: &["date_diff", "datediff"],
        usage: "date_diff(unit, start, end)",
        summary: "How many times a year, quarter, month, week, day, hour, minute or second begins from one date to the other.",
        arguments: (3, 3),
        build: date_diff,
    },
    Function {
        names: &["date_add", "dateadd"],
        usage: "date_add(unit, count, date)",
        summary: "The date that many years, quarters, months, weeks, days, hours, minutes or seconds later; the last day of a month that is shorter.",
        arguments: (3, 3),
        build: date_add,
    },
    Function {
        names: &["to_date"],
        usage: "to_date(text, format)",
        summary: "The date that the text stands for, in the letters of `strftime` (`2024-01-31` if there is no format).",
        arguments: (1, 2),
        build: |checker, call| parse(checker, call, Kind::Date, false),
    },
    Function {
        names: &["try_to_date"],
        usage: "try_to_date(text, format)",
        summary: "As `to_date`, and null where the text is no date.",
        arguments: (1, 2),
        build: |checker, call| parse(checker, call, Kind::Date, true),
    },
    Function {
        names: &["to_timestamp", "strptime"],
        usage: "to_timestamp(text, format)",
        summary: "The timestamp that the text stands for, in the letters of `strftime` (`2024-01-31 23:59:59` if there is no format).",
        arguments: (1, 2),
        build: |checker, call| parse(checker, call, Kind::Timestamp, false),
    },
    Function {
        names: &["try_to_timestamp", "try_strptime"],
        usage: "try_to_timestamp(text, format)",
        summary: "As `to_timestamp`, and null where the text is no timestamp.",
        arguments: (1, 2),
        build: |checker, call| parse(checker, call, Kind::Timestamp, true),
    },
    Function {
        names: &["strftime", "format_date"],
        usage: "strftime(date, format)",
        summary: "The date as text: `strftime(signed_up, '%Y-%m')`.",
        arguments: (2, 2),
        build: strftime,
    },
];

/// The first argument that is a date or timestamp: as timestamps of the local clock, and what was added.
fn moments(checker: &mut Checker<'_>, node: Node, place: &str) -> Option<(Node, Type, i64)> {
    let of = node.of.clone();
    let node = match of {
        Type::Zoned(_) => node,
        Type::Null | Type::Plain(Kind::Date | Kind::Timestamp) => {
            checker.coerce(node, Kind::Timestamp, place)?
        }
        _ if node.literal_text().is_some() => checker.coerce(node, Kind::Timestamp, place)?,
        _ => {
            let (expected, found) = ("a date or a timestamp".to_owned(), of.to_string());
            return checker.fail(
                node.span,
                Problem::WrongType {
                    place: place.to_owned(),
                    expected,
                    found,
                },
            );
        }
    };
    match of.local_offset() {
        Ok(offset) => Some((node, of, offset)),
        Err(zone) => checker.fail(
            node.span,
            Problem::UnknownZone {
                zone: zone.to_string(),
            },
        ),
    }
}

fn local(moment: i64, offset: i64) -> Option<NaiveDateTime> {
    datetime_of(moment.checked_add(offset)?)
}

fn part(checker: &mut Checker<'_>, call: Call, part: fn(NaiveDateTime) -> i64) -> Option<Node> {
    let (span, place) = (call.span, call.place(0));
    let (node, _, offset) = moments(checker, call.arguments.into_iter().next()?, &place)?;
    Some(Node::call(
        span,
        Type::INTEGER,
        vec![node],
        move |arguments| {
            let moments = arguments.timestamps(0);
            Ok(arguments
                .collect::<_, Int64Array>(|row| Some(part(local(moments.get(row)?, offset)?))))
        },
    ))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
}

const UNITS: [(&str, Unit); 8] = [
    ("year", Unit::Year),
    ("quarter", Unit::Quarter),
    ("month", Unit::Month),
    ("week", Unit::Week),
    ("day", Unit::Day),
    ("hour", Unit::Hour),
    ("minute", Unit::Minute),
    ("second", Unit::Second),
];

impl Unit {
    fn name(self) -> &'static str {
        UNITS
            .iter()
            .find(|(_, unit)| *unit == self)
            .map_or("", |(name, _)| name)
    }

    fn is_time(self) -> bool {
        matches!(self, Self::Hour | Self::Minute | Self::Second)
    }

    /// The start of the unit that the moment is in.
    fn truncate(self, moment: NaiveDateTime) -> Option<NaiveDateTime> {
        let (date, time) = (moment.date(), moment.time());
        let first_of = |month: u32| NaiveDate::from_ymd_opt(date.year(), month, 1);
        let time = |minute, second| NaiveTime::from_hms_opt(time.hour(), minute, second);
        Some(match self {
            Self::Year => first_of(1)?.and_time(NaiveTime::MIN),
            Self::Quarter => first_of(date.month0() / 3 * 3 + 1)?.and_time(NaiveTime::MIN),
            Self::Month => first_of(date.month())?.and_time(NaiveTime::MIN),
            Self::Week => {
                let days = Days::new(u64::from(date.weekday().num_days_from_monday()));
                date.checked_sub_days(days)?.and_time(NaiveTime::MIN)
            }
            Self::Day => date.and_time(NaiveTime::MIN),
            Self::Hour => date.and_time(time(0, 0)?),
            Self::Minute => date.and_time(time(moment.minute(), 0)?),
            Self::Second => date.and_time(time(moment.minute(), moment.second())?),
        })
    }

    /// How many of the units began until the moment, from some start on.
    fn number(self, moment: NaiveDateTime) -> i64 {
        let microseconds = microseconds_of(moment);
        let year = i64::from(moment.year());
        match self {
            Self::Year => year,
            Self::Quarter => year * 4 + i64::from(moment.month0() / 3),
            Self::Month => year * 12 + i64::from(moment.month0()),
            // 1970-01-01 was a Thursday, weeks begin on Monday.
            Self::Week => (microseconds.div_euclid(DAY_IN_MICROSECONDS) + 3).div_euclid(7),
            Self::Day => microseconds.div_euclid(DAY_IN_MICROSECONDS),
            Self::Hour => microseconds.div_euclid(3_600_000_000),
            Self::Minute => microseconds.div_euclid(60_000_000),
            Self::Second => microseconds.div_euclid(1_000_000),
        }
    }

    fn add(self, moment: NaiveDateTime, count: i64) -> Option<NaiveDateTime> {
        let months = |factor: i64| {
            let count = count.checked_mul(factor)?;
            let months = Months::new(u32::try_from(count.unsigned_abs()).ok()?);
            if count < 0 {
                moment.checked_sub_months(months)
            } else {
                moment.checked_add_months(months)
            }
        };
        match self {
            Self::Year => months(12),
            Self::Quarter => months(3),
            Self::Month => months(1),
            Self::Week => moment.checked_add_signed(TimeDelta::try_weeks(count)?),
            Self::Day => moment.checked_add_signed(TimeDelta::try_days(count)?),
            Self::Hour => moment.checked_add_signed(TimeDelta::try_hours(count)?),
            Self::Minute => moment.checked_add_signed(TimeDelta::try_minutes(count)?),
            Self::Second => moment.checked_add_signed(TimeDelta::try_seconds(count)?),
        }
    }
}

fn unit(checker: &mut Checker<'_>, call: &Call) -> Option<Unit> {
    let text = call.constant_text(checker, 0, "'month'")?;
    match UNITS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(&text))
    {
        Some((_, unit)) => Some(*unit),
        None => {
            let names: Vec<String> = UNITS.iter().map(|(name, _)| format!("`{name}`")).collect();
            call.bad_literal(checker, 0, &format!("a unit: {}", names.join(", ")))
        }
    }
}

/// A date for a date where the unit is one of days or longer, else timestamps of the type.
fn result_type(of: &Type, unit: Unit) -> Type {
    match of {
        Type::Plain(Kind::Date) if !unit.is_time() => Type::DATE,
        Type::Zoned(_) => of.clone(),
        _ => Type::TIMESTAMP,
    }
}

/// Moments of the local clock, as values of the type that they are to have.
fn collect_moments(
    arguments: &Arguments<'_>,
    of: &Type,
    offset: i64,
    mut moment: impl FnMut(usize) -> Result<Option<NaiveDateTime>, Problem>,
) -> Result<Vector, Problem> {
    if *of == Type::DATE {
        return arguments.try_collect::<_, Date32Array>(|row| {
            Ok(moment(row)?.map(|moment| days_of(moment.date())))
        });
    }
    arguments.try_collect::<_, TimestampMicrosecondArray>(|row| {
        Ok(moment(row)?.map(|moment| microseconds_of(moment).saturating_sub(offset)))
    })
}

fn date_trunc(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let (span, place) = (call.span, call.place(1));
    let unit = unit(checker, &call)?;
    let (node, of, offset) = moments(checker, call.arguments.into_iter().nth(1)?, &place)?;
    let of = result_type(&of, unit);
    Some(Node::call(span, of.clone(), vec![node], move |arguments| {
        let moments = arguments.timestamps(0);
        collect_moments(arguments, &of, offset, |row| {
            Ok(moments
                .get(row)
                .and_then(|moment| unit.truncate(local(moment, offset)?)))
        })
    }))
}

fn date_diff(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let place = format!("the dates of `{}`", call.function.usage);
    let unit = unit(checker, &call)?;
    let (_, dates) = checker.unify(call.arguments.into_iter().skip(1).collect(), &place)?;
    let mut dates = dates.into_iter();
    let (start, _, offset) = moments(checker, dates.next()?, &place)?;
    let (end, _, _) = moments(checker, dates.next()?, &place)?;
    Some(Node::call(
        span,
        Type::INTEGER,
        vec![start, end],
        move |arguments| {
            let (starts, ends) = (arguments.timestamps(0), arguments.timestamps(1));
            Ok(arguments.collect::<_, Int64Array>(|row| {
                let (start, end) = (
                    local(starts.get(row)?, offset)?,
                    local(ends.get(row)?, offset)?,
                );
                Some(unit.number(end) - unit.number(start))
            }))
        },
    ))
}

fn date_add(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let (span, places) = (call.span, [call.place(1), call.place(2)]);
    let unit = unit(checker, &call)?;
    let mut arguments = call.arguments.into_iter().skip(1);
    let count = checker.coerce(arguments.next()?, Kind::Integer, &places[0]);
    let (node, of, offset) = moments(checker, arguments.next()?, &places[1])?;
    let of = result_type(&of, unit);
    let node = Node::call(span, of.clone(), vec![count?, node], move |arguments| {
        let (counts, moments) = (arguments.integers(0), arguments.timestamps(1));
        collect_moments(arguments, &of, offset, |row| {
            let (Some(count), Some(moment)) = (counts.get(row), moments.get(row)) else {
                return Ok(None);
            };
            let sum = local(moment, offset).and_then(|moment| unit.add(moment, count));
            sum.map(Some).ok_or_else(|| Problem::Overflow {
                operation: format!("{} + {count} {}s", moment_text(moment), unit.name()),
                fits: "the calendar",
            })
        })
    });
    Some(node.may_fail())
}

fn format(checker: &mut Checker<'_>, call: &Call, argument: usize) -> Option<DateFormat> {
    let text = call.constant_text(checker, argument, "'%d.%m.%Y'")?;
    match DateFormat::new(&text) {
        Some(format) => Some(format),
        None => call.bad_literal(
            checker,
            argument,
            "a format in the letters of `strftime`, such as `%d.%m.%Y %H:%M`",
        ),
    }
}

fn parse(checker: &mut Checker<'_>, call: Call, kind: Kind, lenient: bool) -> Option<Node> {
    let span = call.span;
    let format = if call.len() > 1 {
        Some(format(checker, &call, 1)?)
    } else {
        None
    };
    let arguments = call.coerced(checker, &[Kind::Text])?;
    let of = Type::Plain(kind);
    let node = Node::call(span, of.clone(), arguments, move |arguments| {
        let texts = arguments.texts(0);
        collect_moments(arguments, &of, 0, |row| {
            let Some(text) = texts.get(row) else {
                return Ok(None);
            };
            let moment = parse_text(text, format.as_ref(), kind);
            match moment {
                None if !lenient => Err(bad_value(text, &expected(format.as_ref(), kind))),
                moment => Ok(moment),
            }
        })
    });
    Some(if lenient { node } else { node.may_fail() })
}

fn expected(format: Option<&DateFormat>, kind: Kind) -> String {
    match (format, kind) {
        (Some(format), kind) => {
            format!("{} of the format `{}`", kind.description(), format.as_str())
        }
        (None, Kind::Date) => "a date such as `2024-01-31`".to_owned(),
        (None, _) => "a timestamp such as `2024-01-31 23:59:59`".to_owned(),
    }
}

fn parse_text(text: &str, format: Option<&DateFormat>, kind: Kind) -> Option<NaiveDateTime> {
    if kind == Kind::Date {
        let date = match format {
            Some(format) => format.parse_date(text)?,
            None => parse_iso_date(text)?,
        };
        return Some(date.and_time(NaiveTime::MIN));
    }
    let (moment, offset) = match format {
        Some(format) => format.parse_datetime(text)?,
        None => parse_iso_datetime(text)?,
    };
    // With an offset the moment is known, and is given in UTC.
    moment.checked_sub_signed(TimeDelta::try_seconds(i64::from(offset.unwrap_or(0)))?)
}

fn strftime(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let (span, place) = (call.span, call.place(0));
    let format = format(checker, &call, 1)?;
    let (node, _, offset) = moments(checker, call.arguments.into_iter().next()?, &place)?;
    Some(Node::call(span, Type::TEXT, vec![node], move |arguments| {
        let moments = arguments.timestamps(0);
        Ok(arguments
            .collect::<_, StringArray>(|row| format.format(local(moments.get(row)?, offset)?)))
    }))
}
