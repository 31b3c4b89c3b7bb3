//! What rows cost beyond the bytes that say so. A step can select a row of a batch many times, or let many rows point to
//! one value, in a few bytes of its own; the host counts what that would take before it, or whoever comes after, does it.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int16Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, OffsetSizeTrait, make_array};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, UnionMode};

use crate::origin::Selection;

/// Bytes of the rows of an array, validity included.
enum RowBytes {
    /// Each row takes as many.
    Same(u64),
    /// The bytes of all rows before a row, and at the end those of all.
    Sums(Vec<u64>),
}

impl RowBytes {
    fn range(&self, first: usize, end: usize) -> u64 {
        match self {
            Self::Same(bytes) => bytes.saturating_mul((end - first) as u64),
            Self::Sums(sums) => sums[end] - sums[first],
        }
    }

    fn row(&self, row: usize) -> u64 {
        self.range(row, row + 1)
    }

    /// The bytes of the row that takes the most.
    fn widest(&self) -> u64 {
        match self {
            Self::Same(bytes) => *bytes,
            Self::Sums(sums) => {
                let rows = sums.windows(2).map(|pair| pair[1] - pair[0]);
                rows.max().unwrap_or(0)
            }
        }
    }
}

/// What is counted of values that several rows can point to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shared {
    /// Nothing: gathering rows copies what points to them.
    Not,
    /// All of them, for each row again.
    Expanded,
}

/// The bytes that gathering the selected rows of an array takes, and those of all its rows.
pub(crate) fn gathered_bytes(array: &dyn Array, selection: &Selection) -> (u64, u64) {
    let bytes = row_bytes(array, Shared::Not);
    let all = bytes.range(0, array.len());
    let selected = match selection {
        Selection::All => all,
        // A slice shares what it shows.
        Selection::Range(_, _) => 0,
        Selection::Mask(mask) => match &bytes {
            RowBytes::Same(bytes) => bytes.saturating_mul(mask.true_count() as u64),
            RowBytes::Sums(_) => {
                let rows = mask.values().set_indices();
                rows.map(|row| bytes.row(row)).sum()
            }
        },
        Selection::Indices(indices) => match &bytes {
            RowBytes::Same(bytes) => bytes.saturating_mul(indices.len() as u64),
            RowBytes::Sums(_) => {
                let rows = indices.values().iter().map(|row| bytes.row(*row as usize));
                rows.fold(0_u64, u64::saturating_add)
            }
        },
    };
    (selected, all)
}

/// The bytes that an array's values would take if no two rows shared any, where its type lets rows share values or
/// have values that take nothing; `None` for all other types, whose buffers are as large as their values.
pub(crate) fn expanded_bytes(array: &dyn Array) -> Option<u64> {
    can_expand(array.data_type()).then(|| row_bytes(array, Shared::Expanded).range(0, array.len()))
}

fn can_expand(data_type: &DataType) -> bool {
    match data_type {
        DataType::Null
        | DataType::Utf8View
        | DataType::BinaryView
        | DataType::Dictionary(_, _)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::RunEndEncoded(_, _)
        | DataType::Union(_, UnionMode::Dense)
        | DataType::FixedSizeBinary(0)
        | DataType::FixedSizeList(_, 0) => true,
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => can_expand(field.data_type()),
        DataType::Struct(fields) => {
            fields.is_empty() || fields.iter().any(|field| can_expand(field.data_type()))
        }
        DataType::Union(fields, UnionMode::Sparse) => {
            let mut fields = fields.iter();
            fields.any(|(_, field)| can_expand(field.data_type()))
        }
        _ => false,
    }
}

