//! Turning values into ones of another type.

use arrow_array::{
    BooleanArray, Date32Array, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
};
use stepwell_values::{
    DAY_IN_MICROSECONDS, Kind, Vector, date_of, datetime_of, days_of, microseconds_of,
    parse_iso_date, parse_iso_datetime, round_half_to_even, text::read_boolean,
};

use crate::arguments::Arguments;
use crate::error::{Problem, Span};
use crate::node::{Form, Node};
use crate::types::Type;

/// The values as ones of another type; lenient: null where a value cannot be one.
pub(crate) fn cast(node: Node, target: &Type, lenient: bool, span: Span) -> Result<Node, Problem> {
    if node.of == *target {
        return Ok(Node { span, ..node });
    }
    let (Some(from), Some(to)) = (node.kind(), target.kind()) else {
        let kind = target.kind().unwrap_or(Kind::Boolean);
        return Ok(Node {
            span,
            of: target.clone(),
            fails: false,
            form: Form::Literal(Vector::nulls_of(kind, 1)),
        });
    };
    // Between a clock and moments stands the zone's offset.
    let offset = |zone_of: &Type| {
        zone_of.local_offset().map_err(|zone| Problem::UnknownZone {
            zone: zone.to_string(),
        })
    };
    let to_local = offset(&node.of);
    let from_local = offset(target);
    let shift = match (from, to) {
        (Kind::Timestamp, Kind::Timestamp)
            if matches!((&node.of, target), (Type::Zoned(_), Type::Zoned(_))) =>
        {
            0
        }
        (Kind::Timestamp, _) => to_local? - from_local?,
        (_, Kind::Timestamp) => -from_local?,
        _ => 0,
    };
    let convert: Convert = match (from, to) {
        (Kind::Boolean, Kind::Integer) => boolean_to_integer,
        (Kind::Boolean, Kind::Float) => boolean_to_float,
        (Kind::Integer, Kind::Boolean) => integer_to_boolean,
        (Kind::Integer, Kind::Float) => integer_to_float,
        (Kind::Float, Kind::Integer) => float_to_integer,
        (Kind::Text, Kind::Boolean) => text_to_boolean,
        (Kind::Text, Kind::Integer) => text_to_integer,
        (Kind::Text, Kind::Float) => text_to_float,
        (Kind::Text, Kind::Date) => text_to_date,
        (Kind::Text, Kind::Timestamp) => text_to_timestamp,
        (Kind::Date, Kind::Timestamp) => date_to_timestamp,
        (Kind::Timestamp, Kind::Date) => timestamp_to_date,
        (Kind::Timestamp, Kind::Timestamp) => timestamp_to_timestamp,
        (_, Kind::Text) => to_text,
        _ => {
            return Err(Problem::WrongType {
                place: "the operand of this `cast`".to_owned(),
                expected: format!("something that can become {target}"),
                found: node.of.to_string(),
            });
        }
    };
    let never_fails = lenient
        || matches!(
            (from, to),
            (Kind::Boolean, _)
                | (Kind::Integer, Kind::Boolean | Kind::Float | Kind::Text)
                | (Kind::Float, Kind::Text)
        );
    let settings = Settings { lenient, shift };
    let cast = Node::call(span, target.clone(), vec![node], move |arguments| {
        convert(arguments, &settings)
    });
    Ok(if never_fails { cast } else { cast.may_fail() })
}

/// A text that stands for a date or timestamp, as one.
pub(crate) fn literal(node: &Node, target: &Type) -> Result<Node, Problem> {
    let text = node.literal_text().unwrap_or_default();
    let value = if target.kind() == Some(Kind::Date) {
        Vector::from(Date32Array::from(vec![
            day(text).ok_or_else(|| bad_literal(text, DATE))?,
        ]))
    } else {
        let offset = target.local_offset().map_err(|zone| Problem::UnknownZone {
            zone: zone.to_string(),
        })?;
        let moment = moment(text, -offset).ok_or_else(|| bad_literal(text, TIMESTAMP))?;
        Vector::from(TimestampMicrosecondArray::from(vec![moment]))
    };
    Ok(Node {
        span: node.span,
        of: target.clone(),
        fails: false,
        form: Form::Literal(value),
    })
}

const INTEGER: &str = "a 64-bit integer";
const DATE: &str = "a date such as `2024-01-31`";
const TIMESTAMP: &str = "a timestamp such as `2024-01-31 23:59:59`";

