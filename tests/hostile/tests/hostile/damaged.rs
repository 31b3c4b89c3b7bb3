//! Attacks by bytes that are no component, or were one once: they are errors, or steps that still keep their limits;
//! never a panic, and never without an end.

use std::time::Duration;

use guest_hostile::Attack;
use insta::assert_snapshot;
use serde_json::json;
use stepwell_engine::{Engine, EngineError, EngineOptions, OpenOptions};
use stepwell_plan::Limits;
use stepwell_test_components::guest;

use crate::bystander::{Bystander, batch, engine};
use crate::shown;

fn refused(bytes: &[u8]) -> String {
    let bystander = Bystander::open();
    let error = engine().load(bytes).unwrap_err();
    bystander.check();
    shown(&error)
}

#[test]
fn what_is_no_component_is_told_apart() {
    assert_snapshot!(refused(b""), @"
    error[not_a_step] not a step: it is empty
      hint: build it again
    ");
    assert_snapshot!(refused(b"\x7fELF"), @"
    error[not_a_step] not a step: it is not WebAssembly
      hint: give the `.wasm` file that `stepwell build` made
    ");
    assert_snapshot!(refused(b"\0asm\x01\0\0\0"), @"
    error[not_a_step] not a step: it is a WebAssembly module, not a component
      hint: build it with `stepwell build`
    ");
    assert_snapshot!(refused(b"\0asm\x0d\0\x01\0"), @"
    error[not_a_step] not a step: it is a component, but exports no `stepwell:step/step`
      hint: build it with a Stepwell SDK: `stepwell new step NAME` makes one that works
    ");
    assert_snapshot!(refused(b"\0asm\x0d\0\x01\0\x0a\xff\xff\xff\xff\x0f"), @"
    error[not_a_step] not a step: its bytes are damaged at offset 14: unexpected end-of-file
      hint: build or download it again
    ");
}

#[test]
fn a_component_cut_off_anywhere_is_an_error() {
    let bytes = guest("identity");
    let bystander = Bystander::open();
    // Each of the first bytes, where sections are short, then steps that hit all kinds of places.
    let cuts = (0..bytes.len().min(400)).chain((400..bytes.len()).step_by(1_999));
    for cut in cuts {
        let error = engine().load(&bytes[..cut]).unwrap_err();
        assert_eq!(error.code(), "not_a_step", "cut at {cut}: {error}");
    }
    bystander.check();
}

fn limits() -> Limits {
    Limits {
        time: Duration::from_millis(300),
        memory: 64 << 20,
        ..Limits::default()
    }
}

/// Uses a component for all that it may still be good for.
fn use_up(engine: &Engine, bytes: &[u8]) -> Result<(), EngineError> {
    let options = OpenOptions {
        // It says nothing true, which does no harm.
        parameters: json!({ "attack": Attack::LyingNullCount.name() }),
        inputs: vec![batch().schema()],
        limits: limits(),
        ..OpenOptions::default()
    };
    let mut instance = engine.load(bytes)?.open(options)?;
    instance.process(0, batch().into())?;
    instance.finish()?;
    instance.save().map(|_| ())
}

#[test]
fn flipped_bits_are_errors_or_do_no_harm() {
    let bytes = guest("hostile");
    let mut random = fastrand::Rng::with_seed(20);
    let mut options = EngineOptions::default();
    options.describe_limits = limits();
    let engine = Engine::new(&options).unwrap();
    let bystander = Bystander::open();
    let (mut refused, mut ran) = (0, 0);
    for round in 0..300 {
        let mut damaged = bytes.clone();
        // In most rounds where the structure is, which is in the first bytes and between the modules.
        let end = if round % 4 == 0 { bytes.len() } else { 3_000 };
        for _ in 0..1 + round % 3 {
            let at = random.usize(8..end.min(bytes.len()));
            damaged[at] ^= 1 << random.u8(0..8);
        }
        match use_up(&engine, &damaged) {
            Err(_) => refused += 1,
            Ok(()) => ran += 1,
        }
    }
    bystander.check();
    assert_eq!(refused + ran, 300);
    assert!(refused > 100, "{refused} of 300 were refused");
}
