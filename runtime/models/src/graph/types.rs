//! The types of a graph's inputs and outputs.

use super::parse::ParseError;
use crate::element::{ElementType, TensorInfo, onnx_word};
use crate::wire::fields;

/// How deeply types nest in types. `optional(seq(map(string,tensor(float))))` is the deepest that
/// ONNX has.
const MAX_TYPE_DEPTH: usize = 8;

/// A type, as far as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueType {
    Tensor {
        /// The number in ONNX's `TensorProto.DataType`.
        element: i64,
        /// `None` where the model does not say how many dimensions there are.
        shape: Option<Vec<Option<u64>>>,
    },
    /// Anything else, as ONNX writes it.
    Other(String),
}

impl ValueType {
    pub(crate) fn element_type(&self) -> Option<ElementType> {
        match self {
            Self::Tensor { element, .. } => ElementType::from_onnx(*element),
            Self::Other(_) => None,
        }
    }

    pub(crate) fn shape(&self) -> Option<&[Option<u64>]> {
        match self {
            Self::Tensor { shape, .. } => shape.as_deref(),
            Self::Other(_) => None,
        }
    }

    pub(crate) fn name(&self) -> String {
        match self {
            Self::Tensor { element, .. } => format!("tensor({})", onnx_word(*element)),
            Self::Other(name) => name.clone(),
        }
    }

    pub(crate) fn info(&self, name: &str) -> TensorInfo {
        TensorInfo {
            name: name.to_owned(),
            element_type: self.name(),
            shape: self.shape().unwrap_or_default().to_vec(),
        }
    }
}

/// `ValueInfoProto`: a name and its type.
pub(super) fn value_info(message: &[u8]) -> Result<(&str, ValueType), ParseError> {
    let mut name = "";
    let mut value_type = ValueType::Tensor {
        element: 0,
        shape: None,
    };
    for field in fields(message) {
        let field = field?;
        match field.number {
            1 => name = field.text()?,
            2 => value_type = type_proto(field.bytes()?, MAX_TYPE_DEPTH)?,
            _ => {}
        }
    }
    Ok((name, value_type))
}

fn type_proto(message: &[u8], depth: usize) -> Result<ValueType, ParseError> {
    if depth == 0 {
        return Err(ParseError::Malformed("types nest too deeply"));
    }
    let nested = |field: &[u8], number: u64| -> Result<String, ParseError> {
        for inner in fields(field) {
            let inner = inner?;
            if inner.number == number {
                return Ok(type_proto(inner.bytes()?, depth - 1)?.name());
            }
        }
        Ok("undefined".to_owned())
    };
    for field in fields(message) {
        let field = field?;
        return Ok(match field.number {
            1 => tensor(field.bytes()?)?,
            4 => ValueType::Other(format!("seq({})", nested(field.bytes()?, 1)?)),
            5 => {
                let map = field.bytes()?;
                let mut key = 0;
                for inner in fields(map) {
                    let inner = inner?;
                    if inner.number == 1 {
                        key = inner.integer()?;
                    }
                }
                ValueType::Other(format!("map({},{})", onnx_word(key), nested(map, 2)?))
            }
            7 => ValueType::Other("opaque".to_owned()),
            8 => {
                let element = tensor(field.bytes()?)?.name();
                ValueType::Other(format!("sparse_{element}"))
            }
            9 => ValueType::Other(format!("optional({})", nested(field.bytes()?, 1)?)),
            _ => continue,
        });
    }
    Ok(ValueType::Other("undefined".to_owned()))
}

fn tensor(message: &[u8]) -> Result<ValueType, ParseError> {
    let mut element = 0;
    let mut shape = None;
    for field in fields(message) {
        let field = field?;
        match field.number {
            1 => element = field.integer()?,
            2 => shape = Some(dimensions(field.bytes()?)?),
            _ => {}
        }
    }
    Ok(ValueType::Tensor { element, shape })
}

fn dimensions(message: &[u8]) -> Result<Vec<Option<u64>>, ParseError> {
    let mut sizes = Vec::new();
    for field in fields(message) {
        let field = field?;
        if field.number != 1 {
            continue;
        }
        if sizes.len() == 64 {
            return Err(ParseError::Malformed(
                "a tensor has more than 64 dimensions",
            ));
        }
        let mut size = None;
        for inner in fields(field.bytes()?) {
            let inner = inner?;
            if inner.number == 1 {
                // Exporters write 0 and -1 where they do not know the size.
                size = u64::try_from(inner.integer()?)
                    .ok()
                    .filter(|&size| size > 0);
            }
        }
        sizes.push(size);
    }
    Ok(sizes)
}
