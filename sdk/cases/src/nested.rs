//! From values with parts to an array.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::types::{ArrowDictionaryKeyType, RunEndIndexType};
use arrow_array::{
    Array, ArrayRef, DictionaryArray, FixedSizeListArray, GenericListArray, GenericListViewArray,
    MapArray, OffsetSizeTrait, PrimitiveArray, RunArray, StructArray, UnionArray, new_empty_array,
};
use arrow_buffer::{ArrowNativeType, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, FieldRef, Fields, UnionFields, UnionMode};
use stepwell_layout::type_name;

use crate::build::{build, text_of, unfit};
use crate::error::did_you_mean;
use crate::value::Value;

fn validity(values: &[Value]) -> Option<NullBuffer> {
    let nulls: NullBuffer = values.iter().map(|value| *value != Value::Null).collect();
    (nulls.null_count() > 0).then_some(nulls)
}

fn as_message(error: ArrowError) -> String {
    match error {
        ArrowError::InvalidArgumentError(message) => message,
        other => other.to_string(),
    }
}

/// The items of all lists, one after the other, and how many each list has.
fn items_of(data_type: &DataType, values: &[Value]) -> Result<(Vec<Value>, Vec<usize>), String> {
    let mut items = Vec::new();
    let mut lengths = Vec::with_capacity(values.len());
    for value in values {
        match value {
            Value::Null => lengths.push(0),
            Value::List(list) => {
                lengths.push(list.len());
                items.extend_from_slice(list);
            }
            other => return Err(unfit(data_type, other)),
        }
    }
    Ok((items, lengths))
}

pub(crate) fn list<O: OffsetSizeTrait>(
    data_type: &DataType,
    item: &FieldRef,
    values: &[Value],
) -> Result<ArrayRef, String> {
    let (items, lengths) = items_of(data_type, values)?;
    let items = build(item.data_type(), &items)?;
    let offsets = OffsetBuffer::<O>::from_lengths(lengths);
    GenericListArray::try_new(Arc::clone(item), offsets, items, validity(values))
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(as_message)
}

pub(crate) fn list_view<O: OffsetSizeTrait>(
    data_type: &DataType,
    item: &FieldRef,
    values: &[Value],
) -> Result<ArrayRef, String> {
    let (items, lengths) = items_of(data_type, values)?;
    let items = build(item.data_type(), &items)?;
    let mut offset = 0;
    let mut offsets = Vec::with_capacity(lengths.len());
    for length in &lengths {
        offsets.push(O::usize_as(offset));
        offset += length;
    }
    let sizes: Vec<O> = lengths.into_iter().map(O::usize_as).collect();
    GenericListViewArray::try_new(
        Arc::clone(item),
        ScalarBuffer::from(offsets),
        ScalarBuffer::from(sizes),
        items,
        validity(values),
    )
    .map(|array| Arc::new(array) as ArrayRef)
    .map_err(as_message)
}

pub(crate) fn fixed_size_list(
    data_type: &DataType,
    item: &FieldRef,
    size: i32,
    values: &[Value],
) -> Result<ArrayRef, String> {
    let length = usize::try_from(size).unwrap_or_default();
    let mut items = Vec::new();
    for value in values {
        match value {
            Value::Null => items.resize(items.len() + length, Value::Null),
            Value::List(list) if list.len() == length => items.extend_from_slice(list),
            Value::List(list) => {
                return Err(format!(
                    "`{value}` has {} items where `{}` has {length}",
                    list.len(),
                    type_name(data_type)
                ));
            }
            other => return Err(unfit(data_type, other)),
        }
    }
    let items = build(item.data_type(), &items)?;
    FixedSizeListArray::try_new_with_length(
        Arc::clone(item),
        size,
        items,
        validity(values),
        values.len(),
    )
    .map(|array| Arc::new(array) as ArrayRef)
    .map_err(as_message)
}

pub(crate) fn struct_(
    data_type: &DataType,
    fields: &Fields,
    values: &[Value],
) -> Result<ArrayRef, String> {
    let mut columns: Vec<Vec<Value>> = vec![Vec::with_capacity(values.len()); fields.len()];
    for value in values {
        let mut given = match value {
            Value::Null => Vec::new(),
            Value::Struct(given) => given.clone(),
            other => return Err(unfit(data_type, other)),
        };
        for (field, column) in fields.iter().zip(&mut columns) {
            // Fields of the same name are taken in their order.
            let found = given.iter().position(|(name, _)| name == field.name());
            column.push(found.map_or(Value::Null, |index| given.remove(index).1));
        }
        if let Some((surplus, _)) = given.first() {
            return Err(format!(
                "`{}` has no field `{surplus}`{}",
                type_name(data_type),
                did_you_mean(surplus, fields.iter().map(|field| field.name().as_str()))
            ));
        }
    }
    let columns = fields
        .iter()
        .zip(&columns)
        .map(|(field, column)| build(field.data_type(), column))
        .collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new_with_length(fields.clone(), columns, validity(values), values.len())
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(as_message)
}

