//! The checked conversion: valid arrays and fields that were broken, by edits of every kind.

use arbitrary::{Arbitrary, Unstructured};
use arrow_buffer::{Buffer, MutableBuffer};
use arrow_schema::{DataType, Field};
use stepwell_layout::{
    Flat, FlatField, assemble, fields_from_flat, fields_to_flat, flatten, parse_type, type_name,
};
use stepwell_test_arrays::{Random, every_type};

use crate::walk::walk;

/// Edits of one input, at most.
const EDITS: usize = 8;
/// Rows of the arrays that are broken.
const ROWS: usize = 40;

/// A valid array to start from.
#[derive(Debug, Arbitrary)]
struct Start {
    /// One of every type; beyond those, a random nested type.
    kind: u8,
    seed: u16,
    rows: u8,
}

impl Start {
    fn field(&self) -> Field {
        let types = every_type();
        match types.get(usize::from(self.kind)) {
            Some(data_type) => Field::new("x", data_type.clone(), true),
            None => Random::new(u64::from(self.seed)).field("x", usize::from(self.kind) % 5),
        }
    }

    fn flat(&self, field: &Field) -> Flat {
        let rows = usize::from(self.rows) % ROWS;
        let array = Random::new(u64::from(self.seed)).sliced_array(field, rows);
        flatten(array.as_ref()).expect("random arrays cross")
    }
}

/// One change to nodes and buffers. Positions count from the start again where they are past the end.
#[derive(Debug, Arbitrary)]
enum ArrayEdit {
    Byte(u8, u16, u8),
    /// A number of 4 bytes at a position that is a multiple of 4: an offset, a size, a view's length.
    Number(u8, u16, i32),
    LongNumber(u8, u16, i64),
    /// One of the numbers that are often forgotten.
    Edge(u8, u16, u8),
    Cut(u8, u16),
    Grow(u8, u8, u8),
    CopyBuffer(u8, u8),
    SwapBuffers(u8, u8),
    DropBuffer(u8),
    Length(u8, u8),
    LongLength(u8, u64),
    NodeBuffers(u8, u8),
    DropNode(u8),
    CopyNode(u8),
}

const EDGES: [i64; 12] = [
    0,
    -1,
    1,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
    i64::MIN,
    1 << 31,
    1 << 32,
    (1 << 31) - 4,
    13,
    i64::MAX - 7,
];

impl ArrayEdit {
    fn apply(&self, flat: &mut Flat) {
        let n_buffers = flat.buffers.len();
        let n_nodes = flat.nodes.len();
        let pick = |index: u8, length: usize| (length > 0).then(|| usize::from(index) % length);
        match *self {
            Self::Byte(buffer, position, value) => {
                write(flat, buffer, usize::from(position), &[value]);
            }
            Self::Number(buffer, index, value) => {
                write(flat, buffer, usize::from(index) * 4, &value.to_le_bytes());
            }
            Self::LongNumber(buffer, index, value) => {
                write(flat, buffer, usize::from(index) * 8, &value.to_le_bytes());
            }
            Self::Edge(buffer, index, edge) => {
                let value = EDGES[usize::from(edge) % EDGES.len()].to_le_bytes();
                let width = if edge < 128 { 4 } else { 8 };
                write(flat, buffer, usize::from(index) * width, &value[..width]);
            }
            Self::Cut(buffer, length) => {
                if let Some(index) = pick(buffer, n_buffers) {
                    let buffer = &mut flat.buffers[index];
                    let length = usize::from(length) % (buffer.len() + 1);
                    *buffer = buffer.slice_with_length(0, length);
                }
            }
            Self::Grow(buffer, count, value) => {
                if let Some(index) = pick(buffer, n_buffers) {
                    let mut bytes = flat.buffers[index].to_vec();
                    bytes.resize(bytes.len() + usize::from(count), value);
                    flat.buffers[index] = aligned(&bytes);
                }
            }
            Self::CopyBuffer(from, to) => {
                if let (Some(from), Some(to)) = (pick(from, n_buffers), pick(to, n_buffers + 1)) {
                    let buffer = flat.buffers[from].clone();
                    flat.buffers.insert(to, buffer);
                }
            }
            Self::SwapBuffers(a, b) => {
                if let (Some(a), Some(b)) = (pick(a, n_buffers), pick(b, n_buffers)) {
                    flat.buffers.swap(a, b);
                }
            }
            Self::DropBuffer(buffer) => {
                if let Some(index) = pick(buffer, n_buffers) {
                    flat.buffers.remove(index);
                }
            }
            Self::Length(node, length) => self.length(flat, node, u64::from(length)),
            Self::LongLength(node, length) => self.length(flat, node, length),
            Self::NodeBuffers(node, count) => {
                if let Some(index) = pick(node, n_nodes) {
                    flat.nodes[index].buffers = u32::from(count) % 8;
                }
            }
            Self::DropNode(node) => {
                if let Some(index) = pick(node, n_nodes) {
                    flat.nodes.remove(index);
                }
            }
            Self::CopyNode(node) => {
                if let Some(index) = pick(node, n_nodes) {
                    flat.nodes.insert(index, flat.nodes[index]);
                }
            }
        }
    }

