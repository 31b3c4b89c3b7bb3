//! From bytes to records: fields without quotes, and the line of each.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use csv_core::ReadRecordResult;
use stepwell_plan::Compression;

use crate::compression::stream_failure;
use crate::csv_dialect::CsvDialect;
use crate::dataset::Dataset;
use crate::error::ConnectError;
use crate::read::{DECODE_BYTES, READ_BYTES, RECORD_BYTES};
use crate::storage::InputFile;

/// Some records in one buffer. All have the same number of fields.
#[derive(Default)]
pub(super) struct Records {
    /// The fields of all records, one after the other.
    data: Vec<u8>,
    used: usize,
    /// Where each field ends in `data`.
    ends: Vec<usize>,
    used_ends: usize,
    /// The line where each record ends, from 1.
    end_lines: Vec<u64>,
    fields: usize,
}

impl Records {
    pub(super) fn len(&self) -> usize {
        self.end_lines.len()
    }

    pub(super) fn fields(&self) -> usize {
        self.fields
    }

    fn clear(&mut self) {
        self.used = 0;
        self.used_ends = 0;
        self.end_lines.clear();
    }

    /// Where a field is in the text of all records.
    pub(super) fn range(&self, record: usize, field: usize) -> std::ops::Range<usize> {
        let index = record * self.fields + field;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        start..self.ends[index]
    }

    fn record_start(&self, record: usize) -> usize {
        self.range(record, 0).start
    }

    /// The line where a record starts. Lines are counted where records end; line breaks in quotes are in the data.
    pub(super) fn line(&self, record: usize) -> u64 {
        let start = self.record_start(record);
        let end = self.ends[(record + 1) * self.fields - 1];
        self.end_lines[record] - count_lines(&self.data[start..end])
    }

    /// The text of all records.
    pub(super) fn text(&self, file: &RecordFile, names: &[String]) -> Result<&str, ConnectError> {
        let data = &self.data[..self.used];
        std::str::from_utf8(data)
            .map_err(|error| self.encoding_error(file, names, error.valid_up_to()))
    }

