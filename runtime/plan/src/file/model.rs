//! The shape of a pipeline file. Its JSON Schema is made from here, and is both what editors get
//! and what a file is checked against; so what is documented and what is accepted cannot differ.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::allow::AllowTable;
use super::entries::ParameterType;
use super::limits::LimitsTable;
use crate::dataset::{SinkSpec, SourceSpec};
use crate::rejects::OnError;

/// The pattern of names, for editors; `quantity::is_name` checks it with a message of its own.
pub(crate) const NAME_PATTERN: &str = "^[a-z0-9_-]+$";

/// What holds for the pipeline as a whole.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PipelineTable {
    /// The pipeline's name, in summaries and messages.
    #[schemars(length(min = 1))]
    pub(super) name: String,
    /// What the pipeline is for.
    #[serde(default)]
    pub(super) description: Option<String>,
    /// Rows per batch that sources give. The result is the same for every size; 65,536 suits most
    /// tables.
    #[serde(default = "default_batch_rows")]
    #[schemars(range(min = 1, max = 16_777_216))]
    pub(super) batch_rows: usize,
    /// How many threads may run steps; as many as the machine has where it is not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1024))]
    pub(super) threads: Option<usize>,
    /// Where the random numbers of steps start that are granted `random`. With a seed, every run
    /// gives the same result; without one, they are different each time.
    #[serde(default)]
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    pub(super) seed: Option<u64>,
    /// How long the whole run may take: `"30 min"`, `"2 h"`. As long as it needs where it is not given.
    #[serde(default)]
    pub(super) time: Option<String>,
    /// Where rows that steps reject are kept, with their reasons.
    #[serde(default)]
    pub(super) rejects: Option<RejectsTable>,
    /// How many rows all steps together may reject before the run ends with an error: a number, or a
    /// share of the rows that sources give (`"1 %"`), which is compared at the end. Any number where
    /// it is not given.
    #[serde(default)]
    pub(super) max_rejects: Option<MaxRejectsValue>,
}

/// Where rejected rows are kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RejectsTable {
    /// The path of a file, as of a sink.
    Path(String),
    /// The same as a table, with the keys of a sink.
    Table(SinkSpec),
}

/// A number of rows, or a share such as `"1 %"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum MaxRejectsValue {
    /// A number of rows.
    Rows(u64),
    /// A share of rows: a number and `%`.
    Share(String),
}

pub(super) fn default_batch_rows() -> usize {
    65_536
}

/// A parameter of the pipeline: `${param:NAME}` stands for its value, `--param NAME=VALUE` gives
/// it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterTable {
    /// The type of its value.
    #[serde(rename = "type")]
    pub(super) kind: ParameterType,
    /// The value where none is given. Without a default, a value must be given.
    #[serde(default)]
    #[schemars(with = "Option<Scalar>")]
    pub(super) default: Option<Value>,
    /// What the parameter is for.
    #[serde(default)]
    pub(super) help: Option<String>,
}

/// A string, a number or a boolean.
struct Scalar;

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// A model's file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ModelTable {
    /// The path of an ONNX file. Relative paths start at the pipeline file's folder.
    Path(String),
    /// The same as a table.
    Table(ModelPath),
}

/// A model's file, as a table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ModelPath {
    /// The path of an ONNX file. Relative paths start at the pipeline file's folder.
    pub(super) path: String,
}

/// A file that steps can be granted to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ArtifactTable {
    /// The path of a file. Relative paths start at the pipeline file's folder.
    Path(String),
    /// The same as a table.
    Table(ArtifactPath),
}

/// A file, as a table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ArtifactPath {
    /// The path of a file. Relative paths start at the pipeline file's folder.
    pub(super) path: String,
}

