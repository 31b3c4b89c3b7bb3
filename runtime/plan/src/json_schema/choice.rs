//! Values that may be one of several things: which one did the author mean?

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::check::{Checker, has_type};
use super::violation::{Violation, ViolationKind};

/// The constants that `const` or `enum` of this schema allow.
pub(super) fn constants_here(keywords: &Map<String, Value>) -> Option<Vec<Value>> {
    if let Some(constant) = keywords.get("const") {
        return Some(vec![constant.clone()]);
    }
    keywords.get("enum").and_then(Value::as_array).cloned()
}

/// The types that `type` of this schema allows.
pub(super) fn types_here(keywords: &Map<String, Value>) -> Option<Vec<&str>> {
    match keywords.get("type")? {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

/// Types in words, `null` left out: `a string or an array`.
fn describe_types(types: &[&str]) -> String {
    let words: Vec<&str> = types.iter().filter_map(|name| word(name)).collect();
    words.join(" or ")
}

fn word(name: &str) -> Option<&'static str> {
    Some(match name {
        "boolean" => "a boolean",
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "array" => "an array",
        "object" => "a table",
        _ => return None,
    })
}

/// Constants in words: ``one of `a`, `b` ``.
pub(super) fn describe_constants(constants: &[Value]) -> String {
    let texts: Vec<String> = constants.iter().map(Value::to_string).collect();
    match texts.as_slice() {
        [only] => format!("`{only}`"),
        several => format!("one of {}", crate::suggest::list(several)),
    }
}

/// Checks `anyOf` or `oneOf`. They are told apart nowhere: schemas of parameters use either for
/// alternatives that exclude each other anyway.
pub(super) fn check<'a>(checker: &mut Checker<'a>, branches: &'a [Value], value: &Value) {
    if let Some(keys) = required_keys(branches) {
        return check_keys(checker, &keys, value);
    }
    let mut failures: Vec<(&'a Value, Vec<Violation>)> = Vec::new();
    for branch in branches {
        let violations = checker.attempt(branch, value);
        if violations.is_empty() {
            return;
        }
        failures.push((branch, violations));
    }
    let constants: Option<Vec<Vec<Value>>> = branches
        .iter()
        .map(|branch| all_constants(checker, branch, 0))
        .collect();
    if let Some(constants) = constants {
        return checker.not_one_of(&constants.concat(), value);
    }
    failures.retain(|(branch, _)| may_be(checker, branch, value, 0));
    if failures.is_empty() {
        let expected = describe_branches(checker, branches);
        let found = value.clone();
        return checker.add(ViolationKind::WrongType { expected, found });
    }
    if let Some((tag, allowed)) = tags(checker, branches)
        && let Some(found) = value.get(&tag)
    {
        failures.retain(|(branch, _)| tag_of(checker, branch, &tag).as_ref() == Some(found));
        if failures.is_empty() {
            let found = found.clone();
            return checker.add_at(&tag, ViolationKind::NotOneOf { found, allowed });
        }
    }
    // The alternative that is the least wrong is the one that was meant.
    let best = failures
        .into_iter()
        .min_by_key(|(_, violations)| violations.len());
    checker
        .violations
        .extend(best.into_iter().flat_map(|(_, violations)| violations));
}

/// `oneOf: [{ required: ["a"] }, { required: ["b"] }]`: exactly one of some keys.
fn required_keys(branches: &[Value]) -> Option<Vec<String>> {
    let key = |branch: &Value| {
        let keywords = branch.as_object().filter(|keywords| keywords.len() == 1)?;
        match keywords.get("required")?.as_array()?.as_slice() {
            [Value::String(key)] => Some(key.clone()),
            _ => None,
        }
    };
    branches.iter().map(key).collect()
}

fn check_keys(checker: &mut Checker<'_>, keys: &[String], value: &Value) {
    let Some(object) = value.as_object() else {
        return;
    };
    let keys = keys.to_vec();
    match keys.iter().filter(|key| object.contains_key(*key)).count() {
        0 => {
            // `pth` for `path` is reported as an unknown key.
            let is_slip = |present: &String| crate::suggest::closest(present, &keys).is_some();
            if !object.keys().any(is_slip) {
                checker.add(ViolationKind::NoneOfKeys { keys });
            }
        }
        1 => {}
        _ => checker.add(ViolationKind::SeveralOfKeys { keys }),
    }
}

/// The constants that a schema allows, where constants are all that it allows.
fn all_constants(checker: &Checker<'_>, schema: &Value, depth: usize) -> Option<Vec<Value>> {
    let keywords = checker.keywords(schema)?;
    if let Some(constants) = constants_here(keywords) {
        return Some(constants);
    }
    if types_here(keywords).is_some_and(|types| types == ["null"]) {
        return Some(vec![Value::Null]);
    }
    let branches = branches_here(keywords).filter(|_| depth < 8)?;
    let constants: Option<Vec<Vec<Value>>> = branches
        .iter()
        .map(|branch| all_constants(checker, branch, depth + 1))
        .collect();
    constants.map(|constants| constants.concat())
}

fn branches_here(keywords: &Map<String, Value>) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"]
        .iter()
        .find_map(|keyword| keywords.get(*keyword)?.as_array())
}

