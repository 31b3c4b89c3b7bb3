//! Functions that choose between values.

use arrow_array::{BooleanArray, Int64Array};
use stepwell_values::{Kind, Vector};

use super::{ANY_NUMBER, Call, Function};
use crate::arguments::Arguments;
use crate::ast::Comparison;
use crate::check::Checker;
use crate::compare::order_at;
use crate::node::{Form, Node};
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["coalesce", "ifnull"],
        usage: "coalesce(value, …)",
        summary: "The first of the values that is not null.",
        arguments: (1, ANY_NUMBER),
        build: coalesce,
    },
    Function {
        names: &["nullif"],
        usage: "nullif(value, other)",
        summary: "Null where the value equals the other, else the value.",
        arguments: (2, 2),
        build: nullif,
    },
    Function {
        names: &["if", "iff"],
        usage: "if(condition, value, otherwise)",
        summary: "The one value where the condition is true, else the other.",
        arguments: (3, 3),
        build: choose,
    },
    Function {
        names: &["least"],
        usage: "least(value, …)",
        summary: "The smallest of the values; nulls are left out.",
        arguments: (1, ANY_NUMBER),
        build: |checker, call| extreme(checker, call, false),
    },
    Function {
        names: &["greatest"],
        usage: "greatest(value, …)",
        summary: "The largest of the values; nulls are left out.",
        arguments: (1, ANY_NUMBER),
        build: |checker, call| extreme(checker, call, true),
    },
];

fn coalesce(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let place = format!("the arguments of `{}`", call.name());
    let span = call.span;
    let (of, values) = checker.unify(call.arguments, &place)?;
    let fails = values.iter().any(|value| value.fails);
    Some(Node {
        span,
        of,
        fails,
        form: Form::FirstValid(values),
    })
}

fn nullif(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let value = call.arguments[0].clone();
    let equal = checker.compare(Comparison::Equal, call.arguments, span)?;
    let null = Node::null(span);
    checker.choose(vec![equal], vec![null, value], span)
}

fn choose(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let place = call.place(0);
    let mut arguments = call.arguments.into_iter();
    let condition = checker.coerce(arguments.next()?, Kind::Boolean, &place)?;
    checker.choose(vec![condition], arguments.collect(), span)
}

fn extreme(checker: &mut Checker<'_>, call: Call, largest: bool) -> Option<Node> {
    let place = format!("the arguments of `{}`", call.name());
    let span = call.span;
    let (of, values) = checker.unify(call.arguments, &place)?;
    if of == Type::Null {
        return Some(Node::null(span));
    }
    Some(Node::call(span, of, values, move |arguments| {
        Ok(extreme_values(arguments, largest))
    }))
}

fn extreme_values(arguments: &Arguments<'_>, largest: bool) -> Vector {
    let best = |row: usize| {
        let valid = (0..arguments.len()).filter(|argument| !arguments.is_null(*argument, row));
        valid.reduce(|best, other| {
            let order = order_at(arguments.get(other), arguments.get(best), row);
            if (largest && order.is_gt()) || (!largest && order.is_lt()) {
                other
            } else {
                best
            }
        })
    };
    macro_rules! chosen {
        ($accessor:ident, $array:ty) => {{
            let values: Vec<_> = (0..arguments.len())
                .map(|argument| arguments.$accessor(argument))
                .collect();
            arguments.collect::<_, $array>(|row| values[best(row)?].get(row))
        }};
    }
    match arguments.vector(0).kind() {
        Kind::Boolean => chosen!(booleans, BooleanArray),
        Kind::Integer => chosen!(integers, Int64Array),
        Kind::Float => chosen!(floats, arrow_array::Float64Array),
        Kind::Text => chosen!(texts, arrow_array::StringArray),
        Kind::Date => chosen!(dates, arrow_array::Date32Array),
        Kind::Timestamp => chosen!(timestamps, arrow_array::TimestampMicrosecondArray),
    }
}
