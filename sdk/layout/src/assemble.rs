//! Nodes and buffers to arrays.

use arrow_array::{Array, ArrayRef, make_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, bit_util};
use arrow_data::{ArrayData, ArrayDataBuilder, decimal};
use arrow_schema::{ArrowError, DataType, Field, UnionMode};

use crate::{Flat, LayoutError, Node};

/// Makes an array of nodes and buffers that are not trusted: everything is checked that Arrow code may
/// rely on (lengths, offsets, UTF-8, keys, run ends, type ids, views, precision, nulls in non-null
/// children). Null counts are counted, not taken.
///
/// # Errors
/// [`LayoutError::Count`] when there are too few or too many nodes or buffers,
/// [`LayoutError::Values`] when a value is not valid.
pub fn assemble(data_type: &DataType, flat: Flat) -> Result<ArrayRef, LayoutError> {
    build::<true>(data_type, flat)
}

/// Makes an array of nodes and buffers that the host gave: what is inside them is not checked again.
///
/// # Errors
/// [`LayoutError::Count`] when there are too few or too many nodes or buffers.
pub fn assemble_trusted(data_type: &DataType, flat: Flat) -> Result<ArrayRef, LayoutError> {
    build::<false>(data_type, flat)
}

/// `CHECKED`: whether what is inside the buffers is checked. Known when compiled, so that a step that trusts its
/// host does not carry the code of the checks.
fn build<const CHECKED: bool>(data_type: &DataType, flat: Flat) -> Result<ArrayRef, LayoutError> {
    let n_nodes = flat.nodes.len();
    let n_buffers = flat.buffers.len();
    let mut reader = Reader::<CHECKED> {
        nodes: flat.nodes.into_iter(),
        buffers: flat.buffers.into_iter(),
        n_nodes,
        n_buffers,
    };
    let data = reader.array(data_type)?;
    let nodes_left = reader.nodes.len();
    if nodes_left > 0 {
        return Err(LayoutError::Count {
            what: "nodes",
            expected: n_nodes - nodes_left,
            got: n_nodes,
        });
    }
    let buffers_left = reader.buffers.len();
    if buffers_left > 0 {
        return Err(LayoutError::Count {
            what: "buffers",
            expected: n_buffers - buffers_left,
            got: n_buffers,
        });
    }
    Ok(make_array(data))
}

struct Reader<const CHECKED: bool> {
    nodes: std::vec::IntoIter<Node>,
    buffers: std::vec::IntoIter<Buffer>,
    n_nodes: usize,
    n_buffers: usize,
}

impl<const CHECKED: bool> Reader<CHECKED> {
    fn array(&mut self, data_type: &DataType) -> Result<ArrayData, LayoutError> {
        let node = self.nodes.next().ok_or(LayoutError::Count {
            what: "nodes",
            expected: self.n_nodes + 1,
            got: self.n_nodes,
        })?;
        let length = Some(node.length)
            // Far beyond any batch; keeps every size computed below from overflowing.
            .filter(|length| *length <= 1 << 40)
            .and_then(|length| usize::try_from(length).ok())
            .ok_or_else(|| invalid(format!("an array of {} values", node.length)))?;
        let mut buffers = self.node_buffers(node)?;
        let nulls = if has_validity(data_type) {
            let validity = if buffers.is_empty() {
                Buffer::default()
            } else {
                buffers.remove(0)
            };
            null_buffer(validity, length, data_type)?
        } else {
            None
        };
        self.expect_buffers(data_type, &mut buffers)?;
        cut_to_length(data_type, length, &mut buffers)?;
        let mut children = Vec::new();
        for child in child_types(data_type) {
            children.push(self.array(child)?);
        }
        check_children(data_type, length, &children)?;
        if CHECKED {
            check_decimals(data_type, length, nulls.as_ref(), &buffers)?;
            check_logical_nulls(data_type, nulls.as_ref(), &children)?;
        }
        let builder = ArrayDataBuilder::new(data_type.clone())
            .len(length)
            .nulls(nulls)
            .buffers(buffers)
            .child_data(children);
        self.finish(builder)
    }

    fn node_buffers(&mut self, node: Node) -> Result<Vec<Buffer>, LayoutError> {
        let wanted = node.buffers as usize;
        let left = self.buffers.len();
        if wanted > left {
            return Err(LayoutError::Count {
                what: "buffers",
                expected: self.n_buffers - left + wanted,
                got: self.n_buffers,
            });
        }
        Ok(self.buffers.by_ref().take(wanted).collect())
    }