/// A step: a component, what it reads, and what it may do.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["uses"] }, { "required": ["path"] }]))]
pub(super) struct StepTable {
    /// A step of a collection, with the versions that will do: `std/impute@0.1`.
    #[serde(default)]
    pub(super) uses: Option<String>,
    /// A component file. Relative paths start at the pipeline file's folder.
    #[serde(default)]
    pub(super) path: Option<String>,
    /// What the step reads: the name of a source or a step (`clean`; `split.test` for an output
    /// port other than the first), an array of names for the first input ports, or a table of a
    /// name for each input port.
    pub(super) input: InputValue,
    /// The step's parameters; `stepwell inspect` shows what a step takes.
    #[serde(default)]
    pub(super) with: Map<String, Value>,
    /// What the step is allowed beyond computing on the columns that it declares.
    #[serde(default)]
    pub(super) allow: AllowTable,
    /// What the step may use up.
    #[serde(default)]
    pub(super) limits: LimitsTable,
    /// What becomes of rows that the step fails on: by an error, a crash, a limit or a breach of the
    /// contract. Other than `fail` only for steps that treat each batch alone.
    #[serde(default)]
    pub(super) on_error: OnError,
    /// How many of the step's rows may be rejected before the run ends with an error: a number, or a
    /// share of the rows that it is given (`"1 %"`), which is compared at the end.
    #[serde(default)]
    pub(super) max_rejects: Option<MaxRejectsValue>,
}

/// What a step reads.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum InputValue {
    /// The name of a source, a step, or an output port of a step, for the first input port.
    One(String),
    /// Names for the first input ports, in order.
    Listed(#[schemars(length(min = 1))] Vec<String>),
    /// A name for each input port.
    Named(#[schemars(extend("minProperties" = 1))] BTreeMap<String, String>),
}

/// A number of bytes, or a size such as `"256 MiB"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Size {
    /// A number of bytes.
    Bytes(u64),
    /// A number and a unit: B, kB, MB, GB, KiB, MiB, GiB.
    Text(String),
}

/// The JSON Schema of pipeline files (draft 2020-12), for editors and for checking.
///
/// ```
/// let schema = stepwell_plan::pipeline_schema();
/// assert!(schema["properties"]["sources"].is_object());
/// ```
pub fn pipeline_schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let pipeline = generator.subschema_for::<PipelineTable>();
    let parameter = generator.subschema_for::<ParameterTable>();
    let limits = generator.subschema_for::<LimitsTable>();
    let model = generator.subschema_for::<ModelTable>();
    let artifact = generator.subschema_for::<ArtifactTable>();
    let source = generator.subschema_for::<SourceSpec>();
    let step = generator.subschema_for::<StepTable>();
    let sink = sink_schema(&mut generator);
    let entries = |description: &str, schema: Schema| {
        json!({
            "description": description,
            "type": "object",
            "propertyNames": { "pattern": NAME_PATTERN },
            "additionalProperties": schema,
        })
    };
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Stepwell pipeline",
        "description": "Sources, steps and sinks, and how rows flow between them.",
        "type": "object",
        "properties": {
            "pipeline": pipeline,
            "limits": limits,
            "parameters": entries("The parameters of the pipeline, by name.", parameter),
            "models": entries("The models that steps can be granted, by name.", model),
            "artifacts": entries("The files that steps can be granted to read, by name.", artifact),
            "sources": entries("The tables that are read, by name.", source),
            "steps": entries("The steps, by name.", step),
            "sinks": entries("The tables that are written, by name.", sink),
        },
        "required": ["pipeline"],
        "additionalProperties": false,
        "$defs": generator.take_definitions(true),
    });
    reflow(&mut schema);
    schema
}

/// Joins the lines of each paragraph of the descriptions: where the lines of the code break means
/// nothing.
fn reflow(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(reflow),
        Value::Object(keywords) => {
            for (keyword, value) in keywords {
                match value {
                    Value::String(text) if keyword == "description" => {
                        let paragraphs = text
                            .split("\n\n")
                            .map(|paragraph| paragraph.replace('\n', " "));
                        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
                    }
                    value => reflow(value),
                }
            }
        }
        _ => {}
    }
}

/// The schema of a sink's table: that of [`SinkSpec`], and `input` besides. (serde cannot refuse
/// unknown keys in a struct that has another one flattened into it.)
fn sink_schema(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = SinkSpec::json_schema(generator);
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        let description = "What is written: the name of a source or a step (`clean`; `split.test` for an output port \
                           other than the first).";
        properties.insert(
            "input".to_owned(),
            json!({ "description": description, "type": "string" }),
        );
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.insert(0, json!("input"));
    }
    schema
}
