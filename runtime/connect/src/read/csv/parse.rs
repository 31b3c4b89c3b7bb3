//! From the text of a column to its values.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_cast::{CastOptions, can_cast_types, cast_with_options};
use arrow_schema::{DataType, Field};
use stepwell_plan::Format;

use super::infer::fits_inferred;
use super::records::{RecordFile, Records};
use crate::csv_dialect::CsvDialect;
use crate::error::{ConnectError, InvalidValue};
use crate::read::ReadContext;
use crate::type_name::type_name;

/// A value that does not parse becomes null, which is found by counting.
const CAST_OPTIONS: CastOptions<'static> = CastOptions {
    safe: true,
    format_options: arrow_cast::display::FormatOptions::new(),
};

/// Whether a column of text can have this type.
pub(super) fn check_type(context: &ReadContext, field: &Field) -> Result<(), ConnectError> {
    let data_type = match field.data_type() {
        DataType::Dictionary(_, values) => values.as_ref(),
        data_type => data_type,
    };
    if !data_type.is_nested()
        && *data_type != DataType::Null
        && can_cast_types(&DataType::Utf8, field.data_type())
    {
        return Ok(());
    }
    Err(ConnectError::UnsupportedColumn {
        dataset: context.dataset.clone(),
        column: field.name().clone(),
        type_name: type_name(field.data_type()),
        format: Format::Csv,
        reason: Some("give it a type that one field of text can be, such as `utf8`".to_owned()),
    })
}

/// One column to read: where it is, and what it must become.
pub(super) struct ColumnParser {
    /// Which field of a record.
    pub(super) position: usize,
    pub(super) name: String,
    pub(super) data_type: DataType,
    /// How many rows the type was inferred from; `None`: it was given.
    pub(super) inferred_from: Option<usize>,
}

impl ColumnParser {
    /// The values of this column in some records. `text` is the records' text.
    pub(super) fn parse(
        &self,
        file: &RecordFile,
        names: &[String],
        dialect: &CsvDialect,
        records: &Records,
        text: &str,
    ) -> Result<ArrayRef, ConnectError> {
        let is_text = self.data_type == DataType::Utf8;
        let mut builder = StringBuilder::with_capacity(records.len(), 0);
        for record in 0..records.len() {
            let range = records.range(record, self.position);
            let start = range.start;
            let value = text
                .get(range)
                .ok_or_else(|| records.encoding_error(file, names, start))?;
            if dialect.is_null(value) {
                builder.append_null();
                continue;
            }
            // Space around a number is layout, space around a text may mean something.
            let value = if is_text {
                value
            } else {
                value.trim_matches(' ')
            };
            if self.inferred_from.is_some()
                && !fits_inferred(&self.data_type, value)
                && !self.is_date(value)
            {
                return Err(self.invalid(file, records, record, value));
            }
            builder.append_value(value);
        }
        let values: StringArray = builder.finish();
        if is_text {
            return Ok(Arc::new(values));
        }
        match cast_with_options(&values, &self.data_type, &CAST_OPTIONS) {
            Ok(parsed) if parsed.logical_null_count() == values.null_count() => Ok(parsed),
            _ => {
                let record = self.first_invalid(&values);
                Err(self.invalid(file, records, record, values.value(record)))
            }
        }
    }

    /// Timestamps may be dates alone, if they were in the sample.
    fn is_date(&self, value: &str) -> bool {
        matches!(self.data_type, DataType::Timestamp(_, None))
            && fits_inferred(&DataType::Date32, value)
    }

    fn first_invalid(&self, values: &StringArray) -> usize {
        let is_invalid = |index: &usize| {
            values.is_valid(*index)
                && match cast_with_options(&values.slice(*index, 1), &self.data_type, &CAST_OPTIONS)
                {
                    Ok(parsed) => parsed.logical_null_count() > 0,
                    Err(_) => true,
                }
        };
        (0..values.len()).find(is_invalid).unwrap_or_default()
    }

    fn invalid(
        &self,
        file: &RecordFile,
        records: &Records,
        record: usize,
        value: &str,
    ) -> ConnectError {
        ConnectError::InvalidValue(Box::new(InvalidValue {
            dataset: file.dataset.clone(),
            file: file.label.clone(),
            format: Format::Csv,
            line: records.line(record),
            column: self.name.clone(),
            value: value.to_owned(),
            type_name: type_name(&self.data_type),
            sample_rows: self.inferred_from,
        }))
    }
}
