//! A process that may open few files.

use insta::assert_snapshot;

use crate::tools::{assert_old, sandbox, shell};

/// A pipeline with many outputs.
fn many_sinks() -> crate::support::Sandbox {
    let sandbox = sandbox();
    let sinks: String = (0..100)
        .map(|sink| {
            format!(
                "\n[sinks.more-{sink:03}]\ninput = \"customers\"\npath = \"out/{sink:03}.csv\"\n"
            )
        })
        .collect();
    let pipeline = sandbox.read("pipeline.toml") + &sinks;
    sandbox.write("pipeline.toml", pipeline);
    sandbox
}

#[test]
fn a_process_without_handles_takes_back_all_outputs() {
    let sandbox = many_sinks();
    let ran = shell(
        &sandbox,
        &["prlimit", "--nofile=100"],
        r#"exec "$0" run pipeline.toml"#,
    );
    let sink = regex::Regex::new(r"more-[0-9]{3}|out/[0-9]{3}").unwrap();
    assert_snapshot!(sink.replace_all(&ran.text(), "[sink]"), @"
    exit code: 1
    --- standard output
    --- standard error
    error: sink `[sink]`: cannot write `[sink].csv`: Too many open files
    hint: raise the number of files that a process may have open, `ulimit -n`
    ");
    assert_old(&sandbox);
}

#[test]
fn partitions_need_few_handles() {
    let sandbox = sandbox();
    sandbox.replace(
        "out/result.csv\"",
        "parts/\"\nformat = \"csv\"\npartition_by = [\"id\"]",
    );
    sandbox.write("customers.csv", crate::tools::large_table(1000));
    shell(
        &sandbox,
        &["prlimit", "--nofile=60"],
        r#"exec "$0" run pipeline.toml --quiet"#,
    )
    .well();
    assert_eq!(crate::tools::names(&sandbox, "parts").len(), 1000);
}
