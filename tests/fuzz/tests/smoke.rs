//! Every target, over the inputs that are kept and some changes of each: seconds, where libFuzzer has hours.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fastrand::Rng;
use peak_alloc::PeakAlloc;
use stepwell_test_fuzz::{TARGETS, Target, mutate, target};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What one input may take, in MiB, whatever it says of itself.
const MEMORY_LIMIT: f32 = 512.0;

/// What one input of the target `parquet` may: pages of that format say their size themselves, up to 2 GiB, and the
/// decoder asks for as much before it reads them. What is not there is never touched.
const PARQUET_MEMORY_LIMIT: f32 = 2_560.0;

/// One target at a time, so that memory can be counted.
static TURN: Mutex<()> = Mutex::new(());

/// Runs a target on its inputs and on `changes` changes of them, always the same.
fn check(name: &str, changes: usize) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let target = target(name).expect("a target of this name");
    let inputs = inputs(target);
    assert!(
        !inputs.is_empty(),
        "no inputs are kept of `{name}`\nhint: write its seeds with `STEPWELL_UPDATE_SEEDS=1 cargo test --package stepwell-test-fuzz seeds`"
    );
    for (input_name, input) in &inputs {
        run(target, input, input_name);
    }
    let times = times();
    let mut rng = Rng::with_seed(times as u64);
    for _ in 0..changes * times {
        let (from, input) = &inputs[rng.usize(0..inputs.len())];
        let (_, other) = &inputs[rng.usize(0..inputs.len())];
        run(target, &mutate(input, other, &mut rng), from);
    }
}

/// How many times as many changes are tried as usual, and which: `STEPWELL_SMOKE_TIMES`.
fn times() -> usize {
    match std::env::var("STEPWELL_SMOKE_TIMES") {
        Ok(times) => times.parse().expect("`STEPWELL_SMOKE_TIMES` is a number"),
        Err(_) => 1,
    }
}

fn run(target: &Target, input: &[u8], from: &str) {
    if std::env::var_os("STEPWELL_SMOKE_TIMES").is_some() {
        // Memory that cannot be had ends the process: nothing can be kept any more then.
        keep(target, input, from);
    }
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage_as_mb();
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| target.run(input))) {
        eprintln!("{}", keep(target, input, from));
        resume_unwind(payload);
    }
    let taken = MEMORY.peak_usage_as_mb() - before;
    let limit = match target.name {
        "parquet" => PARQUET_MEMORY_LIMIT,
        _ => MEMORY_LIMIT,
    };
    assert!(
        taken < limit,
        "{taken} MiB, at most {limit}\n{}",
        keep(target, input, from)
    );
}

/// Keeps an input that found something, and says where.
fn keep(target: &Target, input: &[u8], from: &str) -> String {
    let path = std::env::temp_dir().join(format!("stepwell-fuzz-{}", target.name));
    fs::write(&path, input).expect("the folder of temporary files can be written to");
    format!(
        "target `{}`, from `{from}`: the input is in `{}`",
        target.name,
        path.display()
    )
}

/// All inputs that are kept of a target, by name.
fn inputs(target: &Target) -> Vec<(String, Vec<u8>)> {
    let mut inputs = Vec::new();
    for folder in target.folders() {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("the folder can be read").path();
            let bytes = fs::read(&path).expect("an input can be read");
            inputs.push((name(&path), bytes));
        }
    }
    inputs.sort();
    inputs
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

macro_rules! targets {
    ($($name:ident: $changes:literal,)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), $changes);
            }
        )*

        #[test]
        fn every_target_is_tested() {
            let tested = [$(stringify!($name)),*];
            let all: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(tested.as_slice(), all);
        }
    };
}

targets! {
    layout: 3000,
    fields: 3000,
    pipeline: 500,
    csv: 300,
    json: 300,
    arrow: 300,
    arrows: 300,
    parquet: 300,
    expression: 1000,
    onnx: 1000,
    case: 500,
    component: 10,
    guest: 1000,
}

#[test]
fn every_target_has_a_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
    let mut programs: Vec<String> = fs::read_dir(folder)
        .expect("the programs of the targets")
        .map(|entry| name(&entry.expect("the folder can be read").path()))
        .collect();
    programs.sort();
    let mut expected: Vec<String> = TARGETS
        .iter()
        .map(|target| format!("{}.rs", target.name))
        .collect();
    expected.sort();
    assert_eq!(programs, expected);
}
