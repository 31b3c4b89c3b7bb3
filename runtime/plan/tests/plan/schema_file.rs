//! The JSON Schema of pipeline files that is committed for editors.

use std::path::Path;

use stepwell_plan::{ParseOptions, PipelineFile, pipeline_schema};

/// Set to write the file instead of comparing it.
const UPDATE: &str = "STEPWELL_UPDATE_SCHEMA";

#[test]
fn the_committed_schema_is_what_the_code_accepts() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/pipeline.schema.json");
    let mut expect = serde_json::to_string_pretty(&pipeline_schema()).unwrap();
    expect.push('\n');
    if std::env::var_os(UPDATE).is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &expect).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == expect,
        "docs/reference/pipeline.schema.json is not current; write it with `{UPDATE}=1 cargo test -p stepwell-plan --test plan schema`"
    );
}

#[test]
fn every_example_is_a_pipeline_file() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut count = 0;
    for folder in std::fs::read_dir(&examples).unwrap() {
        let path = folder.unwrap().path().join("pipeline.toml");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let name = path.display().to_string();
        if let Err(error) = PipelineFile::parse(&text, &name, &ParseOptions::default()) {
            panic!("{error}");
        }
        count += 1;
    }
    assert!(count > 0, "there are examples in {}", examples.display());
}
