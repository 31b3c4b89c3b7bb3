//! Numbers for people.

use std::time::Duration;

/// `7,043`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 row`, `7,043 rows`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", count(number)),
    }
}

/// `412 B`, `1.2 MB`: in powers of 1000, with three digits or so.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 || value >= 99.95 {
        format!("{value:.0} {}", UNITS[unit])
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

/// `0.3 ms`, `12 ms`, `1.4 s`, `3 min 5 s`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.009_95 {
        format!("{:.1} ms", seconds * 1e3)
    } else if seconds < 0.999_5 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 9.95 {
        format!("{seconds:.1} s")
    } else if seconds < 59.5 {
        format!("{seconds:.0} s")
    } else {
        let seconds = seconds.round() as u64;
        format!("{} min {} s", count(seconds / 60), seconds % 60)
    }
}

/// `587 k`: how many a second; `None` where nothing was counted or no time went by.
pub(crate) fn rate(number: u64, time: Duration) -> Option<String> {
    if number == 0 || time.is_zero() {
        return None;
    }
    let rate = number as f64 / time.as_secs_f64();
    Some(match rate {
        rate if rate >= 999.5e6 => format!("{:.1} G", rate / 1e9),
        rate if rate >= 99.95e6 => format!("{:.0} M", rate / 1e6),
        rate if rate >= 999.5e3 => format!("{:.1} M", rate / 1e6),
        rate if rate >= 999.5 => format!("{:.0} k", rate / 1e3),
        rate => format!("{rate:.0}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_have_units() {
        assert_eq!(
            [0, 999, 7_043, 1_234_567].map(count),
            ["0", "999", "7,043", "1,234,567"]
        );
        assert_eq!(
            [0, 999, 1_000, 412_345, 999_999].map(bytes),
            ["0 B", "999 B", "1.0 kB", "412 kB", "1.0 MB"]
        );
        let times = [0.0003, 0.012, 0.9999, 1.44, 12.3, 185.0]
            .map(Duration::from_secs_f64)
            .map(time);
        assert_eq!(
            times,
            ["0.3 ms", "12 ms", "1.0 s", "1.4 s", "12 s", "3 min 5 s"]
        );
        let second = Duration::from_secs(1);
        let rates =
            [12, 587_000, 1_200_000, 250_000_000].map(|number| rate(number, second).unwrap());
        assert_eq!(rates, ["12", "587 k", "1.2 M", "250 M"]);
        assert_eq!(rate(0, second), None);
    }
}
