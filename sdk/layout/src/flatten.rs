//! Arrays to nodes and buffers.
//!
//! Slices are cut to what they show: offsets are rebased to 0 and only the values that they reach are
//! written, so that a slice costs what its rows cost, not what the array behind it holds.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    BinaryViewType, ByteArrayType, ByteViewType, GenericBinaryType, GenericStringType, Int16Type,
    Int32Type, Int64Type, RunEndIndexType, StringViewType,
};
use arrow_array::{
    Array, ArrayRef, GenericByteArray, GenericByteViewArray, GenericListArray,
    GenericListViewArray, OffsetSizeTrait, RunArray, UnionArray,
};
use arrow_buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType};

use crate::{Flat, LayoutError, Node};

/// Writes an array as nodes and buffers in depth-first order, sharing its buffers where they can be
/// shared.
///
/// # Errors
/// [`LayoutError::Values`] for a type that this version of Arrow cannot slice.
pub fn flatten(array: &dyn Array) -> Result<Flat, LayoutError> {
    let mut flat = Flat::default();
    push(array, &mut flat)?;
    Ok(flat)
}

fn push(array: &dyn Array, flat: &mut Flat) -> Result<(), LayoutError> {
    match array.data_type() {
        DataType::Null => push_node(array, flat, None, []),
        DataType::Boolean => {
            let values = array.as_boolean().values();
            push_node(
                array,
                flat,
                validity(array),
                [values.inner().bit_slice(values.offset(), values.len())],
            );
        }
        DataType::Utf8 => push_bytes::<GenericStringType<i32>>(array.as_bytes(), flat),
        DataType::LargeUtf8 => push_bytes::<GenericStringType<i64>>(array.as_bytes(), flat),
        DataType::Binary => push_bytes::<GenericBinaryType<i32>>(array.as_bytes(), flat),
        DataType::LargeBinary => push_bytes::<GenericBinaryType<i64>>(array.as_bytes(), flat),
        DataType::Utf8View => push_views::<StringViewType>(array.as_byte_view(), flat),
        DataType::BinaryView => push_views::<BinaryViewType>(array.as_byte_view(), flat),
        DataType::FixedSizeBinary(size) => {
            let values = array.as_fixed_size_binary();
            let length = values.len() * usize::try_from(*size).unwrap_or(0);
            push_node(
                array,
                flat,
                validity(array),
                [Buffer::from(&values.value_data()[..length])],
            );
        }
        DataType::List(_) => return push_list::<i32>(array.as_list(), flat),
        DataType::LargeList(_) => return push_list::<i64>(array.as_list(), flat),
        DataType::Map(_, _) => {
            let map = array.as_map();
            let (offsets, first, length) = rebased(map.offsets());
            push_node(array, flat, validity(array), [offsets]);
            return push(&map.entries().slice(first, length), flat);
        }
        DataType::ListView(_) => return push_list_view::<i32>(array.as_list_view(), flat),
        DataType::LargeListView(_) => return push_list_view::<i64>(array.as_list_view(), flat),
        DataType::FixedSizeList(_, size) => {
            let list = array.as_fixed_size_list();
            push_node(array, flat, validity(array), []);
            let length = list.len() * usize::try_from(*size).unwrap_or(0);
            return push(&list.values().slice(0, length), flat);
        }
        DataType::Struct(_) => {
            push_node(array, flat, validity(array), []);
            return array
                .as_struct()
                .columns()
                .iter()
                .try_for_each(|column| push(column, flat));
        }
        DataType::Union(_, _) => return push_union(array.as_union(), flat),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            push_primitive(dictionary.keys(), flat)?;
            return push(dictionary.values(), flat);
        }
        DataType::RunEndEncoded(run_ends, _) => {
            return match run_ends.data_type() {
                DataType::Int16 => push_runs::<Int16Type>(array.as_run(), flat),
                DataType::Int32 => push_runs::<Int32Type>(array.as_run(), flat),
                _ => push_runs::<Int64Type>(array.as_run(), flat),
            };
        }
        _ => return push_primitive(array, flat),
    }
    Ok(())
}

fn push_node<const N: usize>(
    array: &dyn Array,
    flat: &mut Flat,
    validity: Option<Buffer>,
    buffers: [Buffer; N],
) {
    // Null, union and run-end encoded arrays have no validity of their own: they do not come here with
    // one, and are told apart by their type when they are read.
    let with_validity = !matches!(
        array.data_type(),
        DataType::Null | DataType::Union(_, _) | DataType::RunEndEncoded(_, _)
    );
    if with_validity {
        flat.buffers.push(validity.unwrap_or_default());
    }
    flat.buffers.extend(buffers);
    flat.nodes.push(Node {
        length: array.len() as u64,
        null_count: array.null_count() as u64,
        buffers: (N + usize::from(with_validity)) as u32,
    });
}

