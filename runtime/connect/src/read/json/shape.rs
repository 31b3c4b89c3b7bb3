//! What JSON values look like, and the types that follow.

use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How messages about a line that is no object start.
pub(super) const EXPECTED_OBJECT_PREFIX: &str = "invalid type: sequence, expected an object";

/// What all values seen at one place have in common.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// Only nulls so far.
    Unknown,
    Boolean,
    Integer,
    Float,
    /// Text, and mixtures of text, numbers and booleans.
    Text,
    List(Box<Shape>),
    /// By key, in the order of first appearance.
    Object(Vec<(String, Shape)>),
}

impl Shape {
    pub(super) fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// The fields of an object's shape.
    pub(super) fn into_fields(self) -> Vec<Field> {
        match self {
            Self::Object(entries) => entries
                .into_iter()
                .map(|(name, shape)| Field::new(name, shape.into_type(), true))
                .collect(),
            _ => Vec::new(),
        }
    }

    fn into_type(self) -> DataType {
        match self {
            Self::Unknown => DataType::Null,
            Self::Text => DataType::Utf8,
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Float => DataType::Float64,
            Self::List(item) => {
                DataType::List(Arc::new(Field::new_list_field(item.into_type(), true)))
            }
            Self::Object(_) => DataType::Struct(self.into_fields().into()),
        }
    }

    fn describe(&self) -> &'static str {
        match self {
            Self::Unknown => "null",
            Self::Boolean => "a boolean",
            Self::Integer | Self::Float => "a number",
            Self::Text => "text",
            Self::List(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// Takes in a value that is neither an array nor an object.
    fn add_scalar<E: Error>(&mut self, scalar: Shape) -> Result<(), E> {
        let merged = match (&*self, scalar) {
            (Self::Unknown, scalar) => scalar,
            (Self::List(_) | Self::Object(_), scalar) => return Err(conflict(&scalar, self)),
            (same, scalar) if *same == scalar => return Ok(()),
            (Self::Integer | Self::Float, Self::Integer | Self::Float) => Self::Float,
            _ => Self::Text,
        };
        *self = merged;
        Ok(())
    }

    fn as_list<E: Error>(&mut self) -> Result<&mut Shape, E> {
        if *self == Self::Unknown {
            *self = Self::List(Box::new(Self::Unknown));
        }
        match self {
            Self::List(item) => Ok(item),
            other => Err(conflict(&Self::List(Box::new(Self::Unknown)), other)),
        }
    }

    fn as_object<E: Error>(&mut self) -> Result<&mut Vec<(String, Shape)>, E> {
        if *self == Self::Unknown {
            *self = Self::object();
        }
        match self {
            Self::Object(entries) => Ok(entries),
            other => Err(conflict(&Self::object(), other)),
        }
    }
}

fn conflict<E: Error>(found: &Shape, before: &Shape) -> E {
    E::custom(format_args!(
        "{} where there was {} before",
        found.describe(),
        before.describe()
    ))
}

/// Takes in a line, which must be an object.
pub(super) fn add_line(root: &mut Shape, line: &str) -> Result<(), serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(line);
    RootSeed(root).deserialize(&mut deserializer)?;
    deserializer.end()
}

struct RootSeed<'a>(&'a mut Shape);

impl<'de> DeserializeSeed<'de> for RootSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RootSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        ShapeSeed(self.0).visit_map(map)
    }
}

/// Takes any value into a shape.
struct ShapeSeed<'a>(&'a mut Shape);

impl<'de> DeserializeSeed<'de> for ShapeSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ShapeSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.0.add_scalar(Shape::Boolean)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.0.add_scalar(Shape::Integer)
    }

    /// An integer that does not fit is kept as it is written: as a float, it would lose digits.
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.0.add_scalar(match i64::try_from(value) {
            Ok(_) => Shape::Integer,
            Err(_) => Shape::Text,
        })
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.0.add_scalar(Shape::Float)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.0.add_scalar(Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let item = self.0.as_list()?;
        while items.next_element_seed(ShapeSeed(item))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let entries = self.0.as_object()?;
        // Keys mostly come in the order of the line before.
        let mut expected = 0;
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let position = match entries.get(expected) {
                Some((name, _)) if *name == key => expected,
                _ => match entries.iter().position(|(name, _)| *name == key) {
                    Some(position) => position,
                    None => {
                        entries.push((key.into_owned(), Shape::Unknown));
                        entries.len() - 1
                    }
                },
            };
            expected = position + 1;
            map.next_value_seed(ShapeSeed(&mut entries[position].1))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::type_name::type_name;

    #[track_caller]
    fn check(lines: &[&str], expect: &str) {
        let mut root = Shape::object();
        let result: Result<(), serde_json::Error> =
            lines.iter().try_for_each(|line| add_line(&mut root, line));
        let found = match result {
            Ok(()) => root
                .into_fields()
                .iter()
                .map(|field| format!("{}: {}", field.name(), type_name(field.data_type())))
                .collect::<Vec<_>>()
                .join(", "),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expect);
    }

    #[test]
    fn columns_come_in_the_order_of_first_appearance() {
        check(
            &[r#"{"b": 1, "a": true}"#, r#"{"c": "x", "a": null}"#],
            "b: int64, a: boolean, c: utf8",
        );
        check(&[r#"{"x": null}"#], "x: null");
        check(&[r#"{"x": 1}"#, r#"{"x": 2.5}"#], "x: float64");
        check(
            &[r#"{"x": 1}"#, r#"{"x": "a"}"#, r#"{"x": true}"#],
            "x: utf8",
        );
        check(&[r#"{"x": 9223372036854775808}"#], "x: utf8");
        check(
            &[r#"{"x": [1, null, 2.5]}"#, r#"{"x": []}"#],
            "x: list<float64>",
        );
        check(
            &[r#"{"x": {"b": 1}}"#, r#"{"x": {"a": [{"c": false}]}}"#],
            "x: struct<b: int64, a: list<struct<c: boolean>>>",
        );
    }

    #[test]
    fn values_that_share_no_type_are_refused() {
        check(
            &[r#"{"x": 1}"#, r#"{"x": [1]}"#],
            "an array where there was a number before at line 1 column 7",
        );
        check(
            &[r#"{"x": {}}"#, r#"{"x": "a"}"#],
            "text where there was an object before at line 1 column 9",
        );
        check(
            &["[1]"],
            "invalid type: sequence, expected an object at line 1 column 0",
        );
        check(
            &[r#"{"x": 1} {"x": 2}"#],
            "trailing characters at line 1 column 10",
        );
    }
}
