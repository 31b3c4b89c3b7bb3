//! Attacks by asking for what a step is not given: files, sockets, the environment, clocks, random numbers, what nobody
//! has heard of. Here the engine is set up without any of them; what grants them has tests of its own.

use insta::assert_snapshot;

use crate::bystander::{Bystander, engine};
use crate::components::component_with;
use crate::shown;

fn outcome(import: &str) -> String {
    let bystander = Bystander::open();
    let import = format!("(import \"{import}\" (instance))");
    let component = component_with("", &import, "(core instance $i (instantiate $m))");
    let error = engine()
        .load(&wat::parse_str(component).unwrap())
        .unwrap_err();
    bystander.check();
    shown(&error)
}

#[test]
fn files_are_refused() {
    assert_snapshot!(outcome("wasi:filesystem/types@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:filesystem/types@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
    assert_snapshot!(outcome("wasi:filesystem/preopens@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:filesystem/preopens@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
}

#[test]
fn sockets_are_refused() {
    assert_snapshot!(outcome("wasi:sockets/tcp@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:sockets/tcp@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
    assert_snapshot!(outcome("wasi:sockets/instance-network@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:sockets/instance-network@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
}

#[test]
fn http_is_refused() {
    assert_snapshot!(outcome("wasi:http/outgoing-handler@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:http/outgoing-handler@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
}

#[test]
fn the_environment_is_refused() {
    assert_snapshot!(outcome("wasi:cli/environment@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:cli/environment@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
}

#[test]
fn clocks_are_refused() {
    assert_snapshot!(outcome("wasi:clocks/wall-clock@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:clocks/wall-clock@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
    assert_snapshot!(outcome("wasi:clocks/monotonic-clock@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:clocks/monotonic-clock@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
}

#[test]
fn random_numbers_are_refused() {
    assert_snapshot!(outcome("wasi:random/random@0.2.6"), @"
    error[unknown_imports] the step imports `wasi:random/random@0.2.6`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
}

#[test]
fn what_is_unknown_is_refused() {
    assert_snapshot!(outcome("acme:backdoor/shell@1.0.0"), @"
    error[unknown_imports] the step imports `acme:backdoor/shell@1.0.0`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
    assert_snapshot!(outcome("stepwell:step/everything@0.1.0"), @"
    error[unknown_imports] the step imports `stepwell:step/everything@0.1.0`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
    assert_snapshot!(outcome("stepwell:step/host@9.9.9"), @"
    error[unknown_imports] the step imports `stepwell:step/host@9.9.9`, which this host does not offer
      hint: build the step without these interfaces; `stepwell inspect` shows what it imports
    ");
}
