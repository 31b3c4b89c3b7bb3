//! Operators.

use arrow_arith::boolean;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_array::{BooleanArray, Float64Array, Int64Array, StringArray};
use stepwell_values::{Kind, Vector};

use crate::arguments::Arguments;
use crate::ast::{BinaryOperator, Comparison};
use crate::check::Checker;
use crate::compare::{Like, compare_arguments, equal_at};
use crate::error::{Problem, Span};
use crate::node::Node;
use crate::types::Type;

pub(crate) fn not(span: Span, operand: Node) -> Node {
    Node::call(span, Type::BOOLEAN, vec![operand], |arguments| {
        let values = arguments.booleans(0);
        Ok(arguments.collect::<_, BooleanArray>(|row| values.get(row).map(|value| !value)))
    })
}

pub(crate) fn is_null(span: Span, operand: Node, negated: bool) -> Node {
    if operand.of == Type::Null {
        return Node::literal(span, Type::BOOLEAN, BooleanArray::from(vec![!negated]));
    }
    Node::call(span, Type::BOOLEAN, vec![operand], move |arguments| {
        let array = arguments.vector(0).as_array();
        let result = if negated {
            boolean::is_not_null(array)
        } else {
            boolean::is_null(array)
        };
        Ok(result
            .unwrap_or_else(|_| unreachable!("validity is known of any array"))
            .into())
    })
}

pub(crate) fn is_boolean(span: Span, operand: Node, value: bool, negated: bool) -> Node {
    Node::call(span, Type::BOOLEAN, vec![operand], move |arguments| {
        let values = arguments.booleans(0);
        Ok(arguments
            .collect::<_, BooleanArray>(|row| Some((values.get(row) == Some(value)) != negated)))
    })
}

pub(crate) fn comparison(span: Span, comparison: Comparison, parts: Vec<Node>) -> Node {
    if parts.iter().any(|part| part.of == Type::Null) {
        // `null = null` is not known; that null is the same as null is.
        let value = match comparison {
            Comparison::Same => Some(true),
            Comparison::Distinct => Some(false),
            _ => None,
        };
        return Node::literal(span, Type::BOOLEAN, BooleanArray::from(vec![value]));
    }
    Node::call(span, Type::BOOLEAN, parts, move |arguments| {
        Ok(compare_arguments(arguments, comparison, 0, 1).into())
    })
}

pub(crate) fn between(span: Span, parts: Vec<Node>) -> Node {
    if parts.iter().any(|part| part.of == Type::Null) {
        return Node::literal(span, Type::BOOLEAN, BooleanArray::new_null(1));
    }
    Node::call(span, Type::BOOLEAN, parts, |arguments| {
        let low = compare_arguments(arguments, Comparison::GreaterOrEqual, 0, 1);
        let high = compare_arguments(arguments, Comparison::LessOrEqual, 0, 2);
        let result = boolean::and_kleene(&low, &high);
        Ok(result
            .unwrap_or_else(|_| unreachable!("both have one value for each row"))
            .into())
    })
}

/// Whether the first argument is one of the others.
pub(crate) fn is_in(span: Span, parts: Vec<Node>) -> Node {
    if parts.iter().any(|part| part.of == Type::Null) {
        return Node::literal(span, Type::BOOLEAN, BooleanArray::new_null(1));
    }
    Node::call(span, Type::BOOLEAN, parts, |arguments| {
        Ok(arguments.collect::<_, BooleanArray>(|row| {
            if arguments.is_null(0, row) {
                return None;
            }
            let mut null_seen = false;
            for item in 1..arguments.len() {
                if arguments.is_null(item, row) {
                    null_seen = true;
                } else if equal_at(arguments, 0, item, row) {
                    return Some(true);
                }
            }
            if null_seen { None } else { Some(false) }
        }))
    })
}

