//! Nothing invalid becomes an array, and nothing that is handed over makes the check panic.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_buffer::Buffer;
use arrow_schema::{DataType, Field};
use arrow_select::take::take;
use proptest::prelude::*;
use stepwell_layout::{Flat, FlatField, Node, assemble, fields_from_flat, fields_to_flat, flatten};
use stepwell_test_arrays::{Random, every_type};

fn node(length: u64, buffers: u32) -> Node {
    Node {
        length,
        null_count: 0,
        buffers,
    }
}

fn offsets(values: &[i32]) -> Buffer {
    Buffer::from_slice_ref(values)
}

/// Expects an error that contains `message`.
fn check(data_type: &DataType, nodes: Vec<Node>, buffers: Vec<Buffer>, message: &str) {
    let error = assemble(data_type, Flat { nodes, buffers })
        .expect_err(message)
        .to_string();
    assert!(error.contains(message), "{error}");
}

#[test]
fn what_is_invalid_is_refused() {
    let none = Buffer::default;
    let utf8 = DataType::Utf8;
    let list = DataType::List(Field::new("item", DataType::Int8, false).into());
    check(&DataType::Int64, vec![], vec![], "expected 1 nodes, got 0");
    check(
        &DataType::Int64,
        vec![node(0, 2), node(0, 0)],
        vec![none(), none()],
        "expected 1 nodes, got 2",
    );
    check(
        &DataType::Int64,
        vec![node(1, 1)],
        vec![none()],
        "expected 2 buffers, got 1",
    );
    check(
        &DataType::Int64,
        vec![node(1, 9)],
        vec![none(), none()],
        "expected 9 buffers, got 2",
    );
    check(
        &DataType::Int64,
        vec![node(2, 2)],
        vec![none(), Buffer::from([0_u8; 8])],
        "a buffer of 8 bytes where 2 values of type Int64 need 16",
    );
    check(
        &DataType::Int64,
        vec![node(u64::MAX, 2)],
        vec![none(), none()],
        "an array of 18446744073709551615 values",
    );
    check(
        &DataType::Int8,
        vec![node(9, 2)],
        vec![Buffer::from([0]), Buffer::from([0; 9])],
        "validity buffer of 1 bytes",
    );
    check(
        &utf8,
        vec![node(1, 3)],
        vec![none(), offsets(&[0, 1]), Buffer::from([0xff])],
        "UTF8",
    );
    check(
        &utf8,
        vec![node(1, 3)],
        vec![none(), offsets(&[0, 5]), Buffer::from(b"a")],
        "larger than values length",
    );
    check(
        &utf8,
        vec![node(2, 3)],
        vec![none(), offsets(&[0, 1, 0]), Buffer::from(b"a")],
        "non-monotonic",
    );
    check(
        &utf8,
        vec![node(1, 3)],
        vec![none(), offsets(&[-1, 1]), Buffer::from(b"a")],
        "Error converting offset",
    );
    check(
        &list,
        vec![node(1, 2), node(1, 2)],
        vec![none(), offsets(&[0, 2]), none(), Buffer::from([0])],
        "larger than",
    );
    check(
        &list,
        vec![node(1, 2), node(1, 2)],
        vec![
            none(),
            offsets(&[0, 1]),
            Buffer::from([0]),
            Buffer::from([0]),
        ],
        "non-nullable child",
    );
    let dictionary = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Int8));
    check(
        &dictionary,
        vec![node(1, 2), node(1, 2)],
        vec![none(), Buffer::from([3]), none(), Buffer::from([0])],
        "out of bounds",
    );
    let decimal = DataType::Decimal32(3, 0);
    check(
        &decimal,
        vec![node(1, 2)],
        vec![none(), offsets(&[1000])],
        "precision 3",
    );
}

