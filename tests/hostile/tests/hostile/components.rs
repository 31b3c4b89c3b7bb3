//! Attacks by what a component is, before any of its functions is called: what it does when it starts, what it takes to
//! make an instance of it, and types that are not those of the contract.

use std::time::Duration;

use insta::assert_snapshot;
use stepwell_engine::{Engine, EngineError, EngineOptions, OpenOptions};

use crate::bystander::{Bystander, engine};
use crate::shown;

/// A component that exports a step whose functions do nothing and have the wrong types, around a module.
pub(crate) fn component(module: &str) -> String {
    component_with(module, "", "(core instance $i (instantiate $m))")
}

/// The same with something before the module, and with another way to make an instance of it.
pub(crate) fn component_with(module: &str, before: &str, instance: &str) -> String {
    format!(
        r#"(component
            {before}
            (core module $m {module} (func (export "f")))
            {instance}
            (func $f (canon lift (core func $i "f")))
            (instance $step
                (export "describe" (func $f)) (export "open" (func $f)) (export "process" (func $f))
                (export "finish" (func $f)) (export "save" (func $f)) (export "restore" (func $f)))
            (export "stepwell:step/step@0.1.0" (instance $step)))"#
    )
}

/// Loads the component and opens it.
fn run(engine: &Engine, component: &str) -> Result<(), EngineError> {
    let bytes = wat::parse_str(component).unwrap();
    engine
        .load(&bytes)?
        .open(OpenOptions::default())
        .map(|_| ())
}

fn outcome(component: &str) -> String {
    let bystander = Bystander::open();
    let error = run(engine(), component).unwrap_err();
    bystander.check();
    shown(&error)
}

#[test]
fn recursion_ends_where_the_stack_does() {
    let module = "(func $f (call $f)) (start $f)";
    assert_snapshot!(outcome(&component(module)), @"
    error[limit_exceeded] the step went past its limit on stack (524288 bytes) in `start`: it called deeper
      hint: the step calls itself without end, or nearly so: tell its author
    ");
}

#[test]
fn a_start_function_is_stopped_as_every_call_is() {
    let module = "(func $f (loop $again (br $again))) (start $f)";
    assert_snapshot!(outcome(&component(module)), @"
    error[limit_exceeded] the step went past its limit on time (500ms per call) in `start`: it was still running
      hint: raise `limits.time` of this step if it is right to need more
    ");
}

#[test]
fn a_destructor_is_stopped_as_every_call_is() {
    let resource = r#"
        (core module $d (func (export "d") (param i32) (loop $again (br $again))))
        (core instance $d (instantiate $d))
        (alias core export $d "d" (core func $dtor))
        (type $r (resource (rep i32) (dtor (core func $dtor))))
        (core func $new (canon resource.new $r))
        (core func $drop (canon resource.drop $r))"#;
    let module = r#"
        (import "r" "new" (func $new (param i32) (result i32)))
        (import "r" "drop" (func $drop (param i32)))
        (func $f (call $drop (call $new (i32.const 1))))
        (start $f)"#;
    let instance = r#"(core instance $i (instantiate $m (with "r" (instance
        (export "new" (func $new)) (export "drop" (func $drop))))))"#;
    let component = component_with(module, resource, instance);
    assert_snapshot!(outcome(&component), @"
    error[limit_exceeded] the step went past its limit on time (500ms per call) in `start`: it was still running
      hint: raise `limits.time` of this step if it is right to need more
    ");
}

#[test]
fn resources_of_its_own_are_handles_too() {
    let resource = r#"
        (type $r (resource (rep i32)))
        (core func $new (canon resource.new $r))"#;
    let module = r#"
        (import "r" "new" (func $new (param i32) (result i32)))
        (func $f (loop $again (drop (call $new (i32.const 1))) (br $again)))
        (start $f)"#;
    let instance = r#"(core instance $i (instantiate $m (with "r" (instance
        (export "new" (func $new))))))"#;
    let component = component_with(module, resource, instance);
    assert_snapshot!(outcome(&component), @"
    error[limit_exceeded] the step went past its limit on handles (262144) in `start`: 262145 handles
      hint: raise `limits.handles` of this step if it is right to need more
    ");
}

