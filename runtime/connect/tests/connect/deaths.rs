//! A process that dies while it writes: the place is as it was, and the next run clears away what is left.

use std::process::Command;

use serde_json::{Value, json};
use stepwell_connect::{SinkOptions, open_sink};

use crate::support::{Folder, batch, integers, sink_spec, write};

const FOLDER: &str = "STEPWELL_TEST_FOLDER";
const STAGE: &str = "STEPWELL_TEST_STAGE";

/// The sinks that die, each with the file that shows what is at its place.
fn sinks() -> [(Value, &'static str); 5] {
    [
        (json!({"path": "out/a.csv"}), "out/a.csv"),
        (json!({"path": "out/b.csv", "mode": "append"}), "out/b.csv"),
        (
            json!({"path": "out/c/", "format": "csv"}),
            "out/c/part-00000.csv",
        ),
        (
            json!({"path": "out/d/", "format": "csv", "mode": "append"}),
            "out/d/part-00000.csv",
        ),
        (
            json!({"path": "out/e/", "format": "csv", "mode": "overwrite-partitions", "partition_by": ["k"]}),
            "out/e/k=1/part-00000.csv",
        ),
    ]
}

fn rows(n: i64) -> arrow_array::RecordBatch {
    batch([("n", integers(&[n])), ("k", integers(&[1]))])
}

/// Not a test of its own: the process that [`a_death_leaves_every_place_as_it_was`] starts.
#[test]
fn dies_at_a_stage() {
    let (Some(folder), Ok(stage)) = (std::env::var_os(FOLDER), std::env::var(STAGE)) else {
        return;
    };
    let options = SinkOptions {
        base_dir: folder.into(),
        ..SinkOptions::default()
    };
    let mut opened: Vec<_> = sinks()
        .into_iter()
        .map(|(spec, _)| open_sink("s", &sink_spec(spec), rows(2).schema(), &options).unwrap())
        .collect();
    if stage == "opened" {
        std::process::abort();
    }
    for sink in &mut opened {
        sink.write(&rows(2)).unwrap();
    }
    if stage == "written" {
        std::process::abort();
    }
    for sink in &mut opened {
        sink.prepare().unwrap();
    }
    std::process::abort();
}

#[test]
fn a_death_leaves_every_place_as_it_was() {
    for stage in ["opened", "written", "prepared"] {
        let folder = Folder::new();
        for (spec, _) in sinks() {
            write(spec, &[rows(1)], &folder.sink_options()).unwrap();
        }
        let before = folder.names();
        let contents = |names: &[String]| -> Vec<String> {
            let files = names.iter().filter(|name| !name.ends_with('/'));
            files
                .map(|name| std::fs::read_to_string(folder.path(name)).unwrap())
                .collect()
        };
        let old = contents(&before);
        let died = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "deaths::dies_at_a_stage", "--nocapture"])
            .env(FOLDER, folder.path(""))
            .env(STAGE, stage)
            .output()
            .unwrap();
        assert_eq!(died.status.code(), None, "{died:?}");
        let after = folder.names();
        assert!(after.len() > before.len(), "something is left: {after:?}");
        let visible: Vec<String> = after
            .into_iter()
            .filter(|name| !name.contains("/."))
            .collect();
        assert_eq!(visible, before, "{stage}");
        assert_eq!(contents(&visible), old, "{stage}");
        // The next run is not kept off, and leaves nothing of the dead one.
        for (spec, file) in sinks() {
            write(spec, &[rows(3)], &folder.sink_options()).unwrap();
            assert!(folder.path(file).exists());
        }
        let hidden = folder
            .names()
            .into_iter()
            .filter(|name| name.contains("/."));
        assert_eq!(hidden.collect::<Vec<_>>(), Vec::<String>::new(), "{stage}");
    }
}
