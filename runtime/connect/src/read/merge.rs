//! One type for columns whose types were inferred apart.
//!
//! A column of which only nulls were seen has the type null until all files were looked at.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Fields, TimeUnit};

/// One type for the values of both; `None` if there is none.
pub(crate) fn merge_types(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Date32, Float64, Int64, List, Null, Struct, Timestamp, Utf8};
    Some(match (a, b) {
        (a, b) if a == b => a.clone(),
        (Null, other) | (other, Null) => other.clone(),
        (Int64 | Float64, Int64 | Float64) => Float64,
        (Date32, Timestamp(unit, None)) | (Timestamp(unit, None), Date32) => Timestamp(*unit, None),
        (Timestamp(_, a), Timestamp(_, b)) if a == b => Timestamp(TimeUnit::Nanosecond, a.clone()),
        (List(a), List(b)) => {
            let item = merge_types(a.data_type(), b.data_type())?;
            List(Arc::new(Field::new_list_field(item, true)))
        }
        (Struct(a), Struct(b)) => Struct(merge_fields(a, b)?),
        (a, b) if a.is_nested() || b.is_nested() => return None,
        _ => Utf8,
    })
}

fn merge_fields(a: &Fields, b: &Fields) -> Option<Fields> {
    let mut fields: Vec<Field> = a.iter().map(|field| field.as_ref().clone()).collect();
    for other in b {
        match fields.iter_mut().find(|field| field.name() == other.name()) {
            Some(field) => {
                let merged = merge_types(field.data_type(), other.data_type())?;
                field.set_data_type(merged);
            }
            None => fields.push(other.as_ref().clone()),
        }
    }
    Some(fields.into())
}

/// Makes columns of which only nulls were seen text.
pub(crate) fn settle(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Null => DataType::Utf8,
        DataType::List(item) => DataType::List(Arc::new(settle_field(item))),
        DataType::Struct(fields) => {
            DataType::Struct(fields.iter().map(|field| settle_field(field)).collect())
        }
        other => other.clone(),
    }
}

pub(crate) fn settle_field(field: &Field) -> Field {
    field.clone().with_data_type(settle(field.data_type()))
}
