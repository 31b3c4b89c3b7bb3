//! Sources and sinks of a pipeline: where tables come from and go to.
//!
//! ```
//! use stepwell_connect::{OpenOptions, SinkOptions, open_sink, open_source};
//! use stepwell_plan::{SinkSpec, SourceSpec};
//!
//! # let folder = tempfile::tempdir()?;
//! # std::fs::write(folder.path().join("customers.csv"), "name,age\nAda,36\nAlan,41\n")?;
//! # fn spec<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> { serde_json::from_str(text) }
//! let source: SourceSpec = spec(r#"{ "path": "customers.csv" }"#)?;
//! let options = OpenOptions { base_dir: folder.path().into(), ..OpenOptions::default() };
//! let mut source = open_source("customers", &source, &options)?;
//!
//! let sink: SinkSpec = spec(r#"{ "path": "out/customers.parquet" }"#)?;
//! let options = SinkOptions { base_dir: folder.path().into(), ..SinkOptions::default() };
//! let mut sink = open_sink("out", &sink, source.schema(), &options)?;
//!
//! while let Some(batch) = source.next_batch()? {
//!     sink.write(&arrow_array::RecordBatch::try_new(source.schema(), batch.columns)?)?;
//! }
//! assert_eq!(sink.finish()?.rows, 2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Formats
//! CSV (`.csv`, `.tsv`), JSON lines (`.json`, `.jsonl`, `.ndjson`), Parquet (`.parquet`), the Arrow IPC file format
//! (`.arrow`, `.feather`) and the Arrow IPC streaming format (`.arrows`); CSV, JSON lines and Arrow streams may be
//! compressed as a whole (`.gz`, `.zst`). What a format cannot hold is refused before anything is written. What text
//! formats lose:
//!
//! - CSV has one text for null and for the empty text. A sink writes null as the first of `csv.null_values`.
//! - JSON has no numbers that are not finite: they are written as null.
//! - Types: what comes back is inferred, or given by `types`.
//!
//! Types of CSV and JSON lines are inferred so that no value loses something: `007`, `+49` and integers beyond 64
//! bits are text. A later value that does not fit is an error that says so.
//!
//! # Memory
//! Reading holds a bounded part of the input, whatever its size:
//!
//! - CSV and JSON lines: 16 MiB of text at a time and the columns made of it; a single line may have 64 MiB.
//! - Parquet: the projected column chunks of one row group, as they are compressed, and one decoded batch.
//! - Arrow IPC: one batch as it was written, of a stream twice, and the dictionaries.
//! - Object stores: 16 chunks of the connection besides.
//! - The sample that types are inferred from, 32 MiB of text at most, is dropped, but for standard input, where it is
//!   read again. A format that must seek (Parquet, the Arrow file format) is copied from standard input to a
//!   temporary file.
//! - Batches larger than what is decoded at a time (65,536 rows) are put together with one copy.
//!
//! Writing holds what an encoder needs: of Parquet one row group (128 MiB encoded at most), else one batch; of an
//! upload to an object store one part of 8 MiB.
//!
//! # Places
//! Local files, `-` for standard input and output, and URLs of object stores (see [`Storage`]). A sink's local file is
//! written beside its place under a hidden name, synced, and renamed when it is whole. A sink's path that ends in `/` is
//! a folder of parts, which is made beside its place in the same way and changes places with it as a whole. While a
//! sink is open no other can be opened at its place, in this process or another; what a killed process has left there
//! is cleared away by the next.
//!
//! All calls block. Object stores are waited for on threads of this crate, so that callers within an asynchronous
//! runtime may call from one of its blocking threads.

mod compression;
mod csv_dialect;
mod dataset;
mod encoding;
mod error;
mod file_name;
mod files;
mod guard;
mod hint;
mod open;
mod read;
mod rechunk;
mod sink;
mod sinks;
mod source;
mod standard;
mod storage;
mod type_name;
mod write;

pub use dataset::Dataset;
pub use error::{ConnectError, InvalidValue};
pub use object_store;
pub use open::open_source;
pub use sink::{Sink, SinkOptions, SinkSummary, WrittenPart};
pub use sinks::{check_sink, open_sink};
pub use source::{OpenOptions, Progress, Source, SourceBatch};
pub use standard::{StandardInput, StandardOutput};
pub use storage::Storage;
