//! Whether a step's answer can be right, so that nothing after this needs to doubt it.

use std::collections::BTreeSet;

use arrow_schema::{Field, SchemaRef};
use stepwell_layout::type_name;

use crate::step::{ColumnIndex, Description, Opened};

/// Checks every position and type in an answer, and says what is wrong with the first one that is.
pub(super) fn check(
    opened: &Opened,
    description: &Description,
    inputs: &[SchemaRef],
) -> Result<(), String> {
    let column = |at: ColumnIndex| -> Result<&Field, String> {
        let fields = inputs.get(at.port).map(|schema| schema.fields());
        let field = fields.and_then(|fields| fields.get(at.column));
        let missing = || format!("input port {} has no column {}", at.port, at.column);
        field.map(AsRef::as_ref).ok_or_else(missing)
    };
    for read in &opened.reads {
        column(*read)?;
    }
    if opened.outputs.len() != description.outputs.len() {
        return Err(format!(
            "output ports: {} by its description, {} by its answer",
            description.outputs.len(),
            opened.outputs.len()
        ));
    }
    for (output, port) in opened.outputs.iter().zip(&description.outputs) {
        let mut seen = BTreeSet::new();
        for pass in &output.passes {
            let from = column(pass.input)?;
            let fields = output.schema.fields();
            let Some(to) = fields.get(pass.output_column) else {
                return Err(format!(
                    "output port `{}` has no column {}",
                    port.name, pass.output_column
                ));
            };
            if from.data_type() != to.data_type() {
                return Err(format!(
                    "column `{}` of output port `{}` is said to be column `{}` of the input, but is {} instead of {}",
                    to.name(),
                    port.name,
                    from.name(),
                    type_name(to.data_type()),
                    type_name(from.data_type())
                ));
            }
            if !seen.insert((pass.output_column, pass.input.port)) {
                return Err(format!(
                    "column `{}` of output port `{}` is passed twice from input port {}",
                    to.name(),
                    port.name,
                    pass.input.port
                ));
            }
        }
    }
    Ok(())
}
