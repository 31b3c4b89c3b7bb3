//! Small random changes of an input, for the smoke test: what libFuzzer does, without watching what is reached.

use fastrand::Rng;

/// Numbers that are often forgotten.
const EDGES: [u32; 8] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
];

/// Changes an input in one to four places. `other` is another input, of which parts may be taken.
#[must_use]
pub fn mutate(input: &[u8], other: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut changed = input.to_vec();
    for _ in 0..rng.usize(1..=4) {
        change(&mut changed, other, rng);
    }
    changed
}

fn change(bytes: &mut Vec<u8>, other: &[u8], rng: &mut Rng) {
    let length = bytes.len();
    if length == 0 {
        bytes.push(rng.u8(..));
        return;
    }
    let at = rng.usize(0..length);
    let run = at..at + rng.usize(0..=(length - at).min(16));
    match rng.u8(0..8) {
        0 => bytes[at] ^= 1 << rng.u8(0..8),
        1 => bytes[at] = rng.u8(..),
        2 => {
            bytes.drain(run);
        }
        3 => {
            let copy = bytes[run].to_vec();
            let to = rng.usize(0..=length);
            bytes.splice(to..to, copy);
        }
        4 => {
            let edge = EDGES[rng.usize(0..EDGES.len())].to_le_bytes();
            for (byte, new) in bytes[at..].iter_mut().zip(edge) {
                *byte = new;
            }
        }
        5 => bytes.truncate(at),
        6 if !other.is_empty() => {
            let from = rng.usize(0..other.len());
            let to = from + rng.usize(0..=(other.len() - from).min(32));
            bytes.splice(run, other[from..to].iter().copied());
        }
        _ => bytes.insert(at, rng.u8(..)),
    }
}
