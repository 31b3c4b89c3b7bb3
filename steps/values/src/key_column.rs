//! One column of a key.

use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, LargeBinaryBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, FixedSizeBinaryArray, NullArray, make_array};
use arrow_array::{BinaryViewArray, LargeStringArray, StringArray, StringViewArray};
use arrow_buffer::{ArrowNativeType, Buffer, MutableBuffer, NullBuffer};
use arrow_data::ArrayData;
use arrow_schema::DataType;
use half::f16;

use crate::ValuesError;

const NULL: u8 = 0;
const VALUE: u8 = 1;

/// How values of a column are written.
#[derive(Debug, Clone)]
pub(crate) struct KeyColumn {
    data_type: DataType,
    form: Form,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Null,
    Boolean,
    /// Values of that many bytes.
    Fixed(usize),
    /// Texts and bytes of any length.
    Bytes,
}

impl KeyColumn {
    pub(crate) fn new(data_type: &DataType) -> Result<Self, ValuesError> {
        use DataType::*;
        let form = match data_type {
            Null => Form::Null,
            Boolean => Form::Boolean,
            Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView
            | FixedSizeBinary(_) => Form::Bytes,
            Dictionary(_, values) => return Self::new(values),
            other => match other.primitive_width() {
                Some(width) => Form::Fixed(width),
                None => {
                    return Err(ValuesError::UnsupportedKey {
                        data_type: other.clone(),
                    });
                }
            },
        };
        Ok(Self {
            data_type: data_type.clone(),
            form,
        })
    }

    pub(crate) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The values of an array, ready to be written row by row.
    pub(crate) fn values<'a>(&self, array: &'a dyn Array) -> KeyValues<'a> {
        if let DataType::Dictionary(_, _) = array.data_type() {
            let dictionary = array.as_any_dictionary();
            let keys = if dictionary.values().is_empty() {
                vec![0; array.len()]
            } else {
                dictionary.normalized_keys()
            };
            let values = self.values(dictionary.values().as_ref());
            let nulls = dictionary.keys().nulls().cloned();
            return KeyValues {
                nulls,
                form: ValueForm::Dictionary(keys, Box::new(values)),
            };
        }
        let form = match self.form {
            Form::Null => ValueForm::Null,
            Form::Boolean => ValueForm::Boolean(array.as_boolean()),
            Form::Fixed(width) => ValueForm::Fixed(fixed_values(array), width),
            Form::Bytes => ValueForm::Bytes(array),
        };
        KeyValues {
            nulls: array.nulls().cloned(),
            form,
        }
    }

    /// Takes this column's values off the front of each key.
    pub(crate) fn decode(&self, keys: &mut [&[u8]]) -> ArrayRef {
        let nulls: NullBuffer = keys.iter().map(|key| key[0] == VALUE).collect();
        let nulls = Some(nulls).filter(|nulls| nulls.null_count() > 0);
        match self.form {
            Form::Null => {
                take_each(keys, |_| 0, |_| ());
                Arc::new(NullArray::new(keys.len()))
            }
            Form::Boolean => {
                let values = take_each(keys, |_| 1, |value| value.map(|value| value[0] != 0));
                Arc::new(BooleanArray::from(values))
            }
            Form::Fixed(width) => {
                let mut buffer = MutableBuffer::with_capacity(keys.len() * width);
                let zeros = vec![0; width];
                take_each(
                    keys,
                    |_| width,
                    |value| {
                        buffer.extend_from_slice(value.unwrap_or(&zeros));
                    },
                );
                let data = ArrayData::builder(self.data_type.clone())
                    .len(keys.len())
                    .add_buffer(buffer.into())
                    .nulls(nulls);
                make_array(data.build().expect("values that were written as this type"))
            }
            Form::Bytes => {
                let length =
                    |key: &[u8]| u32::from_le_bytes([key[0], key[1], key[2], key[3]]) as usize + 4;
                let values =
                    take_each(keys, length, |value| value.map(|value| value[4..].to_vec()));
                bytes_array(&self.data_type, &values)
            }
        }
    }
}