    fn expect_buffers(
        &self,
        data_type: &DataType,
        buffers: &mut [Buffer],
    ) -> Result<(), LayoutError> {
        let expected = n_value_buffers(data_type);
        let variadic = matches!(data_type, DataType::Utf8View | DataType::BinaryView);
        if buffers.len() == expected || (variadic && buffers.len() > expected) {
            return Ok(());
        }
        let validity = usize::from(has_validity(data_type));
        Err(LayoutError::Count {
            what: "buffers",
            expected: expected + validity,
            got: buffers.len() + validity,
        })
    }

    #[allow(unsafe_code)]
    fn finish(&self, builder: ArrayDataBuilder) -> Result<ArrayData, LayoutError> {
        if CHECKED {
            return Ok(builder.align_buffers(true).build()?);
        }
        // SAFETY: the caller vouches for what is inside the buffers: they came from the host, whose arrays are
        // valid. Their number and the children's lengths were checked above; alignment is mended here, by copying
        // where it must be.
        Ok(unsafe { builder.align_buffers(true).build_unchecked() })
    }
}

fn has_validity(data_type: &DataType) -> bool {
    !matches!(
        data_type,
        DataType::Null | DataType::Union(_, _) | DataType::RunEndEncoded(_, _)
    )
}

/// Buffers besides validity; of view types, besides the data buffers.
fn n_value_buffers(data_type: &DataType) -> usize {
    match data_type {
        DataType::Null
        | DataType::Struct(_)
        | DataType::FixedSizeList(_, _)
        | DataType::RunEndEncoded(_, _) => 0,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => 2,
        DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::Union(_, UnionMode::Dense) => 2,
        _ => 1,
    }
}

fn child_types(data_type: &DataType) -> Vec<&DataType> {
    match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => vec![field.data_type()],
        DataType::Struct(fields) => fields.iter().map(|field| field.data_type()).collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, field)| field.data_type()).collect(),
        DataType::Dictionary(_, values) => vec![values],
        DataType::RunEndEncoded(run_ends, values) => vec![run_ends.data_type(), values.data_type()],
        _ => Vec::new(),
    }
}

fn null_buffer(
    validity: Buffer,
    length: usize,
    data_type: &DataType,
) -> Result<Option<NullBuffer>, LayoutError> {
    if validity.is_empty() {
        return Ok(None);
    }
    if validity.len() < bit_util::ceil(length, 8) {
        return Err(invalid(format!(
            "a validity buffer of {} bytes for {length} values of type {data_type}",
            validity.len()
        )));
    }
    let nulls = NullBuffer::new(BooleanBuffer::new(validity, 0, length));
    Ok((nulls.null_count() > 0).then_some(nulls))
}

/// Cuts the buffers of fixed width to what the length needs: they may be longer, and Arrow code panics on a
/// buffer that ends inside a value.
fn cut_to_length(
    data_type: &DataType,
    length: usize,
    buffers: &mut [Buffer],
) -> Result<(), LayoutError> {
    let (widths, has_offsets): (&[usize], bool) = match data_type {
        DataType::Boolean => {
            let bytes = bit_util::ceil(length, 8);
            return cut(data_type, length, bytes, &mut buffers[0]);
        }
        DataType::Utf8 | DataType::Binary | DataType::List(_) | DataType::Map(_, _) => (&[4], true),
        DataType::LargeUtf8 | DataType::LargeBinary | DataType::LargeList(_) => (&[8], true),
        DataType::Utf8View | DataType::BinaryView => (&[16], false),
        DataType::ListView(_) => (&[4, 4], false),
        DataType::LargeListView(_) => (&[8, 8], false),
        DataType::Union(_, UnionMode::Sparse) => (&[1], false),
        DataType::Union(_, UnionMode::Dense) => (&[1, 4], false),
        DataType::FixedSizeBinary(size) => (&[usize::try_from(*size).unwrap_or(0)], false),
        DataType::Dictionary(keys, _) => (&[keys.primitive_width().unwrap_or(0)], false),
        other => match other.primitive_width() {
            Some(width) => (&[width], false),
            None => return Ok(()),
        },
    };
    // An empty array may leave its offsets out; Arrow code wants the one offset that even an empty array has.
    if has_offsets && length == 0 && buffers[0].is_empty() {
        buffers[0] = Buffer::from(vec![0_u8; widths[0]]);
    }
    for (buffer, width) in buffers.iter_mut().zip(widths) {
        let n_values = length + usize::from(has_offsets);
        let bytes = n_values
            .checked_mul(*width)
            .ok_or_else(|| invalid(format!("{n_values} values of {width} bytes")))?;
        cut(data_type, length, bytes, buffer)?;
    }
    Ok(())
}

