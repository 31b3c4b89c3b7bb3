//! An expression as it is written.

use crate::error::Span;

/// A part of an expression and where it stands.
#[derive(Debug)]
pub(crate) struct Ast {
    pub(crate) span: Span,
    pub(crate) form: AstForm,
    /// Levels of parts within parts, this one included.
    pub(crate) depth: usize,
}

/// A name and where it stands.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum AstForm {
    Column(String),
    /// A number as it is written, without a sign.
    Number(String),
    Text(String),
    Boolean(bool),
    Null,
    Not(Box<Ast>),
    Negate(Box<Ast>),
    Binary {
        operator: BinaryOperator,
        left: Box<Ast>,
        right: Box<Ast>,
    },
    IsNull {
        operand: Box<Ast>,
        negated: bool,
    },
    /// `is true`, `is not false`: never null.
    IsBoolean {
        operand: Box<Ast>,
        value: bool,
        negated: bool,
    },
    Between {
        operand: Box<Ast>,
        low: Box<Ast>,
        high: Box<Ast>,
        negated: bool,
    },
    In {
        operand: Box<Ast>,
        list: Vec<Ast>,
        negated: bool,
    },
    Like {
        operand: Box<Ast>,
        pattern: Box<Ast>,
        ignore_case: bool,
        negated: bool,
    },
    Case {
        operand: Option<Box<Ast>>,
        branches: Vec<(Ast, Ast)>,
        otherwise: Option<Box<Ast>>,
    },
    Cast {
        operand: Box<Ast>,
        target: Name,
        lenient: bool,
    },
    Call {
        name: Name,
        arguments: Vec<Ast>,
    },
}

impl AstForm {
    /// Levels below this part.
    fn depth_below(&self) -> usize {
        let deepest = |parts: &[Ast]| {
            parts
                .iter()
                .map(|part| part.depth)
                .max()
                .unwrap_or_default()
        };
        match self {
            Self::Column(_) | Self::Number(_) | Self::Text(_) | Self::Boolean(_) | Self::Null => 0,
            Self::Not(operand)
            | Self::Negate(operand)
            | Self::IsNull { operand, .. }
            | Self::IsBoolean { operand, .. }
            | Self::Cast { operand, .. } => operand.depth,
            Self::Binary { left, right, .. } => left.depth.max(right.depth),
            Self::Between {
                operand, low, high, ..
            } => operand.depth.max(low.depth).max(high.depth),
            Self::In { operand, list, .. } => operand.depth.max(deepest(list)),
            Self::Like {
                operand, pattern, ..
            } => operand.depth.max(pattern.depth),
            Self::Case {
                operand,
                branches,
                otherwise,
            } => branches
                .iter()
                .map(|(condition, value)| condition.depth.max(value.depth))
                .chain(operand.iter().chain(otherwise).map(|part| part.depth))
                .max()
                .unwrap_or_default(),
            Self::Call { arguments, .. } => deepest(arguments),
        }
    }

    pub(crate) fn at(self, span: Span) -> Ast {
        Ast {
            span,
            depth: 1 + self.depth_below(),
            form: self,
        }
    }
}

impl Ast {
    /// Calls a function with the name of each column.
    pub(crate) fn for_each_column(&self, call: &mut impl FnMut(&str)) {
        match &self.form {
            AstForm::Column(name) => call(name),
            AstForm::Number(_) | AstForm::Text(_) | AstForm::Boolean(_) | AstForm::Null => {}
            AstForm::Not(operand)
            | AstForm::Negate(operand)
            | AstForm::IsNull { operand, .. }
            | AstForm::IsBoolean { operand, .. }
            | AstForm::Cast { operand, .. } => operand.for_each_column(call),
            AstForm::Binary { left, right, .. } => {
                left.for_each_column(call);
                right.for_each_column(call);
            }
            AstForm::Between {
                operand, low, high, ..
            } => {
                for part in [operand, low, high] {
                    part.for_each_column(call);
                }
            }
            AstForm::In { operand, list, .. } => {
                operand.for_each_column(call);
                list.iter().for_each(|part| part.for_each_column(call));
            }
            AstForm::Like {
                operand, pattern, ..
            } => {
                operand.for_each_column(call);
                pattern.for_each_column(call);
            }
            AstForm::Case {
                operand,
                branches,
                otherwise,
            } => {
                operand.iter().for_each(|part| part.for_each_column(call));
                for (condition, value) in branches {
                    condition.for_each_column(call);
                    value.for_each_column(call);
                }
                otherwise.iter().for_each(|part| part.for_each_column(call));
            }
            AstForm::Call { arguments, .. } => {
                arguments.iter().for_each(|part| part.for_each_column(call))
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Or,
    And,
    Compare(Comparison),
    Concatenate,
    Add,
    Subtract,
    Multiply,
    Divide,
    DivideWhole,
    Remainder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `is not distinct from`: as `=`, but null equals null.
    Same,
    /// `is distinct from`.
    Distinct,
}

impl BinaryOperator {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Compare(comparison) => comparison.symbol(),
            Self::Concatenate => "||",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::DivideWhole => "//",
            Self::Remainder => "%",
        }
    }
}

impl Comparison {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Same => "is not distinct from",
            Self::Distinct => "is distinct from",
        }
    }
}
