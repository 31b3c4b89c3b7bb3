//! Which columns go into which of the model's inputs.

use stepwell_sdk::prelude::*;
use stepwell_sdk::{Tensor, closest_name, type_name};
use stepwell_values::pointer;

use crate::{Columns, Parameters};

/// One of the model's inputs with its columns.
pub(crate) struct BoundInput {
    pub(crate) name: String,
    pub(crate) columns: Vec<InputColumn>,
}

/// Finds the columns of each of the model's inputs.
pub(crate) fn bind(
    model: &Model,
    parameters: &Parameters,
    inputs: &Inputs,
    problems: &mut Problems,
) -> Vec<BoundInput> {
    let tensors = model.inputs();
    for name in parameters.inputs.keys() {
        if !tensors.iter().any(|tensor| tensor.name == *name) {
            problems.push(unknown_input(name, &parameters.model, &tensors));
        }
    }
    tensors
        .iter()
        .map(|tensor| BoundInput {
            name: tensor.name.clone(),
            columns: columns_of(tensor, parameters, inputs, problems),
        })
        .collect()
}

fn columns_of(
    tensor: &Tensor,
    parameters: &Parameters,
    inputs: &Inputs,
    problems: &mut Problems,
) -> Vec<InputColumn> {
    let pointer = pointer(["inputs", &tensor.name]);
    let (columns, is_given) = match parameters.inputs.get(&tensor.name) {
        Some(Columns::One(name)) => {
            let column = inputs.column(name).at_parameter(&pointer);
            (problems.check(column).into_iter().collect(), true)
        }
        Some(Columns::Several(names)) => (inputs.listed(names, &pointer, problems), true),
        None => {
            let column = problems.check(by_name(tensor, parameters, inputs));
            (column.into_iter().collect::<Vec<_>>(), false)
        }
    };
    let n_given = match parameters.inputs.get(&tensor.name) {
        Some(Columns::Several(names)) => names.len(),
        _ => 1,
    };
    let subject = if is_given {
        pointer
    } else {
        "/model".to_owned()
    };
    if columns.is_empty() && !is_given {
        // What is missing is said already.
    } else if let Some(expected) = width(tensor).filter(|width| *width != n_given as u64) {
        let problem = StepError::new(
            "wrong_columns",
            format!(
                "input `{}` of model `{}` takes {expected} {}, not {n_given}",
                tensor.name,
                parameters.model,
                if expected == 1 { "column" } else { "columns" },
            ),
        );
        let problem = match is_given {
            true => problem,
            false => problem.with_hint(format!(
                "list the columns in the order of the features: `inputs = {{ {} = [\"…\", \"…\"] }}`",
                tensor.name
            )),
        };
        problems.push(problem.at_parameter(&subject));
    } else if n_given == 0 {
        let message = format!(
            "input `{}` of model `{}` is given no columns",
            tensor.name, parameters.model
        );
        problems.push(StepError::new("wrong_columns", message).at_parameter(&subject));
    }
    for column in &columns {
        if let Some(expected) = unfit(&tensor.element_type, column.data_type()) {
            let message = format!(
                "input `{}` of model `{}` takes {expected}, and column `{}` is `{}`",
                tensor.name,
                parameters.model,
                column.name(),
                type_name(column.data_type())
            );
            let problem =
                StepError::new("wrong_type", message).at_column(column.port(), column.name());
            problems.push(problem.with_hint("cast the column before"));
        }
    }
    columns
}

/// The column that is named like the input.
fn by_name(
    tensor: &Tensor,
    parameters: &Parameters,
    inputs: &Inputs,
) -> Result<InputColumn, StepError> {
    if inputs.contains(&tensor.name) {
        return inputs.column(&tensor.name);
    }
    let message = format!(
        "model `{}` takes an input `{}`, and there is no column of this name",
        parameters.model, tensor.name
    );
    let names = inputs
        .columns()
        .map(|column| column.name().to_owned())
        .collect::<Vec<_>>();
    let example = match (
        width(tensor),
        closest_name(&tensor.name, names.iter().map(String::as_str)),
    ) {
        (Some(1) | None, Some(closest)) => format!("\"{closest}\""),
        (Some(1), None) => "\"…\"".to_owned(),
        _ => "[\"…\", \"…\"]".to_owned(),
    };
    let hint = format!(
        "say which columns it takes: `inputs = {{ {} = {example} }}`",
        tensor.name
    );
    Err(StepError::new("missing_column", message)
        .at_column(0, &tensor.name)
        .with_hint(hint))
}

/// How many columns an input takes; `None` if any number.
fn width(tensor: &Tensor) -> Option<u64> {
    match tensor.shape.as_slice() {
        [_] => Some(1),
        [_, width] => *width,
        // What else there may be the host refuses when the model is loaded.
        _ => None,
    }
}

/// What an input takes, in words, if columns of this type do not fit it.
fn unfit(element_type: &str, data_type: &DataType) -> Option<&'static str> {
    let data_type = match data_type {
        DataType::Dictionary(_, values) => values,
        other => other,
    };
    let is_boolean = *data_type == DataType::Boolean;
    let (fits, expected) = match element_type {
        "tensor(float)" | "tensor(double)" | "tensor(float16)" => (
            data_type.is_numeric() || is_boolean || data_type.is_null(),
            "numbers",
        ),
        "tensor(string)" => (data_type.is_string(), "text"),
        "tensor(bool)" => (is_boolean, "booleans"),
        integer if integer.starts_with("tensor(int") || integer.starts_with("tensor(uint") => (
            data_type.is_integer() || data_type.is_floating() || is_boolean,
            "whole numbers",
        ),
        _ => return None,
    };
    (!fits).then_some(expected)
}

fn unknown_input(name: &str, model: &str, tensors: &[Tensor]) -> StepError {
    let names: Vec<String> = tensors
        .iter()
        .map(|tensor| format!("`{}`", tensor.name))
        .collect();
    let problem = StepError::new(
        "unknown_input",
        format!(
            "model `{model}` has no input `{name}`; inputs are {}",
            names.join(", ")
        ),
    )
    .at_parameter(pointer(["inputs", name]));
    match closest_name(name, tensors.iter().map(|tensor| tensor.name.as_str())) {
        Some(closest) => problem.with_hint(format!("did you mean `{closest}`?")),
        None => problem,
    }
}
