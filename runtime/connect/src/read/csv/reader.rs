//! Reading the rows of a CSV file.

use super::infer::{numbered_names, read_header};
use super::parse::ColumnParser;
use super::records::{RecordReader, Records};
use crate::compression::decompress;
use crate::csv_dialect::CsvDialect;
use crate::error::ConnectError;
use crate::read::columns::positions_of_names;
use crate::read::{FileReader, ReadRequest, Rows, TableFile};

/// The rows of a CSV file.
pub(crate) struct CsvReader {
    reader: RecordReader,
    records: Records,
    dialect: CsvDialect,
    /// The names of all columns of the file.
    names: Vec<String>,
    columns: Vec<ColumnParser>,
    decode_rows: usize,
}

impl CsvReader {
    pub(crate) fn open(request: ReadRequest, file: &TableFile) -> Result<Self, ConnectError> {
        let stream = file.input.stream(&request.bytes_read)?;
        let stream = decompress(&file.input, stream, file.compression)?;
        let mut reader = RecordReader::new(&file.input, file.compression, stream, &file.dialect)?;
        let mut records = Records::default();
        let names = match file.dialect.header {
            true => read_header(&mut reader, &mut records, file)?,
            false => numbered_names(request.schema.fields().len()),
        };
        reader.expect_fields(names.len());
        let positions = positions_of_names(&request, &file.input.label, &names)?;
        let columns = request
            .fields()
            .into_iter()
            .zip(positions)
            .map(|(field, position)| ColumnParser {
                position,
                name: field.name().clone(),
                data_type: field.data_type().clone(),
                inferred_from: request.inferred_from(field.name()),
            })
            .collect();
        Ok(Self {
            reader,
            records,
            dialect: file.dialect.clone(),
            names,
            columns,
            decode_rows: request.decode_rows,
        })
    }
}

impl FileReader for CsvReader {
    fn next_rows(&mut self) -> Result<Option<Rows>, ConnectError> {
        self.reader.read(&mut self.records, self.decode_rows)?;
        let rows = self.records.len();
        if rows == 0 {
            return Ok(None);
        }
        let file = self.reader.file();
        let text = self.records.text(file, &self.names)?;
        let columns = self
            .columns
            .iter()
            .map(|column| column.parse(file, &self.names, &self.dialect, &self.records, text))
            .collect::<Result<_, _>>()?;
        Ok(Some(Rows { columns, rows }))
    }
}
