//! Runs the cases in `cases/` that need no model; `stepwell test` runs all of them, in the sandbox.

#[test]
fn the_step_does_what_its_cases_expect() {
    stepwell_sdk::testing::run_cases(&step_predict::STEP, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
