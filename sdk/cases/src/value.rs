//! One value of a table, between an array and its text.

use std::fmt;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, GenericListArray, GenericListViewArray, OffsetSizeTrait};
use arrow_schema::DataType;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::scalar;

/// A value of any type, as JSON writes it. Unlike `serde_json::Value` it keeps the order of a struct's
/// fields, fields of the same name, and numbers as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    Null,
    /// A number or boolean.
    Literal(String),
    String(String),
    List(Vec<Value>),
    Struct(Vec<(String, Value)>),
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => out.write_str("null"),
            Value::Literal(text) => out.write_str(text),
            Value::String(text) => out.write_str(&quoted(text)),
            Value::List(items) => {
                out.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    out.write_str(if index == 0 { "" } else { ", " })?;
                    write!(out, "{item}")?;
                }
                out.write_str("]")
            }
            Value::Struct(fields) => {
                out.write_str("{")?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    out.write_str(if index == 0 { "" } else { ", " })?;
                    write!(out, "{}: {value}", quoted(name))?;
                }
                out.write_str("}")
            }
        }
    }
}

/// A text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Literal(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Literal(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Literal(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Literal(format!("{value:?}")))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(field) = fields.next_entry()? {
            list.push(field);
        }
        Ok(Value::Struct(list))
    }
}

/// Whether values of a type are written as JSON, not as plain text.
pub(crate) fn is_json(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => is_json(values),
        DataType::RunEndEncoded(_, values) => is_json(values.data_type()),
        DataType::Interval(_) => true,
        other => other.is_nested(),
    }
}

/// The value at a row of an array.
pub(crate) fn value_at(array: &dyn Array, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        DataType::Null => Value::Null,
        DataType::List(_) => list_value(array.as_list::<i32>(), row),
        DataType::LargeList(_) => list_value(array.as_list::<i64>(), row),
        DataType::ListView(_) => list_view_value(array.as_list_view::<i32>(), row),
        DataType::LargeListView(_) => list_view_value(array.as_list_view::<i64>(), row),
        DataType::FixedSizeList(_, _) => all_values(&array.as_fixed_size_list().value(row)),
        DataType::Struct(fields) => {
            let array = array.as_struct();
            let values = array.columns().iter().map(|column| value_at(column, row));
            let names = fields.iter().map(|field| field.name().clone());
            Value::Struct(names.zip(values).collect())
        }
        DataType::Map(_, _) => {
            let entries = array.as_map().value(row);
            let pair = |entry| {
                let columns = entries.columns();
                Value::List(
                    columns
                        .iter()
                        .map(|column| value_at(column, entry))
                        .collect(),
                )
            };
            Value::List((0..entries.len()).map(pair).collect())
        }
        DataType::Union(_, _) => {
            let array = array.as_union();
            let id = array.type_id(row);
            let value = value_at(array.child(id), array.value_offset(row));
            Value::List(vec![Value::Literal(id.to_string()), value])
        }
        DataType::Dictionary(keys, _) => match keys.as_ref() {
            DataType::Int8 => dictionary_value::<Int8Type>(array, row),
            DataType::Int16 => dictionary_value::<Int16Type>(array, row),
            DataType::Int32 => dictionary_value::<Int32Type>(array, row),
            DataType::Int64 => dictionary_value::<Int64Type>(array, row),
            DataType::UInt8 => dictionary_value::<UInt8Type>(array, row),
            DataType::UInt16 => dictionary_value::<UInt16Type>(array, row),
            DataType::UInt32 => dictionary_value::<UInt32Type>(array, row),
            DataType::UInt64 => dictionary_value::<UInt64Type>(array, row),
            other => unreachable!("no dictionary has keys of the type {other}"),
        },
        DataType::RunEndEncoded(run_ends, _) => match run_ends.data_type() {
            DataType::Int16 => run_value::<Int16Type>(array, row),
            DataType::Int32 => run_value::<Int32Type>(array, row),
            DataType::Int64 => run_value::<Int64Type>(array, row),
            other => unreachable!("no run ends are of the type {other}"),
        },
        _ => scalar::scalar_value(array, row),
    }
}

fn all_values(array: &ArrayRef) -> Value {
    Value::List((0..array.len()).map(|row| value_at(array, row)).collect())
}

fn list_value<O: OffsetSizeTrait>(array: &GenericListArray<O>, row: usize) -> Value {
    all_values(&array.value(row))
}

fn list_view_value<O: OffsetSizeTrait>(array: &GenericListViewArray<O>, row: usize) -> Value {
    all_values(&array.value(row))
}

fn dictionary_value<K: ArrowDictionaryKeyType>(array: &dyn Array, row: usize) -> Value {
    let array = array.as_dictionary::<K>();
    match array.key(row) {
        Some(key) => value_at(array.values(), key),
        None => Value::Null,
    }
}

fn run_value<R: arrow_array::types::RunEndIndexType>(array: &dyn Array, row: usize) -> Value {
    let array = array.as_run::<R>();
    value_at(array.values(), array.get_physical_index(row))
}