pub(crate) fn like(span: Span, parts: Vec<Node>, ignore_case: bool) -> Node {
    Node::call(span, Type::BOOLEAN, parts, move |arguments| {
        let (texts, patterns) = (arguments.texts(0), arguments.texts(1));
        let mut last: Option<(&str, Like)> = None;
        Ok(arguments.collect::<_, BooleanArray>(|row| {
            let (text, pattern) = (texts.get(row)?, patterns.get(row)?);
            if last.as_ref().is_none_or(|(known, _)| *known != pattern) {
                last = Some((pattern, Like::new(pattern, ignore_case)));
            }
            last.as_ref().map(|(_, like)| like.matches(text))
        }))
    })
}

pub(crate) fn concatenate(span: Span, parts: Vec<Node>) -> Node {
    Node::call(span, Type::TEXT, parts, |arguments| {
        let (left, right) = (arguments.texts(0), arguments.texts(1));
        Ok(arguments
            .collect::<_, StringArray>(|row| Some([left.get(row)?, right.get(row)?].concat())))
    })
}

pub(crate) fn negate(span: Span, operand: Node) -> Node {
    if operand.of == Type::FLOAT {
        return Node::call(span, Type::FLOAT, vec![operand], |arguments| {
            let values = arguments.floats(0);
            Ok(arguments.collect::<_, Float64Array>(|row| values.get(row).map(|value| -value)))
        });
    }
    Node::call(span, Type::INTEGER, vec![operand], |arguments| {
        let values = arguments.integers(0);
        arguments.try_collect::<_, Int64Array>(|row| {
            values
                .get(row)
                .map(|value| {
                    value
                        .checked_neg()
                        .ok_or_else(|| overflow(format!("-({value})")))
                })
                .transpose()
        })
    })
    .may_fail()
}

/// `+ - * / // %` on numbers, `date + days`, `date - days`, `date - date`.
pub(crate) fn arithmetic(
    checker: &mut Checker<'_>,
    operator: BinaryOperator,
    parts: Vec<Node>,
    span: Span,
) -> Option<Node> {
    let [left, right]: [Node; 2] = parts.try_into().ok()?;
    match (operator, &left.of, &right.of) {
        (BinaryOperator::Add | BinaryOperator::Subtract, &Type::DATE, &Type::INTEGER) => {
            return Some(shift_date(
                span,
                vec![left, right],
                operator == BinaryOperator::Subtract,
            ));
        }
        (BinaryOperator::Add, &Type::INTEGER, &Type::DATE) => {
            return Some(shift_date(span, vec![right, left], false));
        }
        (BinaryOperator::Subtract, &Type::DATE, &Type::DATE) => {
            return Some(Node::call(
                span,
                Type::INTEGER,
                vec![left, right],
                |arguments| {
                    let days = |left: i32, right: i32| i64::from(left) - i64::from(right);
                    let (left, right) = (arguments.dates(0), arguments.dates(1));
                    Ok(arguments
                        .binary::<Date32Type, Date32Type, Int64Type>(left, right, days)
                        .into())
                },
            ));
        }
        _ => {}
    }
    let place = format!("an operand of `{}`", operator.symbol());
    let is_moment = |node: &&Node| matches!(node.kind(), Some(Kind::Date | Kind::Timestamp));
    let moment = [&left, &right].into_iter().find(is_moment);
    if let Some(moment) = moment {
        let problem = Problem::WrongType {
            place: format!(
                "{place} (for dates and timestamps there are `date_add` and `date_diff`)"
            ),
            expected: "a number".to_owned(),
            found: moment.of.to_string(),
        };
        return checker.fail(moment.span, problem);
    }
    let left = checker.number_operand(left, &place);
    let right = checker.number_operand(right, &place);
    let (left, right) = (left?, right?);
    let whole = left.of == Type::INTEGER && right.of == Type::INTEGER;
    if operator == BinaryOperator::DivideWhole && !whole {
        let node = if left.of == Type::INTEGER {
            &right
        } else {
            &left
        };
        let (expected, found) = ("an integer".to_owned(), node.of.to_string());
        return checker.fail(
            node.span,
            Problem::WrongType {
                place,
                expected,
                found,
            },
        );
    }
    if whole && operator != BinaryOperator::Divide {
        return Some(whole_arithmetic(span, operator, vec![left, right]));
    }
    let parts = checker.coerce_all(vec![left, right], Kind::Float, &place)?;
    Some(float_arithmetic(span, operator, parts))
}

