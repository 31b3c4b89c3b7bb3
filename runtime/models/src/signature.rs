//! What a model's file says of how it is run.

use std::path::Path;

use crate::backend::{Backend, OutputType, Session};
use crate::element::ElementType;
use crate::error::ModelError;
use crate::graph::{ModelFile, Unzipped, ValueType};
use crate::input::{Input, Width};
use crate::output::{Form, Output, kind};

/// How many rows are run at once.
///
/// A library's kernels differ with the number of rows: a product of matrices with one row is computed by
/// another routine, in another order, than one with two, and the last few values of a vector by other
/// instructions than those before. So the same row came out with other last bits in a batch of 1, of 7
/// and of 10,000. Every call therefore has exactly this many rows: a batch is cut into blocks, and a
/// block that is too short is filled up with copies of its last row, whose results are thrown away. As a
/// multiple of every vector's length, it leaves no values for the other instructions, wherever the row
/// stands in the block.
///
/// On the example's model, blocks of 128 rows reach four fifths of the speed of a batch that is run
/// whole, and a single row takes about a tenth of a millisecond.
const ROWS_PER_BLOCK: usize = 128;

/// Refuses what no library could run, or should not.
pub(crate) fn check_contents(
    path: &Path,
    file: &ModelFile<'_>,
    backend: &dyn Backend,
) -> Result<(), ModelError> {
    // The digest would not cover the other file, and its path, which the model names, could lead
    // anywhere on the machine.
    if let Some(tensor) = file.external_tensor {
        return Err(ModelError::ExternalData {
            path: path.to_owned(),
            tensor: tensor.to_owned(),
        });
    }
    let standard = ["", "ai.onnx.ml", "ai.onnx.training"];
    for &(domain, operator) in file.operators.keys() {
        let known = standard.contains(&domain)
            || file.functions.contains(&(domain, operator))
            || backend.has_domain(domain);
        if !known {
            return Err(ModelError::UnknownOperator {
                path: path.to_owned(),
                operator: operator.to_owned(),
                domain: domain.to_owned(),
                backend: backend.name().to_owned(),
            });
        }
    }
    Ok(())
}

pub(crate) fn inputs(model: &str, file: &ModelFile<'_>) -> Result<Vec<Input>, ModelError> {
    let inputs = file.graph.inputs.iter().map(|(name, value_type)| {
        let info = value_type.info(name);
        let width = match value_type.shape() {
            None => Some(Width::Free),
            Some([_]) => Some(Width::Flat),
            Some([_, None]) => Some(Width::Free),
            Some([_, Some(width)]) => Some(Width::Columns(*width)),
            Some(_) => None,
        };
        match (value_type.element_type(), width) {
            (Some(element), Some(width)) => Ok(Input {
                info,
                element,
                width,
            }),
            _ => Err(ModelError::UnsupportedInput {
                model: model.to_owned(),
                input: info.name.clone(),
                kind: kind(&info),
            }),
        }
    });
    inputs.collect()
}

/// Refuses types that the library's binding cannot even describe. Those that it can describe are
/// refused when they are asked for.
pub(crate) fn check_outputs(model: &str, file: &ModelFile<'_>) -> Result<(), ModelError> {
    const MOST_ELEMENTS: i64 = 25;
    for (name, value_type) in &file.graph.outputs {
        let describable = match value_type {
            ValueType::Tensor { element, .. } => (0..=MOST_ELEMENTS).contains(element),
            ValueType::Other(name) => ["seq(map(", "seq(tensor(", "map("]
                .iter()
                .any(|start| name.starts_with(start)),
        };
        let info = value_type.info(name);
        if name.is_empty() || !describable {
            return Err(ModelError::UnsupportedOutput {
                model: model.to_owned(),
                output: info.name.clone(),
                kind: kind(&info),
            });
        }
    }
    Ok(())
}

/// A model that was exported for a fixed number of rows can only be run with as many.
pub(crate) fn rows_per_block(model: &str, file: &ModelFile<'_>) -> Result<usize, ModelError> {
    const MOST_ROWS: u64 = 1 << 20;
    let mut fixed = None;
    for (name, value_type) in &file.graph.inputs {
        let Some([Some(rows), ..]) = value_type.shape() else {
            continue;
        };
        if *rows > MOST_ROWS || fixed.is_some_and(|fixed| fixed != *rows) {
            let info = value_type.info(name);
            return Err(ModelError::UnsupportedInput {
                model: model.to_owned(),
                input: info.name.clone(),
                kind: kind(&info),
            });
        }
        fixed = Some(*rows);
    }
    Ok(fixed.map_or(ROWS_PER_BLOCK, |rows| rows as usize))
}

pub(crate) fn outputs(
    file: &ModelFile<'_>,
    unzipped: &Unzipped,
    session: &dyn Session,
) -> Vec<Output> {
    let outputs = file.graph.outputs.iter().map(|(name, value_type)| {
        let info = value_type.info(name);
        if let Some(zipped) = unzipped.zipped.get(*name) {
            return Output {
                info,
                tensor: zipped.tensor.clone(),
                form: Form::Map(zipped.classes.clone()),
            };
        }
        let found = session.output_type(name);
        Output {
            info,
            tensor: (*name).to_owned(),
            form: form(value_type, found),
        }
    });
    outputs.collect()
}

fn form(value_type: &ValueType, found: Option<OutputType>) -> Form {
    let element: Option<ElementType> = value_type
        .element_type()
        .or_else(|| found.as_ref().and_then(|found| found.element));
    let Some(element) = element else {
        return Form::Unsupported;
    };
    let said = value_type.shape();
    let found = found.as_ref().map(|found| found.shape.as_slice());
    let width_at =
        |shape: Option<&[Option<u64>]>| shape.and_then(|shape| shape.get(1).copied().flatten());
    match said.or(found) {
        Some([_]) => Form::Value(element),
        Some([_, _]) => match width_at(said).or_else(|| width_at(found)) {
            Some(1) => Form::Value(element),
            width => Form::Values(element, width),
        },
        _ => Form::Unsupported,
    }
}
