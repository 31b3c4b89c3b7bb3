//! Rows as bytes that are equal where the rows are.

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;

use crate::ValuesError;
use crate::key_column::{KeyColumn, KeyValues};

/// Turns rows of some columns into bytes, equal where the rows are equal, and back.
///
/// Nulls equal each other. All NaN are one value, and so are 0 and -0. Keys come back with the types of
/// [`RowKeys::data_types`]: dictionaries as their values.
#[derive(Debug, Clone)]
pub struct RowKeys {
    columns: Vec<KeyColumn>,
}

/// Rows as bytes.
#[derive(Debug, Clone)]
pub struct EncodedRows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl EncodedRows {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The key of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn row(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    /// The keys of all rows.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|row| self.row(row))
    }
}

impl RowKeys {
    /// Keys of columns of these types.
    ///
    /// # Errors
    /// The position of a column whose type rows cannot be compared by, with the reason: lists, structs and
    /// other nested types.
    pub fn new<'a>(
        types: impl IntoIterator<Item = &'a DataType>,
    ) -> Result<Self, (usize, ValuesError)> {
        let columns = types
            .into_iter()
            .enumerate()
            .map(|(position, data_type)| {
                KeyColumn::new(data_type).map_err(|error| (position, error))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { columns })
    }

    /// The types of decoded keys.
    pub fn data_types(&self) -> impl Iterator<Item = &DataType> {
        self.columns.iter().map(KeyColumn::data_type)
    }

    /// The keys of `rows` rows, whose columns have the types that the keys were made for.
    ///
    /// # Panics
    /// When the columns are of other types or shorter than `rows`.
    pub fn encode(&self, rows: usize, columns: &[ArrayRef]) -> EncodedRows {
        assert_eq!(
            columns.len(),
            self.columns.len(),
            "keys need the columns that they were made for"
        );
        let values: Vec<KeyValues> = self
            .columns
            .iter()
            .zip(columns)
            .map(|(column, array)| column.values(array.as_ref()))
            .collect();
        let mut bytes = Vec::with_capacity(rows * 9 * columns.len());
        let mut ends = Vec::with_capacity(rows);
        for row in 0..rows {
            for values in &values {
                values.encode(row, &mut bytes);
            }
            ends.push(bytes.len());
        }
        EncodedRows { bytes, ends }
    }

    /// The columns of keys that [`RowKeys::encode`] gave.
    ///
    /// # Panics
    /// When the bytes are not such keys.
    pub fn decode<'a>(&self, keys: impl IntoIterator<Item = &'a [u8]>) -> Vec<ArrayRef> {
        let mut rest: Vec<&[u8]> = keys.into_iter().collect();
        self.columns
            .iter()
            .map(|column| column.decode(&mut rest))
            .collect()
    }

    /// Whether a row has a null in any of the columns.
    pub fn has_null(columns: &[ArrayRef], row: usize) -> bool {
        columns.iter().any(|column| is_null(column.as_ref(), row))
    }
}

fn is_null(array: &dyn Array, row: usize) -> bool {
    // A dictionary may have nulls among its values, and an array of nulls has no validity.
    match array.data_type() {
        DataType::Null => true,
        DataType::Dictionary(_, _) => array
            .logical_nulls()
            .is_some_and(|nulls| nulls.is_null(row)),
        _ => array.is_null(row),
    }
}
