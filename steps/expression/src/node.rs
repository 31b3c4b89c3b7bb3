//! An expression whose names and types are resolved.

use std::fmt;
use std::sync::Arc;

use stepwell_values::{Kind, Vector};

use crate::arguments::Arguments;
use crate::error::{Problem, Span};
use crate::types::Type;

/// Computes a function's values of those of its arguments.
pub(crate) type Kernel = Arc<dyn Fn(&Arguments<'_>) -> Result<Vector, Problem> + Send + Sync>;

/// A part of an expression, of a known type.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) of: Type,
    /// Whether some values make it fail, so that it must not be evaluated where it does not matter.
    pub(crate) fails: bool,
    pub(crate) form: Form,
}

#[derive(Clone)]
pub(crate) enum Form {
    /// A column, by its place among those that the expression reads.
    Column(usize),
    /// A value: a vector of one.
    Literal(Vector),
    /// Null of no type yet.
    Null,
    Call {
        arguments: Vec<Node>,
        kernel: Kernel,
    },
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    /// The value of the first condition that is true.
    Choose {
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
    },
    /// The first value that is not null.
    FirstValid(Vec<Node>),
}

impl Node {
    pub(crate) fn literal(span: Span, of: Type, value: impl Into<Vector>) -> Self {
        Self {
            span,
            of,
            fails: false,
            form: Form::Literal(value.into()),
        }
    }

    pub(crate) fn null(span: Span) -> Self {
        Self {
            span,
            of: Type::Null,
            fails: false,
            form: Form::Null,
        }
    }

    /// A function that gives a value for any arguments.
    pub(crate) fn call(
        span: Span,
        of: Type,
        arguments: Vec<Node>,
        kernel: impl Fn(&Arguments<'_>) -> Result<Vector, Problem> + Send + Sync + 'static,
    ) -> Self {
        let fails = arguments.iter().any(|argument| argument.fails);
        Self {
            span,
            of,
            fails,
            form: Form::Call {
                arguments,
                kernel: Arc::new(kernel),
            },
        }
    }

    /// Marks a function that some arguments make fail.
    pub(crate) fn may_fail(self) -> Self {
        Self {
            fails: true,
            ..self
        }
    }

    /// The kind of the values; null literals are replaced before it is asked for.
    pub(crate) fn kind(&self) -> Option<Kind> {
        self.of.kind()
    }

    /// The text of a literal.
    pub(crate) fn literal_text(&self) -> Option<&str> {
        match &self.form {
            Form::Literal(Vector::Text(text)) => text.iter().next().flatten(),
            _ => None,
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Node")
            .field("span", &self.span)
            .field("of", &self.of)
            .finish_non_exhaustive()
    }
}
