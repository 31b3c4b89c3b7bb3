//! What gathering rows costs. A step can select a row of a batch many times, in a few bytes of its own; the host
//! counts what that would take before it does it.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, OffsetSizeTrait};
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
}

/// The bytes that gathering the selected rows of an array takes, and those of all its rows.
pub(crate) fn gathered_bytes(array: &dyn Array, selection: &Selection) -> (u64, u64) {
    let bytes = row_bytes(array);
    let all = bytes.range(0, array.len());
    let row = |row: usize| bytes.range(row, row + 1);
    let selected = match selection {
        Selection::All => all,
        // A slice shares what it shows.
        Selection::Range(_, _) => 0,
        Selection::Mask(mask) => match &bytes {
            RowBytes::Same(bytes) => bytes.saturating_mul(mask.true_count() as u64),
            RowBytes::Sums(_) => mask.values().set_indices().map(row).sum(),
        },
        Selection::Indices(indices) => match &bytes {
            RowBytes::Same(bytes) => bytes.saturating_mul(indices.len() as u64),
            RowBytes::Sums(_) => indices
                .values()
                .iter()
                .fold(0_u64, |sum, index| sum.saturating_add(row(*index as usize))),
        },
    };
    (selected, all)
}

fn row_bytes(array: &dyn Array) -> RowBytes {
    let fixed = |width: usize| RowBytes::Same(width as u64 + 1);
    match array.data_type() {
        DataType::Null => fixed(0),
        DataType::Boolean => fixed(1),
        DataType::FixedSizeBinary(size) => fixed(usize::try_from(*size).unwrap_or(0)),
        DataType::Utf8 => ranges(array.as_string::<i32>().offsets(), &RowBytes::Same(1)),
        DataType::LargeUtf8 => ranges(array.as_string::<i64>().offsets(), &RowBytes::Same(1)),
        DataType::Binary => ranges(array.as_binary::<i32>().offsets(), &RowBytes::Same(1)),
        DataType::LargeBinary => ranges(array.as_binary::<i64>().offsets(), &RowBytes::Same(1)),
        // The bytes that views point to are shared, as are the values of dictionaries and of list views.
        DataType::Utf8View | DataType::BinaryView => fixed(16),
        DataType::ListView(_) => fixed(8),
        DataType::LargeListView(_) => fixed(16),
        DataType::Dictionary(keys, _) => fixed(keys.primitive_width().unwrap_or(8)),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            ranges(list.offsets(), &row_bytes(list.values()))
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            ranges(list.offsets(), &row_bytes(list.values()))
        }
        DataType::Map(_, _) => {
            let map = array.as_map();
            ranges(map.offsets(), &row_bytes(map.entries()))
        }
        DataType::FixedSizeList(_, size) => {
            let size = usize::try_from(*size).unwrap_or(0);
            let list = array.as_fixed_size_list();
            let first = list.value_offset_at(0);
            match row_bytes(list.values()) {
                RowBytes::Same(bytes) => {
                    RowBytes::Same(bytes.saturating_mul(size as u64).saturating_add(1))
                }
                values => sums(array.len(), |row| {
                    let start = first + row * size;
                    values.range(start, start + size) + 1
                }),
            }
        }
        DataType::Struct(_) => together(array.len(), array.as_struct().columns(), 1),
        DataType::Union(fields, UnionMode::Sparse) => {
            let union = array.as_union();
            let children = fields.iter().map(|(id, _)| union.child(id).clone());
            together(array.len(), &children.collect::<Vec<_>>(), 1)
        }
        DataType::Union(fields, UnionMode::Dense) => {
            let union = array.as_union();
            let widest = fields.iter().map(|(id, _)| widest(union.child(id)));
            RowBytes::Same(5 + widest.max().unwrap_or(0))
        }
        DataType::RunEndEncoded(_, _) => {
            let data = array.to_data();
            let values = arrow_array::make_array(data.child_data()[1].clone());
            RowBytes::Same(8 + widest(&values))
        }
        other => fixed(other.primitive_width().unwrap_or(16)),
    }
}

/// Rows that are ranges of other rows.
fn ranges<Offset: OffsetSizeTrait>(offsets: &OffsetBuffer<Offset>, values: &RowBytes) -> RowBytes {
    sums(offsets.len() - 1, |row| {
        let (first, end) = (offsets[row].as_usize(), offsets[row + 1].as_usize());
        values.range(first, end) + size_of::<Offset>() as u64 + 1
    })
}

/// Rows of several arrays together.
fn together(n_rows: usize, children: &[ArrayRef], own: u64) -> RowBytes {
    let children: Vec<RowBytes> = children.iter().map(|child| row_bytes(child)).collect();
    let same = children.iter().try_fold(own, |sum, child| match child {
        RowBytes::Same(bytes) => Some(sum.saturating_add(*bytes)),
        RowBytes::Sums(_) => None,
    });
    match same {
        Some(bytes) => RowBytes::Same(bytes),
        None => sums(n_rows, |row| {
            let bytes = children.iter().map(|child| child.range(row, row + 1));
            own + bytes.sum::<u64>()
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

/// The bytes of the row that takes the most.
fn widest(array: &dyn Array) -> u64 {
    match row_bytes(array) {
        RowBytes::Same(bytes) => bytes,
        RowBytes::Sums(sums) => sums
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .max()
            .unwrap_or(0),
    }
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
