//! Values as text.

use chrono::{DateTime, SecondsFormat};

use crate::cell::Cell;
use crate::date_of;

/// A value as text; `None` for null, and for dates that no calendar reaches.
pub fn write(cell: Cell<'_>) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Boolean(value) => Some(value.to_string()),
        Cell::Decimal(digits, scale) => Some(write_decimal(digits, scale)),
        // With a point or an exponent, so that it is seen to be no integer.
        Cell::Float(value) => Some(format!("{value:?}")),
        Cell::Text(text) => Some(text.to_owned()),
        Cell::Date(days) => date_of(days).map(|date| date.to_string()),
        Cell::Moment(nanoseconds) => {
            let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?;
            let fraction = u32::try_from(nanoseconds.rem_euclid(1_000_000_000)).ok()?;
            let moment = DateTime::from_timestamp(seconds, fraction)?;
            let text = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            Some(text.trim_end_matches('Z').to_owned())
        }
    }
}

/// Whether a text says yes or no, in one of the usual words.
pub fn read_boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is_one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(text));
    if is_one_of(&["true", "t", "yes", "y", "on", "1"]) {
        Some(true)
    } else if is_one_of(&["false", "f", "no", "n", "off", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// A decimal as text: `-0.05`, `1200`.
pub(crate) fn write_decimal(digits: i128, scale: i8) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let places = usize::from(scale.unsigned_abs());
    let digits = digits.unsigned_abs().to_string();
    if scale <= 0 {
        let zeros = if digits == "0" { 0 } else { places };
        return format!("{sign}{digits}{}", "0".repeat(zeros));
    }
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

/// The digits of a number in text, and how many of them are after the point.
pub(crate) fn read_decimal(text: &str) -> Option<(i128, i32)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_signed = |text: &str| text.starts_with(['+', '-']);
    if is_signed(fraction)
        || (whole.trim_start_matches(['+', '-']).is_empty() && fraction.is_empty())
    {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    Some((
        digits,
        i32::try_from(fraction.len()).ok()?.checked_sub(exponent)?,
    ))
}
