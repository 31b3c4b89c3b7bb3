//! Pipeline files, and what the command line changes in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::{Value, json};
use stepwell_plan::explain::{self, Format};
use stepwell_plan::{
    Catalog, ColumnIndex, Description, Mode, OpenError, OpenRequest, Opened, Output, Overrides,
    ParseOptions, Pass, Port, Problem, SinkSpec, SourceSpec, StepComponent, StepProblem,
    StepReference, Subject, check_text,
};

/// Stands between the pipeline and each argument.
const SEPARATOR: char = '\u{1e}';

/// Checks a pipeline and explains it. The input is the text of the file, then arguments, each after a separator and
/// with the first letter of `--param` or `--set` in front.
pub(crate) fn pipeline(input: &[u8]) {
    let Ok(input) = std::str::from_utf8(input) else {
        return;
    };
    let mut parts = input.split(SEPARATOR);
    let text = parts.next().unwrap_or_default();
    let mut overrides = Overrides::new();
    for argument in parts {
        if let Some(argument) = argument.strip_prefix('p') {
            overrides = overrides.param(argument);
        } else if let Some(argument) = argument.strip_prefix('s') {
            overrides = overrides.set(argument);
        }
    }
    let options = ParseOptions {
        overrides,
        environment: BTreeMap::from([("HOME".to_owned(), "a \"b\" ${env:HOME}".to_owned())]),
        secrets: BTreeSet::from(["KEY".to_owned()]),
    };
    let checked = check_text(text, "pipeline.toml", &options, &mut World);
    for diagnostic in &checked.diagnostics {
        assert!(!diagnostic.to_string().is_empty());
        serde_json::to_string(diagnostic).expect("a diagnostic can be shown");
        for label in &diagnostic.labels {
            let shown = label.span.source.text.get(label.span.range.clone());
            assert!(shown.is_some(), "{label:?} is no place in its text");
        }
    }
    let has_errors = checked.diagnostics.iter().any(|each| each.is_error());
    assert_eq!(checked.plan.is_none(), has_errors);
    if let Some(plan) = &checked.plan {
        for format in [Format::Tree, Format::Mermaid, Format::Dot] {
            assert!(!explain::render(plan, format).is_empty());
        }
        let explained = explain::render(plan, Format::Json);
        serde_json::from_str::<Value>(&explained).expect("an explanation in JSON is JSON");
    }
}

/// A world in which every file is there, and the steps `impute`, `join` and `split`.
struct World;

impl Catalog for World {
    fn source_schema(&mut self, _: &str, spec: &SourceSpec) -> Result<SchemaRef, Problem> {
        let names = match spec.types.keys().next() {
            Some(name) if !name.starts_with('a') => {
                let problem = Problem::new("unknown_column", format!("no column `{name}`"));
                return Err(problem.at_key(["types", name]));
            }
            _ => ["id", "a", "a \"b\"", "c\n\u{1b}[31m"],
        };
        let fields = names.map(|name| Field::new(name, DataType::Int64, true));
        Ok(Arc::new(Schema::new(fields.to_vec())))
    }

    fn describe(&mut self, reference: &StepReference) -> Result<Arc<StepComponent>, Problem> {
        let name = match reference {
            StepReference::Uses { name, .. } => name.as_str(),
            _ => "impute",
        };
        let (inputs, outputs): (&[&str], &[&str]) = match name {
            "impute" => (&["input"], &["output"]),
            "join" => (&["left", "right"], &["output"]),
            "split" => (&["input"], &["train", "test"]),
            _ => return Err(Problem::new("step_not_found", format!("no step `{name}`"))),
        };
        let port = |name: &&str| Port {
            name: (*name).to_owned(),
            summary: String::new(),
            columns: Vec::new(),
        };
        Ok(Arc::new(StepComponent {
            description: Description {
                name: name.to_owned(),
                version: "0.1.0".to_owned(),
                summary: String::new(),
                documentation: String::new(),
                parameters: parameters(),
                inputs: inputs.iter().map(port).collect(),
                outputs: outputs.iter().map(port).collect(),
            },
            digest: format!("sha256:{name}"),
            capabilities: BTreeSet::new(),
            imports: Vec::new(),
        }))
    }

    fn open(&mut self, request: &OpenRequest<'_>) -> Result<Opened, OpenError> {
        open(request)
    }

    fn check_sink(&mut self, _: &str, spec: &SinkSpec, _: &SchemaRef) -> Result<(), Problem> {
        match spec.path.ends_with(".csv") {
            true => Ok(()),
            false => Err(Problem::new("unknown_format", "no known format").at_key(["format"])),
        }
    }

    fn check_model(&mut self, name: &str, path: &str) -> Result<(), Problem> {
        match path.ends_with(".onnx") {
            true => Ok(()),
            false => Err(Problem::new(
                "model_not_found",
                format!("no model `{name}`"),
            )),
        }
    }
}

/// A JSON Schema that uses what those of steps use.
fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "columns": { "type": "array", "items": { "type": "string" }, "minItems": 1, "uniqueItems": true },
            "strategy": { "$ref": "#/$defs/Strategy" },
            "fill": { "anyOf": [{ "type": "string", "pattern": "^a+$" }, { "type": "number" }, { "type": "null" }] },
            "rename": { "type": "object", "additionalProperties": { "type": "string", "maxLength": 5 } },
            "share": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
            "seed": { "type": ["integer", "null"], "minimum": 0 },
            "rule": { "oneOf": [
                { "type": "object", "properties": { "kind": { "const": "a" }, "of": { "$ref": "#/$defs/Strategy" } }, "required": ["kind"] },
                { "type": "object", "properties": { "kind": { "const": "b" } }, "required": ["kind"], "additionalProperties": false },
            ] },
        },
        "additionalProperties": false,
        "$defs": { "Strategy": { "oneOf": [
            { "const": "mean", "description": "The mean." },
            { "enum": ["mode", "constant"], "type": "string" },
        ] } },
    })
}

/// Passes all columns of all inputs; makes those that `columns` names.
fn open(request: &OpenRequest<'_>) -> Result<Opened, OpenError> {
    let named = request.parameters.get("columns").and_then(Value::as_array);
    let named: Vec<&str> = named
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut fields = Vec::new();
    let mut passes = Vec::new();
    let mut reads = BTreeSet::new();
    for (port, schema) in request.inputs.iter().enumerate() {
        for (column, field) in schema.fields().iter().enumerate() {
            let input = ColumnIndex { port, column };
            if named.contains(&field.name().as_str()) {
                reads.insert(input);
            } else {
                let output_column = fields.len();
                passes.push(Pass {
                    output_column,
                    input,
                });
            }
            let name = match port {
                0 => field.name().clone(),
                port => format!("{}_{port}", field.name()),
            };
            fields.push(field.as_ref().clone().with_name(name));
        }
    }
    if reads.len() < named.len() {
        return Err(OpenError::Refused(vec![StepProblem {
            code: "missing_column".to_owned(),
            message: "the input has no such column".to_owned(),
            hint: None,
            subject: Subject::Parameter(format!("/columns/{}", named.len() - 1)),
        }]));
    }
    let schema = Arc::new(Schema::new(fields));
    let output = Output { schema, passes };
    let n_outputs = request.component.description.outputs.len();
    Ok(Opened {
        mode: match reads.is_empty() {
            true => Mode::Map,
            false => Mode::Stateful,
        },
        reads,
        outputs: vec![output; n_outputs],
    })
}