fn row_bytes(array: &dyn Array, shared: Shared) -> RowBytes {
    let fixed = |width: usize| RowBytes::Same(width as u64 + 1);
    let text = RowBytes::Same(1);
    match array.data_type() {
        DataType::Null => fixed(0),
        DataType::Boolean => fixed(1),
        DataType::FixedSizeBinary(size) => fixed(usize::try_from(*size).unwrap_or(0)),
        DataType::Utf8 => ranges(array.as_string::<i32>().offsets(), &text),
        DataType::LargeUtf8 => ranges(array.as_string::<i64>().offsets(), &text),
        DataType::Binary => ranges(array.as_binary::<i32>().offsets(), &text),
        DataType::LargeBinary => ranges(array.as_binary::<i64>().offsets(), &text),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            ranges(list.offsets(), &row_bytes(list.values(), shared))
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            ranges(list.offsets(), &row_bytes(list.values(), shared))
        }
        DataType::Map(_, _) => {
            let map = array.as_map();
            ranges(map.offsets(), &row_bytes(map.entries(), shared))
        }
        DataType::FixedSizeList(_, 0) => fixed(0),
        DataType::FixedSizeList(_, size) => {
            let size = usize::try_from(*size).unwrap_or(0);
            let list = array.as_fixed_size_list();
            let first = list.value_offset_at(0);
            match row_bytes(list.values(), shared) {
                RowBytes::Same(bytes) => {
                    RowBytes::Same(bytes.saturating_mul(size as u64).saturating_add(1))
                }
                values => sums(array.len(), |row| {
                    let start = first + row * size;
                    values.range(start, start + size) + 1
                }),
            }
        }
        DataType::Struct(_) => together(array.len(), array.as_struct().columns(), shared),
        DataType::Union(fields, UnionMode::Sparse) => {
            let union = array.as_union();
            let children = fields.iter().map(|(id, _)| union.child(id).clone());
            together(array.len(), &children.collect::<Vec<_>>(), shared)
        }
        DataType::Union(fields, UnionMode::Dense) => {
            let union = array.as_union();
            let children = fields
                .iter()
                .map(|(id, _)| (id, row_bytes(union.child(id), shared)));
            let children: HashMap<i8, RowBytes> = children.collect();
            sums(array.len(), |row| {
                children[&union.type_id(row)].row(union.value_offset(row)) + 5
            })
        }
        DataType::RunEndEncoded(_, _) => runs(array, shared),
        _ if shared == Shared::Expanded => expanded(array),
        DataType::Utf8View | DataType::BinaryView | DataType::LargeListView(_) => fixed(16),
        DataType::ListView(_) => fixed(8),
        DataType::Dictionary(keys, _) => fixed(keys.primitive_width().unwrap_or(8)),
        other => fixed(other.primitive_width().unwrap_or(16)),
    }
}

/// Rows of the types whose rows point to values that others may point to as well, with these values.
fn expanded(array: &dyn Array) -> RowBytes {
    let view = |row: usize, view: u128| match array.is_valid(row) {
        // The lowest four bytes are the length.
        true => u64::from(view as u32) + 16,
        false => 16,
    };
    match array.data_type() {
        DataType::Utf8View => {
            let views = array.as_string_view().views();
            sums(array.len(), |row| view(row, views[row]))
        }
        DataType::BinaryView => {
            let views = array.as_binary_view().views();
            sums(array.len(), |row| view(row, views[row]))
        }
        DataType::ListView(_) => {
            let list = array.as_list_view::<i32>();
            let values = row_bytes(list.values(), Shared::Expanded);
            sums(array.len(), |row| {
                let first = list.offsets()[row] as usize;
                values.range(first, first + list.sizes()[row] as usize) + 8
            })
        }
        DataType::LargeListView(_) => {
            let list = array.as_list_view::<i64>();
            let values = row_bytes(list.values(), Shared::Expanded);
            sums(array.len(), |row| {
                let first = list.offsets()[row] as usize;
                values.range(first, first + list.sizes()[row] as usize) + 16
            })
        }
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            if dictionary.values().is_empty() {
                return RowBytes::Same(8);
            }
            let values = row_bytes(dictionary.values().as_ref(), Shared::Expanded);
            let keys = dictionary.normalized_keys();
            sums(array.len(), |row| match array.is_valid(row) {
                true => values.row(keys[row]) + 8,
                false => 8,
            })
        }
        other => RowBytes::Same(other.primitive_width().unwrap_or(16) as u64 + 1),
    }
}

/// Rows of runs take no bytes of their own, so there can be more than there is memory to count them one by one. What
/// is longer counts as if all rows were of the run whose value takes the most.
const MAX_COUNTED_RUN_ROWS: usize = 1 << 24;

/// Rows of runs. Gathered or expanded, each takes its run's value.
fn runs(array: &dyn Array, shared: Shared) -> RowBytes {
    let data = array.to_data();
    let (ends, values) = (&data.child_data()[0], &data.child_data()[1]);
    let ends = make_array(ends.clone());
    let ends: Vec<u64> = match ends.data_type() {
        DataType::Int16 => to_u64(ends.as_primitive::<Int16Type>().values()),
        DataType::Int32 => to_u64(ends.as_primitive::<Int32Type>().values()),
        _ => to_u64(ends.as_primitive::<Int64Type>().values()),
    };
    let values = row_bytes(&make_array(values.clone()), shared);
    if array.len() > MAX_COUNTED_RUN_ROWS {
        return RowBytes::Same(values.widest().saturating_add(8));
    }
    let (offset, mut run) = (data.offset() as u64, 0);
    let mut bytes = Vec::with_capacity(array.len() + 1);
    let mut sum = 0_u64;
    bytes.push(sum);
    for row in offset..offset + array.len() as u64 {
        while run + 1 < ends.len() && ends[run] <= row {
            run += 1;
        }
        sum = sum.saturating_add(values.row(run) + 8);
        bytes.push(sum);
    }
    RowBytes::Sums(bytes)
}

