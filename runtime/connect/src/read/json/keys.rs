//! Whether a line has keys that are no columns.

use std::borrow::Cow;
use std::fmt;

use arrow_schema::{DataType, Fields};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Why a line cannot be a row.
pub(super) enum LineError {
    /// It is not one JSON object.
    Json(serde_json::Error),
    /// It has a key that is no field; with the path to it.
    UnknownKey(String),
}

/// Looks through a line: it must be an object whose keys are fields, at any depth.
pub(super) fn check_line(fields: &Fields, line: &str) -> Result<(), LineError> {
    let mut unknown = None;
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let object = ObjectSeed {
        fields,
        unknown: &mut unknown,
    };
    let result = object
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    match (unknown, result) {
        (Some(key), _) => Err(LineError::UnknownKey(key)),
        (None, Err(error)) => Err(LineError::Json(error)),
        (None, Ok(())) => Ok(()),
    }
}

struct ObjectSeed<'a> {
    fields: &'a Fields,
    unknown: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // Keys mostly come in the order of the schema.
        let mut expected = 0;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let position = match self.fields.get(expected) {
                Some(field) if *field.name() == key => Some(expected),
                _ => self.fields.iter().position(|field| *field.name() == key),
            };
            let Some(position) = position else {
                *self.unknown = Some(key.into_owned());
                return Err(A::Error::custom("unknown key"));
            };
            expected = position + 1;
            let field = &self.fields[position];
            map.next_value_seed(ValueSeed {
                data_type: field.data_type(),
                unknown: self.unknown,
            })
            .inspect_err(|_| {
                if let Some(path) = self.unknown {
                    path.insert_str(0, &format!("{}.", field.name()));
                }
            })?;
        }
        Ok(())
    }
}

/// Looks into objects and lists of objects; what is neither is left to the decoder.
struct ValueSeed<'a> {
    data_type: &'a DataType,
    unknown: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.data_type {
            DataType::Struct(_)
            | DataType::List(_)
            | DataType::LargeList(_)
            | DataType::FixedSizeList(_, _) => deserializer.deserialize_any(self),
            _ => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ()),
        }
    }
}

impl<'de> Visitor<'de> for ValueSeed<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if let DataType::Struct(fields) = self.data_type {
            let object = ObjectSeed {
                fields,
                unknown: self.unknown,
            };
            return object.visit_map(map);
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let item = match self.data_type {
            DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
                item.data_type()
            }
            _ => &DataType::Null,
        };
        while items
            .next_element_seed(ValueSeed {
                data_type: item,
                unknown: self.unknown,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}