fn cut(
    data_type: &DataType,
    length: usize,
    n_bytes: usize,
    buffer: &mut Buffer,
) -> Result<(), LayoutError> {
    if buffer.len() < n_bytes {
        return Err(invalid(format!(
            "a buffer of {} bytes where {length} values of type {data_type} need {n_bytes}",
            buffer.len()
        )));
    }
    if buffer.len() > n_bytes {
        *buffer = buffer.slice_with_length(0, n_bytes);
    }
    Ok(())
}

/// What the children's lengths must be, where the type says so: Arrow's own check compares them only
/// for some types.
fn check_children(
    data_type: &DataType,
    length: usize,
    children: &[ArrayData],
) -> Result<(), LayoutError> {
    let expected = match data_type {
        DataType::Struct(_) | DataType::Union(_, UnionMode::Sparse) => length,
        DataType::FixedSizeList(_, size) => length
            .checked_mul(usize::try_from(*size).unwrap_or(0))
            .ok_or_else(|| invalid(format!("{length} lists of {size} values")))?,
        DataType::RunEndEncoded(_, _) => children[0].len(),
        _ => return Ok(()),
    };
    match children.iter().find(|child| child.len() != expected) {
        None => Ok(()),
        Some(child) => Err(invalid(format!(
            "a child of {} values where {data_type} of {length} needs {expected}",
            child.len()
        ))),
    }
}

/// Whether children that may hold no null hold none of those that are not in a validity buffer: keys of null values, runs
/// of nulls, members of a union. Arrow's own check of buffers does not look at these, and its code panics on them.
fn check_logical_nulls(
    data_type: &DataType,
    nulls: Option<&NullBuffer>,
    children: &[ArrayData],
) -> Result<(), LayoutError> {
    let fields: Vec<&Field> = match data_type {
        DataType::Struct(fields) => fields.iter().map(AsRef::as_ref).collect(),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _) => vec![field.as_ref()],
        _ => return Ok(()),
    };
    for (field, child) in fields.into_iter().zip(children) {
        let has_validity = has_validity(field.data_type())
            && !matches!(field.data_type(), DataType::Dictionary(_, _));
        if field.is_nullable() || has_validity {
            continue;
        }
        let Some(found) = make_array(child.clone()).logical_nulls() else {
            continue;
        };
        // Values below a null are not seen; only lists of any size may not say so.
        let is_hidden = match (data_type, nulls) {
            (DataType::Struct(_), Some(nulls)) => nulls.contains(&found),
            (DataType::FixedSizeList(_, size), Some(nulls)) => nulls
                .expand(usize::try_from(*size).unwrap_or(0))
                .contains(&found),
            _ => false,
        };
        if found.null_count() > 0 && !is_hidden {
            return Err(invalid(format!(
                "nulls in `{}` of {data_type}, which may hold none",
                field.name()
            )));
        }
    }
    Ok(())
}

fn check_decimals(
    data_type: &DataType,
    length: usize,
    nulls: Option<&NullBuffer>,
    buffers: &[Buffer],
) -> Result<(), LayoutError> {
    macro_rules! check {
        ($native:ty, $precision:expr, $scale:expr, $validate:path) => {{
            let width = size_of::<$native>();
            // Too short a buffer is found by Arrow's own check.
            for (index, bytes) in buffers[0].chunks_exact(width).take(length).enumerate() {
                if nulls.is_none_or(|nulls| nulls.is_valid(index)) {
                    let value = <$native>::from_le_bytes(bytes.try_into().unwrap_or_default());
                    $validate(value, $precision, $scale)?;
                }
            }
        }};
    }
    match data_type {
        DataType::Decimal32(precision, scale) => check!(
            i32,
            *precision,
            *scale,
            decimal::validate_decimal32_precision
        ),
        DataType::Decimal64(precision, scale) => check!(
            i64,
            *precision,
            *scale,
            decimal::validate_decimal64_precision
        ),
        DataType::Decimal128(precision, scale) => check!(
            i128,
            *precision,
            *scale,
            decimal::validate_decimal_precision
        ),
        DataType::Decimal256(precision, scale) => {
            for (index, bytes) in buffers[0].chunks_exact(32).take(length).enumerate() {
                if nulls.is_none_or(|nulls| nulls.is_valid(index)) {
                    let value =
                        arrow_buffer::i256::from_le_bytes(bytes.try_into().unwrap_or([0; 32]));
                    decimal::validate_decimal256_precision(value, *precision, *scale)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn invalid(reason: String) -> LayoutError {
    LayoutError::Values(ArrowError::InvalidArgumentError(reason))
}
