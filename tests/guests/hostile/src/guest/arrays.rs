//! Attacks by arrays that are none.

use super::bindings::stepwell::step::arrow::{Array, Field, FieldFlags, Node};
use super::field;
use crate::attack::Attack;

fn node(length: u64, buffers: u32) -> Node {
    Node {
        length,
        null_count: 0,
        buffers,
    }
}

fn array<const N: usize, const B: usize>(nodes: [Node; N], buffers: [Vec<u8>; B]) -> Array {
    Array {
        nodes: nodes.to_vec(),
        buffers: buffers.to_vec(),
    }
}

fn i32s(values: &[i32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn i64s(values: &[i64]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// No validity buffer: no nulls.
fn valid() -> Vec<u8> {
    Vec::new()
}

fn nullable(mut field: Field) -> Field {
    field.flags |= FieldFlags::NULLABLE;
    field
}

fn parent(format: &str, children: u32) -> Field {
    Field {
        children,
        ..field("made", format)
    }
}

/// A column of texts.
pub(super) fn texts(values: &[&str]) -> Array {
    let mut offsets = vec![0];
    let mut bytes = Vec::new();
    for value in values {
        bytes.extend_from_slice(value.as_bytes());
        offsets.push(bytes.len() as i32);
    }
    array(
        [node(values.len() as u64, 3)],
        [valid(), i32s(&offsets), bytes],
    )
}

/// Texts of three bytes in two rows, with offsets of your choice.
fn with_offsets(offsets: &[i32]) -> Array {
    array([node(2, 3)], [valid(), i32s(offsets), b"abc".to_vec()])
}

/// A view: the length, the first four bytes, a buffer and a place in it.
fn view(length: i32, prefix: &[u8; 4], buffer: i32, offset: i32) -> Vec<u8> {
    let place = [i32s(&[buffer]), i32s(&[offset])].concat();
    [i32s(&[length]), prefix.to_vec(), place].concat()
}

fn dictionary(keys: &[i32]) -> (Vec<Field>, Array) {
    let mut keys_field = field("made", "i");
    keys_field.flags |= FieldFlags::DICTIONARY;
    let values = texts(&["a", "b"]);
    let mut dictionary = array([node(keys.len() as u64, 2)], [valid(), i32s(keys)]);
    dictionary.nodes.extend(values.nodes);
    dictionary.buffers.extend(values.buffers);
    (vec![keys_field, nullable(field("", "u"))], dictionary)
}

fn run_ends(ends: &[i32]) -> (Vec<Field>, Array) {
    let fields = vec![
        parent("+r", 2),
        field("run_ends", "i"),
        nullable(field("values", "l")),
    ];
    let n_runs = ends.len() as u64;
    let values = vec![7; ends.len()];
    let array = array(
        [node(4, 0), node(n_runs, 2), node(n_runs, 2)],
        [valid(), i32s(ends), valid(), i64s(&values)],
    );
    (fields, array)
}

fn dense_union(type_ids: &[u8], offsets: &[i32]) -> (Vec<Field>, Array) {
    let fields = vec![
        parent("+ud:0,1", 2),
        nullable(field("a", "l")),
        nullable(field("b", "l")),
    ];
    let array = array(
        [node(type_ids.len() as u64, 2), node(1, 2), node(1, 2)],
        [
            type_ids.to_vec(),
            i32s(offsets),
            valid(),
            i64s(&[1]),
            valid(),
            i64s(&[2]),
        ],
    );
    (fields, array)
}

fn list_view(offsets: &[i32], sizes: &[i32]) -> (Vec<Field>, Array) {
    let fields = vec![parent("+vl", 1), nullable(field("item", "l"))];
    let array = array(
        [node(offsets.len() as u64, 3), node(2, 2)],
        [valid(), i32s(offsets), i32s(sizes), valid(), i64s(&[1, 2])],
    );
    (fields, array)
}

/// The fields that an attack declares, and the array that it brings for them.
pub(super) fn broken(attack: Attack) -> Option<(Vec<Field>, Array)> {
    let number = || vec![field("made", "l")];
    let text = || vec![field("made", "u")];
    let view_of = |view: Vec<u8>| {
        let fields = vec![field("made", "vu")];
        let data = b"a text of more than twelve bytes".to_vec();
        (fields, array([node(1, 3)], [valid(), view, data]))
    };
    Some(match attack {
        Attack::ValuesOfAnotherType => (text(), array([node(2, 2)], [valid(), i64s(&[1, 2])])),
        Attack::NullsInNonNull => (number(), array([node(2, 2)], [vec![0b01], i64s(&[1, 2])])),
        Attack::LyingNullCount => {
            let mut lying = array([node(2, 2)], [vec![0b01], i64s(&[1, 2])]);
            lying.nodes[0].null_count = 1_000_000;
            (vec![nullable(field("made", "l"))], lying)
        }
        Attack::OneViewMillionTimes => {
            let text = vec![b'x'; 100_000];
            let views = view(100_000, b"xxxx", 0, 0).repeat(1_000_000);
            let array = array([node(1_000_000, 3)], [valid(), views, text]);
            (vec![field("made", "vu")], array)
        }
        Attack::OneKeyMillionTimes => {
            let (fields, mut dictionary) = dictionary(&vec![0; 1_000_000]);
            let values = texts(&["x".repeat(100_000).as_str()]);
            dictionary.nodes.truncate(1);
            dictionary.nodes.extend(values.nodes);
            dictionary.buffers.truncate(2);
            dictionary.buffers.extend(values.buffers);
            (fields, dictionary)
        }
        Attack::OneRunOfManyRows => {
            let (mut fields, mut array) = run_ends(&[10_000_000]);
            fields[2].format = "u".to_owned();
            let values = texts(&["x".repeat(100_000).as_str()]);
            array.nodes.truncate(2);
            array.nodes[0].length = 10_000_000;
            array.nodes.extend(values.nodes);
            array.buffers.truncate(2);
            array.buffers.extend(values.buffers);
            (fields, array)
        }
        Attack::ListsOfNothing => {
            let fields = vec![parent("+l", 1), nullable(field("item", "n"))];
            let nodes = [node(1, 2), node(2_000_000_000, 0)];
            (fields, array(nodes, [valid(), i32s(&[0, 2_000_000_000])]))
        }
        Attack::NoNode => (number(), array([], [valid(), i64s(&[1])])),
        Attack::TooManyNodes => {
            let nodes = [node(1, 2), node(1, 0)];
            (number(), array(nodes, [valid(), i64s(&[1])]))
        }
        Attack::TooFewBuffers => (number(), array([node(1, 1)], [valid()])),
        Attack::TooManyBuffers => {
            let buffers = [valid(), i64s(&[1]), i64s(&[1])];
            (number(), array([node(1, 3)], buffers))
        }
        Attack::BuffersOfNoNode => {
            let buffers = [valid(), i64s(&[1]), i64s(&[1])];
            (number(), array([node(1, 2)], buffers))
        }
        Attack::BufferTooShort => (number(), array([node(4, 2)], [valid(), i64s(&[1])])),
        Attack::ValidityTooShort => {
            let values = i64s(&[0; 20]);
            (
                vec![nullable(field("made", "l"))],
                array([node(20, 2)], [vec![0xff], values]),
            )
        }
        Attack::LengthOverflow => (number(), array([node(u64::MAX, 2)], [valid(), valid()])),
        Attack::LengthWithoutValues => (
            vec![nullable(field("made", "n"))],
            array([node(1 << 40, 0)], []),
        ),
        Attack::NegativeOffsets => (text(), with_offsets(&[-1, 1, 3])),
        Attack::OverlappingOffsets => (text(), with_offsets(&[0, 3, 1])),
        Attack::OffsetsPastEnd => (text(), with_offsets(&[0, 1, 1_000])),
        Attack::InvalidUtf8 => {
            let buffers = [valid(), i32s(&[0, 2]), vec![0xff, 0xfe]];
            (text(), array([node(1, 3)], buffers))
        }
        Attack::CutCharacter => {
            let buffers = [valid(), i32s(&[0, 1, 2]), "é".as_bytes().to_vec()];
            (text(), array([node(2, 3)], buffers))
        }
        Attack::KeyOutOfRange => dictionary(&[0, 1, 2]),
        Attack::KeyNegative => dictionary(&[0, -1]),
        Attack::RunEndsGoBack => run_ends(&[3, 1, 4]),
        Attack::RunEndsTooShort => run_ends(&[1, 2]),
        Attack::UnknownTypeId => dense_union(&[0, 5], &[0, 0]),
        Attack::UnionOffsetOutside => dense_union(&[0, 1], &[0, 9]),
        Attack::DecimalTooPrecise => {
            let value = 1_000_000_i128.to_le_bytes().to_vec();
            (
                vec![field("made", "d:5,2")],
                array([node(1, 2)], [valid(), value]),
            )
        }
        Attack::ViewOutside => view_of(view(32, b"a te", 0, 1_000)),
        Attack::ViewOfNoBuffer => view_of(view(32, b"a te", 9, 0)),
        Attack::ViewWithAnotherPrefix => view_of(view(32, b"nope", 0, 0)),
        Attack::ListViewOutside => list_view(&[0, 1], &[1, 1_000]),
        Attack::ChildTooShort => {
            let fields = vec![parent("+s", 1), nullable(field("a", "l"))];
            let nodes = [node(4, 1), node(1, 2)];
            (fields, array(nodes, [valid(), valid(), i64s(&[1])]))
        }
        Attack::FixedListTooShort => {
            let fields = vec![parent("+w:2", 1), nullable(field("item", "l"))];
            let nodes = [node(4, 1), node(3, 2)];
            (fields, array(nodes, [valid(), valid(), i64s(&[1, 2, 3])]))
        }
        Attack::NullKeyInMap => {
            let fields = vec![
                parent("+m", 1),
                Field {
                    name: "entries".to_owned(),
                    ..parent("+s", 2)
                },
                field("key", "l"),
                nullable(field("value", "l")),
            ];
            let nodes = [node(1, 2), node(1, 1), node(1, 2), node(1, 2)];
            let buffers = [
                valid(),
                i32s(&[0, 1]),
                valid(),
                vec![0],
                i64s(&[1]),
                valid(),
                i64s(&[1]),
            ];
            (fields, array(nodes, buffers))
        }
        _ => return None,
    })
}