    /// An error about a byte that is no text.
    pub(super) fn encoding_error(
        &self,
        file: &RecordFile,
        names: &[String],
        position: usize,
    ) -> ConnectError {
        let index = self.ends[..self.used_ends].partition_point(|end| *end <= position);
        let record = (index / self.fields).min(self.len() - 1);
        let before = &self.data[self.record_start(record)..position];
        file.encoding_error(
            self.line(record) + count_lines(before),
            names.get(index % self.fields).cloned(),
            crate::encoding::likely(&self.data[..self.used]),
        )
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// What errors say about a file.
#[derive(Debug, Clone)]
pub(super) struct RecordFile {
    pub(super) dataset: Dataset,
    pub(super) label: Arc<str>,
}

impl RecordFile {
    fn encoding_error(
        &self,
        line: u64,
        column: Option<String>,
        likely: Option<&'static str>,
    ) -> ConnectError {
        ConnectError::InvalidEncoding {
            dataset: self.dataset.clone(),
            file: self.label.clone(),
            line,
            column,
            likely,
        }
    }
}

/// Splits a stream into records.
pub(super) struct RecordReader {
    input: InputFile,
    compression: Compression,
    file: RecordFile,
    reader: BufReader<Box<dyn Read + Send>>,
    core: csv_core::Reader,
    /// The number of fields that every record must have; found with the first record.
    fields: Option<usize>,
    /// Whether the last byte that was read ends a line.
    at_line_end: bool,
    at_end: bool,
}

impl RecordReader {
    pub(super) fn new(
        input: &InputFile,
        compression: Compression,
        mut stream: Box<dyn Read + Send>,
        dialect: &CsvDialect,
    ) -> Result<Self, ConnectError> {
        let file = RecordFile {
            dataset: input.dataset.clone(),
            label: input.label.clone(),
        };
        let mut start = Vec::new();
        stream
            .by_ref()
            .take(3)
            .read_to_end(&mut start)
            .map_err(|error| stream_failure(input, compression, error))?;
        match start.as_slice() {
            b"\xef\xbb\xbf" => start.clear(),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                return Err(file.encoding_error(1, None, crate::encoding::likely(&start)));
            }
            _ => {}
        }
        let stream: Box<dyn Read + Send> = Box::new(std::io::Cursor::new(start).chain(stream));
        Ok(Self {
            input: input.clone(),
            compression,
            file,
            reader: BufReader::with_capacity(READ_BYTES, stream),
            core: csv_core::ReaderBuilder::new()
                .delimiter(dialect.delimiter)
                .quote(dialect.quote)
                .build(),
            fields: None,
            at_line_end: false,
            at_end: false,
        })
    }

    pub(super) fn file(&self) -> &RecordFile {
        &self.file
    }

    /// From now on, every record must have this many fields.
    pub(super) fn expect_fields(&mut self, fields: usize) {
        self.fields = Some(fields);
    }

    /// Reads at most so many records; none at the end of the file. Stops early when the records are large.
    pub(super) fn read(
        &mut self,
        records: &mut Records,
        max_records: usize,
    ) -> Result<(), ConnectError> {
        records.clear();
        while records.len() < max_records
            && records.used < DECODE_BYTES
            && self.read_record(records)?
        {}
        Ok(())
    }

    /// Reads one record; `false` at the end of the file.
    fn read_record(&mut self, records: &mut Records) -> Result<bool, ConnectError> {
        let start = records.used;
        let start_ends = records.used_ends;
        loop {
            self.make_room(records, start, start_ends)?;
            let buffer = self
                .reader
                .fill_buf()
                .map_err(|error| stream_failure(&self.input, self.compression, error))?;
            let is_end = buffer.is_empty();
            if is_end && self.at_end {
                return Ok(false);
            }
            // The end of the file ends the last line. If that line break turns up as data, a quote is open.
            let bytes = if is_end { b"\n".as_slice() } else { buffer };
            let (result, read, written, ended) = self.core.read_record(
                bytes,
                &mut records.data[records.used..],
                &mut records.ends[records.used_ends..],
            );
            if read > 0 {
                self.at_line_end = bytes[read - 1] == b'\n';
            }
            records.used += written;
            records.used_ends += ended;
            if is_end {
                self.at_end = true;
                if result == ReadRecordResult::InputEmpty && written > 0 {
                    return Err(self.unending(
                        records,
                        start,
                        "a quote is opened and never closed",
                    ));
                }
            } else {
                self.reader.consume(read);
            }
            if result == ReadRecordResult::Record {
                self.end_record(records, start, start_ends)?;
                return Ok(true);
            }
        }
    }

    /// Makes room for more of a record.
    fn make_room(
        &self,
        records: &mut Records,
        start: usize,
        start_ends: usize,
    ) -> Result<(), ConnectError> {
        let length = records.used - start;
        if length > RECORD_BYTES || records.used_ends - start_ends > RECORD_BYTES / 8 {
            let problem = format!(
                "the line is longer than {} MiB; is a quote never closed?",
                RECORD_BYTES >> 20
            );
            return Err(self.unending(records, start, &problem));
        }
        if records.used == records.data.len() {
            records
                .data
                .resize((records.data.len() * 2).max(READ_BYTES), 0);
        }
        if records.used_ends == records.ends.len() {
            records.ends.resize((records.ends.len() * 2).max(1024), 0);
        }
        Ok(())
    }

    /// The line that was read last, from 1.
    fn last_line(&self) -> u64 {
        self.core.line() - u64::from(self.at_line_end)
    }

    fn end_record(
        &mut self,
        records: &mut Records,
        start: usize,
        start_ends: usize,
    ) -> Result<(), ConnectError> {
        let found = records.used_ends - start_ends;
        // Ends are counted from the start of the record.
        for end in &mut records.ends[start_ends..records.used_ends] {
            *end += start;
        }
        let end_line = self.last_line();
        let expected = *self.fields.get_or_insert(found);
        if found != expected {
            return Err(ConnectError::FieldCount {
                dataset: self.file.dataset.clone(),
                file: self.file.label.clone(),
                line: end_line - count_lines(&records.data[start..records.used]),
                expected,
                found,
            });
        }
        records.fields = expected;
        records.end_lines.push(end_line);
        Ok(())
    }

    fn unending(&self, records: &Records, start: usize, problem: &str) -> ConnectError {
        let lines = count_lines(&records.data[start..records.used]);
        ConnectError::UnendingRecord {
            dataset: self.file.dataset.clone(),
            file: self.file.label.clone(),
            line: self.core.line() - lines.min(self.core.line() - 1),
            problem: problem.to_owned(),
        }
    }
}
