//! Fields as flat lists, with types as format strings of the Arrow C data interface
//! (<https://arrow.apache.org/docs/format/CDataInterface.html>).

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Field, FieldRef, Fields, UnionFields, UnionMode};

use crate::LayoutError;

/// The deepest nesting of a type that crosses, a column itself being level 1.
pub const MAX_NESTING: usize = 64;

/// One field of a tree, without its children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlatField {
    /// The field's name.
    pub name: String,
    /// The type; of a dictionary-encoded field, the type of the keys.
    pub format: String,
    /// Values may be null.
    pub nullable: bool,
    /// The field of the dictionary's values follows.
    pub dictionary: bool,
    /// The order of the dictionary's values has a meaning.
    pub dictionary_ordered: bool,
    /// Of a map: the entries of each map are sorted by key.
    pub map_keys_sorted: bool,
    /// How many of the fields that follow are direct children.
    pub children: u32,
    /// Keys and values, sorted by key.
    pub metadata: Vec<(String, String)>,
}

/// Writes columns' fields flat, in depth-first order.
///
/// # Errors
/// [`LayoutError::Field`] for a type that has no format string.
pub fn fields_to_flat(fields: &Fields) -> Result<Vec<FlatField>, LayoutError> {
    let mut flat = Vec::with_capacity(fields.len());
    for field in fields {
        push_field(field, &mut flat)?;
    }
    Ok(flat)
}

fn push_field(field: &Field, flat: &mut Vec<FlatField>) -> Result<(), LayoutError> {
    let mut metadata: Vec<_> = field
        .metadata()
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    metadata.sort_unstable();
    let mut entry = FlatField {
        name: field.name().clone(),
        nullable: field.is_nullable(),
        metadata,
        ..FlatField::default()
    };
    let mut children: Vec<&FieldRef> = Vec::new();
    entry.format = match field.data_type() {
        DataType::Dictionary(key, value) => {
            entry.dictionary = true;
            entry.dictionary_ordered = field.dict_is_ordered().unwrap_or(false);
            entry.format = leaf_format(field.name(), key)?;
            flat.push(entry);
            return push_field(&Field::new("", value.as_ref().clone(), true), flat);
        }
        DataType::List(child) => nested("+l", child, &mut children),
        DataType::LargeList(child) => nested("+L", child, &mut children),
        DataType::ListView(child) => nested("+vl", child, &mut children),
        DataType::LargeListView(child) => nested("+vL", child, &mut children),
        DataType::FixedSizeList(child, size) => nested(&format!("+w:{size}"), child, &mut children),
        DataType::Map(entries, sorted) => {
            entry.map_keys_sorted = *sorted;
            nested("+m", entries, &mut children)
        }
        DataType::Struct(fields) => {
            children.extend(fields.iter());
            "+s".to_owned()
        }
        DataType::RunEndEncoded(run_ends, values) => {
            children.push(run_ends);
            nested("+r", values, &mut children)
        }
        DataType::Union(fields, mode) => {
            children.extend(fields.iter().map(|(_, child)| child));
            let ids: Vec<_> = fields.iter().map(|(id, _)| id.to_string()).collect();
            let mode = if *mode == UnionMode::Dense { "d" } else { "s" };
            format!("+u{mode}:{}", ids.join(","))
        }
        leaf => leaf_format(field.name(), leaf)?,
    };
    entry.children = u32::try_from(children.len()).unwrap_or(u32::MAX);
    flat.push(entry);
    children
        .into_iter()
        .try_for_each(|child| push_field(child, flat))
}

fn nested<'a>(format: &str, child: &'a FieldRef, children: &mut Vec<&'a FieldRef>) -> String {
    children.push(child);
    format.to_owned()
}

fn leaf_format(name: &str, data_type: &DataType) -> Result<String, LayoutError> {
    FFI_ArrowSchema::try_from(data_type)
        .map(|schema| schema.format().to_owned())
        .map_err(|error| field_error(name, error.to_string()))
}

/// Reads flat fields back. Nothing in them is believed: the result holds only types that arrays can be
/// made of.
///
/// # Errors
/// [`LayoutError::Field`] for an unknown format or children that do not fit it, [`LayoutError::TooDeep`],
/// [`LayoutError::Count`] when the list ends inside a tree.
pub fn fields_from_flat(flat: &[FlatField]) -> Result<Fields, LayoutError> {
    let mut rest = flat.iter();
    let mut fields = Vec::new();
    while !rest.as_slice().is_empty() {
        fields.push(take_field(&mut rest, flat.len(), 1)?);
    }
    Ok(fields.into())
}

fn take_field(
    rest: &mut std::slice::Iter<'_, FlatField>,
    total: usize,
    level: usize,
) -> Result<FieldRef, LayoutError> {
    if level > MAX_NESTING {
        return Err(LayoutError::TooDeep);
    }
    let Some(flat) = rest.next() else {
        return Err(LayoutError::Count {
            what: "fields",
            expected: total + 1,
            got: total,
        });
    };
    let n_children = flat.children as usize;
    if n_children > rest.as_slice().len() {
        return Err(LayoutError::Count {
            what: "fields",
            expected: total - rest.as_slice().len() + n_children,
            got: total,
        });
    }
    let mut children = Vec::with_capacity(n_children);
    for _ in 0..n_children {
        children.push(take_field(rest, total, level + 1)?);
    }
    let mut data_type = type_from_format(flat, children)?;
    if flat.dictionary {
        if !data_type.is_dictionary_key_type() {
            return Err(field_error(
                &flat.name,
                format!("`{}` cannot be a dictionary's keys", flat.format),
            ));
        }
        let values = take_field(rest, total, level + 1)?;
        data_type = DataType::Dictionary(Box::new(data_type), Box::new(values.data_type().clone()));
    }
    #[allow(deprecated)] // The only constructor that keeps the order of a dictionary.
    let field = if flat.dictionary_ordered {
        Field::new_dict(&flat.name, data_type, flat.nullable, 0, true)
    } else {
        Field::new(&flat.name, data_type, flat.nullable)
    };
    let metadata: HashMap<_, _> = flat.metadata.iter().cloned().collect();
    Ok(Arc::new(field.with_metadata(metadata)))
}

