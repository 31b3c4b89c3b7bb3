//! Functions of numbers.

use arrow_array::{BooleanArray, Float64Array, Int64Array};
use stepwell_values::Kind;

use super::{Call, Function};
use crate::ast::BinaryOperator;
use crate::check::Checker;
use crate::node::Node;
use crate::operators::{arithmetic, overflow};
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["abs"],
        usage: "abs(number)",
        summary: "The number without its sign.",
        arguments: (1, 1),
        build: abs,
    },
    Function {
        names: &["sign"],
        usage: "sign(number)",
        summary: "-1, 0 or 1, as the number is negative, zero or positive.",
        arguments: (1, 1),
        build: sign,
    },
    Function {
        names: &["round"],
        usage: "round(number, digits)",
        summary: "The nearest number of that many digits after the point (none if not given), away from zero halfway; of negative digits, before it.",
        arguments: (1, 2),
        build: round,
    },
    Function {
        names: &["floor"],
        usage: "floor(number)",
        summary: "The next whole number below.",
        arguments: (1, 1),
        build: |checker, call| whole(checker, call, f64::floor),
    },
    Function {
        names: &["ceil", "ceiling"],
        usage: "ceil(number)",
        summary: "The next whole number above.",
        arguments: (1, 1),
        build: |checker, call| whole(checker, call, f64::ceil),
    },
    Function {
        names: &["trunc"],
        usage: "trunc(number)",
        summary: "The number without what is after the point.",
        arguments: (1, 1),
        build: |checker, call| whole(checker, call, f64::trunc),
    },
    Function {
        names: &["sqrt"],
        usage: "sqrt(number)",
        summary: "The square root; null of a negative number.",
        arguments: (1, 1),
        build: |checker, call| {
            float_function(checker, call, |value| {
                (value >= 0.0 || value.is_nan()).then(|| value.sqrt())
            })
        },
    },
    Function {
        names: &["ln", "log"],
        usage: "ln(number)",
        summary: "The natural logarithm; null of zero and of a negative number.",
        arguments: (1, 1),
        build: |checker, call| float_function(checker, call, |value| logarithm(value, libm::log)),
    },
    Function {
        names: &["log10"],
        usage: "log10(number)",
        summary: "The logarithm to the base 10; null of zero and of a negative number.",
        arguments: (1, 1),
        build: |checker, call| float_function(checker, call, |value| logarithm(value, libm::log10)),
    },
    Function {
        names: &["log2"],
        usage: "log2(number)",
        summary: "The logarithm to the base 2; null of zero and of a negative number.",
        arguments: (1, 1),
        build: |checker, call| float_function(checker, call, |value| logarithm(value, libm::log2)),
    },
    Function {
        names: &["exp"],
        usage: "exp(number)",
        summary: "e to the power of the number.",
        arguments: (1, 1),
        build: |checker, call| float_function(checker, call, |value| Some(libm::exp(value))),
    },
    Function {
        names: &["pow", "power"],
        usage: "pow(number, exponent)",
        summary: "The number to the power of the exponent; null where that is no real number.",
        arguments: (2, 2),
        build: pow,
    },
    Function {
        names: &["mod"],
        usage: "mod(number, divisor)",
        summary: "What remains of the division, with the sign of the number: `number % divisor`.",
        arguments: (2, 2),
        build: |checker, call| {
            arithmetic(
                checker,
                BinaryOperator::Remainder,
                call.arguments,
                call.span,
            )
        },
    },
    Function {
        names: &["is_nan", "isnan"],
        usage: "is_nan(number)",
        summary: "Whether the number is NaN.",
        arguments: (1, 1),
        build: is_nan,
    },
];

fn logarithm(value: f64, compute: impl Fn(f64) -> f64) -> Option<f64> {
    (value > 0.0 || value.is_nan()).then(|| compute(value))
}

/// A number's own function: of integers an integer, which may not fit.
fn number_function(
    checker: &mut Checker<'_>,
    call: Call,
    of_integer: fn(i64) -> Option<i64>,
    of_float: fn(f64) -> f64,
) -> Option<Node> {
    let (span, name, place) = (call.span, call.name(), call.place(0));
    let number = checker.number_operand(call.arguments.into_iter().next()?, &place)?;
    if number.of == Type::INTEGER {
        let node = Node::call(span, Type::INTEGER, vec![number], move |arguments| {
            let values = arguments.integers(0);
            arguments.try_collect::<_, Int64Array>(|row| match values.get(row) {
                Some(value) => of_integer(value)
                    .map(Some)
                    .ok_or_else(|| overflow(format!("{name}({value})"))),
                None => Ok(None),
            })
        });
        return Some(node.may_fail());
    }
    Some(Node::call(
        span,
        Type::FLOAT,
        vec![number],
        move |arguments| {
            let values = arguments.floats(0);
            Ok(arguments.collect::<_, Float64Array>(|row| values.get(row).map(of_float)))
        },
    ))
}

