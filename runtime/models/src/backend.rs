//! What an inference library has to do for this crate: run tensors through a graph.

use std::fmt;

use half::f16;

use crate::element::ElementType;

/// An inference library.
pub trait Backend: fmt::Debug + Send + Sync {
    /// The library's name, for people.
    fn name(&self) -> &str;

    /// Whether the library may have operators of this domain. The standard domains are always asked
    /// of the library itself.
    fn has_domain(&self, domain: &str) -> bool;

    /// Makes a model ready to run. `model` is an ONNX file.
    ///
    /// # Errors
    ///
    /// What the library has against the model.
    fn load(&self, model: &[u8]) -> Result<Box<dyn Session>, BackendError>;
}

/// A model that is ready to run, on one thread at a time.
///
/// The same inputs must always give the same bits. A model may be loaded into several sessions, which
/// must agree with each other.
pub trait Session: Send {
    /// What the library found out about the output of this name; `None` where it is no tensor.
    fn output_type(&self, output: &str) -> Option<OutputType>;

    /// Runs the model, and gives the outputs of these names, in this order.
    ///
    /// # Errors
    ///
    /// What the library has against the inputs or could not compute.
    fn run(
        &mut self,
        inputs: &[(&str, TensorView<'_>)],
        outputs: &[&str],
    ) -> Result<Vec<Tensor>, BackendError>;
}

/// What an inference library found out about an output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputType {
    /// `None` where no column has such elements.
    pub element: Option<ElementType>,
    /// Sizes, `None` where the size is free.
    pub shape: Vec<Option<u64>>,
}

/// What an inference library says when it fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BackendError(pub String);

/// A tensor that a library reads: borrowed values, the last dimension running fastest.
#[derive(Debug, Clone)]
pub struct TensorView<'a> {
    /// The size of each dimension.
    pub shape: Vec<usize>,
    /// As many as the product of the sizes.
    pub values: ViewValues<'a>,
}

/// A tensor that a library has made, the last dimension running fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The size of each dimension.
    pub shape: Vec<usize>,
    /// As many as the product of the sizes.
    pub values: Values,
}

macro_rules! define_values {
    ($($variant:ident: $native:ty),+ $(,)?) => {
        /// The values of a tensor that a library reads.
        #[derive(Debug, Clone, Copy)]
        #[allow(missing_docs, reason = "the variants are those of `ElementType`")]
        pub enum ViewValues<'a> {
            $($variant(&'a [$native]),)+
            Boolean(&'a [bool]),
            String(&'a [&'a str]),
        }

        /// The values of a tensor that a library has made.
        #[derive(Debug, Clone, PartialEq)]
        #[allow(missing_docs, reason = "the variants are those of `ElementType`")]
        pub enum Values {
            $($variant(Vec<$native>),)+
            Boolean(Vec<bool>),
            String(Vec<String>),
        }

        impl Values {
            /// The type of the values.
            pub fn element_type(&self) -> ElementType {
                match self {
                    $(Self::$variant(_) => ElementType::$variant,)+
                    Self::Boolean(_) => ElementType::Boolean,
                    Self::String(_) => ElementType::String,
                }
            }

            /// How many there are.
            pub fn len(&self) -> usize {
                match self {
                    $(Self::$variant(values) => values.len(),)+
                    Self::Boolean(values) => values.len(),
                    Self::String(values) => values.len(),
                }
            }

            /// Whether there are none.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Appends the first `count` of `others`. False where the types differ.
            pub(crate) fn append(&mut self, others: Self, count: usize) -> bool {
                match (self, others) {
                    $((Self::$variant(values), Self::$variant(others)) => {
                        values.extend(others.into_iter().take(count));
                    })+
                    (Self::Boolean(values), Self::Boolean(others)) => {
                        values.extend(others.into_iter().take(count));
                    }
                    (Self::String(values), Self::String(others)) => {
                        values.extend(others.into_iter().take(count));
                    }
                    _ => return false,
                }
                true
            }

            /// Those at `start`, `start + step`, and so on.
            pub(crate) fn every(&self, start: usize, step: usize) -> Self {
                match self {
                    $(Self::$variant(values) => {
                        Self::$variant(values.iter().skip(start).step_by(step).copied().collect())
                    })+
                    Self::Boolean(values) => {
                        Self::Boolean(values.iter().skip(start).step_by(step).copied().collect())
                    }
                    Self::String(values) => {
                        Self::String(values.iter().skip(start).step_by(step).cloned().collect())
                    }
                }
            }

            /// No values of this type.
            pub(crate) fn none(element: ElementType) -> Self {
                match element {
                    $(ElementType::$variant => Self::$variant(Vec::new()),)+
                    ElementType::Boolean => Self::Boolean(Vec::new()),
                    ElementType::String => Self::String(Vec::new()),
                }
            }
        }
    };
}

define_values!(
    Float16: f16,
    Float32: f32,
    Float64: f64,
    Int8: i8,
    Int16: i16,
    Int32: i32,
    Int64: i64,
    UInt8: u8,
    UInt16: u16,
    UInt32: u32,
    UInt64: u64,
);
