use std::sync::Arc;

use arrow_array::builder::{BinaryViewBuilder, StringViewBuilder};
use arrow_array::{Array, ArrayRef, make_array, new_empty_array};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, i256};
use arrow_data::{ArrayData, ArrayDataBuilder};
use arrow_schema::{DataType, Field, UnionMode};

use crate::Random;

impl Random {
    /// An array of this field's type without an offset; nulls only where the field allows them.
    ///
    /// # Panics
    /// If the array is not valid, which would be an error in this crate.
    pub fn array(&mut self, field: &Field, length: usize) -> ArrayRef {
        let data_type = field.data_type();
        match data_type {
            DataType::Utf8View => {
                let nulls = self.nulls(field, length);
                let mut builder = StringViewBuilder::new();
                for index in 0..length {
                    let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(index));
                    builder.append_option(valid.then(|| self.text()));
                }
                return Arc::new(builder.finish());
            }
            DataType::BinaryView => {
                let nulls = self.nulls(field, length);
                let mut builder = BinaryViewBuilder::new();
                for index in 0..length {
                    let valid = nulls.as_ref().is_none_or(|nulls| nulls.is_valid(index));
                    builder.append_option(valid.then(|| self.text()));
                }
                return Arc::new(builder.finish());
            }
            DataType::RunEndEncoded(_, _) if length == 0 => return new_empty_array(data_type),
            _ => {}
        }
        let nulls = match data_type {
            DataType::Null | DataType::Union(_, _) | DataType::RunEndEncoded(_, _) => None,
            _ => self.nulls(field, length),
        };
        let builder = ArrayDataBuilder::new(data_type.clone())
            .len(length)
            .nulls(nulls);
        let data = self.values(data_type, builder, length).build();
        make_array(data.expect("the generator makes valid arrays"))
    }

    fn nulls(&mut self, field: &Field, length: usize) -> Option<NullBuffer> {
        if !field.is_nullable() {
            return None;
        }
        // All valid, all null, or a mixture: each of them is a case of its own.
        match self.rng.u8(0..6) {
            0 => None,
            1 => Some(NullBuffer::new_null(length)),
            _ => Some(
                (0..length)
                    .map(|_| self.rng.u8(0..3) > 0)
                    .collect::<BooleanBuffer>()
                    .into(),
            ),
        }
    }

    fn text(&mut self) -> String {
        // Lengths on both sides of the 12 bytes that a view holds inline, and letters of several bytes.
        let length = self.below(20);
        (0..length)
            .map(|_| ['a', 'Z', ' ', 'é', '√', '🦀'][self.below(6)])
            .collect()
    }

    fn child(&mut self, field: &Field, length: usize) -> ArrayData {
        // A child with an offset of its own.
        self.sliced_array(field, length).to_data()
    }

    fn offsets<T>(&mut self, length: usize, convert: impl Fn(usize) -> T) -> (Vec<T>, usize) {
        let mut end = 0;
        let mut offsets = vec![convert(0)];
        for _ in 0..length {
            end += self.below(4);
            offsets.push(convert(end));
        }
        (offsets, end)
    }

    fn values(
        &mut self,
        data_type: &DataType,
        builder: ArrayDataBuilder,
        length: usize,
    ) -> ArrayDataBuilder {
        match data_type {
            DataType::Null => builder,
            DataType::Boolean => builder.add_buffer(self.bytes(length.div_ceil(8))),
            DataType::Utf8 | DataType::Binary => {
                let (offsets, text) = self.texts(length);
                let offsets: Vec<i32> = offsets.into_iter().map(|offset| offset as i32).collect();
                builder
                    .add_buffer(Buffer::from_vec(offsets))
                    .add_buffer(Buffer::from(text.as_bytes()))
            }
            DataType::LargeUtf8 | DataType::LargeBinary => {
                let (offsets, text) = self.texts(length);
                let offsets: Vec<i64> = offsets.into_iter().map(|offset| offset as i64).collect();
                builder
                    .add_buffer(Buffer::from_vec(offsets))
                    .add_buffer(Buffer::from(text.as_bytes()))
            }
            DataType::FixedSizeBinary(size) => {
                builder.add_buffer(self.bytes(length * *size as usize))
            }
            DataType::Decimal32(_, _) => {
                builder.add_buffer(self.numbers(length, |n| (n % 999_999_999) as i32))
            }
            DataType::Decimal64(_, _) => {
                builder.add_buffer(self.numbers(length, |n| n % 999_999_999_999_999_999))
            }
            DataType::Decimal128(_, _) => builder
                .add_buffer(self.numbers(length, |n| i128::from(n) * 1_000_000_000_000_000_000)),
            DataType::Decimal256(_, _) => builder.add_buffer(
                self.numbers(length, |n| i256::from_i128(i128::from(n) * i128::from(n))),
            ),
            DataType::List(child) | DataType::Map(child, _) => {
                let (offsets, end) = self.offsets(length, |offset| offset as i32);
                builder
                    .add_buffer(Buffer::from_vec(offsets))
                    .add_child_data(self.child(child, end))
            }
            DataType::LargeList(child) => {
                let (offsets, end) = self.offsets(length, |offset| offset as i64);
                builder
                    .add_buffer(Buffer::from_vec(offsets))
                    .add_child_data(self.child(child, end))
            }
            DataType::ListView(child) => {
                let (offsets, sizes, end) = self.views(length);
                let narrow = |values: Vec<i64>| -> Vec<i32> {
                    values.into_iter().map(|v| v as i32).collect()
                };
                builder
                    .add_buffer(Buffer::from_vec(narrow(offsets)))
                    .add_buffer(Buffer::from_vec(narrow(sizes)))
                    .add_child_data(self.child(child, end))
            }
            DataType::LargeListView(child) => {
                let (offsets, sizes, end) = self.views(length);
                builder
                    .add_buffer(Buffer::from_vec(offsets))
                    .add_buffer(Buffer::from_vec(sizes))
                    .add_child_data(self.child(child, end))
            }
            DataType::FixedSizeList(child, size) => {
                builder.add_child_data(self.child(child, length * *size as usize))
            }
            DataType::Struct(fields) => fields.iter().fold(builder, |builder, field| {
                builder.add_child_data(self.child(field, length))
            }),
            DataType::Union(fields, mode) => {
                let ids: Vec<i8> = fields.iter().map(|(id, _)| id).collect();
                let picked: Vec<usize> = (0..length).map(|_| self.below(ids.len())).collect();
                let type_ids: Vec<i8> = picked.iter().map(|index| ids[*index]).collect();
                let mut builder = builder.add_buffer(Buffer::from_vec(type_ids));
                let mut lengths = vec![length; ids.len()];
                if *mode == UnionMode::Dense {
                    lengths.fill(0);
                    let mut offsets = Vec::new();
                    for index in &picked {
                        offsets.push(lengths[*index] as i32);
                        lengths[*index] += 1;
                    }
                    builder = builder.add_buffer(Buffer::from_vec(offsets));
                }
                for ((_, field), length) in fields.iter().zip(lengths) {
                    builder = builder.add_child_data(self.child(field, length));
                }
                builder
            }
            DataType::Dictionary(keys, values) => {
                let n_values = self.below(20) + 1;
                let values = self.array(&Field::new("", values.as_ref().clone(), true), n_values);
                let picked: Vec<u64> = (0..length).map(|_| self.below(n_values) as u64).collect();
                let width = keys.primitive_width().expect("keys are integers");
                let bytes: Vec<u8> = picked
                    .iter()
                    .flat_map(|key| key.to_le_bytes()[..width].to_vec())
                    .collect();
                builder
                    .add_buffer(Buffer::from(bytes.as_slice()))
                    .add_child_data(values.to_data())
            }
            DataType::RunEndEncoded(ends, values) => {
                let mut run_ends: Vec<i64> = Vec::new();
                let mut end = 0;
                while end < length {
                    end = (end + 1 + self.below(4)).min(length);
                    run_ends.push(end as i64);
                }
                let values = self.child(values, run_ends.len());
                let width = ends
                    .data_type()
                    .primitive_width()
                    .expect("run ends are integers");
                let bytes: Vec<u8> = run_ends
                    .iter()
                    .flat_map(|end| end.to_le_bytes()[..width].to_vec())
                    .collect();
                let run_ends = ArrayDataBuilder::new(ends.data_type().clone())
                    .len(run_ends.len())
                    .add_buffer(Buffer::from(bytes.as_slice()))
                    .build()
                    .expect("run ends are valid");
                builder.add_child_data(run_ends).add_child_data(values)
            }
            primitive => {
                let width = primitive
                    .primitive_width()
                    .expect("every other type is primitive");
                builder.add_buffer(self.bytes(length * width))
            }
        }
        .align_buffers(true)
    }

    fn bytes(&mut self, length: usize) -> Buffer {
        let mut bytes = vec![0; length];
        self.rng.fill(&mut bytes);
        Buffer::from(bytes.as_slice())
    }

    fn numbers<T: arrow_buffer::ArrowNativeType>(
        &mut self,
        length: usize,
        convert: impl Fn(i64) -> T,
    ) -> Buffer {
        Buffer::from_vec(
            (0..length)
                .map(|_| convert(self.rng.i64(..)))
                .collect::<Vec<T>>(),
        )
    }

    fn texts(&mut self, length: usize) -> (Vec<usize>, String) {
        let mut all = String::new();
        let mut offsets = vec![0];
        for _ in 0..length {
            let text = self.text();
            all.push_str(&text);
            offsets.push(all.len());
        }
        (offsets, all)
    }

    /// Offsets and sizes of list views that overlap and run backwards, and the child's length.
    fn views(&mut self, length: usize) -> (Vec<i64>, Vec<i64>, usize) {
        let end = length + 4;
        let offsets: Vec<i64> = (0..length).map(|_| self.below(length + 1) as i64).collect();
        let sizes = (0..length).map(|_| self.below(4) as i64).collect();
        (offsets, sizes, end)
    }
}
