use wasmtime::ResourceLimiter;

/// A table's element is a pointer on the host.
const TABLE_ELEMENT_BYTES: usize = size_of::<usize>();

/// Counts the bytes of all memories and tables of an instance together.
#[derive(Debug)]
pub(crate) struct InstanceLimiter {
    limit: u64,
    used: u64,
    /// The total that was refused, if any was: a step that is denied memory usually crashes
    /// next, and the crash is then told as what it is.
    refused: Option<u64>,
}

impl InstanceLimiter {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            used: 0,
            refused: None,
        }
    }

    pub(crate) fn used(&self) -> u64 {
        self.used
    }

    pub(crate) fn refused(&self) -> Option<u64> {
        self.refused
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let total = self
            .used
            .saturating_add(desired.saturating_sub(current) as u64);
        if total > self.limit {
            self.refused = Some(total);
            return false;
        }
        self.used = total;
        true
    }
}

/// Memories of an instance and of all that is inside of it. Each takes address space of the host's, however small it
/// is.
const MAX_MEMORIES: usize = 64;

/// Tables of an instance and of all that is inside of it.
const MAX_TABLES: usize = 1_000;

impl ResourceLimiter for InstanceLimiter {
    fn memories(&self) -> usize {
        MAX_MEMORIES
    }

    fn tables(&self) -> usize {
        MAX_TABLES
    }

    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // A memory that may not grow for its own reasons is not charged.
        Ok(maximum.is_none_or(|maximum| desired <= maximum) && self.grow(current, desired))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = |elements: usize| elements.saturating_mul(TABLE_ELEMENT_BYTES);
        Ok(maximum.is_none_or(|maximum| desired <= maximum)
            && self.grow(bytes(current), bytes(desired)))
    }
}