fn take_each<R>(
    keys: &mut [&[u8]],
    length: impl Fn(&[u8]) -> usize,
    mut take: impl FnMut(Option<&[u8]>) -> R,
) -> Vec<R> {
    keys.iter_mut()
        .map(|key| {
            let (flag, rest) = (key[0], &key[1..]);
            if flag == NULL {
                *key = rest;
                return take(None);
            }
            let (value, rest) = rest.split_at(length(rest));
            *key = rest;
            take(Some(value))
        })
        .collect()
}

fn bytes_array(data_type: &DataType, values: &[Option<Vec<u8>>]) -> ArrayRef {
    let bytes = || values.iter().map(Option::as_deref);
    // Only whole texts were written.
    let texts =
        || bytes().map(|value| value.map(|value| std::str::from_utf8(value).expect("a text")));
    match data_type {
        DataType::Utf8 => Arc::new(texts().collect::<StringArray>()),
        DataType::LargeUtf8 => Arc::new(texts().collect::<LargeStringArray>()),
        DataType::Utf8View => Arc::new(texts().collect::<StringViewArray>()),
        DataType::Binary => {
            let mut builder = BinaryBuilder::new();
            bytes().for_each(|value| builder.append_option(value));
            Arc::new(builder.finish())
        }
        DataType::LargeBinary => {
            let mut builder = LargeBinaryBuilder::new();
            bytes().for_each(|value| builder.append_option(value));
            Arc::new(builder.finish())
        }
        DataType::BinaryView => Arc::new(bytes().collect::<BinaryViewArray>()),
        DataType::FixedSizeBinary(size) => Arc::new(
            FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes(), *size)
                .expect("values of the type's size"),
        ),
        other => unreachable!("{other} is not written as bytes"),
    }
}

/// The values' bytes. Floating-point numbers that count as one value get the same bytes.
fn fixed_values(array: &dyn Array) -> Buffer {
    match array.data_type() {
        DataType::Float64 => {
            let array = array
                .as_primitive::<Float64Type>()
                .unary::<_, Float64Type>(|value| {
                    if value.is_nan() {
                        f64::NAN
                    } else {
                        value + 0.0
                    }
                });
            array.values().inner().clone()
        }
        DataType::Float32 => {
            let array = array
                .as_primitive::<Float32Type>()
                .unary::<_, Float32Type>(|value| {
                    if value.is_nan() {
                        f32::NAN
                    } else {
                        value + 0.0
                    }
                });
            array.values().inner().clone()
        }
        DataType::Float16 => {
            let array = array
                .as_primitive::<Float16Type>()
                .unary::<_, Float16Type>(|value| {
                    if value.is_nan() {
                        f16::NAN
                    } else if value == f16::ZERO {
                        f16::ZERO
                    } else {
                        value
                    }
                });
            array.values().inner().clone()
        }
        _ => {
            let data = array.to_data();
            let width = data.data_type().primitive_width().unwrap_or_default();
            data.buffers()[0].slice_with_length(data.offset() * width, data.len() * width)
        }
    }
}

/// A column's values of one batch.
pub(crate) struct KeyValues<'a> {
    nulls: Option<NullBuffer>,
    form: ValueForm<'a>,
}

enum ValueForm<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Fixed(Buffer, usize),
    Bytes(&'a dyn Array),
    Dictionary(Vec<usize>, Box<KeyValues<'a>>),
}

impl KeyValues<'_> {
    pub(crate) fn encode(&self, row: usize, bytes: &mut Vec<u8>) {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            bytes.push(NULL);
            return;
        }
        match &self.form {
            ValueForm::Null => bytes.push(NULL),
            ValueForm::Boolean(array) => bytes.extend([VALUE, u8::from(array.value(row))]),
            ValueForm::Fixed(values, width) => {
                bytes.push(VALUE);
                bytes.extend_from_slice(&values[row * width..(row + 1) * width]);
            }
            ValueForm::Bytes(array) => {
                let value = bytes_value(*array, row);
                bytes.push(VALUE);
                // A value of a batch is shorter than the 4 GiB of a step's memory.
                bytes.extend_from_slice(&(u32::usize_as(value.len())).to_le_bytes());
                bytes.extend_from_slice(value);
            }
            ValueForm::Dictionary(keys, values) => values.encode(keys[row], bytes),
        }
    }
}

fn bytes_value(array: &dyn Array, row: usize) -> &[u8] {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
        DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        other => unreachable!("{other} is not written as bytes"),
    }
}
