//! A step's parameters, from their JSON Schema to words.

use serde_json::Value;

/// How deep parameters of parameters are shown.
const DEPTH: usize = 3;
/// How many parameters are shown. A schema comes from a step, and may refer to itself from many places.
const AT_MOST: usize = 200;

/// A parameter of a step.
#[derive(Debug, PartialEq)]
pub(crate) struct Parameter {
    /// With the names of the parameters that it is inside of: `range.min`.
    pub(crate) name: String,
    /// The type in words, such as `array of string`.
    pub(crate) kind: String,
    pub(crate) is_required: bool,
    /// The value where none is given, as JSON.
    pub(crate) default: Option<String>,
    pub(crate) help: String,
    /// Values that can be chosen from, with what each means.
    pub(crate) choices: Vec<(String, String)>,
}

/// The parameters that a schema describes, each followed by those inside of it.
pub(crate) fn parameters(schema: &Value) -> Vec<Parameter> {
    let mut found = Vec::new();
    collect(schema, schema, "", &mut Vec::new(), &mut found);
    found
}

fn collect<'a>(
    root: &'a Value,
    schema: &'a Value,
    prefix: &str,
    around: &mut Vec<&'a Value>,
    found: &mut Vec<Parameter>,
) {
    let schema = follow(root, schema);
    // What is inside of itself was shown already.
    if around.len() > DEPTH || around.iter().any(|outer| std::ptr::eq(*outer, schema)) {
        return;
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, property) in properties {
        if found.len() >= AT_MOST {
            return;
        }
        let target = without_null(root, property);
        let default = property.get("default").filter(|default| !default.is_null());
        let full_name = format!("{prefix}{name}");
        found.push(Parameter {
            kind: kind(root, property),
            is_required: required.contains(&name.as_str()),
            default: default.map(Value::to_string),
            help: help(property).or_else(|| help(target)).unwrap_or_default(),
            choices: choices(root, target),
            name: full_name.clone(),
        });
        let inner = target.get("items").unwrap_or(target);
        let mark = if target.get("items").is_some() {
            "[]."
        } else {
            "."
        };
        around.push(schema);
        collect(root, inner, &format!("{full_name}{mark}"), around, found);
        around.pop();
    }
}

/// The schema that `$ref` leads to.
fn follow<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
        return schema;
    };
    reference
        .strip_prefix('#')
        .and_then(|pointer| root.pointer(pointer))
        .unwrap_or(schema)
}

/// The schema of an optional value's value.
fn without_null<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = follow(root, schema);
    let mut alternatives = alternatives(schema).filter(|alternative| !is_null(alternative));
    match (alternatives.next(), alternatives.next()) {
        (Some(only), None) => follow(root, only),
        _ => schema,
    }
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let of = |keyword: &str| {
        schema
            .get(keyword)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    of("anyOf").chain(of("oneOf"))
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

fn help(schema: &Value) -> Option<String> {
    schema
        .get("description")
        .and_then(Value::as_str)
        .map(ToOwned::to_owned)
}

/// A type in words.
fn kind(root: &Value, schema: &Value) -> String {
    kind_at(root, schema, 0)
}

fn kind_at(root: &Value, schema: &Value, depth: usize) -> String {
    // A schema comes from a step, and may refer to itself.
    if depth > 8 {
        return "…".to_owned();
    }
    let schema = follow(root, schema);
    if schema.get("enum").is_some() || schema.get("const").is_some() {
        return "one of these".to_owned();
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let types: Vec<&str> = types.into_iter().filter(|name| *name != "null").collect();
    if types.is_empty() {
        let mut kinds: Vec<String> = Vec::new();
        for alternative in alternatives(schema).filter(|alternative| !is_null(alternative)) {
            let kind = kind_at(root, alternative, depth + 1);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        return if kinds.is_empty() {
            "any value".to_owned()
        } else {
            kinds.join(" or ")
        };
    }
    let named = types.iter().map(|name| match *name {
        "array" => match schema.get("items") {
            Some(items) => format!("array of {}", kind_at(root, items, depth + 1)),
            None => "array".to_owned(),
        },
        "object" => match schema.get("additionalProperties") {
            Some(values @ Value::Object(_)) => {
                format!("table of {}", kind_at(root, values, depth + 1))
            }
            _ => "table".to_owned(),
        },
        name => name.to_owned(),
    });
    named.collect::<Vec<_>>().join(" or ")
}

fn choices(root: &Value, schema: &Value) -> Vec<(String, String)> {
    let schema = match schema.get("items") {
        Some(items) => follow(root, items),
        None => schema,
    };
    let own = schema
        .get("enum")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let own = own.map(|value| (value.to_string(), String::new()));
    let documented = alternatives(schema).filter_map(|alternative| {
        let alternative = follow(root, alternative);
        let help = help(alternative).unwrap_or_default();
        match (
            alternative.get("const"),
            alternative.get("enum").and_then(Value::as_array),
        ) {
            (Some(value), _) => Some(vec![(value.to_string(), help)]),
            (None, Some(values)) => Some(
                values
                    .iter()
                    .map(|value| (value.to_string(), help.clone()))
                    .collect(),
            ),
            (None, None) => None,
        }
    });
    own.chain(documented.flatten()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_have_types_defaults_and_choices_in_words() {
        let schema = json!({
            "type": "object",
            "properties": {
                "columns": { "type": "array", "items": { "type": "string" }, "description": "Columns to fill." },
                "strategy": { "$ref": "#/$defs/Strategy", "default": "mean" },
                "value": { "anyOf": [{ "$ref": "#/$defs/Value" }, { "type": "null" }], "default": null },
                "limits": { "type": ["object", "null"], "properties": {
                    "low": { "type": "number", "description": "The lowest." },
                } },
                "rename": { "type": "object", "additionalProperties": { "type": "string" } },
                "me": { "$ref": "#" },
            },
            "required": ["columns"],
            "$defs": {
                "Strategy": { "description": "What to fill with.", "oneOf": [
                    { "const": "mean", "description": "The mean." },
                    { "enum": ["median", "mode"] },
                ] },
                "Value": { "description": "A value.", "anyOf": [{ "type": "string" }, { "type": "number" }] },
            },
        });
        insta::assert_debug_snapshot!(parameters(&schema));
    }
}
