//! What can be wrong with an expression.

use stepwell_values::ValuesError;

/// A range of an expression's characters, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first character.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

impl Span {
    pub(crate) fn to(self, other: Self) -> Self {
        Self {
            start: self.start,
            end: other.end.max(self.end),
        }
    }
}

/// Something that is wrong with an expression, or with the values that it is evaluated on, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{problem}, at character {}", .span.start + 1)]
pub struct ExpressionError {
    /// The part of the expression.
    pub span: Span,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The text is not an expression.
    #[error("expected {expected}, found {found}")]
    Syntax {
        /// What may stand here, in words.
        expected: String,
        /// What stands here.
        found: String,
    },
    /// A text or comment has no end, or there is a character that means nothing.
    #[error("{message}")]
    BadToken {
        /// What the tokenizer says.
        message: String,
    },
    /// More parts within parts than can be evaluated.
    #[error("the expression is nested deeper than {limit} levels")]
    TooDeep {
        /// How many levels there may be.
        limit: usize,
    },
    /// The schema has no such column.
    #[error("there is no column `{name}`; columns are {}", list(.columns))]
    UnknownColumn {
        /// The name.
        name: String,
        /// The columns that there are.
        columns: Vec<String>,
    },
    /// The schema has several columns of the name.
    #[error("there are several columns `{name}`")]
    AmbiguousColumn {
        /// The name.
        name: String,
    },
    /// The values of a column cannot be computed with.
    #[error("column `{name}` is of the type `{data_type}`, which expressions cannot compute with")]
    UnsupportedColumn {
        /// The column's name.
        name: String,
        /// Its type.
        data_type: String,
    },
    /// There is no function of the name.
    #[error("there is no function `{name}`; functions are {}", list(.functions))]
    UnknownFunction {
        /// The name.
        name: String,
        /// The functions that there are.
        functions: Vec<String>,
    },
    /// A function has too many arguments or too few.
    #[error("`{usage}` has {} here", arguments(*.found))]
    WrongArguments {
        /// How the function is called.
        usage: String,
        /// How many arguments there are.
        found: usize,
    },
    /// There is no type of the name.
    #[error("there is no type `{name}` in expressions; types are {}", list(.types))]
    UnknownType {
        /// The name.
        name: String,
        /// The types that there are.
        types: Vec<String>,
    },
    /// A part has values of one type where those of another are needed.
    #[error("{place} must be {expected}, this is {found}")]
    WrongType {
        /// What must be of the type, such as `` an operand of `and` ``.
        place: String,
        /// What it must be, in words.
        expected: String,
        /// What it is, in words.
        found: String,
    },
    /// Parts that are compared, or that are alternatives, have different types.
    #[error("{place} must be of one type, these are {left} and {right}")]
    MixedTypes {
        /// What must be of one type, such as `` the operands of `=` ``.
        place: String,
        /// The one type.
        left: String,
        /// The other.
        right: String,
    },
    /// A text that must be known before there is data is none: a pattern, a format, a unit.
    #[error("{place} must be written out, such as `{example}`")]
    NotConstant {
        /// What must be written out.
        place: String,
        /// An example.
        example: String,
    },
    /// A literal that stands for something else does not.
    #[error("`{text}` is not {expected}")]
    BadLiteral {
        /// The literal.
        text: String,
        /// What it should be, in words.
        expected: String,
    },
    /// The clock of a time zone is not known here.
    #[error("the time of day in the zone `{zone}` is not known to expressions")]
    UnknownZone {
        /// The zone.
        zone: String,
    },
    /// The type of the whole is not known, because it is always null.
    #[error("the expression is always null, so that its type is not known")]
    AlwaysNull,
    /// A whole number that does not fit 64 bits.
    #[error("`{operation}` does not fit {fits}")]
    Overflow {
        /// The operation with its values.
        operation: String,
        /// What the result should fit, such as `a 64-bit integer`.
        fits: &'static str,
    },
    /// A value that cannot be turned into one of another type.
    #[error("`{value}` is not {expected}")]
    BadValue {
        /// The value.
        value: String,
        /// What it should be, in words.
        expected: String,
    },
    /// A column's values cannot be read.
    #[error(transparent)]
    Values(ValuesError),
}

impl Problem {
    pub(crate) fn at(self, span: Span) -> ExpressionError {
        ExpressionError {
            span,
            problem: self,
        }
    }
}

impl ExpressionError {
    /// A short, stable word for the kind of error.
    pub fn code(&self) -> &'static str {
        match &self.problem {
            Problem::Syntax { .. } | Problem::BadToken { .. } | Problem::TooDeep { .. } => "syntax",
            Problem::UnknownColumn { .. } => "missing_column",
            Problem::AmbiguousColumn { .. } => "ambiguous_column",
            Problem::UnsupportedColumn { .. } => "unsupported_type",
            Problem::UnknownFunction { .. } => "unknown_function",
            Problem::WrongArguments { .. } => "wrong_arguments",
            Problem::UnknownType { .. } => "unknown_type",
            Problem::WrongType { .. } | Problem::MixedTypes { .. } | Problem::AlwaysNull => {
                "wrong_type"
            }
            Problem::NotConstant { .. } => "not_constant",
            Problem::BadLiteral { .. } => "bad_literal",
            Problem::UnknownZone { .. } => "unknown_zone",
            Problem::Overflow { .. } => "overflow",
            Problem::BadValue { .. } => "bad_value",
            Problem::Values(error) => error.code(),
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        let did_you_mean = |name: &str, known: &[String]| {
            closest(name, known).map(|closest| format!("did you mean `{closest}`?"))
        };
        match &self.problem {
            Problem::UnknownColumn { name, columns } => did_you_mean(name, columns).or_else(|| {
                Some(
                    "text is written between single quotes, names between double quotes".to_owned(),
                )
            }),
            Problem::UnknownFunction { name, functions } => did_you_mean(name, functions),
            Problem::UnknownType { name, types } => did_you_mean(name, types),
            Problem::MixedTypes { .. } => {
                Some("turn one into the type of the other with `cast(value as type)`".to_owned())
            }
            Problem::AlwaysNull => Some("give null a type: `cast(null as text)`".to_owned()),
            Problem::Overflow { .. } => {
                Some("compute with floating-point numbers: `cast(value as double)`".to_owned())
            }
            Problem::BadValue { .. } => Some(
                "`try_cast`, `try_to_date` and `try_to_timestamp` give null instead".to_owned(),
            ),
            Problem::UnknownZone { .. } => {
                Some("give the column the zone `UTC` or a fixed one such as `+01:00`".to_owned())
            }
            Problem::UnsupportedColumn { .. } => {
                Some("the `cast` step may turn the column into a type that they can".to_owned())
            }
            _ => None,
        }
    }
}

fn arguments(count: usize) -> String {
    match count {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        count => format!("{count} arguments"),
    }
}

fn list(names: &[String]) -> String {
    const SHOWN: usize = 60;
    let shown: Vec<String> = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect();
    match (names.len(), names.len().saturating_sub(SHOWN)) {
        (0, _) => "none".to_owned(),
        (_, 0) => shown.join(", "),
        (_, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn closest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let name = name.to_lowercase();
    known
        .iter()
        .map(|known| {
            (
                strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase()),
                known,
            )
        })
        .filter(|(similarity, _)| *similarity >= 0.6)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, known)| known.as_str())
}
