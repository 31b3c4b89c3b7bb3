//! What is taken from the model's outputs, and as which columns.

use stepwell_sdk::prelude::*;

use crate::Parameters;

/// What is taken from an output, as a column.
pub(crate) struct ChosenOutput {
    pub(crate) taken: ModelOutput,
    pub(crate) field: Field,
}

/// The outputs that the parameters name, or all.
pub(crate) fn choose(
    model: &Model,
    parameters: &Parameters,
    problems: &mut Problems,
) -> Vec<ChosenOutput> {
    if let (None, Some(_)) = (&parameters.output, &parameters.name) {
        let problem = StepError::new(
            "unused_name",
            "`name` names the column of one output, and all outputs are taken",
        )
        .at_parameter("/name");
        problems.push(problem.with_hint("say which `output` to take, or give a `prefix`"));
    }
    if let (Some(_), Some(_)) = (&parameters.output, &parameters.prefix) {
        let problem = StepError::new(
            "unused_prefix",
            "`prefix` is for all outputs, and only one is taken",
        )
        .at_parameter("/prefix");
        problems.push(problem.with_hint("give the column's `name`"));
    }
    match &parameters.output {
        Some(output) => {
            let taken = wanted(output, parameters.class.as_deref());
            let chosen = field(model, &taken).map_err(|error| {
                let pointer = match error.code.as_str() {
                    "model_unknown_class" | "model_no_classes" | "model_not_scores" => "/class",
                    _ => "/output",
                };
                error.at_parameter(pointer)
            });
            let name = parameters.name.as_ref().unwrap_or(output);
            let chosen = problems.check(chosen);
            chosen
                .map(|field| ChosenOutput {
                    taken,
                    field: field.with_name(name),
                })
                .into_iter()
                .collect()
        }
        None => choose_all(model, parameters, problems),
    }
}

fn choose_all(
    model: &Model,
    parameters: &Parameters,
    problems: &mut Problems,
) -> Vec<ChosenOutput> {
    let prefix = parameters.prefix.as_deref().unwrap_or_default();
    let mut chosen = Vec::new();
    let mut class_is_used = parameters.class.is_none();
    let mut class_problem = None;
    for tensor in model.outputs() {
        let mut taken = wanted(&tensor.name, parameters.class.as_deref());
        let mut found = field(model, &taken);
        match found {
            // An output without a score for each class, such as the label, is taken whole.
            Err(error) if taken.class.is_some() && error.code == "model_not_scores" => {
                class_problem.get_or_insert(error);
                taken = ModelOutput::whole(&tensor.name);
                found = field(model, &taken);
            }
            Err(error) if taken.class.is_some() => {
                class_is_used = true;
                problems.push(error.at_parameter("/class"));
                // It would be the same for each of the outputs.
                break;
            }
            _ => class_is_used = true,
        }
        let found = problems.check(found.at_parameter("/model"));
        chosen.extend(found.map(|field| ChosenOutput {
            field: field.with_name(format!("{prefix}{}", tensor.name)),
            taken,
        }));
    }
    if let (false, Some(problem)) = (class_is_used, class_problem) {
        problems.push(problem.at_parameter("/class"));
    }
    chosen
}

fn wanted(output: &str, class: Option<&str>) -> ModelOutput {
    match class {
        Some(class) => ModelOutput::class(output, class),
        None => ModelOutput::whole(output),
    }
}

fn field(model: &Model, output: &ModelOutput) -> Result<Field, StepError> {
    let fields = model.output_fields(std::slice::from_ref(output))?;
    fields.into_iter().next().ok_or_else(|| {
        StepError::new(
            "model_output",
            format!("the host gives no field for output `{}`", output.name),
        )
    })
}
