//! Order, equality and patterns.

use std::cmp::Ordering;

use arrow_array::{ArrayAccessor, BooleanArray};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use stepwell_values::{Vector, compare_floats};

use crate::arguments::{Arguments, Evaluated};
use crate::ast::Comparison;

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal | Self::Same => order.is_eq(),
            Self::NotEqual | Self::Distinct => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Calls a macro with the arrays of two vectors of one kind, and how to compare their values.
macro_rules! with_arrays {
    ($left:expr, $right:expr, $then:ident) => {
        match ($left, $right) {
            (Vector::Boolean(left), Vector::Boolean(right)) => {
                $then!(left, right, |a: bool, b: bool| a.cmp(&b))
            }
            (Vector::Integer(left), Vector::Integer(right)) => {
                $then!(left, right, |a: i64, b: i64| a.cmp(&b))
            }
            (Vector::Float(left), Vector::Float(right)) => $then!(left, right, compare_floats),
            (Vector::Text(left), Vector::Text(right)) => {
                $then!(left, right, |a: &str, b: &str| a.cmp(b))
            }
            (Vector::Date(left), Vector::Date(right)) => {
                $then!(left, right, |a: i32, b: i32| a.cmp(&b))
            }
            (Vector::Timestamp(left), Vector::Timestamp(right)) => {
                $then!(left, right, |a: i64, b: i64| a.cmp(&b))
            }
            (left, right) => unreachable!(
                "operands are of one kind, these are {} and {}",
                left.kind(),
                right.kind()
            ),
        }
    };
}

/// Compares two arguments of one kind, row by row.
pub(crate) fn compare_arguments(
    arguments: &Arguments<'_>,
    comparison: Comparison,
    left: usize,
    right: usize,
) -> BooleanArray {
    let rows = arguments.rows();
    let (left, right) = (arguments.get(left), arguments.get(right));
    let (left_nulls, right_nulls) = (nulls_of(left, rows), nulls_of(right, rows));
    macro_rules! compared {
        ($left_array:expr, $right_array:expr, $order:expr) => {
            compare_values(
                rows,
                ($left_array, left.constant),
                ($right_array, right.constant),
                |a, b| comparison.holds($order(a, b)),
            )
        };
    }
    let values = with_arrays!(&left.vector, &right.vector, compared);
    if !matches!(comparison, Comparison::Same | Comparison::Distinct) {
        return BooleanArray::new(
            values,
            NullBuffer::union(left_nulls.as_ref(), right_nulls.as_ref()),
        );
    }
    let is_null =
        |nulls: &Option<NullBuffer>, row| nulls.as_ref().is_some_and(|nulls| nulls.is_null(row));
    let values = BooleanBuffer::collect_bool(rows, |row| {
        match (is_null(&left_nulls, row), is_null(&right_nulls, row)) {
            (false, false) => values.value(row),
            (left, right) => (left == right) == (comparison == Comparison::Same),
        }
    });
    BooleanArray::new(values, None)
}

/// Whether two arguments of one kind have equal values at a row, neither of them null.
pub(crate) fn equal_at(arguments: &Arguments<'_>, left: usize, right: usize, row: usize) -> bool {
    order_at(arguments.get(left), arguments.get(right), row).is_eq()
}

/// The order of the values of a row, neither of them null.
pub(crate) fn order_at(left: &Evaluated, right: &Evaluated, row: usize) -> Ordering {
    let (left_row, right_row) = (
        if left.constant { 0 } else { row },
        if right.constant { 0 } else { row },
    );
    macro_rules! ordered {
        ($left:expr, $right:expr, $order:expr) => {
            $order($left.value(left_row), $right.value(right_row))
        };
    }
    with_arrays!(&left.vector, &right.vector, ordered)
}

fn compare_values<A: ArrayAccessor + Copy>(
    rows: usize,
    (left, left_constant): (A, bool),
    (right, right_constant): (A, bool),
    holds: impl Fn(A::Item, A::Item) -> bool,
) -> BooleanBuffer
where
    A::Item: Copy,
{
    if right_constant && rows > 0 {
        // The usual case: a column against a literal, which is then looked at once.
        let value = right.value(0);
        return BooleanBuffer::collect_bool(rows, |row| {
            holds(left.value(if left_constant { 0 } else { row }), value)
        });
    }
    BooleanBuffer::collect_bool(rows, |row| {
        holds(
            left.value(if left_constant { 0 } else { row }),
            right.value(row),
        )
    })
}

fn nulls_of(evaluated: &Evaluated, rows: usize) -> Option<NullBuffer> {
    if !evaluated.constant {
        return evaluated.vector.nulls().cloned();
    }
    evaluated
        .vector
        .as_array()
        .is_null(0)
        .then(|| NullBuffer::new_null(rows))
}

/// A pattern of `like`: `%` stands for any text, `_` for any character, `\` makes the next one plain.
#[derive(Debug)]
pub(crate) struct Like {
    parts: Vec<Part>,
    ignore_case: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    AnyText,
    AnyCharacter,
    Character(char),
}

impl Like {
    pub(crate) fn new(pattern: &str, ignore_case: bool) -> Self {
        let mut parts = Vec::new();
        let lowercase = if ignore_case {
            pattern.to_lowercase()
        } else {
            pattern.to_owned()
        };
        let mut characters = lowercase.chars();
        while let Some(character) = characters.next() {
            parts.push(match character {
                '%' => Part::AnyText,
                '_' => Part::AnyCharacter,
                '\\' => Part::Character(characters.next().unwrap_or('\\')),
                plain => Part::Character(plain),
            });
        }
        Self { parts, ignore_case }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let characters: Vec<char> = if self.ignore_case {
            text.to_lowercase().chars().collect()
        } else {
            text.chars().collect()
        };
        // On a mismatch the last `%` takes one character more: of several it is enough to try the last.
        let (mut at, mut part) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < characters.len() {
            match self.parts.get(part) {
                Some(Part::AnyText) => {
                    retry = Some((at, part));
                    part += 1;
                }
                Some(Part::AnyCharacter) => {
                    at += 1;
                    part += 1;
                }
                Some(Part::Character(expected)) if *expected == characters[at] => {
                    at += 1;
                    part += 1;
                }
                _ => match retry {
                    Some((start, any_text)) => {
                        at = start + 1;
                        part = any_text + 1;
                        retry = Some((at, any_text));
                    }
                    None => return false,
                },
            }
        }
        self.parts[part..].iter().all(|part| *part == Part::AnyText)
    }
}