fn abs(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    number_function(checker, call, i64::checked_abs, f64::abs)
}

fn sign(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let float = |value: f64| {
        if value == 0.0 || value.is_nan() {
            value
        } else {
            value.signum()
        }
    };
    number_function(checker, call, |value| Some(value.signum()), float)
}

fn whole(checker: &mut Checker<'_>, call: Call, of_float: fn(f64) -> f64) -> Option<Node> {
    number_function(checker, call, Some, of_float)
}

fn float_function(
    checker: &mut Checker<'_>,
    call: Call,
    compute: fn(f64) -> Option<f64>,
) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Float])?;
    Some(Node::call(span, Type::FLOAT, arguments, move |arguments| {
        let values = arguments.floats(0);
        Ok(arguments.collect::<_, Float64Array>(|row| compute(values.get(row)?)))
    }))
}

fn pow(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Float])?;
    Some(Node::call(span, Type::FLOAT, arguments, |arguments| {
        let (values, exponents) = (arguments.floats(0), arguments.floats(1));
        Ok(arguments.collect::<_, Float64Array>(|row| {
            let (value, exponent) = (values.get(row)?, exponents.get(row)?);
            let power = libm::pow(value, exponent);
            let is_real = !(power.is_nan() && !value.is_nan() && !exponent.is_nan());
            (is_real && !(value == 0.0 && exponent < 0.0)).then_some(power)
        }))
    }))
}

fn is_nan(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Float])?;
    Some(Node::call(span, Type::BOOLEAN, arguments, |arguments| {
        let values = arguments.floats(0);
        Ok(arguments.collect::<_, BooleanArray>(|row| values.get(row).map(f64::is_nan)))
    }))
}

fn round(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    if call.len() == 1 {
        return whole(checker, call, f64::round);
    }
    let (span, places) = (call.span, [call.place(0), call.place(1)]);
    let mut arguments = call.arguments.into_iter();
    let number = checker.number_operand(arguments.next()?, &places[0]);
    let digits = checker.coerce(arguments.next()?, Kind::Integer, &places[1]);
    let (number, digits) = (number?, digits?);
    if number.of == Type::INTEGER {
        let node = Node::call(span, Type::INTEGER, vec![number, digits], |arguments| {
            let (values, digits) = (arguments.integers(0), arguments.integers(1));
            arguments.try_collect::<_, Int64Array>(|row| {
                let (Some(value), Some(digits)) = (values.get(row), digits.get(row)) else {
                    return Ok(None);
                };
                round_integer(value, digits)
                    .map(Some)
                    .ok_or_else(|| overflow(format!("round({value}, {digits})")))
            })
        });
        return Some(node.may_fail());
    }
    Some(Node::call(
        span,
        Type::FLOAT,
        vec![number, digits],
        |arguments| {
            let (values, digits) = (arguments.floats(0), arguments.integers(1));
            Ok(arguments.collect::<_, Float64Array>(|row| {
                Some(round_float(values.get(row)?, digits.get(row)?))
            }))
        },
    ))
}

fn round_integer(value: i64, digits: i64) -> Option<i64> {
    if digits >= 0 {
        return Some(value);
    }
    let Some(unit) = u32::try_from(-digits)
        .ok()
        .and_then(|power| 10_i128.checked_pow(power))
    else {
        return Some(0);
    };
    let value = i128::from(value);
    let half_up = (value.abs() + unit / 2) / unit * unit;
    i64::try_from(half_up * value.signum()).ok()
}

fn round_float(value: f64, digits: i64) -> f64 {
    // Beyond these a number has no digits that could change.
    let digits = digits.clamp(-308, 308) as i32;
    let factor = libm::pow(10.0, f64::from(digits.abs()));
    let rounded = if digits >= 0 {
        (value * factor).round() / factor
    } else {
        (value / factor).round() * factor
    };
    if rounded.is_finite() { rounded } else { value }
}