fn type_from_format(
    flat: &FlatField,
    mut children: Vec<FieldRef>,
) -> Result<DataType, LayoutError> {
    let format = flat.format.as_str();
    let fail = |reason: String| Err(field_error(&flat.name, reason));
    let expected = match format {
        "+l" | "+L" | "+vl" | "+vL" | "+m" => Some(1),
        "+r" => Some(2),
        "+s" => None,
        _ if format.starts_with("+w:") => Some(1),
        _ if format.starts_with("+ud:") || format.starts_with("+us:") => None,
        _ => Some(0),
    };
    if expected.is_some_and(|expected| expected != children.len()) {
        return fail(format!(
            "format `{format}` takes {} children, got {}",
            expected.unwrap_or(0),
            children.len()
        ));
    }
    let mut child = || children.remove(0);
    Ok(match format {
        "+l" => DataType::List(child()),
        "+L" => DataType::LargeList(child()),
        "+vl" => DataType::ListView(child()),
        "+vL" => DataType::LargeListView(child()),
        "+m" => {
            let entries = child();
            let shape = matches!(entries.data_type(), DataType::Struct(fields)
                if fields.len() == 2 && !fields[0].is_nullable());
            if !shape || entries.is_nullable() {
                return fail(
                    "a map's entries are a non-null struct of a non-null key and a value"
                        .to_owned(),
                );
            }
            DataType::Map(entries, flat.map_keys_sorted)
        }
        "+r" => {
            let run_ends = child();
            if !run_ends.data_type().is_run_ends_type() || run_ends.is_nullable() {
                return fail("run ends are non-null int16, int32 or int64".to_owned());
            }
            DataType::RunEndEncoded(run_ends, child())
        }
        "+s" => DataType::Struct(children.into()),
        _ => {
            if let Some(size) = format.strip_prefix("+w:") {
                match size.parse::<i32>() {
                    Ok(size) if size >= 0 => DataType::FixedSizeList(child(), size),
                    _ => return fail(format!("`{size}` is not a list size")),
                }
            } else if let Some(ids) = format.strip_prefix("+ud:") {
                DataType::Union(union_fields(flat, ids, children)?, UnionMode::Dense)
            } else if let Some(ids) = format.strip_prefix("+us:") {
                DataType::Union(union_fields(flat, ids, children)?, UnionMode::Sparse)
            } else {
                leaf_from_format(flat)?
            }
        }
    })
}

fn union_fields(
    flat: &FlatField,
    ids: &str,
    children: Vec<FieldRef>,
) -> Result<UnionFields, LayoutError> {
    let parsed: Result<Vec<i8>, _> = ids
        .split(',')
        .filter(|id| !id.is_empty())
        .map(str::parse)
        .collect();
    let ids = match parsed {
        Ok(ids) if ids.len() == children.len() && ids.iter().all(|id| *id >= 0) => ids,
        _ => {
            return Err(field_error(
                &flat.name,
                format!(
                    "`{ids}` does not give a type id for each of {} children",
                    children.len()
                ),
            ));
        }
    };
    UnionFields::try_new(ids, children).map_err(|error| field_error(&flat.name, error.to_string()))
}

fn leaf_from_format(flat: &FlatField) -> Result<DataType, LayoutError> {
    let unknown = || {
        field_error(
            &flat.name,
            format!("`{}` is not a format string", flat.format),
        )
    };
    // The parser below takes a C string.
    if flat.format.contains('\0') || flat.format.starts_with('+') {
        return Err(unknown());
    }
    let data_type = FFI_ArrowSchema::try_new(&flat.format, Vec::new(), None)
        .and_then(|schema| DataType::try_from(&schema))
        .map_err(|_| unknown())?;
    let valid = match data_type {
        DataType::FixedSizeBinary(size) => size >= 0,
        DataType::Decimal32(precision, scale) => decimal(precision, scale, 9),
        DataType::Decimal64(precision, scale) => decimal(precision, scale, 18),
        DataType::Decimal128(precision, scale) => decimal(precision, scale, 38),
        DataType::Decimal256(precision, scale) => decimal(precision, scale, 76),
        _ => true,
    };
    if valid { Ok(data_type) } else { Err(unknown()) }
}

/// Whether a precision (digits) and a scale (of which after the point) are ones that the width holds.
fn decimal(precision: u8, scale: i8, max_precision: u8) -> bool {
    let scale_holds = scale <= 0 || scale.unsigned_abs() <= precision;
    (1..=max_precision).contains(&precision) && scale_holds && scale.unsigned_abs() <= max_precision
}

fn field_error(field: &str, reason: String) -> LayoutError {
    LayoutError::Field {
        field: field.to_owned(),
        reason,
    }
}
