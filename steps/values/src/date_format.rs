//! Dates and timestamps as text.

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// A format of dates and times, in the letters of `strftime`: `%d.%m.%Y %H:%M`.
#[derive(Debug, Clone)]
pub struct DateFormat {
    items: Vec<Item<'static>>,
    text: String,
}

impl DateFormat {
    /// Reads a format. `None` where it has a letter that means nothing.
    ///
    /// ```
    /// use stepwell_values::{DateFormat, days_of};
    ///
    /// let format = DateFormat::new("%d.%m.%Y").unwrap();
    /// assert_eq!(format.parse_date("31.01.1970").map(days_of), Some(30));
    /// assert_eq!(format.parse_date("1970-01-31"), None);
    /// assert!(DateFormat::new("%Q").is_none());
    /// ```
    pub fn new(format: &str) -> Option<Self> {
        let items = StrftimeItems::new(format).parse_to_owned().ok()?;
        Some(Self {
            items,
            text: format.to_owned(),
        })
    }

    /// The format as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The day that the text stands for; the time of day, if there is one, is left out.
    pub fn parse_date(&self, text: &str) -> Option<NaiveDate> {
        self.parsed(text)?.to_naive_date().ok()
    }

    /// The day and time of day that the text stands for, and its offset from UTC in seconds if the format
    /// has one. Without a time of day it is midnight.
    pub fn parse_datetime(&self, text: &str) -> Option<(NaiveDateTime, Option<i32>)> {
        let parsed = self.parsed(text)?;
        let offset = parsed.offset();
        if parsed.timestamp().is_some() {
            let moment = parsed.to_naive_datetime_with_offset(0).ok()?;
            return Some((moment, Some(0)));
        }
        let date = parsed.to_naive_date().ok()?;
        let time = match (parsed.hour_mod_12(), parsed.hour_div_12()) {
            (None, None) => NaiveTime::MIN,
            _ => parsed.to_naive_time().ok().or_else(|| hour_only(&parsed))?,
        };
        Some((date.and_time(time), offset))
    }

    /// Writes a day and time of day. `None` where the format asks for what is not known, as a zone.
    pub fn format(&self, datetime: NaiveDateTime) -> Option<String> {
        use std::fmt::Write;
        let mut text = String::new();
        write!(text, "{}", datetime.format_with_items(self.items.iter())).ok()?;
        Some(text)
    }

    fn parsed(&self, text: &str) -> Option<Parsed> {
        let mut parsed = Parsed::new();
        parse(&mut parsed, text, self.items.iter()).ok()?;
        Some(parsed)
    }
}

/// A format with an hour and no minutes.
fn hour_only(parsed: &Parsed) -> Option<NaiveTime> {
    if parsed.minute().is_some() {
        return None;
    }
    NaiveTime::from_hms_opt(parsed.hour_div_12()? * 12 + parsed.hour_mod_12()?, 0, 0)
}

/// The day that a text in the way of ISO 8601 stands for: `2024-01-31`. A time of day after it is left out.
pub fn parse_iso_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .or_else(|| parse_iso_datetime(text).map(|(datetime, _)| datetime.date()))
}

/// The moment that a text in the way of ISO 8601 stands for, and its offset from UTC in seconds if it has
/// one: `2024-01-31T23:59:59.5+02:00`, `2024-01-31 23:59`, `2024-01-31`. The moment is in local time.
pub fn parse_iso_datetime(text: &str) -> Option<(NaiveDateTime, Option<i32>)> {
    const LOCAL: [&str; 4] = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
    ];
    const WITH_OFFSET: [&str; 2] = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z"];
    let text = text.trim();
    if let Some(datetime) = LOCAL
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    {
        return Some((datetime, None));
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some((date.and_time(NaiveTime::MIN), None));
    }
    let moment: DateTime<FixedOffset> = WITH_OFFSET
        .iter()
        .find_map(|format| DateTime::parse_from_str(text, format).ok())?;
    Some((
        moment.naive_local(),
        Some(moment.offset().local_minus_utc()),
    ))
}

/// The offset from UTC in seconds of a time zone that has always the same: `UTC`, `+02:00`, `-0330`.
pub fn fixed_offset(time_zone: &str) -> Option<i32> {
    if ["UTC", "Etc/UTC", "GMT", "Z"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(time_zone))
    {
        return Some(0);
    }
    let (sign, digits) = match time_zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let digits: String = digits
        .chars()
        .filter(|character| *character != ':')
        .collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = if digits.len() == 4 {
        digits[2..].parse().ok()?
    } else {
        0
    };
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}