fn to_u64<Number: Copy + TryInto<u64>>(numbers: &[Number]) -> Vec<u64> {
    let numbers = numbers.iter().copied();
    numbers
        .map(|number| number.try_into().unwrap_or(0))
        .collect()
}

/// Rows that are ranges of other rows.
fn ranges<Offset: OffsetSizeTrait>(offsets: &OffsetBuffer<Offset>, values: &RowBytes) -> RowBytes {
    sums(offsets.len() - 1, |row| {
        let (first, end) = (offsets[row].as_usize(), offsets[row + 1].as_usize());
        values.range(first, end) + size_of::<Offset>() as u64 + 1
    })
}

/// Rows of several arrays together.
fn together(n_rows: usize, children: &[ArrayRef], shared: Shared) -> RowBytes {
    let children = children.iter().map(|child| row_bytes(child, shared));
    let children: Vec<RowBytes> = children.collect();
    let same = children.iter().try_fold(1_u64, |sum, child| match child {
        RowBytes::Same(bytes) => Some(sum.saturating_add(*bytes)),
        RowBytes::Sums(_) => None,
    });
    match same {
        Some(bytes) => RowBytes::Same(bytes),
        None => sums(n_rows, |row| {
            let bytes = children.iter().map(|child| child.row(row));
            bytes.fold(1, u64::saturating_add)
        }),
    }
}

fn sums(n_rows: usize, bytes: impl Fn(usize) -> u64) -> RowBytes {
    let mut sums = Vec::with_capacity(n_rows + 1);
    let mut sum = 0_u64;
    sums.push(sum);
    for row in 0..n_rows {
        sum = sum.saturating_add(bytes(row));
        sums.push(sum);
    }
    RowBytes::Sums(sums)
}

#[cfg(test)]
mod tests {
    use arrow_array::UInt32Array;
    use proptest::prelude::*;
    use stepwell_test_arrays::Random;

    use super::*;

    proptest! {
        /// Buffers are as large as their allocations, so a few bytes are free.
        #[test]
        fn what_is_counted_is_not_less_than_what_is_gathered(
            seed: u64,
            length in 1..100_usize,
            rows in proptest::collection::vec(any::<u32>(), 0..200),
        ) {
            let mut random = Random::new(seed);
            let field = random.field("values", 3);
            let array = random.sliced_array(&field, length);
            let rows: Vec<u32> = rows.iter().map(|row| row % array.len() as u32).collect();
            let indices = UInt32Array::from(rows);
            let (counted, _) = gathered_bytes(&array, &Selection::Indices(indices.clone()));
            let Ok(gathered) = arrow_select::take::take(&array, &indices, None) else {
                return Ok(());
            };
            // Shared parts of the types whose rows point to them: not gathered, but reported as the array's.
            let is_shared = |data_type: &DataType| matches!(
                data_type,
                DataType::Utf8View
                    | DataType::BinaryView
                    | DataType::Dictionary(_, _)
                    | DataType::ListView(_)
                    | DataType::LargeListView(_)
            );
            prop_assume!(!contains(array.data_type(), &is_shared));
            let bytes = gathered.to_data().get_slice_memory_size().unwrap_or(0) as u64;
            prop_assert!(bytes <= counted + 512, "{bytes} of {counted}: {}", array.data_type());
        }
    }

    fn contains(data_type: &DataType, wanted: &dyn Fn(&DataType) -> bool) -> bool {
        wanted(data_type)
            || match data_type {
                DataType::List(field)
                | DataType::LargeList(field)
                | DataType::FixedSizeList(field, _)
                | DataType::Map(field, _) => contains(field.data_type(), wanted),
                DataType::Struct(fields) => fields
                    .iter()
                    .any(|field| contains(field.data_type(), wanted)),
                DataType::Union(fields, _) => {
                    let mut fields = fields.iter();
                    fields.any(|(_, field)| contains(field.data_type(), wanted))
                }
                DataType::RunEndEncoded(_, field) => contains(field.data_type(), wanted),
                _ => false,
            }
    }
}
