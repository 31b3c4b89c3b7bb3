//! The bytes of components, and steps that were made at random.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use arbitrary::Unstructured;
use stepwell_engine::{Engine, EngineError, EngineOptions, OpenOptions};
use stepwell_plan::Limits;
use wasm_smith::{Config, Module};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve, WorldId};

use crate::table::table;
use crate::walk::walk;

/// Where a random module follows; everything else is the bytes of a component.
const RANDOM_MODULE: u8 = b'!';

/// Branches and calls that a random module may make, at most.
const INSTRUCTIONS: u32 = 100_000;

/// Loads a component, and where it is a step, runs it.
pub(crate) fn component(input: &[u8]) {
    match input.split_first() {
        Some((&RANDOM_MODULE, dna)) => {
            if let Some(component) = random_step(dna) {
                run(&component);
            }
        }
        _ => run(input),
    }
}

pub(crate) fn engine() -> &'static Engine {
    static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
        Engine::new(&EngineOptions::default()).expect("this machine runs WebAssembly")
    });
    &ENGINE
}

/// Limits that keep an input short.
pub(crate) fn limits() -> Limits {
    Limits {
        memory: 32 << 20,
        time: Duration::from_millis(100),
        rows: 10_000,
        bytes: 1 << 20,
        log: 4 << 10,
        ..Limits::default()
    }
}

fn run(component: &[u8]) {
    let step = match engine().load(component) {
        Ok(step) => step,
        Err(error) => return check_message(&error),
    };
    if let Err(error) = step.description() {
        return check_message(&error);
    }
    let options = OpenOptions {
        inputs: vec![table().schema()],
        limits: limits(),
        ..OpenOptions::default()
    };
    let outcome = step.open(options).and_then(|mut instance| {
        let outcome = instance.process(0, table().clone().into())?;
        instance.finish()?;
        Ok(outcome)
    });
    match outcome {
        Ok(outcome) => check_outcome(outcome),
        Err(error) => check_message(&error),
    }
}

pub(crate) fn check_message(error: &EngineError) {
    assert!(!error.to_string().is_empty());
    assert!(!error.code().is_empty());
    let _ = error.hint();
}

/// Reads every value that a step emitted.
pub(crate) fn check_outcome(outcome: stepwell_engine::Outcome) {
    for emitted in outcome.emitted {
        let batch = emitted
            .batch
            .to_record_batch()
            .expect("what was emitted is a batch");
        assert!(batch.num_rows() > 0);
        batch.columns().iter().for_each(|column| walk(column));
    }
}

/// The contract, as the world of steps that are given nothing but data.
pub(crate) fn contract() -> (Resolve, WorldId) {
    let mut resolve = Resolve::default();
    let package = resolve
        .push_str("step.wit", include_str!("../../../sdk/wit/step.wit"))
        .expect("the contract is WIT");
    let world = resolve
        .select_world(&[package], Some("pure-step"))
        .expect("the contract has this world");
    (resolve, world)
}

/// A core module made a component of the contract.
pub(crate) fn componentize(mut module: Vec<u8>) -> Option<Vec<u8>> {
    let (resolve, world) = contract();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).ok()?;
    let mut encoder = ComponentEncoder::default().module(&module).ok()?;
    encoder.encode().ok()
}

/// A step with the imports and exports of the contract and random code behind them.
fn random_step(dna: &[u8]) -> Option<Vec<u8>> {
    static SHAPE: LazyLock<Arc<Vec<u8>>> = LazyLock::new(|| {
        let (resolve, world) = contract();
        let abi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
        Arc::new(dummy_module(&resolve, world, abi))
    });
    let config = Config {
        module_shape: Some(SHAPE.to_vec()),
        allow_start_export: false,
        gc_enabled: false,
        threads_enabled: false,
        exceptions_enabled: false,
        memory64_enabled: false,
        max_memories: 1,
        max_funcs: 40,
        ..Config::default()
    };
    let mut module = Module::new(config, &mut Unstructured::new(dna)).ok()?;
    // Loops that never end are for tests of the time limit: here they would only take long.
    module.ensure_termination(INSTRUCTIONS).ok()?;
    componentize(module.to_bytes())
}
