//! Every array of every type comes back from its flat form as it was, whatever it was sliced from.

use arrow_array::Array;
use arrow_schema::{DataType, Field, Fields};
use proptest::prelude::*;
use stepwell_layout::{assemble, assemble_trusted, fields_from_flat, fields_to_flat, flatten};
use stepwell_test_arrays::{Random, every_type};

fn check(field: &Field, array: &dyn Array) {
    let fields = Fields::from(vec![field.clone()]);
    let read_back = fields_from_flat(&fields_to_flat(&fields).unwrap()).unwrap();
    assert_eq!(read_back, fields);
    let flat = flatten(array).unwrap();
    let checked = assemble(field.data_type(), flat.clone()).unwrap();
    assert_eq!(checked.as_ref(), array, "{field:?}");
    let trusted = assemble_trusted(field.data_type(), flat).unwrap();
    assert_eq!(trusted.as_ref(), array, "{field:?}");
}

#[test]
fn every_type_returns_as_it_was() {
    for data_type in every_type() {
        let nullable = Field::new("x", data_type, true);
        for length in [0, 1, 7, 64, 1000] {
            for seed in 0..8 {
                let array = Random::new(seed).sliced_array(&nullable, length);
                check(&nullable, array.as_ref());
            }
        }
    }
}

#[test]
fn a_slice_costs_what_it_shows() {
    for data_type in [
        DataType::Utf8,
        DataType::Utf8View,
        DataType::List(Field::new("item", DataType::Int64, true).into()),
        DataType::RunEndEncoded(
            Field::new("run_ends", DataType::Int32, false).into(),
            Field::new("values", DataType::Int64, true).into(),
        ),
    ] {
        let field = Field::new("x", data_type, true);
        let whole = Random::new(1).array(&field, 100_000);
        let flat = flatten(&whole.slice(50_000, 10)).unwrap();
        let bytes: usize = flat.buffers.iter().map(|buffer| buffer.len()).sum();
        assert!(bytes < 2_000, "{bytes} bytes for 10 rows of {field:?}");
    }
}

proptest! {
    #[test]
    fn nested_arrays_return_as_they_were(seed: u64, depth in 0_usize..5, length in 0_usize..60) {
        let mut random = Random::new(seed);
        let field = random.field("x", depth);
        let array = random.sliced_array(&field, length);
        check(&field, array.as_ref());
    }
}
