//! Which rows go to which partition.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, UInt64Array};
use arrow_cast::cast;
use arrow_row::{OwnedRow, RowConverter, SortField};
use arrow_schema::DataType;
use arrow_select::take::take_record_batch;

use super::settings::FolderSettings;
use crate::storage::join;

/// What stands for null in the name of a folder, as Hive has it.
const NULL_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";
/// Characters that a name of a folder cannot have everywhere, or that would mean something else in it; Hive writes
/// them as `%` and two digits.
const ESCAPED: &str = "\"#%'*/:=?\\{}[]^<>|";

/// Whether values of a type can be names of folders: those with one exact text.
pub(super) fn can_partition(data_type: &DataType) -> bool {
    match data_type {
        DataType::Boolean
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => true,
        DataType::Dictionary(_, values) => can_partition(values),
        other => other.is_integer(),
    }
}

/// The partitions that have got rows, in the order of their first rows.
pub(super) struct Partitions {
    columns: Vec<usize>,
    names: Vec<String>,
    rows: RowConverter,
    positions: HashMap<OwnedRow, usize>,
    paths: Vec<String>,
    limit: u64,
}

/// Why rows could not be told apart.
pub(super) enum PartitionError {
    /// One partition more than may be.
    TooMany(String),
    /// What Arrow says.
    Arrow(String),
}

impl Partitions {
    pub(super) fn new(settings: &FolderSettings) -> Result<Self, String> {
        let fields = settings
            .partition_by
            .iter()
            .map(|_| SortField::new(DataType::Utf8));
        Ok(Self {
            columns: settings.partition_by.clone(),
            names: settings
                .partition_names
                .iter()
                .map(|name| escape(name))
                .collect(),
            rows: RowConverter::new(fields.collect()).map_err(|error| error.to_string())?,
            positions: HashMap::new(),
            paths: Vec::new(),
            limit: settings.max_partitions,
        })
    }

    /// The path of a partition: `country=FR/city=Paris`.
    pub(super) fn path(&self, position: usize) -> &str {
        &self.paths[position]
    }

    /// The rows of each partition, in the order of partitions; within one, rows stay in their order.
    pub(super) fn split(
        &mut self,
        batch: &RecordBatch,
    ) -> Result<Vec<(usize, RecordBatch)>, PartitionError> {
        let arrow = |error: arrow_schema::ArrowError| PartitionError::Arrow(error.to_string());
        let texts = self
            .columns
            .iter()
            .map(|column| cast(batch.column(*column), &DataType::Utf8))
            .collect::<Result<Vec<ArrayRef>, _>>()
            .map_err(arrow)?;
        let rows = self.rows.convert_columns(&texts).map_err(arrow)?;
        let mut selected: Vec<Vec<u64>> = vec![Vec::new(); self.paths.len()];
        for (index, row) in rows.iter().enumerate() {
            let row = row.owned();
            let position = match self.positions.get(&row) {
                Some(position) => *position,
                None => {
                    let path = self.path_of(&texts, index);
                    if self.paths.len() as u64 == self.limit {
                        return Err(PartitionError::TooMany(path));
                    }
                    self.paths.push(path);
                    selected.push(Vec::new());
                    self.positions.insert(row, self.paths.len() - 1);
                    self.paths.len() - 1
                }
            };
            selected[position].push(index as u64);
        }
        selected
            .into_iter()
            .enumerate()
            .filter(|(_, indices)| !indices.is_empty())
            .map(|(position, indices)| {
                let rows = match indices.len() == batch.num_rows() {
                    true => batch.clone(),
                    false => {
                        take_record_batch(batch, &UInt64Array::from(indices)).map_err(arrow)?
                    }
                };
                Ok((position, rows))
            })
            .collect()
    }

    fn path_of(&self, texts: &[ArrayRef], row: usize) -> String {
        let mut path = String::new();
        for (name, text) in self.names.iter().zip(texts) {
            let text: &StringArray = text.as_string();
            let value = match text.is_null(row) {
                true => NULL_VALUE.to_owned(),
                false => escape(text.value(row)),
            };
            path = join(&path, &format!("{name}={value}"));
        }
        path
    }
}

/// A text as a part of a folder's name.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_ascii_control() || ESCAPED.contains(character) {
            escaped.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// A batch without the columns that it is partitioned by.
pub(super) fn without_partition_columns(
    batch: &RecordBatch,
    settings: &FolderSettings,
) -> Result<RecordBatch, String> {
    let columns = batch
        .project(&settings.file_columns)
        .map_err(|error| error.to_string())?;
    super::schema::with_schema(&Arc::clone(&settings.file_schema), &columns)
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn names_of_folders_hold_any_text() {
        for (text, expect) in [
            ("FR", "FR"),
            ("a/b", "a%2Fb"),
            ("..", ".."),
            ("100%", "100%25"),
            ("x=y", "x%3Dy"),
            ("line\nbreak\0", "line%0Abreak%00"),
            ("Zürich 東京", "Zürich 東京"),
        ] {
            assert_eq!(escape(text), expect);
        }
    }
}
