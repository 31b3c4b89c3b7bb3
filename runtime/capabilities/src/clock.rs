//! The clocks that a step may see.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use stepwell_plan::ClockGrant;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock};

/// How much a clock that stands still advances each time it is asked: a step that waits for it to move on
/// must come to an end.
const STEP_NANOS: u64 = 1_000_000;

/// The time of day.
pub(crate) struct WallClock(pub(crate) Option<ClockGrant>);

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        let time = match self.0 {
            Some(ClockGrant::Real) => SystemTime::now(),
            Some(ClockGrant::Fixed(time)) => time,
            None => SystemTime::UNIX_EPOCH,
        };
        // WASI has no time before 1970.
        time.duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    }
}

/// A clock that never goes back.
pub(crate) enum MonotonicClock {
    Real(Instant),
    /// Advances only by being asked.
    Still(AtomicU64),
}

impl MonotonicClock {
    pub(crate) fn new(grant: Option<ClockGrant>) -> Self {
        match grant {
            Some(ClockGrant::Real) => Self::Real(Instant::now()),
            _ => Self::Still(AtomicU64::new(0)),
        }
    }
}

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        STEP_NANOS
    }

    fn now(&self) -> u64 {
        match self {
            Self::Real(start) => u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX),
            Self::Still(nanos) => nanos.fetch_add(STEP_NANOS, Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_not_granted_shows_no_time_and_still_goes_on() {
        assert_eq!(WallClock(None).now(), Duration::ZERO);
        let clock = MonotonicClock::new(None);
        assert_eq!([clock.now(), clock.now()], [0, STEP_NANOS]);
    }

    #[test]
    fn a_fixed_clock_shows_its_time() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        let clock = WallClock(Some(ClockGrant::Fixed(time)));
        assert_eq!([clock.now(), clock.now()], [Duration::from_secs(7); 2]);
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(7);
        let clock = WallClock(Some(ClockGrant::Fixed(before)));
        assert_eq!(clock.now(), Duration::ZERO);
    }
}