#[test]
fn nulls_that_are_in_no_validity_buffer_are_found() {
    let none = Buffer::default;
    let words = DataType::Dictionary(Box::new(DataType::Int8), Box::new(DataType::Int8));
    let field = |data_type: &DataType| Field::new("f", data_type.clone(), false).into();
    // One key, of a value that is null.
    let nodes = [node(1, 2), node(1, 2)];
    let buffers = [
        none(),
        Buffer::from([0]),
        Buffer::from([0]),
        Buffer::from([7]),
    ];
    let within = |outside: Node, buffers_outside: &[Buffer]| {
        let nodes = [&[outside], &nodes[..]].concat();
        (nodes, [buffers_outside, &buffers[..]].concat())
    };
    let parent = DataType::Struct(vec![Field::new("f", words.clone(), false)].into());
    let (nodes, values) = within(node(1, 1), &[none()]);
    check(&parent, nodes, values, "nulls in `f`");
    let parent = DataType::List(field(&words));
    let (nodes, values) = within(node(1, 2), &[none(), offsets(&[0, 1])]);
    check(&parent, nodes, values, "nulls in `f`");
    let parent = DataType::FixedSizeList(field(&words), 1);
    let (nodes, values) = within(node(1, 1), &[none()]);
    check(&parent, nodes, values, "nulls in `f`");
    let parent = DataType::Struct(vec![Field::new("f", DataType::Null, false)].into());
    check(
        &parent,
        vec![node(1, 1), node(1, 0)],
        vec![none()],
        "nulls in `f`",
    );
    // Below a null they are not seen.
    let parent = DataType::Struct(vec![Field::new("f", words, false)].into());
    let (nodes, buffers) = within(node(1, 1), &[Buffer::from([0])]);
    assert!(assemble(&parent, Flat { nodes, buffers }).is_ok());
}

/// Expects that a field's type is refused.
fn check_field(format: &str, children: u32) {
    let field = FlatField {
        name: "x".to_owned(),
        format: format.to_owned(),
        children,
        ..FlatField::default()
    };
    let leaf = FlatField {
        name: "y".to_owned(),
        format: "l".to_owned(),
        ..FlatField::default()
    };
    let mut flat = vec![field];
    flat.extend((0..children).map(|_| leaf.clone()));
    assert!(
        fields_from_flat(&flat).is_err(),
        "`{format}` with {children} children"
    );
}

#[test]
fn types_that_no_array_has_are_refused() {
    for leaf in [
        "",
        "?",
        "\0",
        "w:-1",
        "w:x",
        "d:0,0",
        "d:39,0",
        "d:5,9",
        "d:10,2,32",
        "d:1,2,3,4",
        "tsz:UTC",
        "tt",
        "+",
    ] {
        check_field(leaf, 0);
    }
    for (format, children) in [
        ("l", 1),
        ("+l", 0),
        ("+l", 2),
        ("+w:-1", 1),
        ("+w:", 1),
        ("+m", 1),
        ("+r", 1),
        ("+ud:1", 2),
        ("+us:1,1", 2),
        ("+us:-1,2", 2),
    ] {
        check_field(format, children);
    }
    let nested = |levels: usize| {
        let list = FlatField {
            format: "+l".to_owned(),
            children: 1,
            ..FlatField::default()
        };
        let mut flat = vec![list; levels];
        flat.push(FlatField {
            format: "l".to_owned(),
            ..FlatField::default()
        });
        fields_from_flat(&flat)
    };
    assert!(nested(63).is_ok());
    assert!(nested(64).is_err());
    assert!(nested(100_000).is_err());
}

/// One change to the flat form of an array.
#[derive(Debug, Clone)]
enum Damage {
    Byte(usize, usize, u8),
    BufferLength(usize, usize),
    NodeLength(usize, u64),
    NodeBuffers(usize, u32),
    DropNode(usize),
    DropBuffer(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<usize>(), any::<usize>(), any::<u8>()).prop_map(|(a, b, c)| Damage::Byte(a, b, c)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Damage::BufferLength(a, b)),
        (any::<usize>(), prop_oneof![0_u64..300, any::<u64>()])
            .prop_map(|(a, b)| Damage::NodeLength(a, b)),
        (any::<usize>(), 0_u32..5).prop_map(|(a, b)| Damage::NodeBuffers(a, b)),
        any::<usize>().prop_map(Damage::DropNode),
        any::<usize>().prop_map(Damage::DropBuffer),
    ]
}

