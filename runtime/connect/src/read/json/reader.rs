//! Reading the rows of a file of JSON lines.

use std::sync::Arc;

use arrow_json::ReaderBuilder;
use arrow_json::reader::Decoder;
use arrow_schema::{ArrowError, Field, FieldRef, Schema, SchemaRef};
use stepwell_plan::Format;

use super::Lines;
use super::keys::{LineError, check_line};
use crate::compression::decompress;
use crate::error::{ConnectError, InvalidValue};
use crate::read::{DECODE_BYTES, FileReader, ReadContext, ReadRequest, Rows, TableFile};
use crate::type_name::type_name;

/// Whether arrow-json can read a column of this type.
pub(super) fn check_type(context: &ReadContext, field: &Field) -> Result<(), ConnectError> {
    let schema = Arc::new(Schema::new(vec![field.clone()]));
    decoder(schema, 1)
        .map(|_| ())
        .map_err(|_| ConnectError::UnsupportedColumn {
            dataset: context.dataset.clone(),
            column: field.name().clone(),
            type_name: type_name(field.data_type()),
            format: Format::Json,
            reason: Some("give it a type that JSON can hold, such as `utf8`".to_owned()),
        })
}

fn decoder(schema: SchemaRef, rows: usize) -> Result<Decoder, ArrowError> {
    ReaderBuilder::new(schema)
        .with_batch_size(rows)
        // Numbers and booleans of a column of text are kept as they are written.
        .with_coerce_primitive(true)
        .build_decoder()
}

/// The rows of a file of JSON lines.
pub(crate) struct JsonReader {
    lines: Lines,
    request: ReadRequest,
    projected: Vec<FieldRef>,
    /// `None`: no columns are wanted, only rows.
    decoder: Option<Decoder>,
    /// The lines that the decoder holds, to find the one that it refuses.
    text: String,
    /// Where each of them ends in `text`, and its number in the file.
    ends: Vec<(usize, u64)>,
}

impl JsonReader {
    pub(crate) fn open(request: ReadRequest, file: &TableFile) -> Result<Self, ConnectError> {
        let stream = file.input.stream(&request.bytes_read)?;
        let stream = decompress(&file.input, stream, file.compression)?;
        let projected = request.fields();
        let decoder = match projected.is_empty() {
            true => None,
            false => {
                let schema = Arc::new(Schema::new(projected.clone()));
                let decoder = decoder(schema, request.decode_rows)
                    .map_err(|error| file.input.malformed("JSON lines", error.to_string()))?;
                Some(decoder)
            }
        };
        Ok(Self {
            lines: Lines::new(&file.input, file.compression, stream),
            request,
            projected,
            decoder,
            text: String::new(),
            ends: Vec::new(),
        })
    }

    fn unknown_key(&self, key: String) -> ConnectError {
        ConnectError::UnknownKey {
            dataset: self.request.context.dataset.clone(),
            file: self.lines.input.label.clone(),
            line: self.lines.number,
            key,
            sample_rows: self.request.sampled_rows.unwrap_or_default(),
        }
    }

    /// Finds the line and column that the decoder refuses, by decoding each alone.
    fn refused(&self, error: &ArrowError) -> ConnectError {
        let mut start = 0;
        for (end, number) in &self.ends {
            let line = &self.text[start..*end];
            start = *end;
            let refused = self.projected.iter().find(|field| {
                let schema = Arc::new(Schema::new(vec![(*field).clone()]));
                decode_alone(schema, line).is_err()
            });
            if let Some(field) = refused {
                return self.invalid_value(field, line, *number);
            }
        }
        self.lines.input.malformed("JSON lines", error.to_string())
    }

    fn invalid_value(&self, field: &Field, line: &str, number: u64) -> ConnectError {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).unwrap_or_default();
        let value = match object.get(field.name()) {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        ConnectError::InvalidValue(Box::new(InvalidValue {
            dataset: self.request.context.dataset.clone(),
            file: self.lines.input.label.clone(),
            format: Format::Json,
            line: number,
            column: field.name().clone(),
            value,
            type_name: type_name(field.data_type()),
            sample_rows: self.request.inferred_from(field.name()),
        }))
    }
}

fn decode_alone(schema: SchemaRef, line: &str) -> Result<(), ArrowError> {
    let mut decoder = decoder(schema, 1)?;
    decoder.decode(line.as_bytes())?;
    decoder.flush().map(|_| ())
}

impl FileReader for JsonReader {
    fn next_rows(&mut self) -> Result<Option<Rows>, ConnectError> {
        self.text.clear();
        self.ends.clear();
        while self.ends.len() < self.request.decode_rows && self.text.len() < DECODE_BYTES {
            let Some(line) = self.lines.next()? else {
                break;
            };
            let checked = check_line(self.request.schema.fields(), line);
            self.text.push_str(line);
            let number = self.lines.number;
            match checked {
                Ok(()) => self.ends.push((self.text.len(), number)),
                Err(LineError::Json(error)) => return Err(self.lines.json_error(&error)),
                Err(LineError::UnknownKey(key)) => return Err(self.unknown_key(key)),
            }
        }
        let rows = self.ends.len();
        if rows == 0 {
            return Ok(None);
        }
        let Some(decoder) = &mut self.decoder else {
            return Ok(Some(Rows {
                columns: Vec::new(),
                rows,
            }));
        };
        // Objects end where they end: no line break is needed between them.
        let decoded = decoder
            .decode(self.text.as_bytes())
            .and_then(|_| decoder.flush());
        match decoded {
            Ok(Some(batch)) if batch.num_rows() == rows => Ok(Some(Rows {
                columns: batch.columns().to_vec(),
                rows,
            })),
            Ok(batch) => {
                let found = batch.map_or(0, |batch| batch.num_rows());
                let message = format!("{rows} lines gave {found} rows");
                Err(self.lines.input.malformed("JSON lines", message))
            }
            Err(error) => Err(self.refused(&error)),
        }
    }
}
