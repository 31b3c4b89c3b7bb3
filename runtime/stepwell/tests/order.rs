//! The order of rows, and with it every result, does not depend on how rows are cut into batches or on
//! the number of threads.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use stepwell::{BatchCollector, Host, HostOptions, Pipeline};
use stepwell_test_components::guest_path;

const ROWS: i64 = 3_000;

/// One for all runs: it compiles each step once.
fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled");
        Host::new(HostOptions::default().cache_folder(cache)).unwrap()
    })
}

/// Runs steps on the numbers 1 to `ROWS` and gives the values of a column of what reaches the sink.
fn run(steps: &str, batch_rows: usize, threads: usize, column: &str) -> Vec<i64> {
    let folder = tempfile::tempdir().unwrap();
    let mut numbers = "n\n".to_owned();
    (1..=ROWS).for_each(|number| writeln!(numbers, "{number}").unwrap());
    std::fs::write(folder.path().join("numbers.csv"), numbers).unwrap();
    let mut text = format!("[pipeline]\nname = 'order'\nbatch_rows = {batch_rows}\n");
    text.push_str("[sources.numbers]\npath = 'numbers.csv'\n[sinks.out]\ninput = 'last'\n");
    text.push_str(steps);
    for guest in ["identity", "running-total", "concatenate"] {
        let path = guest_path(guest);
        text = text.replace(&format!("'{guest}.wasm'"), &format!("'{}'", path.display()));
    }
    let output = BatchCollector::new();
    Pipeline::parse(text, folder.path())
        .threads(threads)
        .collect("out", &output)
        .check(host())
        .unwrap()
        .run()
        .unwrap();
    let values = |batch: &RecordBatch| {
        batch
            .column_by_name(column)
            .unwrap()
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    };
    output.take().iter().flat_map(values).collect()
}

fn check(steps: &str, column: &str, expected: &[i64]) {
    for threads in [1, 2, 5] {
        for batch_rows in [7, 1_000, 65_536] {
            let values = run(steps, batch_rows, threads, column);
            assert_eq!(
                values, expected,
                "{threads} threads, {batch_rows} rows a batch"
            );
        }
    }
}

#[test]
fn map_steps_keep_the_order() {
    let steps = "
        [steps.first]\npath = 'identity.wasm'\ninput = 'numbers'\nwith = { by = 'read' }
        [steps.last]\npath = 'identity.wasm'\ninput = 'first'\nwith = { by = 'handle' }";
    check(steps, "n", &(1..=ROWS).collect::<Vec<_>>());
}

#[test]
fn a_stateful_step_sees_the_stream_in_order() {
    let steps = "
        [steps.first]\npath = 'identity.wasm'\ninput = 'numbers'\nwith = { by = 'read' }
        [steps.last]\npath = 'running-total.wasm'\ninput = 'first'\nwith = { column = 'n' }";
    let totals: Vec<i64> = (1..=ROWS).map(|n| n * (n + 1) / 2).collect();
    check(steps, "total", &totals);
}

#[test]
fn inputs_come_one_after_the_other_also_from_one_source() {
    let steps = "
        [steps.same]\npath = 'identity.wasm'\ninput = 'numbers'\nwith = { by = 'read' }
        [steps.last]\npath = 'concatenate.wasm'\ninput = { first = 'same', second = 'numbers' }";
    check(steps, "n", &(1..=ROWS).chain(1..=ROWS).collect::<Vec<_>>());
}
