//! Days and microseconds as dates of the calendar.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime};

/// How many microseconds a day has.
pub const DAY_IN_MICROSECONDS: i64 = 86_400_000_000;

/// Days from the first day of the common era to 1970-01-01.
const EPOCH_FROM_COMMON_ERA: i32 = 719_163;

/// The day of the calendar; `None` some 260,000 years before and after our era.
pub fn date_of(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_FROM_COMMON_ERA)?)
}

/// The days since 1970-01-01.
pub fn days_of(date: NaiveDate) -> i32 {
    // The calendar's range is far narrower than that of 32 bits.
    date.num_days_from_ce() - EPOCH_FROM_COMMON_ERA
}

/// The day and time of day; `None` some 260,000 years before and after our era.
pub fn datetime_of(microseconds: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(microseconds).map(|moment| moment.naive_utc())
}

/// The microseconds since 1970-01-01.
pub fn microseconds_of(datetime: NaiveDateTime) -> i64 {
    datetime.and_utc().timestamp_micros()
}
