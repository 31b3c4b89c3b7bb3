//! Walks a value and its schema together.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::choice;
use super::violation::{Violation, ViolationKind};

/// Schemas may refer to themselves; a reference that leads nowhere but to itself ends here.
const MAX_DEPTH: usize = 128;

/// How many schemas are looked at before the rest is left to the step. A schema comes from a step,
/// and one whose alternatives refer back to it would never end.
const BUDGET: u32 = 100_000;

/// Everything that is wrong with a value, in no particular order. An empty answer means that
/// nothing was found wrong, not that nothing is.
pub(crate) fn check(schema: &Value, value: &Value) -> Vec<Violation> {
    let mut checker = Checker {
        root: schema,
        violations: Vec::new(),
        path: Vec::new(),
        depth: 0,
        budget: Cell::new(BUDGET),
    };
    checker.check(schema, value);
    checker.violations
}

pub(super) struct Checker<'a> {
    root: &'a Value,
    pub(super) violations: Vec<Violation>,
    path: Vec<String>,
    depth: usize,
    budget: Cell<u32>,
}

impl<'a> Checker<'a> {
    /// What is wrong with the value where it is now, by another schema.
    pub(super) fn attempt(&mut self, schema: &'a Value, value: &Value) -> Vec<Violation> {
        let before = std::mem::take(&mut self.violations);
        self.check(schema, value);
        std::mem::replace(&mut self.violations, before)
    }

    /// The keywords of the schema that `$ref` leads to, of the schema itself where it has none.
    pub(super) fn keywords<'s>(&'s self, schema: &'s Value) -> Option<&'s Map<String, Value>> {
        self.spend()
            .then(|| follow(self.root, schema).as_object())
            .flatten()
    }

