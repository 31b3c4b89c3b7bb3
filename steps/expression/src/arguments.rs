//! The values of a function's arguments.

use arrow_arith::arity::{binary, try_binary};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType,
};
use arrow_array::{Array, BooleanArray, PrimitiveArray, StringArray};
use arrow_schema::ArrowError;
use stepwell_values::Vector;

use crate::error::Problem;

/// The values of a part of an expression.
#[derive(Debug, Clone)]
pub(crate) struct Evaluated {
    pub(crate) vector: Vector,
    /// Whether the vector is one value, which stands for that of every row.
    pub(crate) constant: bool,
}

impl Evaluated {
    /// One value for each row.
    pub(crate) fn expand(self, rows: usize) -> Vector {
        if self.constant && rows != 1 {
            self.vector.gather_optional((0..rows).map(|_| Some(0)))
        } else {
            self.vector
        }
    }
}

/// The values of a function's arguments.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    values: &'a [Evaluated],
    rows: usize,
}

/// Values of one argument, by row.
#[derive(Debug)]
pub(crate) struct Values<'a, A> {
    array: &'a A,
    constant: bool,
}

impl<A> Clone for Values<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Values<'_, A> {}

impl<A: Array> Values<'_, A> {
    fn row(&self, row: usize) -> Option<usize> {
        let row = if self.constant { 0 } else { row };
        self.array.is_valid(row).then_some(row)
    }
}

impl<T: ArrowPrimitiveType> Values<'_, PrimitiveArray<T>> {
    pub(crate) fn get(&self, row: usize) -> Option<T::Native> {
        self.row(row).map(|row| self.array.value(row))
    }
}

impl Values<'_, BooleanArray> {
    pub(crate) fn get(&self, row: usize) -> Option<bool> {
        self.row(row).map(|row| self.array.value(row))
    }
}

impl<'a> Values<'a, StringArray> {
    pub(crate) fn get(&self, row: usize) -> Option<&'a str> {
        self.row(row).map(|row| self.array.value(row))
    }
}

macro_rules! accessors {
    ($($name:ident => $variant:ident, $array:ty;)*) => {$(
        /// The values of an argument that was checked to be of this kind.
        pub(crate) fn $name(&self, argument: usize) -> Values<'a, $array> {
            let evaluated = &self.values[argument];
            match &evaluated.vector {
                Vector::$variant(array) => Values { array, constant: evaluated.constant },
                other => unreachable!("the argument was checked, it is {}", other.kind()),
            }
        }
    )*};
}

impl<'a> Arguments<'a> {
    /// `rows` is 1 where all values are constant.
    pub(crate) fn new(values: &'a [Evaluated], rows: usize) -> Self {
        Self { values, rows }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    accessors! {
        booleans => Boolean, BooleanArray;
        integers => Integer, PrimitiveArray<Int64Type>;
        floats => Float, PrimitiveArray<Float64Type>;
        texts => Text, StringArray;
        dates => Date, PrimitiveArray<Date32Type>;
        timestamps => Timestamp, PrimitiveArray<TimestampMicrosecondType>;
    }

    pub(crate) fn get(&self, argument: usize) -> &'a Evaluated {
        &self.values[argument]
    }

    pub(crate) fn vector(&self, argument: usize) -> &'a Vector {
        &self.values[argument].vector
    }

    /// Whether the value at a row is null.
    pub(crate) fn is_null(&self, argument: usize, row: usize) -> bool {
        let evaluated = &self.values[argument];
        evaluated
            .vector
            .is_null(if evaluated.constant { 0 } else { row })
    }

    /// Values that are computed row by row.
    pub(crate) fn collect<T, V>(&self, value: impl FnMut(usize) -> Option<T>) -> Vector
    where
        V: FromIterator<Option<T>> + Into<Vector>,
    {
        (0..self.rows).map(value).collect::<V>().into()
    }

    /// Values that are computed row by row, until there is one that cannot be.
    pub(crate) fn try_collect<T, V>(
        &self,
        value: impl FnMut(usize) -> Result<Option<T>, Problem>,
    ) -> Result<Vector, Problem>
    where
        V: FromIterator<Option<T>> + Into<Vector>,
    {
        Ok((0..self.rows)
            .map(value)
            .collect::<Result<V, Problem>>()?
            .into())
    }

    /// Values that are computed of two primitive ones, null where either is.
    pub(crate) fn binary<L, R, O>(
        &self,
        left: Values<'_, PrimitiveArray<L>>,
        right: Values<'_, PrimitiveArray<R>>,
        compute: impl Fn(L::Native, R::Native) -> O::Native,
    ) -> PrimitiveArray<O>
    where
        L: ArrowPrimitiveType,
        R: ArrowPrimitiveType,
        O: ArrowPrimitiveType,
    {
        match (
            left.constant && self.rows != 1,
            right.constant && self.rows != 1,
        ) {
            (false, false) => {
                binary(left.array, right.array, compute).unwrap_or_else(|_| same_length())
            }
            (false, true) => match right.get(0) {
                Some(value) => left.array.unary(|other| compute(other, value)),
                None => PrimitiveArray::new_null(self.rows),
            },
            (true, false) => match left.get(0) {
                Some(value) => right.array.unary(|other| compute(value, other)),
                None => PrimitiveArray::new_null(self.rows),
            },
            (true, true) => unreachable!("of constants there is one row"),
        }
    }

    /// As [`Arguments::binary`], until there is a value that cannot be computed.
    pub(crate) fn try_binary<L, R, O>(
        &self,
        left: Values<'_, PrimitiveArray<L>>,
        right: Values<'_, PrimitiveArray<R>>,
        compute: impl Fn(L::Native, R::Native) -> Result<O::Native, Problem>,
    ) -> Result<PrimitiveArray<O>, Problem>
    where
        L: ArrowPrimitiveType,
        R: ArrowPrimitiveType,
        O: ArrowPrimitiveType,
    {
        match (
            left.constant && self.rows != 1,
            right.constant && self.rows != 1,
        ) {
            (false, false) => {
                // The kernel's own errors cannot carry ours.
                let problem = std::cell::Cell::new(None);
                let result = try_binary(left.array, right.array, |left, right| {
                    compute(left, right).map_err(|error| {
                        problem.set(Some(error));
                        ArrowError::ComputeError(String::new())
                    })
                });
                match (result, problem.into_inner()) {
                    (Ok(array), _) => Ok(array),
                    (Err(_), Some(problem)) => Err(problem),
                    (Err(_), None) => same_length(),
                }
            }
            (false, true) => match right.get(0) {
                Some(value) => left.array.try_unary(|other| compute(other, value)),
                None => Ok(PrimitiveArray::new_null(self.rows)),
            },
            (true, false) => match left.get(0) {
                Some(value) => right.array.try_unary(|other| compute(value, other)),
                None => Ok(PrimitiveArray::new_null(self.rows)),
            },
            (true, true) => unreachable!("of constants there is one row"),
        }
    }
}

fn same_length() -> ! {
    unreachable!("all arguments have as many values as there are rows")
}
