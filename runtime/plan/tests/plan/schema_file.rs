//! The JSON Schema of pipeline files that is committed for editors.

use std::path::Path;

use stepwell_plan::pipeline_schema;

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
