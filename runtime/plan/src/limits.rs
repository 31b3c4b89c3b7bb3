use std::time::Duration;

/// What a step may use up. Each is enforced by the host; the fields have the names of the keys of `limits` in a
/// pipeline file.
///
/// ```
/// use stepwell_plan::Limits;
///
/// let limits = Limits { memory: 64 << 20, ..Limits::default() };
/// assert_eq!(limits.nesting, 64);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all linear memories and tables of an instance together.
    pub memory: u64,
    /// Wall-clock time of one call of the step, start-up and `open` included.
    pub time: Duration,
    /// Rows that one call may emit.
    pub rows: u64,
    /// Bytes that one call may hand over: made columns, rows that it passes on more than once, reasons of rejects, and
    /// a small fixed part for each emission.
    pub bytes: u64,
    /// Rows that one call may reject.
    pub rejects: u64,
    /// Calls of the host that one call may make.
    pub calls: u64,
    /// Handles of batches, columns and models that an instance may hold at once.
    pub handles: u64,
    /// Bytes of batches and columns that the host keeps, between calls, because an instance holds their handles.
    pub held: u64,
    /// Fields of an output's schema, nested ones included.
    pub columns: u64,
    /// Levels of nesting of an output's columns, a column itself being the first. At most
    /// [`MAX_NESTING`](Self::MAX_NESTING).
    pub nesting: u64,
    /// Bytes of names, types and metadata of an output's schema, and of all texts of a description.
    pub schema: u64,
    /// Bytes of one text: a name that is longer is refused, a message that is longer is cut.
    pub text: u64,
    /// Bytes of log messages of an instance; what goes beyond is counted and dropped.
    pub log: u64,
    /// Log messages of an instance; what goes beyond is counted and dropped.
    pub log_lines: u64,
    /// Bytes of the state that `save` gives.
    pub state: u64,
    /// Problems that `open` may report; the others are counted.
    pub problems: u64,
}

impl Limits {
    /// The highest value that [`nesting`](Self::nesting) can have: what the host's own code is written for.
    pub const MAX_NESTING: u64 = stepwell_layout::MAX_NESTING as u64;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 512 << 20,
            time: Duration::from_secs(30),
            rows: 1 << 24,
            bytes: 1 << 30,
            rejects: 1 << 24,
            calls: 1 << 24,
            handles: 1 << 18,
            held: 4 << 30,
            columns: 1 << 16,
            nesting: Self::MAX_NESTING,
            schema: 16 << 20,
            text: 16 << 10,
            log: 1 << 20,
            log_lines: 10_000,
            state: 256 << 20,
            problems: 100,
        }
    }
}