fn apply(damage: &Damage, flat: &mut Flat) {
    let pick = |seed: usize, length: usize| (length > 0).then(|| seed % length);
    match *damage {
        Damage::Byte(buffer, position, value) => {
            let Some(index) = pick(buffer, flat.buffers.len()) else {
                return;
            };
            let mut bytes = flat.buffers[index].to_vec();
            if let Some(position) = pick(position, bytes.len()) {
                bytes[position] = value;
                let mut aligned = arrow_buffer::MutableBuffer::with_capacity(bytes.len());
                aligned.extend_from_slice(&bytes);
                flat.buffers[index] = aligned.into();
            }
        }
        Damage::BufferLength(buffer, length) => {
            let Some(index) = pick(buffer, flat.buffers.len()) else {
                return;
            };
            if let Some(length) = pick(length, flat.buffers[index].len()) {
                flat.buffers[index] = flat.buffers[index].slice_with_length(0, length);
            }
        }
        Damage::NodeLength(node, length) => {
            if let Some(index) = pick(node, flat.nodes.len()) {
                flat.nodes[index].length = length;
            }
        }
        Damage::NodeBuffers(node, buffers) => {
            if let Some(index) = pick(node, flat.nodes.len()) {
                flat.nodes[index].buffers = buffers;
            }
        }
        Damage::DropNode(node) => {
            if let Some(index) = pick(node, flat.nodes.len()) {
                flat.nodes.remove(index);
            }
        }
        Damage::DropBuffer(buffer) => {
            if let Some(index) = pick(buffer, flat.buffers.len()) {
                flat.buffers.remove(index);
            }
        }
    }
}

/// Damages an array; if it is still one, everything that is done with arrays must work.
fn check_damaged(field: &Field, seed: u64, damages: &[Damage]) {
    let array = Random::new(seed).array(field, 40);
    let mut flat = flatten(array.as_ref()).unwrap();
    damages.iter().for_each(|damage| apply(damage, &mut flat));
    let Ok(array) = assemble(field.data_type(), flat) else {
        return;
    };
    array.to_data().validate_full().unwrap();
    if array.len() < 1_000 {
        let indices = arrow_array::UInt32Array::from_iter_values((0..array.len() as u32).rev());
        take(array.as_ref(), &indices, None).unwrap();
        flatten(&array.slice(array.len() / 2, array.len() - array.len() / 2)).unwrap();
    }
    if let Some(numbers) = array.as_primitive_opt::<Int32Type>() {
        numbers.iter().for_each(|_| ());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn damaged_arrays_are_refused_or_valid(
        kind in 0..every_type().len(),
        seed: u64,
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        check_damaged(&Field::new("x", every_type()[kind].clone(), true), seed, &damages);
    }

    #[test]
    fn damaged_nested_arrays_are_refused_or_valid(
        seed: u64,
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let field = Random::new(seed).field("x", 4);
        check_damaged(&field, seed, &damages);
    }

    #[test]
    fn damaged_fields_are_refused_or_valid(seed: u64, position: usize, format in "[+a-zA-Z0-9:,-]{0,6}", children in 0_u32..4) {
        let field = Random::new(seed).field("x", 4);
        let mut flat = fields_to_flat(&vec![field].into()).unwrap();
        let index = position % flat.len();
        flat[index].format = format;
        flat[index].children = children;
        if let Ok(fields) = fields_from_flat(&flat) {
            fields_to_flat(&fields).unwrap();
        }
    }
}
