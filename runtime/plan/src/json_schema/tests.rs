//! Schemas as steps' authors write them, and values that do not fit.

use serde_json::{Value, json};

use super::{Place, check};

/// All that is said of a value, sorted.
fn said(schema: &Value, value: &Value) -> Vec<String> {
    let violations = check(schema, value);
    let place = Place::Parameters { step: "s" };
    let mut said: Vec<String> = violations
        .iter()
        .map(|violation| violation.say(place).message)
        .collect();
    said.sort();
    said
}

#[track_caller]
fn check_one(schema: &Value, value: Value, expect: &str) {
    let said = said(schema, &value);
    match expect {
        "" => assert!(said.is_empty(), "{value} must fit: {said:?}"),
        expect => assert_eq!(said, [expect], "{value}"),
    }
}

#[test]
fn tables_that_a_tag_tells_apart_are_compared_with_the_one_that_is_meant() {
    let schema = json!({
        "type": "object",
        "properties": { "by": { "oneOf": [
            { "type": "object", "properties": { "kind": { "const": "hash" }, "seed": { "type": "integer" } }, "required": ["kind", "seed"] },
            { "type": "object", "properties": { "kind": { "const": "column" }, "name": { "type": "string" } }, "required": ["kind", "name"] },
        ] } },
    });
    check_one(&schema, json!({ "by": { "kind": "hash", "seed": 1 } }), "");
    check_one(
        &schema,
        json!({ "by": { "kind": "column" } }),
        "parameter `by` of step `s` needs the key `name`",
    );
    check_one(
        &schema,
        json!({ "by": { "kind": "colum", "name": "x" } }),
        "parameter `by.kind` of step `s` cannot be `colum`; valid values: `hash`, `column`",
    );
    check_one(
        &schema,
        json!({ "by": 5 }),
        "parameter `by` of step `s` must be a table, not an integer",
    );
}

#[test]
fn tables_that_one_key_tells_apart_are_compared_with_the_one_that_is_meant() {
    let variant = |name: &str| {
        let mut properties = serde_json::Map::new();
        properties.insert(name.to_owned(), json!({ "type": "number", "minimum": 0 }));
        json!({ "type": "object", "properties": properties, "required": [name], "additionalProperties": false })
    };
    let schema = json!({ "oneOf": [variant("rows"), variant("share"), { "enum": ["all"], "type": "string" }] });
    check_one(&schema, json!({ "share": 0.5 }), "");
    check_one(&schema, json!("all"), "");
    check_one(
        &schema,
        json!({ "share": -1 }),
        "parameter `share` of step `s` must be at least 0, not -1",
    );
    check_one(
        &schema,
        json!([]),
        "`with` of step `s` must be a table or `\"all\"`, not an array",
    );
}

#[test]
fn references_are_followed_to_any_depth_of_the_value() {
    let schema = json!({
        "$ref": "#/$defs/Tree",
        "$defs": { "Tree": {
            "type": "object",
            "properties": { "children": { "type": "array", "items": { "$ref": "#/$defs/Tree" } } },
            "additionalProperties": false,
        } },
    });
    check_one(&schema, json!({ "children": [{ "children": [{}] }] }), "");
    check_one(
        &schema,
        json!({ "children": [{}, { "children": [5] }] }),
        "parameter `children[1].children[0]` of step `s` must be a table, not an integer",
    );
    let two = said(&schema, &json!({ "children": 1, "childern": 2 }));
    assert_eq!(two.len(), 2, "{two:?}");
}

#[test]
fn arrays_and_texts_have_bounds() {
    let schema = json!({ "type": "object", "properties": {
        "pair": { "type": "array", "prefixItems": [{ "type": "string" }, { "type": "number" }], "minItems": 2, "maxItems": 2 },
        "edges": { "type": "array", "items": { "type": "number" }, "uniqueItems": true, "minItems": 2 },
        "code": { "type": "string", "maxLength": 3 },
        "any": true,
        "never": false,
    } });
    check_one(
        &schema,
        json!({ "pair": ["a", 1], "edges": [1, 2], "code": "éèê", "any": [[]] }),
        "",
    );
    check_one(
        &schema,
        json!({ "pair": ["a"] }),
        "parameter `pair` of step `s` must be 2 items long, not 1 item",
    );
    check_one(
        &schema,
        json!({ "pair": [1, 1] }),
        "parameter `pair[0]` of step `s` must be a string, not an integer",
    );
    check_one(
        &schema,
        json!({ "edges": [1] }),
        "parameter `edges` of step `s` must be at least 2 items long, not 1 item",
    );
    check_one(
        &schema,
        json!({ "edges": [1, 2, 1] }),
        "parameter `edges[2]` of step `s` is there twice: it is the same as item 0, counted from 0",
    );
    check_one(
        &schema,
        json!({ "code": "long" }),
        "parameter `code` of step `s` must be at most 3 characters long, not 4 characters",
    );
}

#[test]
fn keys_that_a_pattern_may_allow_are_left_to_the_step() {
    let schema = json!({ "type": "object", "patternProperties": { "^x_": { "type": "string" } }, "additionalProperties": false });
    check_one(&schema, json!({ "x_a": 1 }), "");
    check_one(
        &json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        json!({ "a": 1 }),
        "parameter `a` of step `s` must be a string, not an integer",
    );
}

#[test]
fn a_schema_that_refers_to_itself_without_end_is_given_up() {
    let endless = json!({ "anyOf": [{ "$ref": "#" }, { "$ref": "#" }, { "not": {} }] });
    check_one(&endless, json!({ "a": 1 }), "");
    check_one(&json!({ "$ref": "#" }), json!({ "a": 1 }), "");
    let wide: Vec<Value> = (0..300)
        .map(|_| json!({ "oneOf": [{ "$ref": "#" }], "type": "string" }))
        .collect();
    // What is said of a schema like this one does not matter; that something is said, does.
    said(&json!({ "anyOf": wide }), &json!(5));
}
