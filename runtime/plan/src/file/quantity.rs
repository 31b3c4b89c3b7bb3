//! Sizes and durations as people write them, and names.

use std::time::Duration;

use bytesize::ByteSize;

use super::model::{MaxRejectsValue, Size};
use crate::rejects::MaxRejects;

/// The number of bytes, or what is wrong with the text.
pub(super) fn bytes(size: &Size) -> Result<u64, String> {
    let bytes = match size {
        Size::Bytes(bytes) => *bytes,
        Size::Text(text) => match text.trim().replace('_', "").parse::<ByteSize>() {
            Ok(size) => size.as_u64(),
            Err(_) => return Err(format!("`{text}` is not a size")),
        },
    };
    match bytes {
        0 => Err("a limit of 0 bytes leaves nothing to work with".to_owned()),
        bytes => Ok(bytes),
    }
}

/// The duration, or what is wrong with the text.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("a limit of no time leaves nothing to work with".to_owned()),
        Ok(duration) => Ok(duration),
        Err(_) => Err(format!("`{text}` is not a duration")),
    }
}

/// How many rows may be rejected, or what is wrong with the text.
pub(super) fn max_rejects(value: &MaxRejectsValue) -> Result<MaxRejects, String> {
    let text = match value {
        MaxRejectsValue::Rows(rows) => return Ok(MaxRejects::Rows(*rows)),
        MaxRejectsValue::Share(text) => text.trim(),
    };
    let percent = text
        .strip_suffix('%')
        .and_then(|number| number.trim().parse::<f64>().ok());
    match percent {
        Some(percent) if (0.0..=100.0).contains(&percent) => Ok(MaxRejects::Percent(percent)),
        Some(_) => Err(format!("`{text}` is not between 0 % and 100 %")),
        None => Err(format!("`{text}` is neither a number of rows nor a share")),
    }
}

/// Whether a name can be an entry's name in a pipeline.
pub(super) fn is_name(name: &str) -> bool {
    let is_allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    !name.is_empty() && name.bytes().all(is_allowed)
}

/// A name that is close to the given one and allowed.
pub(super) fn as_name(name: &str) -> Option<String> {
    let fixed: String = name
        .trim()
        .chars()
        .map(|letter| match letter {
            'A'..='Z' => letter.to_ascii_lowercase(),
            'a'..='z' | '0'..='9' | '_' | '-' => letter,
            _ => '_',
        })
        .collect();
    (is_name(&fixed) && fixed.bytes().any(|byte| byte.is_ascii_alphanumeric())).then_some(fixed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_are_read_as_people_write_them() {
        let size = |text: &str| bytes(&Size::Text(text.into())).ok();
        assert_eq!(size("256 MiB"), Some(256 << 20));
        assert_eq!(size("256MiB"), Some(256 << 20));
        assert_eq!(size("1.5 kB"), Some(1500));
        assert_eq!(size("10_000"), Some(10_000));
        assert_eq!(size("much"), None);
        assert_eq!(size("0 B"), None);
        assert_eq!(bytes(&Size::Bytes(7)).ok(), Some(7));
        assert_eq!(duration("5 s").ok(), Some(Duration::from_secs(5)));
        assert_eq!(duration("1min 30s").ok(), Some(Duration::from_secs(90)));
        assert_eq!(duration("250 ms").ok(), Some(Duration::from_millis(250)));
        assert_eq!(duration("5").ok(), None);
        assert_eq!(duration("0 s").ok(), None);
    }

    #[test]
    fn shares_are_read_as_people_write_them() {
        let share = |text: &str| max_rejects(&MaxRejectsValue::Share(text.into())).ok();
        assert_eq!(share("1 %"), Some(MaxRejects::Percent(1.0)));
        assert_eq!(share("0.5%"), Some(MaxRejects::Percent(0.5)));
        assert_eq!(share("100 %"), Some(MaxRejects::Percent(100.0)));
        for text in ["101 %", "-1 %", "NaN %", "inf %", "%", "1", "few"] {
            assert_eq!(share(text), None, "{text}");
        }
    }

    #[test]
    fn a_wrong_name_gives_a_right_one() {
        assert_eq!(as_name("Total Charges").as_deref(), Some("total_charges"));
        assert_eq!(as_name("a.b").as_deref(), Some("a_b"));
        assert_eq!(as_name("…"), None);
    }
}
