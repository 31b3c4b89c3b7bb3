//! From a model's outputs to columns.

use std::sync::Arc;

use arrow_array::types::Float16Type;
use arrow_array::{
    ArrayRef, BooleanArray, FixedSizeListArray, Float32Array, Float64Array, Int8Array, Int16Array,
    Int32Array, Int64Array, MapArray, PrimitiveArray, StringArray, StructArray, UInt8Array,
    UInt16Array, UInt32Array, UInt64Array,
};
use arrow_buffer::{OffsetBuffer, ScalarBuffer};
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields};

use stepwell_layout::type_name;

use crate::backend::{Tensor, Values};
use crate::element::{ElementType, TensorInfo};
use crate::error::ModelError;
use crate::graph::Classes;

/// What to take from one of a model's outputs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OutputRequest {
    /// The output's name.
    pub name: String,
    /// Of an output of scores per class: the class whose score is taken. `None` takes the output whole.
    pub class: Option<String>,
}

impl OutputRequest {
    /// The whole output of this name.
    pub fn whole(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            class: None,
        }
    }

    /// The score of one class.
    pub fn class(name: impl Into<String>, class: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            class: Some(class.into()),
        }
    }
}

/// An output of a model.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    /// As the file has it.
    pub(crate) info: TensorInfo,
    /// The tensor that the backend gives for it.
    pub(crate) tensor: String,
    pub(crate) form: Form,
}

/// What an output's rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// One value: shape (rows) or (rows, 1).
    Value(ElementType),
    /// Several values: shape (rows, n), n being known or not.
    Values(ElementType, Option<u64>),
    /// A map from class to score, made here from a tensor of scores.
    Map(Classes),
    /// Nothing that a column could hold.
    Unsupported,
}

/// What is taken for a request.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) field: Field,
    /// The type of the tensor's values.
    pub(crate) element: ElementType,
    /// How many values the tensor has for each row.
    pub(crate) width: usize,
    take: Take,
}

#[derive(Debug, Clone)]
enum Take {
    Value,
    List(FieldRef),
    Map(Classes),
    One(usize),
}

impl Output {
    /// What `request` takes from this output, `classes` being those of the model.
    pub(crate) fn take(
        &self,
        model: &str,
        request: &OutputRequest,
        classes: &[String],
    ) -> Result<Taken, ModelError> {
        match &request.class {
            Some(class) => self.take_class(model, class, classes),
            None => self.take_whole(model),
        }
    }

    fn take_whole(&self, model: &str) -> Result<Taken, ModelError> {
        let field = |data_type| Field::new(&self.info.name, data_type, false);
        Ok(match &self.form {
            Form::Value(element) => Taken {
                field: field(element.data_type()),
                element: *element,
                width: 1,
                take: Take::Value,
            },
            Form::Values(_, None) => {
                return Err(ModelError::UnknownWidth {
                    model: model.to_owned(),
                    output: self.info.name.clone(),
                });
            }
            Form::Values(element, Some(width)) => {
                let length = i32::try_from(*width).map_err(|_| self.unsupported(model))?;
                let item = Arc::new(Field::new("item", element.data_type(), false));
                Taken {
                    field: field(DataType::FixedSizeList(Arc::clone(&item), length)),
                    element: *element,
                    width: length.unsigned_abs() as usize,
                    take: Take::List(item),
                }
            }
            Form::Map(classes) => Taken {
                field: field(map_type(classes)),
                element: ElementType::Float32,
                width: classes.names.len(),
                take: Take::Map(classes.clone()),
            },
            Form::Unsupported => return Err(self.unsupported(model)),
        })
    }

    fn take_class(
        &self,
        model: &str,
        class: &str,
        classes: &[String],
    ) -> Result<Taken, ModelError> {
        let (element, classes) = match &self.form {
            Form::Map(own) => (ElementType::Float32, own.names.as_slice()),
            Form::Unsupported => return Err(self.unsupported(model)),
            Form::Value(_) | Form::Values(..) if classes.is_empty() => {
                return Err(ModelError::NoClasses {
                    model: model.to_owned(),
                    output: self.info.name.clone(),
                    class: class.to_owned(),
                });
            }
            Form::Values(element, width)
                if element.is_floating()
                    && width.is_none_or(|width| width == classes.len() as u64) =>
            {
                (*element, classes)
            }
            Form::Value(_) | Form::Values(..) => {
                return Err(ModelError::NotScores {
                    model: model.to_owned(),
                    output: self.info.name.clone(),
                    kind: kind(&self.info),
                    classes: classes.len(),
                });
            }
        };
        let position = classes.iter().position(|name| name == class);
        let position = position.ok_or_else(|| ModelError::UnknownClass {
            model: model.to_owned(),
            class: class.to_owned(),
            classes: classes.to_vec(),
        })?;
        Ok(Taken {
            field: Field::new(class, element.data_type(), false),
            element,
            width: classes.len(),
            take: Take::One(position),
        })
    }

    fn unsupported(&self, model: &str) -> ModelError {
        ModelError::UnsupportedOutput {
            model: model.to_owned(),
            output: self.info.name.clone(),
            kind: kind(&self.info),
        }
    }
}