pub(crate) fn map(
    data_type: &DataType,
    entries: &FieldRef,
    sorted: bool,
    values: &[Value],
) -> Result<ArrayRef, String> {
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(format!("there is no type `{}`", type_name(data_type)));
    };
    let (pairs, lengths) = items_of(data_type, values)?;
    let mut columns = vec![Vec::new(); 2];
    for pair in &pairs {
        match pair {
            Value::List(pair) if pair.len() == 2 => {
                columns[0].push(pair[0].clone());
                columns[1].push(pair[1].clone());
            }
            other => return Err(unfit(data_type, other)),
        }
    }
    let columns = fields
        .iter()
        .zip(&columns)
        .map(|(field, column)| build(field.data_type(), column))
        .collect::<Result<Vec<_>, _>>()?;
    let items = StructArray::try_new_with_length(fields.clone(), columns, None, pairs.len())
        .map_err(as_message)?;
    MapArray::try_new(
        Arc::clone(entries),
        OffsetBuffer::from_lengths(lengths),
        items,
        validity(values),
        sorted,
    )
    .map(|array| Arc::new(array) as ArrayRef)
    .map_err(as_message)
}

pub(crate) fn union(
    data_type: &DataType,
    fields: &UnionFields,
    mode: UnionMode,
    values: &[Value],
) -> Result<ArrayRef, String> {
    let mut ids = Vec::with_capacity(values.len());
    let mut offsets = Vec::with_capacity(values.len());
    let mut children: Vec<(i8, Vec<Value>)> =
        fields.iter().map(|(id, _)| (id, Vec::new())).collect();
    for value in values {
        let (id, value) = match value {
            // A union has no nulls of its own: where its parent is null, any of its types stands for one.
            Value::Null => (fields.get(0).map_or(-1, |(id, _)| *id), value),
            Value::List(pair) if pair.len() == 2 => {
                let id = text_of(&pair[0]).and_then(|id| id.parse::<i8>().ok());
                (id.ok_or_else(|| unfit(data_type, value))?, &pair[1])
            }
            other => return Err(unfit(data_type, other)),
        };
        let Some(chosen) = children.iter().position(|(child, _)| *child == id) else {
            return Err(format!("`{}` has no type id `{id}`", type_name(data_type)));
        };
        ids.push(id);
        offsets.push(children[chosen].1.len() as i32);
        for (index, (_, child)) in children.iter_mut().enumerate() {
            if index == chosen {
                child.push(value.clone());
            } else if mode == UnionMode::Sparse {
                child.push(Value::Null);
            }
        }
    }
    let children = fields
        .iter()
        .zip(&children)
        .map(|((_, field), (_, column))| build(field.data_type(), column))
        .collect::<Result<Vec<_>, _>>()?;
    let offsets = (mode == UnionMode::Dense).then(|| ScalarBuffer::from(offsets));
    UnionArray::try_new(fields.clone(), ScalarBuffer::from(ids), offsets, children)
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(as_message)
}

pub(crate) fn dictionary<K: ArrowDictionaryKeyType>(
    items: &DataType,
    values: &[Value],
) -> Result<ArrayRef, String> {
    let mut distinct: Vec<Value> = Vec::new();
    let mut positions: HashMap<&Value, usize> = HashMap::new();
    let mut keys: Vec<Option<K::Native>> = Vec::with_capacity(values.len());
    for value in values {
        if *value == Value::Null {
            keys.push(None);
            continue;
        }
        let position = *positions.entry(value).or_insert_with(|| {
            distinct.push(value.clone());
            distinct.len() - 1
        });
        let key = K::Native::from_usize(position).ok_or_else(|| {
            format!(
                "the keys of the type `{}` count no more values",
                type_name(&K::DATA_TYPE)
            )
        })?;
        keys.push(Some(key));
    }
    let keys: PrimitiveArray<K> = keys.into_iter().collect();
    DictionaryArray::try_new(keys, build(items, &distinct)?)
        .map(|array| Arc::new(array) as ArrayRef)
        .map_err(as_message)
}

pub(crate) fn runs<R: RunEndIndexType>(
    data_type: &DataType,
    items: &FieldRef,
    values: &[Value],
) -> Result<ArrayRef, String> {
    if values.is_empty() {
        return Ok(new_empty_array(data_type));
    }
    let mut distinct: Vec<Value> = Vec::new();
    let mut ends: Vec<R::Native> = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let end = R::Native::from_usize(index + 1).ok_or_else(|| {
            format!(
                "run ends of the type `{}` count no more rows",
                type_name(&R::DATA_TYPE)
            )
        })?;
        match ends.last_mut() {
            Some(last) if distinct.last() == Some(value) => *last = end,
            _ => {
                distinct.push(value.clone());
                ends.push(end);
            }
        }
    }
    let ends = PrimitiveArray::<R>::from_iter_values(ends).to_data();
    let items = build(items.data_type(), &distinct)?.to_data();
    let data = arrow_data::ArrayData::builder(data_type.clone())
        .len(values.len())
        .child_data(vec![ends, items])
        .build()
        .map_err(as_message)?;
    Ok(Arc::new(RunArray::<R>::from(data)))
}
