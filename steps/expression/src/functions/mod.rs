//! Functions.

mod conditional;
mod dates;
mod maths;
mod text;

use crate::ast::{Ast, Name};
use crate::check::Checker;
use crate::error::{Problem, Span};
use crate::node::Node;
use stepwell_values::Kind;

/// How a function is called and what it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FunctionDescription {
    /// The names that it has, the usual one first.
    pub names: &'static [&'static str],
    /// How it is called, such as `round(number, digits)`.
    pub usage: &'static str,
    /// What it gives, in one sentence.
    pub summary: &'static str,
}

/// All functions, in groups: conditions, numbers, text, dates.
pub fn functions() -> impl Iterator<Item = FunctionDescription> {
    all().map(|function| FunctionDescription {
        names: function.names,
        usage: function.usage,
        summary: function.summary,
    })
}

/// A function, as the lists of the modules here have them.
struct Function {
    names: &'static [&'static str],
    usage: &'static str,
    summary: &'static str,
    /// How many arguments it has, at least and at most.
    arguments: (usize, usize),
    build: fn(&mut Checker<'_>, Call) -> Option<Node>,
}

const ANY_NUMBER: usize = usize::MAX;

fn all() -> impl Iterator<Item = &'static Function> {
    [
        conditional::FUNCTIONS,
        maths::FUNCTIONS,
        text::FUNCTIONS,
        dates::PARTS,
        dates::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// A call whose arguments are checked, and as many as there may be.
struct Call {
    span: Span,
    function: &'static Function,
    arguments: Vec<Node>,
}

impl Call {
    fn name(&self) -> &'static str {
        self.function.names[0]
    }

    /// How messages call an argument, counted from 0.
    fn place(&self, argument: usize) -> String {
        format!("argument {} of `{}`", argument + 1, self.function.usage)
    }

    fn len(&self) -> usize {
        self.arguments.len()
    }

    /// The arguments as values of these kinds; those after the last kind have that kind too.
    fn coerced(self, checker: &mut Checker<'_>, kinds: &[Kind]) -> Option<Vec<Node>> {
        let places: Vec<String> = (0..self.len())
            .map(|argument| self.place(argument))
            .collect();
        let coerced: Vec<Option<Node>> = self
            .arguments
            .into_iter()
            .zip(&places)
            .enumerate()
            .map(|(index, (node, place))| {
                let kind = kinds.get(index).or(kinds.last())?;
                checker.coerce(node, *kind, place)
            })
            .collect();
        coerced.into_iter().collect()
    }

    /// The text of an argument that must be written out.
    fn constant_text(
        &self,
        checker: &mut Checker<'_>,
        argument: usize,
        example: &str,
    ) -> Option<String> {
        let node = &self.arguments[argument];
        match node.literal_text() {
            Some(text) => Some(text.to_owned()),
            None => {
                let (place, example) = (self.place(argument), example.to_owned());
                checker.fail(node.span, Problem::NotConstant { place, example })
            }
        }
    }

    /// A problem with a literal argument.
    fn bad_literal<T>(
        &self,
        checker: &mut Checker<'_>,
        argument: usize,
        expected: &str,
    ) -> Option<T> {
        let node = &self.arguments[argument];
        let text = node.literal_text().unwrap_or_default().to_owned();
        checker.fail(
            node.span,
            Problem::BadLiteral {
                text,
                expected: expected.to_owned(),
            },
        )
    }
}

/// Finds a function and checks its arguments.
pub(crate) fn check_call(
    checker: &mut Checker<'_>,
    name: &Name,
    arguments: &[Ast],
    span: Span,
) -> Option<Node> {
    let nodes = checker.check_all(arguments);
    let is_named = |function: &&Function| {
        function
            .names
            .iter()
            .any(|known| known.eq_ignore_ascii_case(&name.text))
    };
    let Some(function) = all().find(is_named) else {
        let functions = all().map(|function| function.names[0].to_owned()).collect();
        return checker.fail(
            name.span,
            Problem::UnknownFunction {
                name: name.text.clone(),
                functions,
            },
        );
    };
    let (least, most) = function.arguments;
    if arguments.len() < least || arguments.len() > most {
        let problem = Problem::WrongArguments {
            usage: function.usage.to_owned(),
            found: arguments.len(),
        };
        return checker.fail(span, problem);
    }
    (function.build)(
        checker,
        Call {
            span,
            function,
            arguments: nodes?,
        },
    )
}
