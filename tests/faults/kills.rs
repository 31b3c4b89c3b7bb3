//! SIGKILL, which no program sees coming, at many moments.

use std::process::Stdio;
use std::time::Instant;

use crate::support::Sandbox;
use crate::tools::{OLD, from_standard_input, large_table, names, sandbox, start_and_feed};

/// How many moments of a run are tried for each kind of output.
const MOMENTS: u32 = 40;
/// How many of these are spread over the whole run.
const SPREAD_MOMENTS: u32 = 10;

/// The files of an output, as one text.
fn content(sandbox: &Sandbox, path: &str) -> String {
    if !path.ends_with('/') {
        return sandbox.read(path);
    }
    let mut text = String::new();
    for name in names(sandbox, path) {
        text.push_str(&format!(
            "{name}\n{}",
            sandbox.read(&format!("{path}{name}"))
        ));
    }
    text
}

/// Kills runs at moments from their start to beyond their end: the output is always the old one or the new one as a
/// whole, and the next run goes well and leaves nothing of those that were killed.
fn check(settings: &str, path: &str, old_name: &str) {
    let sandbox = sandbox();
    sandbox.replace("path  = \"out/result.csv\"", settings);
    sandbox.write("customers.csv", large_table(50_000));
    let restore = || {
        std::fs::remove_dir_all(sandbox.path("out")).unwrap();
        sandbox.write(old_name, OLD);
    };
    restore();
    let old = content(&sandbox, path);
    let started = Instant::now();
    sandbox.run(["run", "pipeline.toml", "--quiet"]).well();
    let whole = started.elapsed();
    let new = content(&sandbox, path);
    assert_ne!(old, new);
    let (mut n_old, mut n_new) = (0, 0);
    let mut delay = whole;
    for moment in 0..MOMENTS {
        restore();
        let mut child = sandbox
            .command(["run", "pipeline.toml", "--quiet"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // First all over the run, then close to where its output changes, which the outcomes tell.
        std::thread::sleep(match moment < SPREAD_MOMENTS {
            true => whole * moment / SPREAD_MOMENTS,
            false => delay,
        });
        child.kill().unwrap();
        child.wait().unwrap();
        let found = content(&sandbox, path);
        if found == old {
            n_old += 1;
            delay = delay.mul_f64(1.07);
        } else {
            assert!(
                found == new,
                "moment {moment}: neither the old nor the new output"
            );
            n_new += 1;
            delay = delay.mul_f64(0.93);
        }
        restore_and_run(&sandbox, &restore, path, &new);
    }
    eprintln!("{settings:?}: {n_old} old, {n_new} new");
    // The first moment is the start itself.
    assert!(n_old > 0);
}

/// Puts the old output back beside what a killed run has left, and runs again.
fn restore_and_run(sandbox: &Sandbox, restore: &dyn Fn(), path: &str, new: &str) {
    let kept: Vec<(String, std::path::PathBuf)> = hidden(sandbox)
        .into_iter()
        .map(|name| {
            let away = sandbox.path(&format!("away{name}"));
            std::fs::rename(sandbox.path(&format!("out/{name}")), &away).unwrap();
            (name, away)
        })
        .collect();
    restore();
    for (name, away) in kept {
        std::fs::rename(away, sandbox.path(&format!("out/{name}"))).unwrap();
    }
    sandbox.run(["run", "pipeline.toml", "--quiet"]).well();
    assert!(content(sandbox, path) == new);
    assert_eq!(hidden(sandbox), Vec::<String>::new());
}

/// The hidden names beside the output.
fn hidden(sandbox: &Sandbox) -> Vec<String> {
    let names = names(sandbox, "out").into_iter();
    names.filter(|name| name.starts_with('.')).collect()
}

#[test]
fn a_file_is_the_old_one_or_the_new_one() {
    check(
        "path = \"out/result.csv\"",
        "out/result.csv",
        "out/result.csv",
    );
}

#[test]
fn a_file_that_is_appended_to_is_the_old_one_or_the_new_one() {
    check(
        "path = \"out/result.csv\"\nmode = \"append\"",
        "out/result.csv",
        "out/result.csv",
    );
}

#[test]
fn a_folder_of_parts_is_the_old_one_or_the_new_one() {
    check(
        "path = \"out/parts/\"\nformat = \"csv\"\nrows_per_file = 5000",
        "out/parts/",
        "out/parts/part-00000.csv",
    );
}

#[test]
fn a_folder_that_gets_more_parts_has_all_of_them_or_none() {
    check(
        "path = \"out/parts/\"\nformat = \"csv\"\nrows_per_file = 5000\nmode = \"append\"",
        "out/parts/",
        "out/parts/part-00000.csv",
    );
}

#[test]
fn a_run_that_is_killed_while_it_waits_leaves_the_old_output_and_no_lock() {
    let sandbox = sandbox();
    sandbox.write("other.toml", sandbox.read("pipeline.toml"));
    from_standard_input(&sandbox);
    let (started, stdin) = start_and_feed(&sandbox);
    started.signal("KILL");
    let (ran, _) = started.end(&sandbox);
    assert_eq!(ran.code, None);
    assert_eq!(sandbox.read("out/result.csv"), OLD);
    assert_ne!(hidden(&sandbox), Vec::<String>::new());
    sandbox.run(["run", "other.toml", "--quiet"]).well();
    assert_eq!(names(&sandbox, "out"), ["result.csv"]);
    drop(stdin);
}
