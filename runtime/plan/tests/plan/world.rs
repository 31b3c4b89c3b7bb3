//! A small world: a few tables and a few steps, so that pipelines can be checked without files.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use serde_json::{Value, json};
use stepwell_plan::{
    Capability, Catalog, Checked, ColumnIndex, Description, Import, Mode, OpenError, OpenRequest,
    Opened, Output, ParseOptions, Pass, Paths, Port, Problem, SinkSpec, SourceSpec, StepComponent,
    StepProblem, StepReference, Subject, check_text,
};

/// All messages about a pipeline, as text.
pub(crate) fn messages(text: &str) -> String {
    messages_with(text, &ParseOptions::default())
}

pub(crate) fn messages_with(text: &str, options: &ParseOptions) -> String {
    let checked = checked(text, options);
    let messages: Vec<String> = checked
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect();
    let has_errors = checked
        .diagnostics
        .iter()
        .any(stepwell_plan::Diagnostic::is_error);
    assert_eq!(
        checked.plan.is_none(),
        has_errors,
        "a plan exactly where there is no error: {messages:#?}"
    );
    messages.join("\n")
}

pub(crate) fn checked(text: &str, options: &ParseOptions) -> Checked {
    check_text(text, "pipeline.toml", options, &mut World)
}

/// The plan of a pipeline in which nothing is wrong.
pub(crate) fn plan(text: &str) -> stepwell_plan::Plan {
    match checked(text, &ParseOptions::default()).into_result() {
        Ok((plan, _)) => plan,
        Err(error) => panic!("{error}"),
    }
}

pub(crate) struct World;

impl Catalog for World {
    fn source_schema(&mut self, name: &str, spec: &SourceSpec) -> Result<SchemaRef, Problem> {
        let path = match &spec.path {
            Paths::One(path) => path.as_str(),
            Paths::Many(paths) => paths[0].as_str(),
        };
        let utc = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let columns: Vec<(&str, DataType)> = match path {
            "wide.csv" => return Ok(wide()),
            "odd.csv" => vec![
                ("a \"b\"", DataType::Int8),
                ("c\n\u{1b}[31m<d>", DataType::Utf8),
            ],
            "orders.csv" => vec![
                ("id", DataType::Int64),
                ("amount", DataType::Decimal128(10, 2)),
                ("at", utc()),
            ],
            "typed.csv" if spec.types.contains_key("age") => {
                return Err(Problem::new(
                    "unknown_column",
                    format!("source `{name}`: the file has no column `age`"),
                )
                .at_key(["types", "age"]));
            }
            "missing.csv" => {
                return Err(
                    Problem::new("source_not_found", "there is no file `missing.csv`")
                        .with_hint("the folder has `customers.csv` and `orders.csv`"),
                );
            }
            _ => vec![
                ("id", DataType::Int64),
                ("gender", DataType::Utf8),
                ("tenure", DataType::Int64),
                ("total_charges", DataType::Float64),
            ],
        };
        Ok(schema(columns))
    }

    fn describe(&mut self, reference: &StepReference) -> Result<Arc<StepComponent>, Problem> {
        let name = match reference {
            StepReference::Uses {
                collection, name, ..
            } if collection == "std" => name.as_str(),
            StepReference::Path(path) if path == "split.wasm" => "split",
            StepReference::Path(path) if path == "module.wasm" => {
                return Err(Problem::new(
                    "not_a_step",
                    "`module.wasm` is a core module, not a component",
                ));
            }
            StepReference::Path(path) if path == "old.wasm" => {
                return Err(Problem::new(
                    "contract_version",
                    "`old.wasm` is a step for contract 0.0.1; this host runs contract 0.1",
                )
                .with_hint("build it again with a current SDK"));
            }
            reference => {
                return Err(Problem::new(
                    "step_not_found",
                    format!("there is no step `{reference}`"),
                ));
            }
        };
        let component = component(name);
        component.map(Arc::new).ok_or_else(|| {
            Problem::new("step_not_found", format!("there is no step `{reference}`"))
                .with_hint("`std` has `impute`, `join`, `predict`, `select`, `split`")
        })
    }

    fn open(&mut self, request: &OpenRequest<'_>) -> Result<Opened, OpenError> {
        open(request)
    }

    fn check_sink(
        &mut self,
        _name: &str,
        spec: &SinkSpec,
        schema: &SchemaRef,
    ) -> Result<(), Problem> {
        if spec.path.ends_with(".xlsx") {
            return Err(Problem::new(
                "unknown_format",
                format!("`{}` has no known format", spec.path),
            )
            .with_hint("give one: `format = \"csv\"`"));
        }
        let mut nested = schema
            .fields()
            .iter()
            .filter(|field| field.data_type().is_nested());
        match nested.next() {
            Some(field) => Err(Problem::new(
                "unwritable_column",
                format!("CSV cannot hold column `{}`", field.name()),
            )
            .at_key(["format"])),
            None => Ok(()),
        }
    }

    fn check_model(&mut self, _name: &str, path: &str) -> Result<(), Problem> {
        match path {
            "missing.onnx" => Err(Problem::new(
                "model_not_found",
                "there is no file `missing.onnx`",
            )),
            _ => Ok(()),
        }
    }
}