/// A type with its shape, as in `tensor(float) (rows, 3)`.
pub(crate) fn kind(info: &TensorInfo) -> String {
    if info.shape.is_empty() {
        return info.element_type.clone();
    }
    let sizes: Vec<String> = info
        .shape
        .iter()
        .enumerate()
        .map(|(position, size)| match (position, size) {
            (_, Some(size)) => size.to_string(),
            (0, None) => "rows".to_owned(),
            (_, None) => "any".to_owned(),
        })
        .collect();
    format!("{} ({})", info.element_type, sizes.join(", "))
}

/// A tensor's type and shape, as in `float32 (128, 2)`.
fn described(element: ElementType, shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("{} ({})", type_name(&element.data_type()), sizes.join(", "))
}

/// A tensor that has not come out as it should.
#[derive(Debug)]
pub(crate) struct Mismatch {
    pub(crate) expected: String,
    pub(crate) found: String,
}

/// The values of one tensor over all rows.
#[derive(Debug)]
pub(crate) struct Collected {
    element: ElementType,
    values: Values,
    width: usize,
}

impl Collected {
    pub(crate) fn new(taken: &Taken) -> Self {
        Self {
            element: taken.element,
            values: Values::none(taken.element),
            width: taken.width,
        }
    }

    /// Appends the first `rows` rows of a tensor that was computed for `block` rows.
    pub(crate) fn append(
        &mut self,
        tensor: Tensor,
        rows: usize,
        block: usize,
    ) -> Result<(), Mismatch> {
        let shape_fits = match tensor.shape.as_slice() {
            [length] => *length == block && self.width == 1,
            [length, width] => *length == block && *width == self.width,
            _ => false,
        };
        let mismatch = Mismatch {
            expected: described(self.element, &[block, self.width]),
            found: match tensor.values.len() {
                length if length == tensor.shape.iter().product::<usize>() => {
                    described(tensor.values.element_type(), &tensor.shape)
                }
                length => format!("{length} values"),
            },
        };
        let fits = shape_fits && tensor.values.len() == block * self.width;
        if fits && self.values.append(tensor.values, rows * self.width) {
            Ok(())
        } else {
            Err(mismatch)
        }
    }

    pub(crate) fn column(&self, taken: &Taken) -> Result<ArrayRef, ArrowError> {
        let values = &self.values;
        Ok(match &taken.take {
            Take::Value => array(values.clone()),
            Take::One(position) => array(values.every(*position, self.width)),
            Take::List(item) => {
                let width = i32::try_from(self.width).map_err(|_| {
                    ArrowError::InvalidArgumentError("a list is too wide".to_owned())
                })?;
                let values = array(values.clone());
                Arc::new(FixedSizeListArray::try_new(
                    Arc::clone(item),
                    width,
                    values,
                    None,
                )?)
            }
            Take::Map(classes) => map(values.clone(), classes)?,
        })
    }
}

fn array(values: Values) -> ArrayRef {
    match values {
        Values::Float16(values) => {
            Arc::new(PrimitiveArray::<Float16Type>::from_iter_values(values))
        }
        Values::Float32(values) => Arc::new(Float32Array::from(values)),
        Values::Float64(values) => Arc::new(Float64Array::from(values)),
        Values::Int8(values) => Arc::new(Int8Array::from(values)),
        Values::Int16(values) => Arc::new(Int16Array::from(values)),
        Values::Int32(values) => Arc::new(Int32Array::from(values)),
        Values::Int64(values) => Arc::new(Int64Array::from(values)),
        Values::UInt8(values) => Arc::new(UInt8Array::from(values)),
        Values::UInt16(values) => Arc::new(UInt16Array::from(values)),
        Values::UInt32(values) => Arc::new(UInt32Array::from(values)),
        Values::UInt64(values) => Arc::new(UInt64Array::from(values)),
        Values::Boolean(values) => Arc::new(BooleanArray::from(values)),
        Values::String(values) => Arc::new(StringArray::from_iter_values(values)),
    }
}

fn map_fields(classes: &Classes) -> Fields {
    let keys = if classes.integers {
        DataType::Int64
    } else {
        DataType::Utf8
    };
    Fields::from(vec![
        Field::new("key", keys, false),
        Field::new("value", DataType::Float32, false),
    ])
}

fn map_type(classes: &Classes) -> DataType {
    let entries = DataType::Struct(map_fields(classes));
    DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
}

/// One map for each row, its keys in the order of the scores.
fn map(scores: Values, classes: &Classes) -> Result<ArrayRef, ArrowError> {
    let width = classes.names.len();
    let rows = scores.len() / width;
    let keys: ArrayRef = if classes.integers {
        let labels: Vec<i64> = classes
            .names
            .iter()
            .map(|name| name.parse())
            .collect::<Result<_, _>>()
            .map_err(|_| ArrowError::InvalidArgumentError("a class is no integer".to_owned()))?;
        Arc::new(Int64Array::from(labels.repeat(rows)))
    } else {
        let names = (0..rows).flat_map(|_| &classes.names);
        Arc::new(StringArray::from_iter_values(names))
    };
    let fields = map_fields(classes);
    let entries = StructArray::try_new(fields.clone(), vec![keys, array(scores)], None)?;
    let offsets = (0..=rows)
        .map(|row| i32::try_from(row * width))
        .collect::<Result<Vec<i32>, _>>()
        .map_err(|_| ArrowError::OffsetOverflowError(rows * width))?;
    let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
    let field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Ok(Arc::new(MapArray::try_new(
        field, offsets, entries, None, false,
    )?))
}