#[test]
fn memory_that_is_there_from_the_start_counts() {
    assert_snapshot!(outcome(&component("(memory 65536)")), @"
    error[limit_exceeded] the step went past its limit on memory (536870912 bytes) in `start`: 4294967296 bytes
      hint: raise `limits.memory` of this step if it is right to need more
    ");
}

#[test]
fn memories_count_together() {
    let module = "(memory 5000) (memory 5000)";
    assert_snapshot!(outcome(&component(module)), @"
    error[limit_exceeded] the step went past its limit on memory (536870912 bytes) in `start`: 655360000 bytes
      hint: raise `limits.memory` of this step if it is right to need more
    ");
}

#[test]
fn memories_are_counted_too() {
    let module = "(memory 0)".repeat(65);
    assert_snapshot!(outcome(&component(&module)), @"
    error[contract_violation] the step broke the contract in `start`: no instance of it can be made: resource limit exceeded: memory count too high at 65
      hint: this is a fault of the step: tell its author
    ");
}

#[test]
fn a_table_is_memory() {
    let module = "(table 9000000 funcref) (table 9000000 funcref) (memory 8000)";
    assert_snapshot!(outcome(&component(module)), @"
    error[limit_exceeded] the step went past its limit on memory (536870912 bytes) in `start`: 596288000 bytes
      hint: raise `limits.memory` of this step if it is right to need more
    ");
}

#[test]
fn a_table_that_grows_is_memory() {
    let module = "(table $t 0 funcref) (func $f
        (if (i32.eq (table.grow $t (ref.null func) (i32.const 900000000)) (i32.const -1)) (then unreachable)))
        (start $f)";
    assert_snapshot!(outcome(&component(module)), @"
    error[limit_exceeded] the step went past its limit on memory (536870912 bytes) in `start`: 7200000000 bytes
      hint: raise `limits.memory` of this step if it is right to need more
    ");
}

#[test]
fn memory_of_64_bits_counts_as_well() {
    let module = "(memory i64 0) (func $f
        (if (i64.eq (memory.grow (i64.const 0x1000000000)) (i64.const -1)) (then unreachable)))
        (start $f)";
    assert_snapshot!(outcome(&component(module)), @"
    error[limit_exceeded] the step went past its limit on memory (536870912 bytes) in `start`: 4503599627370496 bytes
      hint: raise `limits.memory` of this step if it is right to need more
    ");
}

#[test]
fn a_crash_at_the_start_is_one() {
    assert_snapshot!(outcome(&component("(func $f unreachable) (start $f)")), @"
    error[step_crashed] the step crashed in `start`: wasm trap: wasm `unreachable` instruction executed
      hint: this is a fault of the step: tell its author
    ");
}

#[test]
fn functions_of_other_types_are_not_called() {
    assert_snapshot!(outcome(&component("")), @"
    error[not_a_step] not a step: its `describe` is not that of the contract: failed to convert function to given type: type mismatch with results: expected 1-tuple, found 0-tuple
      hint: build it again with an SDK of this version
    ");
}

#[test]
fn a_step_without_a_function_is_none() {
    let component = r#"(component
        (instance $step)
        (export "stepwell:step/step@0.1.0" (instance $step)))"#;
    assert_snapshot!(outcome(component), @"
    error[not_a_step] not a step: its types are not those of the contract: it does not export `describe`
      hint: build it again with an SDK of this version
    ");
}

#[test]
fn a_step_of_another_contract_is_none() {
    let component = component("").replace("step@0.1.0", "step@0.2.0");
    assert_snapshot!(outcome(&component), @"
    error[contract_version] the step is built for version 0.2.0 of the contract, this host speaks 0.1.0
      hint: build the step again with an SDK of this version
    ");
}

#[test]
fn compiling_is_given_up_when_it_takes_too_long() {
    let mut options = EngineOptions::default();
    options.component_limits.compile_time = Duration::ZERO;
    let engine = Engine::new(&options).unwrap();
    let error = run(&engine, &component("")).unwrap_err();
    assert_snapshot!(shown(&error), @"
    error[component_too_large] the component goes past the host's limit on the time of compiling (0ns): it was still being compiled
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}