    fn length(&self, flat: &mut Flat, node: u8, length: u64) {
        let n_nodes = flat.nodes.len();
        if n_nodes > 0 {
            flat.nodes[usize::from(node) % n_nodes].length = length;
        }
    }
}

/// Overwrites bytes of a buffer, as many as it has from there on.
fn write(flat: &mut Flat, buffer: u8, position: usize, value: &[u8]) {
    let n_buffers = flat.buffers.len();
    if n_buffers == 0 {
        return;
    }
    let index = usize::from(buffer) % n_buffers;
    let mut bytes = flat.buffers[index].to_vec();
    if bytes.is_empty() {
        return;
    }
    let start = position % bytes.len();
    for (byte, new) in bytes[start..].iter_mut().zip(value) {
        *byte = *new;
    }
    flat.buffers[index] = aligned(&bytes);
}

fn aligned(bytes: &[u8]) -> Buffer {
    let mut buffer = MutableBuffer::with_capacity(bytes.len());
    buffer.extend_from_slice(bytes);
    buffer.into()
}

/// Breaks the nodes and buffers of a valid array. They are refused, or everything that is done with arrays works.
pub(crate) fn layout(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok(start) = Start::arbitrary(&mut input) else {
        return;
    };
    let field = start.field();
    let mut flat = start.flat(&field);
    for _ in 0..EDITS {
        match ArrayEdit::arbitrary(&mut input) {
            Ok(edit) if !input.is_empty() => edit.apply(&mut flat),
            _ => break,
        }
    }
    if let Ok(array) = assemble(field.data_type(), flat) {
        walk(array.as_ref());
    }
}

/// One change to flat fields.
#[derive(Debug, Arbitrary)]
enum FieldEdit<'a> {
    Format(u8, &'a str),
    /// The format of another field.
    CopyFormat(u8, u8),
    Children(u8, u8),
    Nullable(u8),
    Dictionary(u8),
    DictionaryOrdered(u8),
    MapKeysSorted(u8),
    Drop(u8),
    Copy(u8),
    Swap(u8, u8),
    Name(u8, &'a str),
}

impl FieldEdit<'_> {
    fn apply(&self, fields: &mut Vec<FlatField>) {
        let length = fields.len();
        if length == 0 {
            return;
        }
        let at = |index: u8| usize::from(index) % length;
        match *self {
            Self::Format(field, format) => format.clone_into(&mut fields[at(field)].format),
            Self::CopyFormat(from, to) => {
                fields[at(to)].format = fields[at(from)].format.clone();
            }
            Self::Children(field, children) => {
                fields[at(field)].children = u32::from(children) % 6;
            }
            Self::Nullable(field) => fields[at(field)].nullable ^= true,
            Self::Dictionary(field) => fields[at(field)].dictionary ^= true,
            Self::DictionaryOrdered(field) => fields[at(field)].dictionary_ordered ^= true,
            Self::MapKeysSorted(field) => fields[at(field)].map_keys_sorted ^= true,
            Self::Drop(field) => {
                fields.remove(at(field));
            }
            Self::Copy(field) => {
                let copy = fields[at(field)].clone();
                fields.insert(at(field), copy);
            }
            Self::Swap(a, b) => fields.swap(at(a), at(b)),
            Self::Name(field, name) => name.clone_into(&mut fields[at(field)].name),
        }
    }
}

/// Breaks the fields of a valid type. They are refused, or they are fields of types that arrays can be made of, and
/// that the values of the old type fit or do not fit without harm.
pub(crate) fn fields(input: &[u8]) {
    let mut input = Unstructured::new(input);
    let Ok(start) = Start::arbitrary(&mut input) else {
        return;
    };
    let field = start.field();
    let flat = start.flat(&field);
    let mut fields = fields_to_flat(&vec![field].into()).expect("random fields cross");
    for _ in 0..EDITS {
        match FieldEdit::arbitrary(&mut input) {
            Ok(edit) if !input.is_empty() => edit.apply(&mut fields),
            _ => break,
        }
    }
    let Ok(fields) = fields_from_flat(&fields) else {
        return;
    };
    let again = fields_to_flat(&fields).expect("fields that came across go back");
    assert_eq!(
        fields_from_flat(&again).expect("and come across again"),
        fields
    );
    for field in &fields {
        round_trip_of_the_name(field.data_type());
        if let Ok(array) = assemble(field.data_type(), flat.clone()) {
            walk(array.as_ref());
        }
    }
}

/// A type's name in words is read back as the same type.
fn round_trip_of_the_name(data_type: &DataType) {
    let name = type_name(data_type);
    let parsed = parse_type(&name).unwrap_or_else(|error| panic!("`{name}`: {error}"));
    assert_eq!(type_name(&parsed), name);
}
