//! What encoding a text that is not UTF-8 has.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// The encoding that a text looks like, by the name that `iconv` takes.
pub(crate) fn likely(bytes: &[u8]) -> &'static str {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny).name()
}