fn whole_arithmetic(span: Span, operator: BinaryOperator, parts: Vec<Node>) -> Node {
    let compute = move |left: i64, right: i64| match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Subtract => left.checked_sub(right),
        BinaryOperator::Multiply => left.checked_mul(right),
        BinaryOperator::DivideWhole => left.checked_div(right),
        // The remainder of the least integer by -1 is 0, though the quotient does not fit.
        BinaryOperator::Remainder => Some(left.wrapping_rem(right)),
        other => unreachable!("`{}` is not computed on whole numbers", other.symbol()),
    };
    let divides = matches!(
        operator,
        BinaryOperator::DivideWhole | BinaryOperator::Remainder
    );
    let node = Node::call(span, Type::INTEGER, parts, move |arguments| {
        let (left, right) = (arguments.integers(0), arguments.integers(1));
        let failed =
            |left: i64, right: i64| overflow(format!("{left} {} {right}", operator.symbol()));
        if divides {
            return arguments.try_collect::<_, Int64Array>(|row| {
                let (Some(left), Some(right)) = (left.get(row), right.get(row)) else {
                    return Ok(None);
                };
                if right == 0 {
                    return Ok(None);
                }
                compute(left, right)
                    .map(Some)
                    .ok_or_else(|| failed(left, right))
            });
        }
        let result =
            arguments.try_binary::<Int64Type, Int64Type, Int64Type>(left, right, |left, right| {
                compute(left, right).ok_or_else(|| failed(left, right))
            });
        result.map(Vector::from)
    });
    if operator == BinaryOperator::Remainder {
        node
    } else {
        node.may_fail()
    }
}

fn float_arithmetic(span: Span, operator: BinaryOperator, parts: Vec<Node>) -> Node {
    let divides = matches!(operator, BinaryOperator::Divide | BinaryOperator::Remainder);
    let compute = move |left: f64, right: f64| match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        BinaryOperator::Divide => left / right,
        BinaryOperator::Remainder => libm::fmod(left, right),
        other => unreachable!(
            "`{}` is not computed on floating-point numbers",
            other.symbol()
        ),
    };
    Node::call(
        span,
        Type::FLOAT,
        parts,
        move |arguments: &Arguments<'_>| {
            let (left, right) = (arguments.floats(0), arguments.floats(1));
            if divides {
                return Ok(arguments.collect::<_, Float64Array>(|row| {
                    let (left, right) = (left.get(row)?, right.get(row)?);
                    (right != 0.0).then(|| compute(left, right))
                }));
            }
            Ok(arguments
                .binary::<Float64Type, Float64Type, Float64Type>(left, right, compute)
                .into())
        },
    )
}

fn shift_date(span: Span, parts: Vec<Node>, backwards: bool) -> Node {
    Node::call(span, Type::DATE, parts, move |arguments| {
        let (dates, days) = (arguments.dates(0), arguments.integers(1));
        let result =
            arguments.try_binary::<Date32Type, Int64Type, Date32Type>(dates, days, |date, days| {
                let shifted = if backwards {
                    i64::from(date).checked_sub(days)
                } else {
                    i64::from(date).checked_add(days)
                };
                shifted
                    .and_then(|days| i32::try_from(days).ok())
                    .ok_or_else(|| Problem::Overflow {
                        operation: format!(
                            "a date {} {days} days",
                            if backwards { "-" } else { "+" }
                        ),
                        fits: "the calendar",
                    })
            });
        result.map(Vector::from)
    })
    .may_fail()
}

pub(crate) fn overflow(operation: String) -> Problem {
    Problem::Overflow {
        operation,
        fits: "a 64-bit integer",
    }
}
