//! One growing dictionary for each column, as the Arrow file format asks for.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::ArrowDictionaryKeyType;
use arrow_array::{
    AnyDictionaryArray, Array, ArrayRef, DictionaryArray, PrimitiveArray, RecordBatch, UInt64Array,
    downcast_integer, new_empty_array,
};
use arrow_buffer::ArrowNativeType;
use arrow_row::{OwnedRow, RowConverter, SortField};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::concat::concat;
use arrow_select::take::take;

use super::EncodeError;

/// Rewrites the dictionaries of batches so that each starts with the values of the one before: a file has one
/// dictionary for a column, which may only grow. Dictionaries within nested columns are left as they are.
pub(super) struct DictionaryMerger {
    /// By column; `None` where it has no dictionary.
    columns: Vec<Option<Column>>,
}

struct Column {
    name: String,
    values: ArrayRef,
    positions: HashMap<OwnedRow, usize>,
    rows: Option<RowConverter>,
}

impl DictionaryMerger {
    pub(super) fn new(schema: &SchemaRef) -> Self {
        let columns = schema
            .fields()
            .iter()
            .map(|field| match field.data_type() {
                DataType::Dictionary(_, values) => Some(Column {
                    name: field.name().clone(),
                    values: new_empty_array(values),
                    positions: HashMap::new(),
                    rows: RowConverter::new(vec![SortField::new(values.as_ref().clone())]).ok(),
                }),
                _ => None,
            })
            .collect();
        Self { columns }
    }

    pub(super) fn merge(&mut self, batch: &RecordBatch) -> Result<RecordBatch, EncodeError> {
        let columns = batch
            .columns()
            .iter()
            .zip(&mut self.columns)
            .map(
                |(array, column)| match (column, array.as_any_dictionary_opt()) {
                    (Some(column), Some(dictionary)) => column.merge(array, dictionary),
                    _ => Ok(array.clone()),
                },
            )
            .collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            return Ok(batch.clone());
        }
        RecordBatch::try_new(batch.schema(), columns).map_err(|error| error.to_string())
    }
}

impl Column {
    fn merge(
        &mut self,
        array: &ArrayRef,
        dictionary: &dyn AnyDictionaryArray,
    ) -> Result<ArrayRef, EncodeError> {
        let found = dictionary.values();
        let Some(converter) = &self.rows else {
            return Ok(array.clone());
        };
        let rows = converter
            .convert_columns(std::slice::from_ref(found))
            .map_err(|error| error.to_string())?;
        let mut added: Vec<u64> = Vec::new();
        let mut mapping: Vec<usize> = Vec::with_capacity(found.len());
        for (index, row) in rows.iter().enumerate() {
            let next = self.positions.len();
            let position = *self.positions.entry(row.owned()).or_insert(next);
            if position == next {
                added.push(index as u64);
            }
            mapping.push(position);
        }
        if !added.is_empty() {
            let added =
                take(found, &UInt64Array::from(added), None).map_err(|error| error.to_string())?;
            self.values = concat(&[self.values.as_ref(), added.as_ref()])
                .map_err(|error| error.to_string())?;
        }
        let DataType::Dictionary(key_type, _) = array.data_type() else {
            return Ok(array.clone());
        };
        macro_rules! with_keys {
            ($key:ty) => {
                rekey::<$key>(&self.name, array, &mapping, &self.values)
            };
        }
        downcast_integer! {
            key_type.as_ref() => (with_keys),
            _ => Ok(array.clone())
        }
    }
}

fn rekey<K: ArrowDictionaryKeyType>(
    name: &str,
    array: &ArrayRef,
    mapping: &[usize],
    values: &ArrayRef,
) -> Result<ArrayRef, EncodeError> {
    let keys: PrimitiveArray<K> = array
        .as_dictionary::<K>()
        .keys()
        .iter()
        .map(|key| match key {
            None => Ok(None),
            Some(key) => {
                let position = mapping.get(key.as_usize()).copied().unwrap_or_default();
                K::Native::from_usize(position).map(Some).ok_or_else(|| {
                    format!(
                        "column `{name}` has {} different values in all, more than its keys of type `{}` can count",
                        values.len(),
                        K::DATA_TYPE
                    )
                })
            }
        })
        .collect::<Result<_, _>>()?;
    let merged =
        DictionaryArray::<K>::try_new(keys, values.clone()).map_err(|error| error.to_string())?;
    Ok(Arc::new(merged))
}
