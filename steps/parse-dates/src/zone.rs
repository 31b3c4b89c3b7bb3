//! Time zones.

use chrono::{LocalResult, NaiveDateTime, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use stepwell_sdk::closest_name;
use stepwell_sdk::prelude::*;
use stepwell_values::{fixed_offset, microseconds_of};

/// A time zone.
pub(crate) struct Zone {
    name: String,
    clock: Clock,
}

enum Clock {
    /// Seconds that local time is ahead of UTC.
    Fixed(i32),
    /// By the rules of a place.
    Place(Tz),
}

impl Zone {
    pub(crate) fn new(name: &str) -> Result<Self, StepError> {
        let clock = match (fixed_offset(name), name.parse::<Tz>()) {
            (Some(offset), _) => Clock::Fixed(offset),
            (None, Ok(place)) => Clock::Place(place),
            (None, Err(_)) => {
                let error = StepError::new(
                    "unknown_timezone",
                    format!("there is no time zone `{name}`"),
                );
                let known = TZ_VARIANTS.iter().map(|zone| zone.name());
                return Err(match closest_name(name, known) {
                    Some(closest) => error.with_hint(format!("did you mean `{closest}`?")),
                    None => {
                        error.with_hint("name a zone such as `Europe/Berlin`, `UTC` or `+02:00`")
                    }
                });
            }
        };
        Ok(Self {
            name: name.to_owned(),
            clock,
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The moment, in microseconds, at which a clock there shows the local time; `None` if it never does.
    pub(crate) fn to_utc(&self, local: NaiveDateTime) -> Option<i64> {
        match &self.clock {
            Clock::Fixed(offset) => {
                microseconds_of(local).checked_sub(i64::from(*offset) * 1_000_000)
            }
            Clock::Place(place) => match place.from_local_datetime(&local) {
                LocalResult::Single(moment) | LocalResult::Ambiguous(moment, _) => {
                    Some(moment.timestamp_micros())
                }
                LocalResult::None => None,
            },
        }
    }
}
