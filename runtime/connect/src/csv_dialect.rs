//! The options of CSV, checked.

use stepwell_plan::CsvOptions;

use crate::dataset::Dataset;
use crate::error::ConnectError;

/// How a CSV file is written, in bytes.
#[derive(Debug, Clone)]
pub(crate) struct CsvDialect {
    pub(crate) header: bool,
    pub(crate) delimiter: u8,
    pub(crate) quote: u8,
    pub(crate) null_values: Vec<String>,
}

impl CsvDialect {
    /// `delimiter` is what the file's extension stands for; it counts where the pipeline does not give `csv`.
    pub(crate) fn new(
        dataset: &Dataset,
        options: Option<&CsvOptions>,
        delimiter: Option<char>,
    ) -> Result<Self, ConnectError> {
        let mut options = options.cloned().unwrap_or_else(|| CsvOptions {
            delimiter: delimiter.unwrap_or(','),
            ..CsvOptions::default()
        });
        let byte = |key: &str, character: char| match u8::try_from(character) {
            Ok(byte) if byte.is_ascii() && byte != b'\n' && byte != b'\r' => Ok(byte),
            _ => Err(invalid(
                dataset,
                key,
                format!(
                    "`csv.{key}` must be one ASCII character and no line break, not `{}`",
                    character.escape_debug()
                ),
            )),
        };
        let delimiter = byte("delimiter", options.delimiter)?;
        let quote = byte("quote", options.quote)?;
        if delimiter == quote {
            return Err(invalid(
                dataset,
                "quote",
                format!(
                    "`csv.quote` and `csv.delimiter` are both `{}`",
                    options.quote.escape_debug()
                ),
            ));
        }
        Ok(Self {
            header: options.header,
            delimiter,
            quote,
            null_values: std::mem::take(&mut options.null_values),
        })
    }

    /// Whether a field means null.
    pub(crate) fn is_null(&self, value: &str) -> bool {
        value.is_empty() || self.null_values.iter().any(|null| null == value)
    }
}

fn invalid(dataset: &Dataset, key: &str, message: String) -> ConnectError {
    ConnectError::InvalidOption {
        dataset: dataset.clone(),
        key: vec!["csv".to_owned(), key.to_owned()],
        message,
        hint: None,
    }
}