fn schema(columns: Vec<(&str, DataType)>) -> SchemaRef {
    let fields = columns
        .into_iter()
        .map(|(name, data_type)| Field::new(name, data_type, true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Twenty columns.
fn wide() -> SchemaRef {
    let names: Vec<String> = (0..20).map(|number| format!("column_{number}")).collect();
    schema(
        names
            .iter()
            .map(|name| (name.as_str(), DataType::Float32))
            .collect(),
    )
}

fn component(name: &str) -> Option<StepComponent> {
    let columns = json!({ "type": "array", "items": { "type": "string" }, "description": "The columns to work on. All by default." });
    let (parameters, inputs, outputs): (Value, &[&str], &[&str]) = match name {
        "impute" => (
            json!({
                "type": "object",
                "properties": {
                    "columns": columns,
                    "strategy": { "$ref": "#/$defs/Strategy" },
                    "fill_value": { "anyOf": [{ "type": "string" }, { "type": "number" }, { "type": "null" }] },
                },
                "required": ["columns"],
                "additionalProperties": false,
                "$defs": { "Strategy": { "oneOf": [
                    { "const": "mean", "description": "The mean." },
                    { "const": "median", "description": "The median." },
                    { "enum": ["mode", "constant"], "type": "string" },
                ] } },
            }),
            &["input"],
            &["output"],
        ),
        "select" => (
            json!({
                "type": "object",
                "properties": { "columns": columns, "rename": { "type": "object", "additionalProperties": { "type": "string" } } },
                "additionalProperties": false,
            }),
            &["input"],
            &["output"],
        ),
        "join" => (
            json!({ "type": "object", "properties": { "on": { "type": "string" } } }),
            &["left", "right"],
            &["output"],
        ),
        "split" => (
            json!({
                "type": "object",
                "properties": {
                    "fraction": { "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 },
                    "seed": { "type": ["integer", "null"], "minimum": 0 },
                },
            }),
            &["input"],
            &["train", "test"],
        ),
        "predict" => (
            json!({
                "type": "object",
                "properties": { "model": { "type": "string" }, "inputs": columns, "output": { "type": "string", "minLength": 1 } },
                "required": ["model"],
            }),
            &["input"],
            &["output"],
        ),
        "greedy" | "list" | "liar" | "trap" | "mute" | "picky" => {
            (json!({ "type": "object" }), &["input"], &["output"])
        }
        _ => return None,
    };
    let port = |name: &&str| Port {
        name: (*name).to_owned(),
        summary: String::new(),
        columns: Vec::new(),
    };
    Some(StepComponent {
        description: Description {
            name: name.to_owned(),
            version: "0.1.3".to_owned(),
            summary: String::new(),
            documentation: String::new(),
            parameters,
            inputs: inputs.iter().map(port).collect(),
            outputs: outputs.iter().map(port).collect(),
        },
        digest: format!("sha256:{name}"),
        imports: imports(name),
        capabilities: match name {
            "predict" => BTreeSet::from([Capability::Model]),
            "greedy" => {
                let imported = imports(name);
                let capabilities = imported.iter().filter_map(|name| match Import::of(name) {
                    Import::Capability(capability) => Some(capability),
                    _ => None,
                });
                capabilities.collect()
            }
            _ => BTreeSet::new(),
        },
    })
}

/// What the component of a step imports beyond data.
fn imports(step: &str) -> Vec<String> {
    let imports: &[&str] = match step {
        "predict" => &["stepwell:step/model@0.1.0"],
        "greedy" => &[
            "stepwell:step/artifact@0.1.0",
            "wasi:cli/environment@0.2.6",
            "wasi:cli/stdout@0.2.6",
            "wasi:clocks/wall-clock@0.2.6",
            "wasi:filesystem/preopens@0.2.6",
            "wasi:filesystem/types@0.2.6",
            "wasi:http/outgoing-handler@0.2.6",
            "wasi:random/random@0.2.6",
            "wasi:sockets/tcp@0.2.6",
        ],
        _ => &[],
    };
    imports.iter().map(|import| (*import).to_owned()).collect()
}

fn open(request: &OpenRequest<'_>) -> Result<Opened, OpenError> {
    let parameters = request.parameters;
    let input = &request.inputs[0];
    let named = |key: &str| -> Vec<&str> {
        let names = parameters.get(key).and_then(Value::as_array);
        names
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect()
    };
    let find = |key: &str| -> Result<Vec<usize>, OpenError> {
        let mut problems = Vec::new();
        let mut found = Vec::new();
        for (index, name) in named(key).into_iter().enumerate() {
            match input.index_of(name) {
                Ok(column) => found.push(column),
                Err(_) => problems.push(StepProblem {
                    code: "missing_column".into(),
                    message: format!("the input has no column `{name}`"),
                    hint: None,
                    subject: Subject::Parameter(format!("/{key}/{index}")),
                }),
            }
        }
        if problems.is_empty() {
            Ok(found)
        } else {
            Err(OpenError::Refused(problems))
        }
    };
    let of_port = |port: usize| move |column: usize| ColumnIndex { port, column };
    let all = 0..input.fields().len();
    let mut mode = Mode::Map;
    let (reads, outputs) = match request.component.description.name.as_str() {
        "impute" => {
            mode = Mode::Stateful;
            let columns = find("columns")?;
            (
                columns.clone(),
                vec![output(
                    input.clone(),
                    all.filter(|column| !columns.contains(column)),
                )],
            )
        }
        "select" => {
            let columns = find("columns")?;
            let rename = |name: &str| {
                parameters
                    .pointer(&format!("/rename/{name}"))
                    .and_then(Value::as_str)
                    .map(str::to_owned)
            };
            let fields = columns.iter().map(|column| {
                let field = input.field(*column).clone();
                match rename(field.name()) {
                    Some(name) => field.with_name(name),
                    None => field,
                }
            });
            let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
            let passes = columns
                .iter()
                .enumerate()
                .map(|(output_column, column)| Pass {
                    output_column,
                    input: of_port(0)(*column),
                });
            let passes = passes.collect();
            (vec![], vec![Output { schema, passes }])
        }
        "split" => (
            vec![],
            vec![
                output(input.clone(), all.clone()),
                output(input.clone(), all),
            ],
        ),
        "join" => return join(request),
        "predict" => {
            let mut paths = request.models.values();
            let has_missing = paths.any(|path| path == "missing.onnx");
            assert!(!has_missing, "a step is not opened without its models");
            let name = parameters
                .get("output")
                .and_then(Value::as_str)
                .unwrap_or("prediction");
            let mut fields: Vec<Field> = input
                .fields()
                .iter()
                .map(|field| field.as_ref().clone())
                .collect();
            fields.push(Field::new(name, DataType::Float32, false));
            (
                find("inputs")?,
                vec![output(Arc::new(Schema::new(fields)), all)],
            )
        }
        "greedy" => (vec![], vec![output(input.clone(), all)]),
        "list" => {
            let item = Arc::new(Field::new("item", DataType::Int8, true));
            (
                vec![],
                vec![output(schema(vec![("items", DataType::List(item))]), 0..0)],
            )
        }
        "liar" => {
            let truth = output(input.clone(), all.clone());
            let mut retyped = truth.clone();
            retyped.schema = schema(vec![("id", DataType::Utf8)]);
            retyped.passes.truncate(1);
            let mut twice = truth.clone();
            twice.passes.push(twice.passes[0]);
            let mut beyond = truth.clone();
            beyond.passes[0].output_column = 99;
            match parameters["lie"].as_str() {
                Some("type") => (vec![], vec![retyped]),
                Some("twice") => (vec![], vec![twice]),
                Some("beyond") => (vec![], vec![beyond]),
                Some("ports") => (vec![], vec![truth.clone(), truth]),
                _ => (vec![99], vec![truth]),
            }
        }
        "trap" => {
            return Err(OpenError::Failed(Problem::new(
                "step_trapped",
                "it trapped: unreachable",
            )));
        }
        "mute" => return Err(OpenError::Refused(Vec::new())),
        "picky" => {
            let column = |name: &str, hint: Option<&str>| StepProblem {
                code: "wrong type!".into(),
                message: format!("column `{name}` must be \u{1b}[31mutf8"),
                hint: hint.map(str::to_owned),
                subject: Subject::Column(0, name.to_owned()),
            };
            return Err(OpenError::Refused(vec![
                column("total_charge", None),
                column("tenure", Some("cast it with `std/cast`")),
            ]));
        }
        name => unreachable!("{name} has no behaviour"),
    };
    Ok(Opened {
        mode,
        reads: reads.into_iter().map(of_port(0)).collect(),
        outputs,
    })
}

/// An output that passes columns of the first input at their places.
fn output(schema: SchemaRef, passed: impl Iterator<Item = usize>) -> Output {
    let passes = passed.map(|column| Pass {
        output_column: column,
        input: ColumnIndex { port: 0, column },
    });
    let passes = passes.collect();
    Output { schema, passes }
}

/// Reads the key on both sides, passes all of the left and all but the key of the right.
fn join(request: &OpenRequest<'_>) -> Result<Opened, OpenError> {
    let on = request
        .parameters
        .get("on")
        .and_then(Value::as_str)
        .unwrap_or("id");
    let mut fields = Vec::new();
    let mut passes = Vec::new();
    let mut reads = BTreeSet::new();
    for (port, schema) in request.inputs.iter().enumerate() {
        for (column, field) in schema.fields().iter().enumerate() {
            let input = ColumnIndex { port, column };
            if field.name() == on {
                reads.insert(input);
            }
            if port == 0 || field.name() != on {
                let output_column = fields.len();
                fields.push(field.as_ref().clone());
                passes.push(Pass {
                    output_column,
                    input,
                });
            }
        }
    }
    let schema = Arc::new(Schema::new(fields));
    Ok(Opened {
        mode: Mode::Stateful,
        reads,
        outputs: vec![Output { schema, passes }],
    })
}