/// The validity buffer from bit 0; none where there are no nulls.
fn validity(array: &dyn Array) -> Option<Buffer> {
    let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0)?;
    Some(nulls.buffer().bit_slice(nulls.offset(), nulls.len()))
}

fn push_primitive(array: &dyn Array, flat: &mut Flat) -> Result<(), LayoutError> {
    let key_type = match array.data_type() {
        DataType::Dictionary(key, _) => key,
        other => other,
    };
    let Some(width) = key_type.primitive_width() else {
        return Err(LayoutError::Values(ArrowError::NotYetImplemented(format!(
            "arrays of type {}",
            array.data_type()
        ))));
    };
    let data = array.to_data();
    let values = data.buffers()[0].slice_with_length(data.offset() * width, data.len() * width);
    push_node(array, flat, validity(array), [values]);
    Ok(())
}

/// Offsets that start at 0, and the range of values that they reach: its first and its length.
fn rebased<O: OffsetSizeTrait>(offsets: &OffsetBuffer<O>) -> (Buffer, usize, usize) {
    let first = offsets[0];
    let last = offsets[offsets.len() - 1];
    let buffer = if first == O::zero() {
        offsets.inner().inner().clone()
    } else {
        offsets
            .iter()
            .map(|offset| *offset - first)
            .collect::<ScalarBuffer<O>>()
            .into_inner()
    };
    (buffer, first.as_usize(), (last - first).as_usize())
}

fn push_bytes<T: ByteArrayType>(array: &GenericByteArray<T>, flat: &mut Flat) {
    let (offsets, first, length) = rebased(array.offsets());
    let values = array.values().slice_with_length(first, length);
    push_node(array, flat, validity(array), [offsets, values]);
}

fn push_views<T: ByteViewType>(array: &GenericByteViewArray<T>, flat: &mut Flat) {
    // A slice keeps all data buffers of the array it was cut from. Where most of them is not
    // shown, copying what is shown is cheaper than sending the rest.
    let held: usize = array.data_buffers().iter().map(Buffer::len).sum();
    let compact;
    let array = if held > 2 * array.total_buffer_bytes_used() {
        compact = array.gc();
        &compact
    } else {
        array
    };
    push_node(
        array,
        flat,
        validity(array),
        [array.views().inner().clone()],
    );
    let data = array.data_buffers();
    flat.buffers.extend(data.iter().cloned());
    if let Some(node) = flat.nodes.last_mut() {
        node.buffers += data.len() as u32;
    }
}

fn push_list<O: OffsetSizeTrait>(
    array: &GenericListArray<O>,
    flat: &mut Flat,
) -> Result<(), LayoutError> {
    let (offsets, first, length) = rebased(array.offsets());
    push_node(array, flat, validity(array), [offsets]);
    push(&array.values().slice(first, length), flat)
}

fn push_list_view<O: OffsetSizeTrait>(
    array: &GenericListViewArray<O>,
    flat: &mut Flat,
) -> Result<(), LayoutError> {
    let reached = array
        .offsets()
        .iter()
        .zip(array.sizes())
        .filter(|(_, size)| **size > O::zero())
        .map(|(offset, size)| (offset.as_usize(), (*offset + *size).as_usize()));
    let (first, end) = reached
        .reduce(|(first, end), (start, stop)| (first.min(start), end.max(stop)))
        .unwrap_or((0, 0));
    let base = O::usize_as(first);
    // The offset of an empty list may point anywhere; it is written as 0.
    let offsets = array.offsets().iter().zip(array.sizes());
    let offsets: ScalarBuffer<O> = offsets
        .map(|(offset, size)| {
            if *size > O::zero() {
                *offset - base
            } else {
                O::zero()
            }
        })
        .collect();
    push_node(
        array,
        flat,
        validity(array),
        [offsets.into_inner(), array.sizes().inner().clone()],
    );
    push(&array.values().slice(first, end - first), flat)
}

fn push_union(array: &UnionArray, flat: &mut Flat) -> Result<(), LayoutError> {
    let type_ids = array.type_ids().inner().clone();
    match array.offsets() {
        Some(offsets) => push_node(array, flat, None, [type_ids, offsets.inner().clone()]),
        None => push_node(array, flat, None, [type_ids]),
    }
    array
        .fields()
        .iter()
        .try_for_each(|(type_id, _)| push(array.child(type_id), flat))
}

fn push_runs<R: RunEndIndexType>(array: &RunArray<R>, flat: &mut Flat) -> Result<(), LayoutError> {
    push_node(array, flat, None, []);
    let run_ends: ScalarBuffer<R::Native> = array.run_ends().sliced_values().collect();
    let n_runs = run_ends.len();
    flat.buffers
        .extend([Buffer::default(), run_ends.into_inner()]);
    flat.nodes.push(Node {
        length: n_runs as u64,
        null_count: 0,
        buffers: 2,
    });
    let first = array.get_start_physical_index();
    let values: ArrayRef = array.values().slice(first, n_runs);
    push(&values, flat)
}
