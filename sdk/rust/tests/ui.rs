//! Compile errors of `#[step]` and `#[parameters]` say what to do.

#[test]
fn compile_errors_explain() {
    let tests = trybuild::TestCases::new();
    tests.compile_fail("tests/ui/*.rs");
}
