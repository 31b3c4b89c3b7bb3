//! Whether a file has the columns of its source, and where.

use std::sync::Arc;

use arrow_schema::{Field, Schema};

use super::ReadRequest;
use crate::error::ConnectError;
use crate::type_name::type_name;

/// Where a file that says its types has the columns of the projection.
pub(super) fn positions_of_fields(
    request: &ReadRequest,
    file: &Arc<str>,
    found: &Schema,
) -> Result<Vec<usize>, ConnectError> {
    let differences = schema_differences(&request.schema, found);
    if !differences.is_empty() {
        return Err(mismatch(request, file, differences));
    }
    let names: Vec<&str> = found
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    Ok(positions(request, &names))
}

/// Where a file that only says its columns' names has the columns of the projection.
pub(super) fn positions_of_names(
    request: &ReadRequest,
    file: &Arc<str>,
    found: &[String],
) -> Result<Vec<usize>, ConnectError> {
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let differences = name_differences(&request.schema, &found);
    if !differences.is_empty() {
        return Err(mismatch(request, file, differences));
    }
    Ok(positions(request, &found))
}

fn positions(request: &ReadRequest, found: &[&str]) -> Vec<usize> {
    // Both sides have the same names; where a name is there twice, its turn decides.
    let schema = &request.schema;
    request
        .projection
        .iter()
        .map(|&wanted| {
            let name = schema.field(wanted).name();
            let turn = schema.fields()[..wanted]
                .iter()
                .filter(|field| field.name() == name)
                .count();
            found
                .iter()
                .enumerate()
                .filter(|(_, other)| *other == name)
                .nth(turn)
                .map_or(wanted, |(position, _)| position)
        })
        .collect()
}

fn mismatch(request: &ReadRequest, file: &Arc<str>, differences: Vec<String>) -> ConnectError {
    ConnectError::SchemaMismatch {
        dataset: request.context.dataset.clone(),
        file: file.clone(),
        first_file: request.first_file.clone(),
        differences,
    }
}

/// In what a file's columns differ from those of its source: names, and types where both say them.
pub(crate) fn schema_differences(expected: &Schema, found: &Schema) -> Vec<String> {
    let names: Vec<&str> = found
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let mut differences = name_differences(expected, &names);
    for field in expected.fields() {
        let Ok(other) = found.field_with_name(field.name()) else {
            continue;
        };
        differences.extend(field_difference(field, other));
    }
    differences
}

fn field_difference(expected: &Field, found: &Field) -> Option<String> {
    let name = expected.name();
    if expected.data_type() != found.data_type() {
        return Some(format!(
            "`{name}` is `{}` instead of `{}`",
            type_name(found.data_type()),
            type_name(expected.data_type())
        ));
    }
    (found.is_nullable() && !expected.is_nullable()).then(|| format!("`{name}` may have nulls"))
}

fn name_differences(expected: &Schema, found: &[&str]) -> Vec<String> {
    let count = |names: &mut dyn Iterator<Item = &str>, name: &str| {
        names.filter(|other| *other == name).count()
    };
    let mut missing: Vec<String> = Vec::new();
    for field in expected.fields() {
        let name = field.name();
        let wanted = count(
            &mut expected.fields().iter().map(|field| field.name().as_str()),
            name,
        );
        if count(&mut found.iter().copied(), name) < wanted && !missing.contains(name) {
            missing.push(name.clone());
        }
    }
    let mut surplus: Vec<String> = Vec::new();
    for name in found {
        let wanted = count(
            &mut expected.fields().iter().map(|field| field.name().as_str()),
            name,
        );
        if count(&mut found.iter().copied(), name) > wanted
            && !surplus.iter().any(|other| other == name)
        {
            surplus.push((*name).to_owned());
        }
    }
    let mut differences = Vec::new();
    if !missing.is_empty() {
        differences.push(format!("it lacks {}", crate::hint::name_list(&missing)));
    }
    if !surplus.is_empty() {
        differences.push(format!(
            "it has {} besides",
            crate::hint::name_list(&surplus)
        ));
    }
    differences
}
