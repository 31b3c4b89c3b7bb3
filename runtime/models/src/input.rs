//! From columns to a model's inputs.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, BooleanArray, PrimitiveArray, StringArray};
use arrow_cast::{CastOptions, cast, cast_with_options};
use arrow_schema::DataType;
use half::f16;
use stepwell_layout::type_name;

use crate::backend::{TensorView, ViewValues};
use crate::element::{ElementType, TensorInfo};
use crate::error::ModelError;

/// An input of a model, as far as it can be made from columns.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) info: TensorInfo,
    pub(crate) element: ElementType,
    pub(crate) width: Width,
}

/// How an input's columns lie next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// Shape (rows): one column.
    Flat,
    /// Shape (rows, n): n columns.
    Columns(u64),
    /// Shape (rows, any).
    Free,
}

/// The columns of one input, each of the input's own type and without nulls.
#[derive(Debug)]
pub(crate) struct PreparedInput {
    pub(crate) element: ElementType,
    width: Width,
    columns: Vec<ArrayRef>,
}

impl Input {
    /// Converts columns to the input's type.
    ///
    /// Integers and floating-point values become what the input takes if they keep their value; into a
    /// floating-point type they are rounded. A null becomes NaN there, and is refused everywhere else.
    pub(crate) fn prepare(
        &self,
        model: &str,
        columns: &[ArrayRef],
        rows: usize,
    ) -> Result<PreparedInput, ModelError> {
        let expected = match self.width {
            Width::Flat => 1,
            Width::Columns(count) => count,
            Width::Free => (columns.len() as u64).max(1),
        };
        if columns.len() as u64 != expected {
            return Err(ModelError::ColumnCount {
                model: model.to_owned(),
                input: self.info.name.clone(),
                expected,
                found: columns.len(),
            });
        }
        let mut prepared = Vec::with_capacity(columns.len());
        for (position, column) in columns.iter().enumerate() {
            if column.len() != rows {
                return Err(ModelError::ColumnLength {
                    model: model.to_owned(),
                    input: self.info.name.clone(),
                    column: (expected > 1).then_some(position),
                    expected: rows,
                    found: column.len(),
                });
            }
            let conversion = Conversion {
                model,
                input: self,
                column: (expected > 1).then_some(position),
            };
            prepared.push(conversion.convert(column)?);
        }
        Ok(PreparedInput {
            element: self.element,
            width: self.width,
            columns: prepared,
        })
    }
}

/// One column on its way into an input.
struct Conversion<'a> {
    model: &'a str,
    input: &'a Input,
    column: Option<usize>,
}

impl Conversion<'_> {
    fn convert(&self, column: &ArrayRef) -> Result<ArrayRef, ModelError> {
        let element = self.input.element;
        let column = match column.data_type() {
            DataType::Dictionary(_, values) => self.cast(column, values)?,
            _ => Arc::clone(column),
        };
        let source = column.data_type().clone();
        match element {
            ElementType::Float16 | ElementType::Float32 | ElementType::Float64 => {
                if !(source.is_numeric() || matches!(source, DataType::Boolean | DataType::Null)) {
                    return Err(self.wrong_type("numbers", &source));
                }
                Ok(nulls_as_nan(&self.cast(&column, &element.data_type())?))
            }
            ElementType::Boolean => {
                if source != DataType::Boolean {
                    return Err(self.wrong_type("true and false (`bool`)", &source));
                }
                self.refuse_nulls(&column)?;
                Ok(column)
            }
            ElementType::String => {
                if !matches!(
                    source,
                    DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
                ) {
                    return Err(self.wrong_type("text (`utf8`)", &source));
                }
                self.refuse_nulls(&column)?;
                let column = self.cast(&column, &DataType::Utf8)?;
                self.refuse_nul_characters(&column)?;
                Ok(column)
            }
            _ => {
                let boolean = source == DataType::Boolean;
                if !(source.is_integer() || source.is_floating() || boolean) {
                    return Err(self.wrong_type("whole numbers", &source));
                }
                self.refuse_nulls(&column)?;
                self.whole(&column)
            }
        }
    }

    fn cast(&self, column: &ArrayRef, target: &DataType) -> Result<ArrayRef, ModelError> {
        if column.data_type() == target {
            return Ok(Arc::clone(column));
        }
        cast(column, target).map_err(|_| self.wrong_type("another type", column.data_type()))
    }

    /// Converts to an integer type; a fraction, a NaN or what is out of range is an error.
    fn whole(&self, column: &ArrayRef) -> Result<ArrayRef, ModelError> {
        let target = self.input.element.data_type();
        let options = CastOptions {
            safe: true,
            ..CastOptions::default()
        };
        let converted = cast_with_options(column, &target, &options)
            .map_err(|_| self.wrong_type("whole numbers", column.data_type()))?;
        let mut inexact = (0..converted.len()).find(|&row| converted.is_null(row));
        if inexact.is_none() && column.data_type().is_floating() {
            let before = self.cast(column, &DataType::Float64)?;
            let after = self.cast(&converted, &DataType::Float64)?;
            let before = before.as_primitive::<Float64Type>().values();
            let after = after.as_primitive::<Float64Type>().values();
            inexact = before
                .iter()
                .zip(after)
                .position(|(before, after)| before != after);
        }
        match inexact {
            None => Ok(converted),
            Some(row) => Err(ModelError::InexactValue {
                model: self.model.to_owned(),
                input: self.input.info.name.clone(),
                column: self.column,
                row,
                value: shown(column, row),
                element_type: self.input.info.element_type.clone(),
            }),
        }
    }

    fn refuse_nulls(&self, column: &ArrayRef) -> Result<(), ModelError> {
        match (0..column.len()).find(|&row| column.is_null(row)) {
            None => Ok(()),
            Some(row) => Err(ModelError::NullValue {
                model: self.model.to_owned(),
                input: self.input.info.name.clone(),
                column: self.column,
                row,
                element_type: self.input.info.element_type.clone(),
            }),
        }
    }

    /// Strings reach the library as C strings, which end at the first NUL.
    fn refuse_nul_characters(&self, column: &ArrayRef) -> Result<(), ModelError> {
        let texts = column.as_string::<i32>();
        if !texts.value_data().contains(&0) {
            return Ok(());
        }
        match texts
            .iter()
            .position(|text| text.is_some_and(|text| text.contains('\0')))
        {
            None => Ok(()),
            Some(row) => Err(ModelError::NulCharacter {
                model: self.model.to_owned(),
                input: self.input.info.name.clone(),
                column: self.column,
                row,
            }),
        }
    }

    fn wrong_type(&self, expected: &'static str, found: &DataType) -> ModelError {
        ModelError::ColumnType {
            model: self.model.to_owned(),
            input: self.input.info.name.clone(),
            column: self.column,
            expected,
            found: type_name(found),
        }
    }
}

