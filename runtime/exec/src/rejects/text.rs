//! Rows as JSON objects, one text for each row.

use arrow_array::{Array, ArrayRef, make_array};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_json::writer::{EncoderOptions, NullableEncoder, make_encoder};
use arrow_schema::{ArrowError, DataType, FieldRef};

/// Each row of some columns as a JSON object. Nothing is left out that JSON can say: a number that is not finite and
/// a time that no calendar has become text and number.
pub(crate) fn json_rows(
    columns: &[(FieldRef, ArrayRef)],
    n_rows: usize,
) -> Result<Vec<String>, ArrowError> {
    let mut rows = vec![vec![b'{']; n_rows];
    let options = EncoderOptions::default().with_explicit_nulls(true);
    for (index, (field, array)) in columns.iter().enumerate() {
        let mut key = String::new();
        if index > 0 {
            key.push(',');
        }
        key.push_str(&quoted(field.name()));
        key.push(':');
        let mut values = Values::new(field, array, &options)?;
        for (row, text) in rows.iter_mut().enumerate() {
            text.extend_from_slice(key.as_bytes());
            values.write(row, text)?;
        }
    }
    rows.into_iter()
        .map(|mut text| {
            text.push(b'}');
            String::from_utf8(text).map_err(|error| ArrowError::JsonError(error.to_string()))
        })
        .collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// How the values of a column are written.
enum Values<'a> {
    Json(NullableEncoder<'a>),
    /// JSON has no number that is not finite.
    Float(NullableEncoder<'a>, ArrayFormatter<'a>),
    /// The second is the number behind a time that has no text.
    Time(ArrayFormatter<'a>, Option<ArrayRef>),
    /// What has no form in JSON.
    Text(ArrayFormatter<'a>),
}

impl<'a> Values<'a> {
    fn new(
        field: &'a FieldRef,
        array: &'a ArrayRef,
        options: &'a EncoderOptions,
    ) -> Result<Self, ArrowError> {
        const STRICT: FormatOptions<'_> = FormatOptions::new().with_display_error(false);
        let formatter = || ArrayFormatter::try_new(array.as_ref(), &STRICT);
        match array.data_type() {
            DataType::Float16 | DataType::Float32 | DataType::Float64 => {
                let encoder = make_encoder(field, array.as_ref(), options)?;
                Ok(Self::Float(encoder, formatter()?))
            }
            DataType::Date32
            | DataType::Date64
            | DataType::Time32(_)
            | DataType::Time64(_)
            | DataType::Timestamp(_, _) => Ok(Self::Time(formatter()?, numbers(array)?)),
            _ => match make_encoder(field, array.as_ref(), options) {
                Ok(encoder) => Ok(Self::Json(encoder)),
                Err(_) => Ok(Self::Text(formatter()?)),
            },
        }
    }

    fn write(&mut self, row: usize, out: &mut Vec<u8>) -> Result<(), ArrowError> {
        match self {
            Self::Json(encoder) => encode(encoder, row, out),
            Self::Float(encoder, formatter) => {
                let start = out.len();
                encode(encoder, row, out);
                if &out[start..] == b"null" && !encoder.is_null(row) {
                    out.truncate(start);
                    let text = formatter.value(row).try_to_string()?;
                    out.extend_from_slice(quoted(&text).as_bytes());
                }
            }
            Self::Time(formatter, numbers) => match formatter.value(row).try_to_string() {
                Ok(text) if text.is_empty() => out.extend_from_slice(b"null"),
                Ok(text) => out.extend_from_slice(quoted(&text).as_bytes()),
                Err(error) => {
                    let numbers = numbers.as_ref().ok_or(error)?;
                    let formatter = ArrayFormatter::try_new(numbers, &FormatOptions::new())?;
                    out.extend_from_slice(formatter.value(row).to_string().as_bytes());
                }
            },
            Self::Text(formatter) => {
                let text = formatter.value(row).try_to_string()?;
                out.extend_from_slice(quoted(&text).as_bytes());
            }
        }
        Ok(())
    }
}

fn encode(encoder: &mut NullableEncoder<'_>, row: usize, out: &mut Vec<u8>) {
    if encoder.is_null(row) {
        out.extend_from_slice(b"null");
    } else {
        encoder.encode(row, out);
    }
}

/// The numbers that times are kept as.
fn numbers(array: &ArrayRef) -> Result<Option<ArrayRef>, ArrowError> {
    let number = match array.data_type().primitive_width() {
        Some(4) => DataType::Int32,
        Some(8) => DataType::Int64,
        _ => return Ok(None),
    };
    let data = array.to_data().into_builder().data_type(number);
    Ok(Some(make_array(data.build()?)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{
        BinaryArray, Date32Array, Decimal128Array, Float64Array, Int64Array, IntervalDayTimeArray,
        StringArray, StructArray,
    };
    use arrow_schema::Field;

    use super::*;

    fn check(array: impl Array + 'static, expect: &[&str]) {
        let array: ArrayRef = Arc::new(array);
        let field = Arc::new(Field::new("x", array.data_type().clone(), true));
        let rows = json_rows(&[(field, Arc::clone(&array))], array.len()).unwrap();
        let values: Vec<&str> = rows
            .iter()
            .map(|row| {
                serde_json::from_str::<serde_json::Value>(row).unwrap();
                row.strip_prefix("{\"x\":")
                    .unwrap()
                    .strip_suffix('}')
                    .unwrap()
            })
            .collect();
        assert_eq!(values, expect);
    }

    #[test]
    fn values_are_written_so_that_nothing_is_lost() {
        check(
            Int64Array::from(vec![Some(i64::MAX), None]),
            &["9223372036854775807", "null"],
        );
        check(
            Float64Array::from(vec![
                Some(0.1),
                Some(f64::NAN),
                Some(f64::NEG_INFINITY),
                None,
            ]),
            &["0.1", "\"NaN\"", "\"-inf\"", "null"],
        );
        check(
            StringArray::from(vec![Some("a \"b\"\n"), Some(""), None]),
            &[r#""a \"b\"\n""#, r#""""#, "null"],
        );
        check(
            Date32Array::from(vec![Some(0), Some(i32::MAX), None]),
            &["\"1970-01-01\"", "2147483647", "null"],
        );
        check(
            Decimal128Array::from(vec![12_345])
                .with_precision_and_scale(10, 2)
                .unwrap(),
            &["123.45"],
        );
        check(
            BinaryArray::from(vec![b"\xff\x00".as_slice()]),
            &["\"ff00\""],
        );
        check(
            IntervalDayTimeArray::from(vec![arrow_buffer::IntervalDayTime::new(1, 0)]),
            &["\"1 days\""],
        );
        let inner = Arc::new(Int64Array::from(vec![1])) as ArrayRef;
        let fields = Arc::new(Field::new("a", DataType::Int64, true));
        check(StructArray::from(vec![(fields, inner)]), &["{\"a\":1}"]);
    }

    #[test]
    fn columns_stand_in_their_order_and_names_are_quoted() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let column = |name: &str| {
            let field = Arc::new(Field::new(name, DataType::Int64, true));
            (field, Arc::clone(&numbers))
        };
        assert_eq!(
            json_rows(&[column("b"), column("a \"q\"")], 2).unwrap(),
            [r#"{"b":1,"a \"q\"":1}"#, r#"{"b":2,"a \"q\"":2}"#]
        );
        assert_eq!(json_rows(&[], 1).unwrap(), ["{}"]);
    }
}
