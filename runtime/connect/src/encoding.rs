//! What encoding a text that is not UTF-8 has.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// The encoding that a text looks like, by the name that `iconv` takes; `None` if it has too few letters beyond ASCII
/// to tell.
pub(crate) fn likely(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, ..] => return Some("UTF-16LE"),
        [0xfe, 0xff, ..] => return Some("UTF-16BE"),
        _ => {}
    }
    if bytes.iter().filter(|byte| !byte.is_ascii()).count() < 2 {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    Some(detector.guess(None, Utf8Detection::Deny).name())
}