/// Whether the value has a type that the schema allows.
fn may_be(checker: &Checker<'_>, schema: &Value, value: &Value, depth: usize) -> bool {
    let Some(keywords) = checker.keywords(schema) else {
        return true;
    };
    if let Some(types) = types_here(keywords) {
        return types.iter().any(|name| has_type(value, name));
    }
    if let Some(constants) = constants_here(keywords) {
        return constants
            .iter()
            .any(|constant| std::mem::discriminant(constant) == std::mem::discriminant(value));
    }
    match branches_here(keywords) {
        Some(branches) if depth < 8 => branches
            .iter()
            .any(|branch| may_be(checker, branch, value, depth + 1)),
        _ => true,
    }
}

/// The alternatives in words: `a string or an array of strings`.
fn describe_branches(checker: &Checker<'_>, branches: &[Value]) -> String {
    let mut words: Vec<String> = Vec::new();
    for branch in branches {
        let text = describe(checker, branch, 0);
        if !text.is_empty() && !words.contains(&text) {
            words.push(text);
        }
    }
    words.join(" or ")
}

pub(super) fn describe(checker: &Checker<'_>, schema: &Value, depth: usize) -> String {
    let Some(keywords) = checker.keywords(schema).filter(|_| depth < 8) else {
        return String::new();
    };
    if let Some(constants) = constants_here(keywords) {
        return describe_constants(&constants);
    }
    if let Some(types) = types_here(keywords) {
        if types == ["array"]
            && let Some(items) = keywords
                .get("items")
                .and_then(|items| checker.keywords(items))
            && let Some(types) = types_here(items)
            && let [item] = types
                .iter()
                .filter_map(|name| word(name))
                .collect::<Vec<_>>()
                .as_slice()
        {
            let item = item.split_once(' ').map_or(*item, |(_, noun)| noun);
            return format!("an array of {item}s");
        }
        return describe_types(&types);
    }
    let branches = branches_here(keywords).map_or(&[][..], Vec::as_slice);
    let words: BTreeSet<String> = branches
        .iter()
        .map(|branch| describe(checker, branch, depth + 1))
        .collect();
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(" or ")
}

/// The key by which alternatives that are tables are told apart, and its values.
fn tags(checker: &Checker<'_>, branches: &[Value]) -> Option<(String, Vec<Value>)> {
    let tables: Vec<&Value> = branches
        .iter()
        .filter(|branch| {
            let types = checker.keywords(branch).and_then(types_here);
            types.is_some_and(|types| types == ["object"])
        })
        .collect();
    let first = checker.keywords(tables.first()?)?;
    let keys = first.get("properties")?.as_object()?.keys();
    keys.filter_map(|key| {
        let allowed: Option<Vec<Value>> = tables
            .iter()
            .map(|table| tag_of(checker, table, key))
            .collect();
        allowed.map(|allowed| (key.clone(), allowed))
    })
    .next()
}

/// The one value that a key of an alternative can have.
fn tag_of(checker: &Checker<'_>, branch: &Value, key: &str) -> Option<Value> {
    let property = checker.keywords(branch)?.get("properties")?.get(key)?;
    match constants_here(checker.keywords(property)?)?.as_slice() {
        [constant] => Some(constant.clone()),
        _ => None,
    }
}
