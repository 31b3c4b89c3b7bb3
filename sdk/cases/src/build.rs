//! From values to an array.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, BinaryViewBuilder, FixedSizeBinaryBuilder, LargeBinaryBuilder,
};
use arrow_array::types::*;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeListArray, GenericListArray,
    GenericListViewArray, LargeStringArray, MapArray, NullArray, OffsetSizeTrait, PrimitiveArray,
    RunArray, StringArray, StringViewArray, StructArray, UnionArray, new_empty_array,
};
use arrow_buffer::{ArrowNativeType, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{
    ArrowError, DataType, FieldRef, Fields, IntervalUnit, TimeUnit, UnionFields, UnionMode,
};
use stepwell_layout::type_name;

use crate::error::did_you_mean;
use crate::scalar::{parse_counted, parse_decimal, parse_hex};
use crate::value::Value;

/// Makes an array of values. The error says which value does not fit and what would.
pub(crate) fn build(data_type: &DataType, values: &[Value]) -> Result<ArrayRef, String> {
    let parse_text = |value: &Value| text_of(value).map(str::to_owned);
    macro_rules! parsed {
        ($type:ty) => {
            primitive::<$type>(data_type, values, |value| text_of(value)?.parse().ok())
        };
    }
    macro_rules! decimal {
        ($type:ty, $precision:expr, $scale:expr) => {
            primitive::<$type>(data_type, values, |value| {
                parse_decimal(text_of(value)?, *$precision, *$scale)?
                    .parse()
                    .ok()
            })
        };
    }
    macro_rules! counted {
        ($type:ty) => {
            primitive::<$type>(data_type, values, |value| {
                parse_counted(data_type, text_of(value)?)?.try_into().ok()
            })
        };
    }
    match data_type {
        DataType::Null => match values.iter().find(|value| **value != Value::Null) {
            Some(value) => Err(unfit(data_type, value)),
            None => Ok(Arc::new(NullArray::new(values.len()))),
        },
        DataType::Boolean => {
            let values = options(data_type, values, |value| {
                text_of(value)?.parse::<bool>().ok()
            })?;
            Ok(Arc::new(BooleanArray::from(values)))
        }
        DataType::Int8 => parsed!(Int8Type),
        DataType::Int16 => parsed!(Int16Type),
        DataType::Int32 => parsed!(Int32Type),
        DataType::Int64 => parsed!(Int64Type),
        DataType::UInt8 => parsed!(UInt8Type),
        DataType::UInt16 => parsed!(UInt16Type),
        DataType::UInt32 => parsed!(UInt32Type),
        DataType::UInt64 => parsed!(UInt64Type),
        DataType::Float16 => primitive::<Float16Type>(data_type, values, |value| {
            Some(half::f16::from_f32(text_of(value)?.parse().ok()?))
        }),
        DataType::Float32 => parsed!(Float32Type),
        DataType::Float64 => parsed!(Float64Type),
        DataType::Decimal32(precision, scale) => decimal!(Decimal32Type, precision, scale),
        DataType::Decimal64(precision, scale) => decimal!(Decimal64Type, precision, scale),
        DataType::Decimal128(precision, scale) => decimal!(Decimal128Type, precision, scale),
        DataType::Decimal256(precision, scale) => decimal!(Decimal256Type, precision, scale),
        DataType::Date32 => counted!(Date32Type),
        DataType::Date64 => counted!(Date64Type),
        DataType::Time32(TimeUnit::Second) => counted!(Time32SecondType),
        DataType::Time32(_) => counted!(Time32MillisecondType),
        DataType::Time64(TimeUnit::Nanosecond) => counted!(Time64NanosecondType),
        DataType::Time64(_) => counted!(Time64MicrosecondType),
        DataType::Timestamp(TimeUnit::Second, _) => counted!(TimestampSecondType),
        DataType::Timestamp(TimeUnit::Millisecond, _) => counted!(TimestampMillisecondType),
        DataType::Timestamp(TimeUnit::Microsecond, _) => counted!(TimestampMicrosecondType),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => counted!(TimestampNanosecondType),
        DataType::Duration(TimeUnit::Second) => parsed!(DurationSecondType),
        DataType::Duration(TimeUnit::Millisecond) => parsed!(DurationMillisecondType),
        DataType::Duration(TimeUnit::Microsecond) => parsed!(DurationMicrosecondType),
        DataType::Duration(TimeUnit::Nanosecond) => parsed!(DurationNanosecondType),
        DataType::Interval(IntervalUnit::YearMonth) => parsed!(IntervalYearMonthType),
        DataType::Interval(IntervalUnit::DayTime) => {
            primitive::<IntervalDayTimeType>(data_type, values, |value| {
                let [days, milliseconds] = numbers(value, ["days", "milliseconds"])?;
                Some(IntervalDayTimeType::make_value(
                    days.try_into().ok()?,
                    milliseconds.try_into().ok()?,
                ))
            })
        }
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            primitive::<IntervalMonthDayNanoType>(data_type, values, |value| {
                let [months, days, nanoseconds] =
                    numbers(value, ["months", "days", "nanoseconds"])?;
                Some(IntervalMonthDayNanoType::make_value(
                    months.try_into().ok()?,
                    days.try_into().ok()?,
                    nanoseconds,
                ))
            })
        }
        DataType::Utf8 => Ok(Arc::new(StringArray::from(options(
            data_type, values, string_of,
        )?))),
        DataType::LargeUtf8 => Ok(Arc::new(LargeStringArray::from(options(
            data_type, values, string_of,
        )?))),
        DataType::Utf8View => Ok(Arc::new(StringViewArray::from(options(
            data_type, values, string_of,
        )?))),
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            for value in options(data_type, values, |value| parse_hex(text_of(value)?))? {
                builder.append_option(value);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::LargeBinary => {
            let mut builder = LargeBinaryBuilder::new();
            for value in options(data_type, values, |value| parse_hex(text_of(value)?))? {
                builder.append_option(value);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::BinaryView => {
            let mut builder = BinaryViewBuilder::new();
            for value in options(data_type, values, |value| parse_hex(text_of(value)?))? {
                builder.append_option(value);
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::FixedSizeBinary(size) => {
            let mut builder = FixedSizeBinaryBuilder::new(*size);
            for (value, bytes) in values.iter().zip(options(data_type, values, |value| {
                parse_hex(&parse_text(value)?)
            })?) {
                match bytes {
                    Some(bytes) => builder
                        .append_value(bytes)
                        .map_err(|_| unfit(data_type, value))?,
                    None => builder.append_null(),
                }
            }
            Ok(Arc::new(builder.finish()))
        }
        DataType::List(item) => list::<i32>(data_type, item, values),
        DataType::LargeList(item) => list::<i64>(data_type, item, values),
        DataType::ListView(item) => list_view::<i32>(data_type, item, values),
        DataType::LargeListView(item) => list_view::<i64>(data_type, item, values),
        DataType::FixedSizeList(item, size) => fixed_size_list(data_type, item, *size, values),
        DataType::Struct(fields) => struct_(data_type, fields, values),
        DataType::Map(entries, sorted) => map(data_type, entries, *sorted, values),
        DataType::Union(fields, mode) => union(data_type, fields, *mode, values),
        DataType::Dictionary(keys, items) => match keys.as_ref() {
            DataType::Int8 => dictionary::<Int8Type>(items, values),
            DataType::Int16 => dictionary::<Int16Type>(items, values),
            DataType::Int32 => dictionary::<Int32Type>(items, values),
            DataType::Int64 => dictionary::<Int64Type>(items, values),
            DataType::UInt8 => dictionary::<UInt8Type>(items, values),
            DataType::UInt16 => dictionary::<UInt16Type>(items, values),
            DataType::UInt32 => dictionary::<UInt32Type>(items, values),
            DataType::UInt64 => dictionary::<UInt64Type>(items, values),
            _ => Err(format!("there is no type `{}`", type_name(data_type))),
        },
        DataType::RunEndEncoded(run_ends, items) => match run_ends.data_type() {
            DataType::Int16 => runs::<Int16Type>(data_type, items, values),
            DataType::Int32 => runs::<Int32Type>(data_type, items, values),
            DataType::Int64 => runs::<Int64Type>(data_type, items, values),
            _ => Err(format!("there is no type `{}`", type_name(data_type))),
        },
    }
}

/// What to write for a value of a type, for messages.
fn example(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Null => "`null`",
        DataType::Boolean => "`true` or `false`",
        DataType::Date32 | DataType::Date64 => "such as `2026-01-31`",
        DataType::Time32(_) | DataType::Time64(_) => "such as `23:59:59`",
        DataType::Timestamp(_, None) => "such as `2026-01-31T23:59:59`",
        DataType::Timestamp(_, Some(_)) => {
            "such as `2026-01-31T23:59:59Z` or `2026-01-31T23:59:59+02:00`"
        }
        DataType::Interval(IntervalUnit::DayTime) => r#"such as `{"days": 1, "milliseconds": 5}`"#,
        DataType::Interval(IntervalUnit::MonthDayNano) => {
            r#"such as `{"months": 1, "days": 2, "nanoseconds": 3}`"#
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => r#"such as "text""#,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            "bytes in hexadecimal, such as `0x00ff`"
        }
        DataType::FixedSizeBinary(_) => "that many bytes in hexadecimal, such as `0x00ff`",
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(_, _) => "a list, such as `[1, null]`",
        DataType::Struct(_) => r#"a JSON object, such as `{"a": 1}`"#,
        DataType::Map(_, _) => r#"a list of pairs, such as `[["key", 1]]`"#,
        DataType::Union(_, _) => "a type id and a value, such as `[0, 1.5]`",
        _ => "a number that the type can hold",
    }
}

fn unfit(data_type: &DataType, value: &Value) -> String {
    let value = text_of(value).map_or_else(|| value.to_string(), str::to_owned);
    format!(
        "`{value}` is not a value of the type `{}`: expected {}",
        type_name(data_type),
        example(data_type)
    )
}

/// What stands for a value without parts, between quotes or not.
fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Literal(text) | Value::String(text) => Some(text),
        _ => None,
    }
}

fn string_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn options<'v, T>(
    data_type: &DataType,
    values: &'v [Value],
    parse: impl Fn(&'v Value) -> Option<T>,
) -> Result<Vec<Option<T>>, String> {
    values
        .iter()
        .map(|value| match value {
            Value::Null => Ok(None),
            value => parse(value)
                .map(Some)
                .ok_or_else(|| unfit(data_type, value)),
        })
        .collect()
}

fn primitive<T: ArrowPrimitiveType>(
    data_type: &DataType,
    values: &[Value],
    parse: impl Fn(&Value) -> Option<T::Native>,
) -> Result<ArrayRef, String> {
    let values = options(data_type, values, parse)?;
    let array: PrimitiveArray<T> = values.into_iter().collect();
    Ok(Arc::new(array.with_data_type(data_type.clone())))
}

fn numbers<const N: usize>(value: &Value, names: [&str; N]) -> Option<[i64; N]> {
    let Value::Struct(fields) = value else {
        return None;
    };
    if fields
        .iter()
        .any(|(name, _)| !names.contains(&name.as_str()))
    {
        return None;
    }
    let mut numbers = [0; N];
    for (number, name) in numbers.iter_mut().zip(names) {
        if let Some((_, value)) = fields.iter().find(|(field, _)| field == name) {
            *number = text_of(value)?.parse().ok()?;
        }
    }
    Some(numbers)
}

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

fn list<O: OffsetSizeTrait>(
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

fn list_view<O: OffsetSizeTrait>(
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

fn fixed_size_list(
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

fn struct_(data_type: &DataType, fields: &Fields, values: &[Value]) -> Result<ArrayRef, String> {
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

fn map(
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

fn union(
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

fn dictionary<K: ArrowDictionaryKeyType>(
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

fn runs<R: RunEndIndexType>(
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
