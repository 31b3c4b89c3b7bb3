//! Random Arrow arrays of every type, for tests. The same seed gives the same array.
//!
//! ```
//! let mut random = stepwell_test_arrays::Random::new(42);
//! let field = random.field("x", 3);
//! let array = random.sliced_array(&field, 100);
//! assert_eq!(array.len(), 100);
//! ```

mod arrays;
mod types;

pub use types::every_type;

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema};

/// A source of random fields, arrays and batches.
#[derive(Debug)]
pub struct Random {
    rng: fastrand::Rng,
}

impl Random {
    /// A source that always gives the same for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(seed),
        }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.rng.usize(0..end)
    }

    /// A field of any type, nested at most `depth` levels below itself.
    pub fn field(&mut self, name: &str, depth: usize) -> Field {
        let data_type = self.data_type(depth);
        let nullable = self.rng.u8(0..4) > 0;
        types::field(name, data_type, nullable)
    }

    /// An array of `length` values that is a slice of a longer one, so that it has an offset.
    pub fn sliced_array(&mut self, field: &Field, length: usize) -> ArrayRef {
        let before = self.rng.usize(0..9);
        let after = self.rng.usize(0..9);
        self.array(field, before + length + after)
            .slice(before, length)
    }

    /// A batch of `n_columns` sliced columns.
    pub fn batch(&mut self, n_columns: usize, n_rows: usize, depth: usize) -> RecordBatch {
        let fields: Vec<_> = (0..n_columns)
            .map(|index| self.field(&format!("column_{index}"), depth))
            .collect();
        self.batch_of(Schema::new(fields), n_rows)
    }

    /// A batch of this schema.
    ///
    /// # Panics
    /// If an array does not fit its field, which would be an error in this crate.
    pub fn batch_of(&mut self, schema: Schema, n_rows: usize) -> RecordBatch {
        let columns = schema
            .fields()
            .iter()
            .map(|field| self.sliced_array(field, n_rows))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(n_rows));
        RecordBatch::try_new_with_options(Arc::new(schema), columns, &options)
            .expect("arrays fit their fields")
    }
}
