//! What an ONNX model is.

use std::path::Path;

use anyhow::Result;
use stepwell::{Error, ModelSummary};

use super::facts;
use crate::show::table::aligned;
use crate::show::text::{names, safe, safe_line, wrap};
use crate::show::{print, print_json, units};

pub(super) fn inspect(file: &Path, json: bool) -> Result<()> {
    let summary = stepwell::inspect_model(file).map_err(Error::from)?;
    if json {
        return print_json(&summary);
    }
    Ok(print(&render(file, &summary))?)
}

fn render(file: &Path, summary: &ModelSummary) -> String {
    let mut text = format!("model {}\n", safe_line(&summary.name));
    for line in wrap(&safe(summary.documentation.trim()), 96) {
        text.push_str(&format!("  {line}\n"));
    }
    let opsets: Vec<String> = summary
        .opsets
        .iter()
        .map(|(domain, version)| format!("{} {version}", safe_line(domain)))
        .collect();
    let producer = format!("{} {}", summary.producer_name, summary.producer_version);
    let mut lines = vec![
        ("file", file.display().to_string()),
        ("digest", summary.digest.clone()),
        ("size", units::bytes(summary.bytes)),
        ("made with", safe_line(producer.trim())),
        ("format", format!("ONNX, IR version {}", summary.ir_version)),
        ("operator sets", opsets.join(", ")),
        ("parameters", units::counted(summary.parameters, "number")),
    ];
    if !summary.classes.is_empty() {
        lines.push(("classes", names(&summary.classes, 20)));
    }
    text.push('\n');
    text.push_str(&facts(&lines));
    for (title, tensors) in [("Inputs", &summary.inputs), ("Outputs", &summary.outputs)] {
        text.push_str(&format!("\n{title}:\n"));
        let rows = tensors.iter().map(|tensor| {
            vec![
                format!(" {}", safe_line(&tensor.name)),
                safe_line(&tensor.element_type),
                shape(&tensor.shape),
            ]
        });
        text.push_str(&aligned(None, rows.collect(), &[1, 2]));
    }
    text.push_str("\nOperators:\n");
    let rows = summary.operators.iter().map(|operator| {
        let name = format!(
            " {}.{}",
            safe_line(&operator.domain),
            safe_line(&operator.name)
        );
        vec![name, format!("{} ×", units::count(operator.count))]
    });
    text.push_str(&aligned(None, rows.collect(), &[]));
    for (key, value) in &summary.metadata {
        text.push_str(&format!("{}: {}\n", safe_line(key), safe_line(value)));
    }
    text
}

/// `rows × 3`: the first size is that of the rows where it is free.
fn shape(shape: &[Option<u64>]) -> String {
    let sizes = shape
        .iter()
        .enumerate()
        .map(|(index, size)| match (size, index) {
            (Some(size), _) => size.to_string(),
            (None, 0) => "rows".to_owned(),
            (None, _) => "any".to_owned(),
        });
    sizes.collect::<Vec<_>>().join(" × ")
}
