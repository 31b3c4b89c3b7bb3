//! Attacks by components that are small to send and would be dear to compile or to link.

use std::fmt::Write;

use insta::assert_snapshot;
use stepwell_engine::{Engine, EngineOptions};

use crate::bystander::{Bystander, engine};
use crate::components::component;
use crate::shown;

fn outcome(component: &str) -> String {
    refused(&wat::parse_str(component).unwrap())
}

fn refused(bytes: &[u8]) -> String {
    let bystander = Bystander::open();
    let error = engine().load(bytes).unwrap_err();
    bystander.check();
    shown(&error)
}

/// Components one inside of the other, each instantiating the next as often as this.
fn doubled(levels: usize, times: usize) -> String {
    let mut text = "(component $c (core module $m) (core instance (instantiate $m)))".to_owned();
    for _ in 0..levels {
        let instances = "(instance (instantiate $c))".repeat(times);
        text = format!("(component $c {text} {instances})");
    }
    let (before, module) = (text, "");
    crate::components::component_with(
        module,
        &format!("{before} (instance (instantiate $c))"),
        "(core instance $i (instantiate $m))",
    )
}

#[test]
fn a_component_is_not_instantiated_without_end() {
    assert_snapshot!(outcome(&doubled(30, 2)), @"
    error[component_too_large] the component goes past the host's limit on instances inside of it (1000): 1534 instances
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
    assert_snapshot!(outcome(&doubled(60, 10)), @"
    error[component_too_large] the component goes past the host's limit on instances inside of it (1000): 1055 instances
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn components_that_stand_side_by_side_are_counted_the_same() {
    let mut before = "(component $c0 (core module $m) (core instance (instantiate $m)))".to_owned();
    for level in 1..40 {
        let inner = level - 1;
        let _ = write!(
            before,
            "(component $c{level} (alias outer 1 $c{inner} (component $c)) \
             (instance (instantiate $c)) (instance (instantiate $c)))"
        );
    }
    let instance = "(instance (instantiate $c39)) (core instance $i (instantiate $m))";
    let component = crate::components::component_with("", &before, instance);
    assert_snapshot!(outcome(&component), @"
    error[component_too_large] the component goes past the host's limit on instances inside of it (1000): 1534 instances
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn components_as_arguments_are_not_run() {
    let before = "(component $c (import \"a\" (component)))";
    let component =
        crate::components::component_with("", before, "(core instance $i (instantiate $m))");
    assert_snapshot!(outcome(&component), @"
    error[not_a_step] not a step: it takes components as arguments, which this host does not run
      hint: compose its parts into one component that imports functions and types alone
    ");
}

#[test]
fn a_file_has_a_size() {
    let mut options = EngineOptions::default();
    options.component_limits.bytes = 1 << 20;
    let engine = Engine::new(&options).unwrap();
    let data = format!(
        "(memory 40) (data (i32.const 0) \"{}\")",
        "x".repeat(2 << 20)
    );
    let bytes = wat::parse_str(component(&data)).unwrap();
    assert_snapshot!(shown(&engine.load(&bytes).unwrap_err()), @"
    error[component_too_large] the component goes past the host's limit on its size (1048576 bytes): 2097403 bytes
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");

    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(1 << 40).unwrap();
    assert_snapshot!(shown(&engine.load_file(file.path()).unwrap_err()), @"
    error[component_too_large] the component goes past the host's limit on its size (1048576 bytes): 1099511627776 bytes
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_not_read_to_it() {
    let mut options = EngineOptions::default();
    options.component_limits.bytes = 1 << 20;
    let engine = Engine::new(&options).unwrap();
    let error = engine.load_file("/dev/zero".as_ref()).unwrap_err();
    assert_snapshot!(shown(&error), @"
    error[component_too_large] the component goes past the host's limit on its size (1048576 bytes): 1048577 bytes
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn a_huge_data_section_outside_of_memory_does_not_start() {
    let data = format!(
        "(memory 1) (data (i32.const 0) \"{}\")",
        "x".repeat(2 << 20)
    );
    let bytes = wat::parse_str(component(&data)).unwrap();
    let bystander = Bystander::open();
    let step = engine().load(&bytes).unwrap();
    let error = step.description().unwrap_err();
    bystander.check();
    assert_snapshot!(shown(&error), @"
    error[step_crashed] the step crashed in `start`: wasm trap: out of bounds memory access
      hint: this is a fault of the step: tell its author
    ");
}

#[test]
fn functions_are_counted() {
    let mut options = EngineOptions::default();
    options.component_limits.functions = 5_000;
    let engine = Engine::new(&options).unwrap();
    let bytes = wat::parse_str(component(&"(func)".repeat(5_000))).unwrap();
    assert_snapshot!(shown(&engine.load(&bytes).unwrap_err()), @"
    error[component_too_large] the component goes past the host's limit on functions (5000): 5001 functions
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn a_function_has_a_size() {
    let body = "(drop (i32.const 1))".repeat(800_000);
    assert_snapshot!(outcome(&component(&format!("(func {body})"))), @"
    error[component_too_large] the component goes past the host's limit on the size of a function (2097152 bytes): 2400002 bytes
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn many_branches_over_many_variables_are_not_compiled() {
    let locals = "i64 ".repeat(40_000);
    let blocks = "(block ".repeat(1_000) + &")".repeat(1_000);
    let function = format!("(func (local {locals}) {blocks})");
    assert_snapshot!(outcome(&component(&function)), @"
    error[component_too_large] the component goes past the host's limit on the cost of compiling a function (8388608 variables at branches): 40000000 variables at branches
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn many_functions_that_are_dear_to_compile_are_not_compiled() {
    let locals = "i64 ".repeat(8_000);
    let blocks = "(block ".repeat(1_000) + &")".repeat(1_000);
    let functions = format!("(func (local {locals}) {blocks})").repeat(40);
    assert_snapshot!(outcome(&component(&functions)), @"
    error[component_too_large] the component goes past the host's limit on the cost of compiling it (134217728 variables at branches): 136000000 variables at branches
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn loops_inside_of_very_many_loops_are_not_compiled() {
    let loops = "(loop ".repeat(257) + &")".repeat(257);
    assert_snapshot!(outcome(&component(&format!("(func {loops})"))), @"
    error[not_a_step] not a step: a function of it has more than 256 loops inside of each other
      hint: no compiler makes such functions: ask whoever made it
    ");
}

#[test]
fn a_jump_to_very_many_places_is_not_compiled() {
    let locals = "i64 ".repeat(1_000);
    let targets = "0 ".repeat(50_000);
    let function = format!("(func (local {locals}) (br_table {targets} (i32.const 0)))");
    assert_snapshot!(outcome(&component(&function)), @"
    error[component_too_large] the component goes past the host's limit on the cost of compiling a function (8388608 variables at branches): 200000000 variables at branches
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn blocks_that_carry_very_many_values_are_not_compiled() {
    let values = "i64 ".repeat(1_000);
    let zeros = "(i64.const 0)".repeat(1_000);
    let (open, close) = ("(block (type $t) ".repeat(20_000), ")".repeat(20_000));
    let drops = "drop ".repeat(1_000);
    let function = format!(
        "(type $t (func (param {values}) (result {values}))) (func {zeros} {open} {close} {drops})"
    );
    assert_snapshot!(outcome(&component(&function)), @"
    error[component_too_large] the component goes past the host's limit on the cost of compiling a function (8388608 variables at branches): 40000000 variables at branches
      hint: no step should need this; if this one does, raise `component_limits` where the engine is set up
    ");
}

#[test]
fn types_nested_by_doubling_are_refused() {
    let mut types = "(type $t0 (tuple u64 u64))".to_owned();
    for level in 1..40 {
        let inner = level - 1;
        let _ = write!(types, "(type $t{level} (tuple $t{inner} $t{inner}))");
    }
    let component =
        crate::components::component_with("", &types, "(core instance $i (instantiate $m))");
    assert_snapshot!(outcome(&component), @"
    error[not_a_step] not a step: it does not compile: failed to parse WebAssembly module: effective type size exceeds the limit of 1000000 (at offset 0x54)
      hint: build or download it again
    ");
}

/// A section of a component, by its number.
fn section(number: u8, contents: &[u8]) -> Vec<u8> {
    let mut section = vec![number];
    let mut length = contents.len();
    loop {
        let byte = (length & 0x7f) as u8;
        length >>= 7;
        section.push(if length > 0 { byte | 0x80 } else { byte });
        if length == 0 {
            break;
        }
    }
    section.extend_from_slice(contents);
    section
}

#[test]
fn components_nested_very_deep_do_no_harm() {
    // As bytes: text of this depth is for no parser.
    const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";
    let mut nested = HEADER.to_vec();
    for _ in 0..5_000 {
        nested = [HEADER, &section(4, &nested)].concat();
    }
    let mut bytes = wat::parse_str(component("")).unwrap();
    bytes.extend(section(4, &nested));
    assert_snapshot!(refused_or_opened(&bytes), @"
    error[not_a_step] not a step: its `describe` is not that of the contract: failed to convert function to given type: type mismatch with results: expected 1-tuple, found 0-tuple
      hint: build it again with an SDK of this version
    ");
}

#[test]
fn types_nested_very_deep_do_no_harm() {
    let mut types = "(type $t0 (list u8))".to_owned();
    for level in 1..50_000 {
        let inner = level - 1;
        let _ = write!(types, "(type $t{level} (list $t{inner}))");
    }
    let component =
        crate::components::component_with("", &types, "(core instance $i (instantiate $m))");
    assert_snapshot!(refused_or_opened(&wat::parse_str(component).unwrap()), @"
    error[not_a_step] not a step: it does not compile: failed to parse WebAssembly module: type nesting is too deep (at offset 0xf7)
      hint: build or download it again
    ");
}

fn refused_or_opened(bytes: &[u8]) -> String {
    let bystander = Bystander::open();
    let error = engine().load(bytes).and_then(|step| step.description());
    bystander.check();
    shown(&error.unwrap_err())
}
