//! The order of values.

use std::cmp::Ordering;

use crate::Vector;

/// The order of numbers: NaN equals itself and is larger than all others, 0 equals -0.
pub fn compare_floats(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right)
        .unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
}

impl Vector {
    /// The order of the values at two rows; null is larger than any value.
    pub fn compare_rows(&self, left: usize, right: usize) -> Ordering {
        match (self.is_null(left), self.is_null(right)) {
            (false, false) => self.compare_values(left, self, right),
            (left, right) => left.cmp(&right),
        }
    }

    /// The order of a value and one of another vector of the kind, neither of them null.
    ///
    /// # Panics
    /// When the vectors are of different kinds.
    pub fn compare_values(&self, row: usize, other: &Self, other_row: usize) -> Ordering {
        match (self, other) {
            (Self::Boolean(left), Self::Boolean(right)) => {
                left.value(row).cmp(&right.value(other_row))
            }
            (Self::Integer(left), Self::Integer(right)) => {
                left.value(row).cmp(&right.value(other_row))
            }
            (Self::Float(left), Self::Float(right)) => {
                compare_floats(left.value(row), right.value(other_row))
            }
            (Self::Text(left), Self::Text(right)) => left.value(row).cmp(right.value(other_row)),
            (Self::Date(left), Self::Date(right)) => left.value(row).cmp(&right.value(other_row)),
            (Self::Timestamp(left), Self::Timestamp(right)) => {
                left.value(row).cmp(&right.value(other_row))
            }
            (left, right) => panic!("{} and {} have no order", left.kind(), right.kind()),
        }
    }
}