type Convert = fn(&Arguments<'_>, &Settings) -> Result<Vector, Problem>;

struct Settings {
    lenient: bool,
    /// What is added to a moment, in microseconds.
    shift: i64,
}

impl Settings {
    /// A value, or what is wrong with it, or null.
    fn value<T>(
        &self,
        value: Option<T>,
        of: impl ToString,
        expected: &str,
    ) -> Result<Option<T>, Problem> {
        match value {
            None if !self.lenient => Err(bad_value(of, expected)),
            value => Ok(value),
        }
    }
}

pub(crate) fn bad_value(value: impl ToString, expected: &str) -> Problem {
    const SHOWN: usize = 100;
    let mut value = value.to_string();
    if let Some((end, _)) = value.char_indices().nth(SHOWN) {
        value.truncate(end);
        value.push('…');
    }
    Problem::BadValue {
        value,
        expected: expected.to_owned(),
    }
}

fn bad_literal(text: &str, expected: &str) -> Problem {
    Problem::BadLiteral {
        text: text.to_owned(),
        expected: expected.to_owned(),
    }
}

fn boolean_to_integer(arguments: &Arguments<'_>, _: &Settings) -> Result<Vector, Problem> {
    let values = arguments.booleans(0);
    Ok(arguments.collect::<_, Int64Array>(|row| values.get(row).map(i64::from)))
}

fn boolean_to_float(arguments: &Arguments<'_>, _: &Settings) -> Result<Vector, Problem> {
    let values = arguments.booleans(0);
    Ok(arguments
        .collect::<_, Float64Array>(|row| values.get(row).map(|value| f64::from(u8::from(value)))))
}

fn integer_to_boolean(arguments: &Arguments<'_>, _: &Settings) -> Result<Vector, Problem> {
    let values = arguments.integers(0);
    Ok(arguments.collect::<_, BooleanArray>(|row| values.get(row).map(|value| value != 0)))
}

fn integer_to_float(arguments: &Arguments<'_>, _: &Settings) -> Result<Vector, Problem> {
    let values = arguments.integers(0);
    Ok(arguments.collect::<_, Float64Array>(|row| values.get(row).map(|value| value as f64)))
}

fn float_to_integer(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.floats(0);
    arguments.try_collect::<_, Int64Array>(|row| match values.get(row) {
        Some(value) => settings.value(round_half_to_even(value), value, INTEGER),
        None => Ok(None),
    })
}

fn text_to_boolean(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.texts(0);
    arguments.try_collect::<_, BooleanArray>(|row| match values.get(row) {
        Some(text) => settings.value(
            read_boolean(text),
            text,
            "a boolean such as `true`, `no` or `1`",
        ),
        None => Ok(None),
    })
}

fn text_to_integer(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.texts(0);
    arguments.try_collect::<_, Int64Array>(|row| match values.get(row) {
        Some(text) => settings.value(text.trim().parse().ok(), text, INTEGER),
        None => Ok(None),
    })
}

fn text_to_float(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.texts(0);
    arguments.try_collect::<_, Float64Array>(|row| match values.get(row) {
        Some(text) => settings.value(text.trim().parse().ok(), text, "a number"),
        None => Ok(None),
    })
}

fn text_to_date(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.texts(0);
    arguments.try_collect::<_, Date32Array>(|row| match values.get(row) {
        Some(text) => settings.value(day(text), text, DATE),
        None => Ok(None),
    })
}

fn text_to_timestamp(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.texts(0);
    arguments.try_collect::<_, TimestampMicrosecondArray>(|row| match values.get(row) {
        Some(text) => settings.value(moment(text, settings.shift), text, TIMESTAMP),
        None => Ok(None),
    })
}

fn date_to_timestamp(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.dates(0);
    arguments.try_collect::<_, TimestampMicrosecondArray>(|row| match values.get(row) {
        Some(day) => {
            let moment = i64::from(day)
                .checked_mul(DAY_IN_MICROSECONDS)
                .and_then(|moment| moment.checked_add(settings.shift));
            settings.value(moment, day_text(day), "a timestamp in microseconds")
        }
        None => Ok(None),
    })
}

fn timestamp_to_date(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    let values = arguments.timestamps(0);
    arguments.try_collect::<_, Date32Array>(|row| match values.get(row) {
        Some(moment) => {
            let day = moment
                .saturating_add(settings.shift)
                .div_euclid(DAY_IN_MICROSECONDS);
            settings.value(i32::try_from(day).ok(), moment, "a date")
        }
        None => Ok(None),
    })
}

fn timestamp_to_timestamp(
    arguments: &Arguments<'_>,
    settings: &Settings,
) -> Result<Vector, Problem> {
    let values = arguments.timestamps(0);
    arguments.try_collect::<_, TimestampMicrosecondArray>(|row| match values.get(row) {
        Some(moment) => settings.value(
            moment.checked_add(settings.shift),
            moment,
            "a timestamp in microseconds",
        ),
        None => Ok(None),
    })
}

fn to_text(arguments: &Arguments<'_>, settings: &Settings) -> Result<Vector, Problem> {
    macro_rules! written {
        ($values:expr, $write:expr) => {{
            let values = $values;
            Ok(arguments.collect::<_, StringArray>(|row| values.get(row).map($write)))
        }};
    }
    match arguments.vector(0) {
        Vector::Boolean(_) => written!(arguments.booleans(0), |value| value.to_string()),
        Vector::Integer(_) => written!(arguments.integers(0), |value| value.to_string()),
        // With a point or an exponent, so that it is seen to be no integer.
        Vector::Float(_) => written!(arguments.floats(0), |value| format!("{value:?}")),
        Vector::Date(_) => written!(arguments.dates(0), day_text),
        Vector::Timestamp(_) => {
            written!(arguments.timestamps(0), |moment| moment_text(
                moment.saturating_add(settings.shift)
            ))
        }
        Vector::Text(_) => Ok(arguments.vector(0).clone()),
    }
}

/// A day as text; its number where the calendar does not reach.
fn day_text(day: i32) -> String {
    date_of(day).map_or_else(|| day.to_string(), |date| date.to_string())
}

/// A moment as text: `2024-01-31 23:59:59`, with a fraction where it has one.
pub(crate) fn moment_text(moment: i64) -> String {
    datetime_of(moment).map_or_else(|| moment.to_string(), |datetime| datetime.to_string())
}

fn day(text: &str) -> Option<i32> {
    parse_iso_date(text.trim()).map(days_of)
}

/// `shift` is added where the text gives no offset from UTC of its own.
fn moment(text: &str, shift: i64) -> Option<i64> {
    let (datetime, offset) = parse_iso_datetime(text)?;
    let shift = offset.map_or(shift, |seconds| -i64::from(seconds) * 1_000_000);
    microseconds_of(datetime).checked_add(shift)
}
