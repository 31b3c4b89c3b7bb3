//! Runs the cases in `cases/`.

#[test]
fn the_step_does_what_its_cases_expect() {
    stepwell_sdk::testing::run_cases(
        &step_bucketize::STEP,
        concat!(env!("CARGO_MANIFEST_DIR"), "/cases"),
    );
}

#[test]
fn the_readme_names_every_parameter() {
    let readme = include_str!("../README.md");
    let schema = step_bucketize::STEP.describe().parameters;
    for name in schema["properties"].as_object().unwrap().keys() {
        assert!(
            readme.contains(&format!("| `{name}` |")),
            "README.md does not tell of `{name}`"
        );
    }
}
