//! Runs the cases in `cases/`.

#[test]
fn the_step_does_what_its_cases_expect() {
    stepwell_sdk::testing::run_cases(&step_scale::STEP, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
}
