use arrow_array::{Array, ArrayRef};
use stepwell_layout::flatten;

use crate::{Batch, StepInstance};

impl StepInstance {
    /// How many bytes of its memory the step needs for the columns that it reads of this batch: at most what this
    /// says. Where an estimate from the buffers' sizes stays within `enough`, it is not looked at more closely.
    ///
    /// # Panics
    /// When the batch has another schema than the one given to `open`.
    #[must_use]
    pub fn lend_bytes(&self, port: usize, batch: &Batch, enough: u64) -> u64 {
        let columns = || {
            let reads = self.opened().reads.iter().filter(|read| read.port == port);
            reads.filter_map(|read| batch.column(read.column))
        };
        let estimate = columns().map(estimated_bytes).fold(0, u64::saturating_add);
        if estimate <= enough {
            return estimate;
        }
        columns().map(lent_bytes).sum()
    }
}

/// At least what is lent: of nested arrays and views that are slices, also what they do not show.
fn estimated_bytes(array: &ArrayRef) -> u64 {
    let bytes = array.to_data().get_slice_memory_size();
    // What cannot be estimated is looked at.
    bytes.map_or(u64::MAX, |bytes| bytes as u64)
}

/// What is lent. An array that cannot be lent is told of when it is read.
fn lent_bytes(array: &ArrayRef) -> u64 {
    flatten(array).map_or(0, |flat| {
        flat.buffers.iter().map(|buffer| buffer.len() as u64).sum()
    })
}
