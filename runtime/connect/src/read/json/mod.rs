//! JSON lines: one object on each line.
//!
//! Columns are built by arrow-json. Lines are split here and looked through once before, because arrow-json says
//! neither the line of an error nor that an object has a key that is no column, whose values would be lost.

mod keys;
mod reader;
mod shape;

use std::io::{BufRead, BufReader, Read};

use arrow_schema::{Field, Schema};
use stepwell_plan::Compression;

use self::shape::Shape;
use super::{Probe, READ_BYTES, RECORD_BYTES, ReadContext, SAMPLE_BYTES, TableFile};
use crate::compression::{decompress, stream_failure};
use crate::error::ConnectError;
use crate::storage::InputFile;

pub(crate) use reader::JsonReader;

/// Infers the columns, in the order in which they first appear.
pub(crate) fn probe(
    context: &ReadContext,
    file: &TableFile,
    sample_rows: usize,
) -> Result<Probe, ConnectError> {
    let stream = decompress(&file.input, file.input.sample()?, file.compression)?;
    let mut lines = Lines::new(&file.input, file.compression, stream);
    let mut root = Shape::object();
    let mut sampled_rows = 0;
    let mut sampled_bytes = 0;
    while sampled_rows < sample_rows
        && sampled_bytes < SAMPLE_BYTES
        && let Some(line) = lines.next()?
    {
        sampled_rows += 1;
        sampled_bytes += line.len() as u64;
        shape::add_line(&mut root, line).map_err(|error| lines.json_error(&error))?;
    }
    let mut fields = root.into_fields();
    for (name, data_type) in &context.types {
        match fields.iter_mut().find(|field| field.name() == name) {
            Some(field) => *field = Field::new(name, data_type.clone(), true),
            None => fields.push(Field::new(name, data_type.clone(), true)),
        }
    }
    if fields.is_empty() {
        return Err(ConnectError::EmptyFile {
            dataset: context.dataset.clone(),
            file: file.input.label.clone(),
        });
    }
    for field in &fields {
        reader::check_type(context, field)?;
    }
    Ok(Probe {
        schema: Schema::new(fields),
        sampled_rows: Some(sampled_rows),
        rows: None,
    })
}

/// The lines of a stream that are not blank.
struct Lines {
    input: InputFile,
    compression: Compression,
    reader: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
    /// The line that was read last, from 1.
    number: u64,
}

impl Lines {
    fn new(input: &InputFile, compression: Compression, stream: Box<dyn Read + Send>) -> Self {
        Self {
            input: input.clone(),
            compression,
            reader: BufReader::with_capacity(READ_BYTES, stream),
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line, without its end; `None` after the last.
    fn next(&mut self) -> Result<Option<&str>, ConnectError> {
        loop {
            self.line.clear();
            let read = self
                .reader
                .by_ref()
                .take(RECORD_BYTES as u64 + 1)
                .read_until(b'\n', &mut self.line)
                .map_err(|error| stream_failure(&self.input, self.compression, error))?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            if read > RECORD_BYTES {
                return Err(self.error(
                    1,
                    format!("the line is longer than {} MiB", RECORD_BYTES >> 20),
                ));
            }
            if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if !self.line.trim_ascii().is_empty() {
                break;
            }
        }
        // The borrow of a successful check cannot be returned from the error's branch.
        if std::str::from_utf8(&self.line).is_err() {
            return Err(ConnectError::InvalidEncoding {
                dataset: self.input.dataset.clone(),
                file: self.input.label.clone(),
                line: self.number,
                column: None,
                likely: crate::encoding::likely(&self.line),
            });
        }
        let text = std::str::from_utf8(&self.line).unwrap_or_default();
        Ok(Some(text.trim_end_matches(['\n', '\r'])))
    }

    /// An error of parsing the line that was read last.
    fn json_error(&self, error: &serde_json::Error) -> ConnectError {
        let text = error.to_string();
        // serde_json ends its message with a position within what it was given, which is one line.
        let message = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(message, _)| message);
        let message = match message.strip_prefix(shape::EXPECTED_OBJECT_PREFIX) {
            Some(_) if self.line.trim_ascii_start().starts_with(b"[") => {
                "an array where an object is expected"
            }
            _ => message,
        };
        self.error(error.column().max(1), message.to_owned())
    }

    fn error(&self, character: usize, message: String) -> ConnectError {
        ConnectError::InvalidJson {
            dataset: self.input.dataset.clone(),
            file: self.input.label.clone(),
            line: self.number,
            character,
            message,
        }
    }
}
