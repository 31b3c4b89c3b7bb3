//! Fuzzing: libFuzzer, through cargo-fuzz and a nightly compiler.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::shell::{program, root, run, say, succeeds, target_folder};

/// How long a target is fuzzed if nothing is said.
const SECONDS: &str = "1200";
/// The most memory that the process may take, in MiB, sanitizer included.
const MEMORY: u32 = 3_072;
/// The most that may be asked for at once, in MiB.
const ALLOCATION: u32 = 2_560;
/// The longest that one input may take, in seconds, with the sanitizer.
const INPUT_SECONDS: u32 = 20;
/// The longest input, in bytes.
const INPUT_BYTES: u32 = 16_384;
/// The target that runs components: it needs wasmtime.
const COMPONENT_TARGETS: [&str; 2] = ["component", "guest"];

/// Fuzzes a target, or each one after the other, with the address sanitizer.
pub(crate) fn fuzz(arguments: &[&str]) -> Result<()> {
    let (targets, seconds) = match arguments {
        [] | ["--seconds", _] => {
            bail!("name a target, or `all`: {}", names()?.join(", "))
        }
        [target] => (*target, SECONDS),
        [target, "--seconds", seconds] | ["--seconds", seconds, target] => (*target, *seconds),
        _ => bail!("`cargo xtask fuzz TARGET [--seconds N]`"),
    };
    ensure!(
        seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0),
        "`{seconds}` is no number of seconds"
    );
    let names = names()?;
    let targets: Vec<&String> = names
        .iter()
        .filter(|name| targets == "all" || targets == *name)
        .collect();
    ensure!(
        !targets.is_empty(),
        "there is no target `{}`, only {} and `all`",
        arguments.join(" "),
        names.join(", ")
    );
    prepare()?;
    for target in targets {
        say(&format!("fuzzing `{target}` for {seconds} seconds"));
        run(&mut command(target, seconds)?)?;
    }
    Ok(())
}

/// The tests of the crates that have `unsafe` code, with the address sanitizer.
pub(crate) fn sanitize() -> Result<()> {
    say("tests with the address sanitizer");
    ensure!(
        succeeds(&mut nightly(&["rustc", "--version"])),
        "a nightly compiler is needed: `rustup toolchain install nightly`"
    );
    let target = host()?;
    run(
        nightly(&["cargo", "test", "--target", &target, "--lib", "--tests"])
            .args(["--package", "stepwell-layout"])
            .env("RUSTFLAGS", "-Zsanitizer=address")
            .env("CARGO_TARGET_DIR", target_folder().join("sanitizer")),
    )
}

/// The programs of the targets, by name.
fn names() -> Result<Vec<String>> {
    let folder = root().join("fuzz/fuzz_targets");
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        names.extend(
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned()),
        );
    }
    names.sort();
    Ok(names)
}

fn prepare() -> Result<()> {
    ensure!(
        succeeds(&mut nightly(&["cargo", "fuzz", "--version"])),
        "cargo-fuzz and a nightly compiler are needed: `rustup toolchain install nightly`, `cargo install cargo-fuzz`"
    );
    Ok(())
}

/// A program of the nightly toolchain. Cargo tells what it starts which cargo it is; that one is another.
fn nightly(arguments: &[&str]) -> Command {
    let mut command = program("rustup");
    command
        .args(["run", "nightly"])
        .args(arguments)
        .env_remove("CARGO")
        .env_remove("RUSTC")
        .env_remove("RUSTUP_TOOLCHAIN");
    command
}

/// The platform that is compiled for: with a sanitizer it must be named.
fn host() -> Result<String> {
    let output = nightly(&["rustc", "--print", "host-tuple"])
        .output()
        .context("cannot run the nightly compiler")?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn command(target: &str, seconds: &str) -> Result<Command> {
    let folder = |kind: &str| root().join("fuzz").join(kind).join(target);
    // What libFuzzer finds is kept here, and the committed inputs stay as they are.
    let found = target_folder().join("fuzz").join(target);
    fs::create_dir_all(&found).with_context(|| format!("cannot make `{}`", found.display()))?;
    let inputs: Vec<PathBuf> = [found, folder("corpus"), folder("regressions")]
        .into_iter()
        .filter(|folder| folder.is_dir())
        .collect();
    let mut command = nightly(&["cargo", "fuzz", "run"]);
    if COMPONENT_TARGETS.contains(&target) {
        command.args(["--features", "component"]);
    }
    command
        .arg(target)
        .args(inputs)
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-malloc_limit_mb={ALLOCATION}"))
        .arg(format!("-timeout={INPUT_SECONDS}"))
        .arg(format!("-max_len={INPUT_BYTES}"))
        .arg("-print_final_stats=1");
    let words = root().join("fuzz/dictionaries").join(target);
    if words.is_file() {
        command.arg(format!("-dict={}", words.display()));
    }
    Ok(command)
}
