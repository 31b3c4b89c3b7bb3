//! Chance that can be repeated.

use twox_hash::XxHash3_64;

/// Numbers that look random and follow from the seed and what they are drawn for.
pub(crate) struct Draw {
    seed: u64,
}

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        // With the step's name, so that another step with the same seed and key draws other rows.
        Self {
            seed: XxHash3_64::oneshot_with_seed(seed, b"sample"),
        }
    }

    /// A number of 64 bits.
    pub(crate) fn bits(&self, of: &[u8]) -> u64 {
        XxHash3_64::oneshot_with_seed(self.seed, of)
    }

    /// A number from 0 on, below 1.
    pub(crate) fn unit(&self, of: &[u8]) -> f64 {
        // As many bits as a floating-point number between 0 and 1 holds.
        (self.bits(of) >> 11) as f64 / (1u64 << 53) as f64
    }
}
