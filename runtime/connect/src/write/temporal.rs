//! Dates and times that have no text.

use arrow_arith::aggregate::{max, min};
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{as_date, as_datetime, as_time};
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrowNativeTypeOp, RecordBatch};
use arrow_schema::{DataType, TimeUnit};

use super::EncodeError;
use crate::type_name::type_name;

/// Refuses values outside of the calendar or the day: the encoder of JSON would write the text of an error in their
/// place, and that of CSV would not say the column.
pub(super) fn check_temporal(batch: &RecordBatch) -> Result<(), EncodeError> {
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        check_array(column).map_err(|value| {
            format!(
                "column `{}` of type `{}` holds {value}, which is no date or time that can be written",
                field.name(),
                type_name(field.data_type())
            )
        })?;
    }
    Ok(())
}

/// `Err`: a value that has no text.
fn check_array(array: &dyn Array) -> Result<(), i64> {
    match array.data_type() {
        DataType::Date32 => {
            check_ends::<Date32Type>(array, |value| as_date::<Date32Type>(value).is_some())
        }
        DataType::Date64 => {
            check_ends::<Date64Type>(array, |value| as_datetime::<Date64Type>(value).is_some())
        }
        DataType::Time32(TimeUnit::Second) => check_ends::<Time32SecondType>(array, |value| {
            as_time::<Time32SecondType>(value).is_some()
        }),
        DataType::Time32(_) => check_ends::<Time32MillisecondType>(array, |value| {
            as_time::<Time32MillisecondType>(value).is_some()
        }),
        DataType::Time64(TimeUnit::Microsecond) => {
            check_ends::<Time64MicrosecondType>(array, |value| {
                as_time::<Time64MicrosecondType>(value).is_some()
            })
        }
        DataType::Time64(_) => check_ends::<Time64NanosecondType>(array, |value| {
            as_time::<Time64NanosecondType>(value).is_some()
        }),
        DataType::Timestamp(TimeUnit::Second, _) => {
            check_ends::<TimestampSecondType>(array, |value| {
                as_datetime::<TimestampSecondType>(value).is_some()
            })
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            check_ends::<TimestampMillisecondType>(array, |value| {
                as_datetime::<TimestampMillisecondType>(value).is_some()
            })
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            check_ends::<TimestampMicrosecondType>(array, |value| {
                as_datetime::<TimestampMicrosecondType>(value).is_some()
            })
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            check_ends::<TimestampNanosecondType>(array, |value| {
                as_datetime::<TimestampNanosecondType>(value).is_some()
            })
        }
        DataType::List(_) => check_array(array.as_list::<i32>().values()),
        DataType::LargeList(_) => check_array(array.as_list::<i64>().values()),
        DataType::FixedSizeList(_, _) => check_array(array.as_fixed_size_list().values()),
        DataType::Map(_, _) => check_array(array.as_map().entries()),
        DataType::Struct(_) => array
            .as_struct()
            .columns()
            .iter()
            .try_for_each(|column| check_array(column)),
        DataType::Dictionary(_, _) => check_array(array.as_any_dictionary().values()),
        _ => Ok(()),
    }
}

/// What has a text is an interval, so that the smallest and the largest value speak for all.
fn check_ends<T>(array: &dyn Array, has_text: impl Fn(i64) -> bool) -> Result<(), i64>
where
    T: ArrowPrimitiveType,
    T::Native: ArrowNativeTypeOp + Into<i64>,
{
    let array = array.as_primitive::<T>();
    match [min(array), max(array)]
        .into_iter()
        .flatten()
        .map(Into::into)
        .find(|value| !has_text(*value))
    {
        Some(value) => Err(value),
        None => Ok(()),
    }
}