fn shown(column: &ArrayRef, row: usize) -> String {
    arrow_cast::display::array_value_to_string(column, row).unwrap_or_else(|_| "a value".to_owned())
}

fn nulls_as_nan(column: &ArrayRef) -> ArrayRef {
    fn fill<T: ArrowPrimitiveType>(column: &ArrayRef, nan: T::Native) -> ArrayRef {
        let column = column.as_primitive::<T>();
        if column.null_count() == 0 {
            return Arc::new(column.clone());
        }
        Arc::new(PrimitiveArray::<T>::from_iter_values(
            column.iter().map(|value| value.unwrap_or(nan)),
        ))
    }
    match column.data_type() {
        DataType::Float16 => fill::<Float16Type>(column, f16::NAN),
        DataType::Float32 => fill::<Float32Type>(column, f32::NAN),
        _ => fill::<Float64Type>(column, f64::NAN),
    }
}

/// Space for the values of a block of rows that do not lie in one piece in the columns.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    numbers: Numbers,
    booleans: Vec<bool>,
}

/// Puts the values of some rows next to each other, row by row, and repeats the last row up to `block`.
fn gather<C: Copy, T: Copy>(
    space: &mut Vec<T>,
    columns: &[C],
    rows: Range<usize>,
    block: usize,
    value: impl Fn(C, usize) -> T,
) {
    space.clear();
    for row in rows {
        space.extend(columns.iter().map(|&column| value(column, row)));
    }
    let last_row = space.len() - columns.len();
    while space.len() < block * columns.len() {
        space.extend_from_within(last_row..last_row + columns.len());
    }
}

macro_rules! define_numbers {
    ($($field:ident, $variant:ident: $native:ty, $arrow:ty;)+) => {
        #[derive(Debug, Default)]
        struct Numbers {
            $($field: Vec<$native>,)+
        }

        impl PreparedInput {
            /// The rows from `start`, `block` of them; the last row is repeated where there are too few.
            ///
            /// `texts` and `scratch` give the space that the view borrows.
            pub(crate) fn block<'a>(
                &'a self,
                start: usize,
                rows: usize,
                block: usize,
                texts: &'a mut Vec<&'a str>,
                scratch: &'a mut Scratch,
            ) -> TensorView<'a> {
                let end = rows.min(start + block);
                let values = match self.element {
                    $(ElementType::$variant => match self.columns.as_slice() {
                        [column] if end - start == block => {
                            ViewValues::$variant(&column.as_primitive::<$arrow>().values()[start..end])
                        }
                        columns => {
                            let columns: Vec<&PrimitiveArray<$arrow>> =
                                columns.iter().map(|column| column.as_primitive()).collect();
                            let space = &mut scratch.numbers.$field;
                            gather(space, &columns, start..end, block, |column, row| column.value(row));
                            ViewValues::$variant(space)
                        }
                    },)+
                    ElementType::Boolean => {
                        let columns: Vec<&BooleanArray> =
                            self.columns.iter().map(|column| column.as_boolean()).collect();
                        let space = &mut scratch.booleans;
                        gather(space, &columns, start..end, block, |column, row| column.value(row));
                        ViewValues::Boolean(space)
                    }
                    ElementType::String => {
                        let columns: Vec<&StringArray> =
                            self.columns.iter().map(|column| column.as_string()).collect();
                        gather(texts, &columns, start..end, block, |column, row| column.value(row));
                        ViewValues::String(texts)
                    }
                };
                let shape = match self.width {
                    Width::Flat => vec![block],
                    Width::Columns(_) | Width::Free => vec![block, self.columns.len()],
                };
                TensorView { shape, values }
            }
        }
    };
}

define_numbers!(
    float16, Float16: f16, Float16Type;
    float32, Float32: f32, Float32Type;
    float64, Float64: f64, Float64Type;
    int8, Int8: i8, Int8Type;
    int16, Int16: i16, Int16Type;
    int32, Int32: i32, Int32Type;
    int64, Int64: i64, Int64Type;
    uint8, UInt8: u8, UInt8Type;
    uint16, UInt16: u16, UInt16Type;
    uint32, UInt32: u32, UInt32Type;
    uint64, UInt64: u64, UInt64Type;
);
