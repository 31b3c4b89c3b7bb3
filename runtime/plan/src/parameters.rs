//! Parameters of a step that is used without a pipeline file.

use serde_json::Value;

use crate::json_schema::{self, Place};
use crate::step::{Description, StepProblem, Subject};

/// Compares parameters with the schema that a step gives for them. [`check`](crate::check) does
/// this for every step of a pipeline; this is for a step that is used alone. `step` is what
/// messages call it. An empty answer means that nothing was found wrong; the step itself has the
/// last word when it is opened.
///
/// ```
/// use serde_json::json;
/// use stepwell_plan::{Description, check_parameters};
///
/// let description = Description {
///     name: "scale".into(),
///     version: "0.1.0".into(),
///     summary: String::new(),
///     documentation: String::new(),
///     parameters: json!({
///         "type": "object",
///         "properties": { "method": { "enum": ["standard", "minmax"] } },
///         "additionalProperties": false,
///     }),
///     inputs: vec![],
///     outputs: vec![],
/// };
/// let problems = check_parameters("scale", &description, &json!({ "method": "minimax" }));
/// assert_eq!(
///     problems[0].message,
///     "parameter `method` of step `scale` cannot be `minimax`; valid values: `standard`, `minmax`"
/// );
/// assert_eq!(problems[0].hint.as_deref(), Some("did you mean `minmax`?"));
/// ```
pub fn check_parameters(
    step: &str,
    description: &Description,
    parameters: &Value,
) -> Vec<StepProblem> {
    let violations = json_schema::check(&description.parameters, parameters);
    let to_problem = |violation: json_schema::Violation| {
        let said = violation.say(Place::Parameters { step });
        let tokens = violation.path.iter();
        let tokens = tokens.map(|token| token.replace('~', "~0").replace('/', "~1"));
        let pointer = tokens.fold(String::new(), |pointer, token| format!("{pointer}/{token}"));
        StepProblem {
            code: said.code.to_owned(),
            message: said.message,
            hint: said.help,
            subject: Subject::Parameter(pointer),
        }
    };
    violations.into_iter().map(to_problem).collect()
}
