//! Two runs that write to one place.

use std::fs;
use std::sync::{Arc, Barrier};

use insta::assert_snapshot;
use serde_json::{Value, json};
use stepwell_connect::{ConnectError, Sink, open_sink};

use crate::support::{Folder, batch, integers, show_error, sink_spec};

fn open(folder: &Folder, spec: Value) -> Result<Box<dyn Sink>, ConnectError> {
    let schema = batch([("n", integers(&[1]))]).schema();
    open_sink("s", &sink_spec(spec), schema, &folder.sink_options())
}

#[test]
fn the_second_run_is_refused_until_the_first_has_ended() {
    for (path, other) in [("out/a.csv", "out/b.csv"), ("out/parts/", "out/others/")] {
        let folder = Folder::new();
        let first = open(&folder, json!({"path": path})).unwrap();
        let error = open(&folder, json!({"path": path})).err().unwrap();
        assert_eq!(error.code(), "output_in_use");
        // Another place is free.
        drop(open(&folder, json!({"path": other})).unwrap());
        first.finish().unwrap();
        open(&folder, json!({"path": path})).unwrap().abort();
        let last = open(&folder, json!({"path": path})).unwrap();
        drop(last);
        assert!(
            folder.names().iter().all(|name| !name.contains("/.")),
            "{:?}",
            folder.names()
        );
    }
    let folder = Folder::new();
    let _first = open(&folder, json!({"path": "out/a.csv"})).unwrap();
    let error = open(&folder, json!({"path": "out/../out/a.csv"}))
        .err()
        .unwrap();
    assert_snapshot!(show_error(&error), @r"
    error[output_in_use]: sink `s`: another run is writing `out/../out/a.csv`
      hint: wait for the other run to end, or give this one another path
    ");
}

#[test]
fn of_many_that_start_together_one_writes() {
    for _ in 0..20 {
        let folder = Arc::new(Folder::new());
        let barrier = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let (folder, barrier) = (Arc::clone(&folder), Arc::clone(&barrier));
                std::thread::spawn(move || {
                    barrier.wait();
                    let opened = open(&folder, json!({"path": "deep/new/a.csv"}));
                    barrier.wait();
                    match opened {
                        Ok(mut sink) => {
                            sink.write(&batch([("n", integers(&[number]))])).unwrap();
                            sink.finish().unwrap();
                            Some(number)
                        }
                        Err(error) => {
                            assert_eq!(error.code(), "output_in_use");
                            None
                        }
                    }
                })
            })
            .collect();
        let writers: Vec<i64> = threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(writers.len(), 1);
        assert_eq!(
            fs::read_to_string(folder.path("deep/new/a.csv")).unwrap(),
            format!("n\n{}\n", writers[0])
        );
    }
}

#[test]
fn those_that_fail_and_start_again_never_meet() {
    let folder = Arc::new(Folder::new());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let folder = Arc::clone(&folder);
            std::thread::spawn(move || {
                let mut opened = 0;
                while opened < 100 {
                    match open(&folder, json!({"path": "new/a.csv"})) {
                        Ok(sink) => {
                            // The only one: nobody else's file is beside it.
                            let beside = fs::read_dir(folder.path("new")).unwrap().count();
                            assert_eq!(beside, 2);
                            sink.abort();
                            opened += 1;
                        }
                        Err(error) => assert_eq!(error.code(), "output_in_use", "{error:?}"),
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    // A folder stays where its maker ended while another had something in it.
    let names = folder.names();
    assert!(names.iter().all(|name| name == "new/"), "{names:?}");
}

#[test]
fn what_killed_runs_left_is_cleared_away() {
    let folder = Folder::new();
    folder.file("out/a.csv", "old");
    for leftover in [
        "out/.a.csv.AbC123.stepwell",
        "out/.a.csv.stepwell-lock",
        "out/.parts.XyZ789.stepwell/country=FR/part-00000.parquet",
    ] {
        folder.file(leftover, "half");
    }
    // Not of these places, or not ours.
    let others = ["out/.a.csv.part", "out/.b.csv.AbC123.stepwell"];
    for other in others {
        folder.file(other, "");
    }
    open(&folder, json!({"path": "out/a.csv"})).unwrap().abort();
    open(&folder, json!({"path": "out/parts/"}))
        .unwrap()
        .abort();
    assert_eq!(
        folder.names(),
        [
            "out/",
            "out/.a.csv.part",
            "out/.b.csv.AbC123.stepwell",
            "out/a.csv"
        ]
    );
}

#[test]
fn a_folder_that_stepped_aside_comes_back() {
    let folder = Folder::new();
    folder.file("out/.parts.stepwell-old/part-00000.csv", "n\n1\n");
    open(&folder, json!({"path": "out/parts/"}))
        .unwrap()
        .abort();
    assert_eq!(
        folder.names(),
        ["out/", "out/parts/", "out/parts/part-00000.csv"]
    );
    // The new folder was in its place when the run was killed.
    folder.file("out/.parts.stepwell-old/part-00000.csv", "n\n0\n");
    open(&folder, json!({"path": "out/parts/"}))
        .unwrap()
        .abort();
    assert_eq!(
        folder.names(),
        ["out/", "out/parts/", "out/parts/part-00000.csv"]
    );
    assert_eq!(
        fs::read_to_string(folder.path("out/parts/part-00000.csv")).unwrap(),
        "n\n1\n"
    );
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_the_lock_is_not_followed() {
    let folder = Folder::new();
    folder.file("victim", "precious");
    std::os::unix::fs::symlink(folder.path("victim"), folder.path(".a.csv.stepwell-lock")).unwrap();
    let error = open(&folder, json!({"path": "a.csv"})).err().unwrap();
    assert_eq!(error.code(), "io");
    assert_eq!(
        fs::read_to_string(folder.path("victim")).unwrap(),
        "precious"
    );
}

#[test]
fn the_lost_folder_of_an_output_is_told() {
    for path in ["out/a.csv", "out/parts/"] {
        let folder = Folder::new();
        let mut sink = open(&folder, json!({"path": path})).unwrap();
        fs::remove_dir_all(folder.path("out")).unwrap();
        let rows = batch([("n", integers(&[1]))]);
        let error = sink.write(&rows).and_then(|()| sink.prepare()).unwrap_err();
        assert_eq!(error.code(), "output_lost", "{error:?}");
    }
    let folder = Folder::new();
    let mut sink = open(&folder, json!({"path": "out/a.csv"})).unwrap();
    sink.prepare().unwrap();
    fs::remove_dir_all(folder.path("out")).unwrap();
    assert_snapshot!(show_error(&sink.finish().unwrap_err()), @r"
    error[output_lost]: sink `s`: the folder of `out/a.csv` was removed or replaced while it was written
      hint: run it again
    ");
    assert_eq!(folder.names(), Vec::<String>::new());
}
