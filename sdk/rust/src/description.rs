//! What a step says of itself.

use schemars::{JsonSchema, SchemaGenerator};

/// What a step says of itself. `#[step]` makes it from the item's name, docs and arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Lowercase words joined by `-`.
    pub name: String,
    /// A semantic version.
    pub version: String,
    /// One line.
    pub summary: String,
    /// Markdown.
    pub documentation: String,
    /// The JSON Schema of the parameters, an object.
    pub parameters: serde_json::Value,
    /// The input ports, at least one.
    pub inputs: Vec<Port>,
    /// The output ports, at least one.
    pub outputs: Vec<Port>,
}

/// A named input or output of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// The name by which a pipeline refers to the port.
    pub name: String,
    /// One line.
    pub summary: String,
    /// Columns that the port always has.
    pub columns: Vec<PortColumn>,
}

/// A column that a port always has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortColumn {
    /// The column's name.
    pub name: String,
    /// The type in words, for example `float64`.
    pub type_name: String,
    /// One line.
    pub summary: String,
}

impl Port {
    /// A port of which nothing is said but its name and summary.
    pub fn new(name: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            summary: summary.into(),
            columns: Vec::new(),
        }
    }
}

/// The JSON Schema of a type of parameters. Used by `#[step]`.
pub fn parameters_schema<P: JsonSchema>() -> serde_json::Value {
    let mut schema = SchemaGenerator::default()
        .into_root_schema_for::<P>()
        .to_value();
    if let Some(schema) = schema.as_object_mut() {
        // The name of a Rust type says nothing to those who write pipelines.
        schema.remove("title");
    }
    schema
}