    /// Whether another schema may be looked at.
    fn spend(&self) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(1));
        left > 0
    }

    pub(super) fn add(&mut self, kind: ViolationKind) {
        let path = self.path.clone();
        self.violations.push(Violation { path, kind });
    }

    pub(super) fn add_at(&mut self, token: &str, kind: ViolationKind) {
        let mut path = self.path.clone();
        path.push(token.to_owned());
        self.violations.push(Violation { path, kind });
    }

    pub(super) fn check(&mut self, schema: &'a Value, value: &Value) {
        if self.depth >= MAX_DEPTH || !self.spend() {
            return;
        }
        self.depth += 1;
        self.check_here(schema, value);
        self.depth -= 1;
    }

    fn check_here(&mut self, schema: &'a Value, value: &Value) {
        let resolved = follow(self.root, schema);
        if !std::ptr::eq(resolved, schema) {
            self.check(resolved, value);
        }
        // What stands beside `$ref` counts too.
        let Some(keywords) = schema.as_object() else {
            return;
        };
        if let Some(allowed) = choice::constants_here(keywords) {
            if !allowed.contains(value) {
                self.not_one_of(&allowed, value);
            }
            return;
        }
        if let Some(expected) = choice::types_here(keywords)
            && !expected.iter().any(|name| has_type(value, name))
        {
            let expected = choice::describe(self, schema, 0);
            let found = value.clone();
            self.add(ViolationKind::WrongType { expected, found });
            return;
        }
        for schema in keywords
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.check(schema, value);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(branches) = keywords.get(keyword).and_then(Value::as_array) {
                choice::check(self, branches, value);
            }
        }
        match value {
            Value::Object(object) => self.check_object(keywords, object),
            Value::Array(items) => self.check_array(keywords, items),
            Value::String(text) => {
                self.check_length(keywords, "Length", "character", text.chars().count())
            }
            Value::Number(number) => {
                self.check_number(keywords, number.as_f64().unwrap_or(f64::NAN))
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// A value of the right type that is not one of the constants, or one of another type.
    pub(super) fn not_one_of(&mut self, allowed: &[Value], value: &Value) {
        let same_type =
            |constant: &Value| std::mem::discriminant(constant) == std::mem::discriminant(value);
        // Optional values may be null in the schema; a TOML file has no null to write.
        let allowed: Vec<Value> = allowed
            .iter()
            .filter(|constant| !constant.is_null())
            .cloned()
            .collect();
        let found = value.clone();
        if allowed.iter().any(same_type) || allowed.is_empty() {
            self.add(ViolationKind::NotOneOf { found, allowed });
        } else {
            let expected = choice::describe_constants(&allowed);
            self.add(ViolationKind::WrongType { expected, found });
        }
    }

    fn check_object(&mut self, keywords: &'a Map<String, Value>, object: &Map<String, Value>) {
        let properties = keywords.get("properties").and_then(Value::as_object);
        let known: Vec<String> = properties
            .into_iter()
            .flat_map(Map::keys)
            .cloned()
            .collect();
        let additional = keywords.get("additionalProperties");
        // Whether a key fits a pattern is not looked at: with patterns, any key may be meant.
        let is_open =
            additional != Some(&Value::Bool(false)) || keywords.contains_key("patternProperties");
        let mut unknown = Vec::new();
        for (key, value) in object {
            let schema = match properties.and_then(|properties| properties.get(key)) {
                Some(schema) => schema,
                None if !is_open => {
                    unknown.push(key.clone());
                    self.add_at(
                        key,
                        ViolationKind::UnknownKey {
                            known: known.clone(),
                        },
                    );
                    continue;
                }
                None => match additional {
                    Some(schema) => schema,
                    None => continue,
                },
            };
            self.path.push(key.clone());
            self.check(schema, value);
            self.path.pop();
        }
        let required = keywords.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            // `pth` is one mistake, not an unknown key and a missing one.
            let misspelled =
                |unknown: &String| crate::suggest::closest(unknown, &known).as_deref() == Some(key);
            if object.contains_key(key) || unknown.iter().any(misspelled) {
                continue;
            }
            let schema = properties.and_then(|properties| properties.get(key));
            let description = schema.and_then(|schema| {
                let own = schema.get("description");
                own.or_else(|| follow(self.root, schema).get("description"))?
                    .as_str()
            });
            self.add(ViolationKind::MissingKey {
                key: key.to_owned(),
                description: description.map(str::to_owned),
            });
        }
        self.check_length(keywords, "Properties", "key", object.len());
    }

    fn check_array(&mut self, keywords: &'a Map<String, Value>, items: &[Value]) {
        let prefix = keywords.get("prefixItems").and_then(Value::as_array);
        let first: &[Value] = prefix.map_or(&[], Vec::as_slice);
        for (index, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(index).or_else(|| keywords.get("items")) {
                self.path.push(index.to_string());
                self.check(schema, item);
                self.path.pop();
            }
        }
        self.check_length(keywords, "Items", "item", items.len());
        if keywords.get("uniqueItems") == Some(&Value::Bool(true)) {
            for (index, item) in items.iter().enumerate() {
                if let Some(first) = items[..index].iter().position(|earlier| earlier == item) {
                    self.add_at(&index.to_string(), ViolationKind::Repeated { first });
                }
            }
        }
    }

    fn check_length(
        &mut self,
        keywords: &Map<String, Value>,
        suffix: &str,
        unit: &str,
        length: usize,
    ) {
        let bound = |prefix: &str| {
            keywords
                .get(&format!("{prefix}{suffix}"))
                .and_then(Value::as_u64)
        };
        let counted = |count: u64| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
        let length = length as u64;
        let (min, max) = (bound("min"), bound("max"));
        let found = counted(length);
        if min.is_none_or(|min| length >= min) && max.is_none_or(|max| length <= max) {
            return;
        }
        let bound = match (min, max) {
            (Some(min), Some(max)) if min == max => format!("{} long", counted(min)),
            (Some(_), _) if length == 0 => return self.add(ViolationKind::Empty),
            (Some(min), _) if length < min => format!("at least {} long", counted(min)),
            (_, max) => format!("at most {} long", counted(max.unwrap_or_default())),
        };
        self.add(ViolationKind::OutOfBounds { bound, found });
    }

    fn check_number(&mut self, keywords: &Map<String, Value>, number: f64) {
        let bounds = [
            ("minimum", "at least"),
            ("exclusiveMinimum", "more than"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "less than"),
        ];
        for (keyword, words) in bounds {
            let Some(bound) = keywords.get(keyword).and_then(Value::as_f64) else {
                continue;
            };
            let holds = match keyword {
                "minimum" => number >= bound,
                "exclusiveMinimum" => number > bound,
                "maximum" => number <= bound,
                _ => number < bound,
            };
            if !holds {
                let bound = format!("{words} {bound}");
                let found = number.to_string();
                self.add(ViolationKind::OutOfBounds { bound, found });
            }
        }
    }
}

fn follow<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let mut schema = schema;
    for _ in 0..MAX_DEPTH {
        let reference = schema.get("$ref").and_then(Value::as_str);
        let target = reference
            .and_then(|reference| reference.strip_prefix('#'))
            .and_then(|pointer| root.pointer(pointer));
        match target {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// Whether a value has a type of JSON Schema. Stricter than the standard in one point: `1.0` is no
/// integer, because what reads the parameters afterwards does not take it for one.
pub(super) fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        // A type that does not exist is the step's mistake, not the pipeline's.
        _ => true,
    }
}
