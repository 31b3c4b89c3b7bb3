//! Element types of tensors, and the names that ONNX has for types.

use arrow_schema::DataType;
use serde::Serialize;

/// What a tensor's elements are, as far as columns can carry them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ElementType {
    /// 16-bit floating point.
    Float16,
    /// 32-bit floating point.
    Float32,
    /// 64-bit floating point.
    Float64,
    /// 8-bit signed integer.
    Int8,
    /// 16-bit signed integer.
    Int16,
    /// 32-bit signed integer.
    Int32,
    /// 64-bit signed integer.
    Int64,
    /// 8-bit unsigned integer.
    UInt8,
    /// 16-bit unsigned integer.
    UInt16,
    /// 32-bit unsigned integer.
    UInt32,
    /// 64-bit unsigned integer.
    UInt64,
    /// True or false.
    Boolean,
    /// UTF-8 text.
    String,
}

impl ElementType {
    /// The element type of this number in ONNX's `TensorProto.DataType`; `None` for those that no
    /// column has (complex numbers, brain floats, 8-bit floats and below).
    pub(crate) fn from_onnx(number: i64) -> Option<Self> {
        Some(match number {
            1 => Self::Float32,
            2 => Self::UInt8,
            3 => Self::Int8,
            4 => Self::UInt16,
            5 => Self::Int16,
            6 => Self::Int32,
            7 => Self::Int64,
            8 => Self::String,
            9 => Self::Boolean,
            10 => Self::Float16,
            11 => Self::Float64,
            12 => Self::UInt32,
            13 => Self::UInt64,
            _ => return None,
        })
    }

    /// The type of a column that holds such elements.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Float16 => DataType::Float16,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Boolean => DataType::Boolean,
            Self::String => DataType::Utf8,
        }
    }

    pub(crate) fn is_floating(self) -> bool {
        matches!(self, Self::Float16 | Self::Float32 | Self::Float64)
    }
}

/// The word that ONNX writes for an element type, as in `tensor(float)`.
pub(crate) fn onnx_word(number: i64) -> &'static str {
    const WORDS: [&str; 29] = [
        "undefined",
        "float",
        "uint8",
        "int8",
        "uint16",
        "int16",
        "int32",
        "int64",
        "string",
        "bool",
        "float16",
        "double",
        "uint32",
        "uint64",
        "complex64",
        "complex128",
        "bfloat16",
        "float8e4m3fn",
        "float8e4m3fnuz",
        "float8e5m2",
        "float8e5m2fnuz",
        "uint4",
        "int4",
        "float4e2m1",
        "float8e8m0",
        "uint2",
        "int2",
        "float6e2m3",
        "float6e3m2",
    ];
    usize::try_from(number)
        .ok()
        .and_then(|index| WORDS.get(index).copied())
        .unwrap_or("unknown")
}

/// An input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TensorInfo {
    /// The name by which the model knows it.
    pub name: String,
    /// The type as ONNX writes it: `tensor(float)`, `seq(map(string,tensor(float)))`.
    pub element_type: String,
    /// Sizes, `None` where the size is free, as that of the rows is. Empty for what is no tensor, and
    /// where the model does not say how many dimensions there are.
    pub shape: Vec<Option<u64>>,
}
