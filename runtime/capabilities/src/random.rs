//! Where a step's random numbers come from.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha256};
use stepwell_plan::Grants;

/// The random numbers of one instance: the machine's, or those that follow from the pipeline's seed and the step's
/// name. A step that was granted none gets numbers that are always the same.
pub(crate) fn generator(grants: &Grants, seed: Option<u64>, step: &str, purpose: &str) -> StdRng {
    match (grants.random, seed) {
        (true, None) => rand::make_rng(),
        (true, Some(seed)) => from_text(&format!("seed {seed} {purpose} {step}")),
        (false, _) => from_text(&format!("empty {purpose}")),
    }
}

/// Another kind of generator would give other results for the same seed.
fn from_text(text: &str) -> StdRng {
    StdRng::from_seed(Sha256::digest(text).into())
}

/// A number for hash tables.
pub(crate) fn hash_seed(generator: &mut StdRng) -> u128 {
    u128::from(generator.next_u64()) << 64 | u128::from(generator.next_u64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(is_granted: bool, seed: Option<u64>, step: &str) -> u64 {
        let grants = Grants {
            random: is_granted,
            ..Grants::default()
        };
        generator(&grants, seed, step, "secure").next_u64()
    }

    #[test]
    fn a_seed_and_a_name_give_the_same_numbers_each_time() {
        assert_eq!(first(true, Some(1), "a"), first(true, Some(1), "a"));
        assert_ne!(first(true, Some(1), "a"), first(true, Some(2), "a"));
        assert_ne!(first(true, Some(1), "a"), first(true, Some(1), "b"));
    }

    #[test]
    fn without_a_seed_they_are_others_each_time() {
        assert_ne!(first(true, None, "a"), first(true, None, "a"));
    }

    #[test]
    fn what_is_not_granted_says_nothing_of_the_machine_or_the_seed() {
        assert_eq!(first(false, None, "a"), first(false, Some(1), "b"));
    }
}
