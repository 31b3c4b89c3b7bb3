//! Signals, in the middle of a run.

use crate::support::Ran;
use crate::tools::{assert_old, from_standard_input, large_table, sandbox, shell, start_and_feed};

fn check(signal: &str, code: i32) {
    let sandbox = sandbox();
    from_standard_input(&sandbox);
    let (started, stdin) = start_and_feed(&sandbox);
    started.signal(signal);
    let (ran, last): (Ran, String) = started.end(&sandbox);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(code), ""),
        "{signal}"
    );
    let failed = format!(
        r#"{{"event":"failed","code":"cancelled","message":"the run was cancelled","hint":null,"blame":"caller","exit_code":{code}}}"#
    );
    assert_eq!(last, failed, "{signal}");
    assert_old(&sandbox);
    drop(stdin);
}

#[test]
fn each_signal_ends_the_run_in_good_order_with_its_own_exit_code() {
    check("INT", 130);
    check("TERM", 143);
    check("HUP", 129);
}

#[test]
fn a_signal_that_the_command_was_told_to_ignore_is_ignored() {
    let sandbox = sandbox();
    let table = large_table(100_000);
    sandbox.write("customers.csv", &table);
    from_standard_input(&sandbox);
    let script = r#"
        trap '' HUP
        mkfifo input events
        "$0" run pipeline.toml --json <input >events &
        exec 3>input 4<events
        cat customers.csv >&3
        while read -r line <&4; do case $line in *'"event":"started"'*) break; esac; done
        kill -HUP $!
        kill -0 $!
        exec 3>&-
        while read -r line <&4; do last=$line; done
        wait $!
        case $last in *'"event":"finished"'*) echo finished; esac
        rm input events
    "#;
    let ran = shell(&sandbox, &[], script).well();
    assert_eq!(ran.stdout(), "finished\n");
    assert!(sandbox.read("out/result.csv") == table);
}
