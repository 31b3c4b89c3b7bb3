//! The Arrow types by which columns are read.

use arrow_array::types::*;
use arrow_array::*;
use arrow_schema::{ArrowError, DataType, TimeUnit};

use crate::type_name;

/// An array type that a column can be read as.
pub trait ColumnArray: Array + Clone + 'static {
    /// Whether columns of this type can be read as this array.
    fn accepts(data_type: &DataType) -> bool;

    /// What the array reads, in words, for messages: `` `float64` ``, `` a `list` ``.
    fn expected() -> String;
}

/// What names a column's type where it is read: an Arrow type such as `Float64Type` or `Utf8Type`, or an
/// array such as `Float64Array` or `StringArray`.
///
/// The time zone of timestamps and the precision and scale of decimals are not part of it.
pub trait ColumnType {
    /// The array that such a column is read as.
    type Array: ColumnArray;
}

impl<A: ColumnArray> ColumnType for A {
    type Array = A;
}

/// An array type that says by itself what type a made column has.
pub trait MadeArray: ColumnArray {
    /// The column's type; of timestamps, the one without a time zone.
    const DATA_TYPE: DataType;
}

fn quoted(data_type: &DataType) -> String {
    match data_type {
        DataType::Timestamp(unit, _) => {
            let unit = match unit {
                TimeUnit::Second => "s",
                TimeUnit::Millisecond => "ms",
                TimeUnit::Microsecond => "us",
                TimeUnit::Nanosecond => "ns",
            };
            format!("`timestamp({unit})`")
        }
        DataType::Decimal32(..) => "`decimal32`".to_owned(),
        DataType::Decimal64(..) => "`decimal64`".to_owned(),
        DataType::Decimal128(..) => "`decimal128`".to_owned(),
        DataType::Decimal256(..) => "`decimal256`".to_owned(),
        other => format!("`{}`", type_name(other)),
    }
}

impl<T: ArrowPrimitiveType> ColumnArray for PrimitiveArray<T> {
    fn accepts(data_type: &DataType) -> bool {
        Self::is_compatible(data_type)
    }

    fn expected() -> String {
        quoted(&T::DATA_TYPE)
    }
}

impl<T: ArrowPrimitiveType> MadeArray for PrimitiveArray<T> {
    const DATA_TYPE: DataType = T::DATA_TYPE;
}

impl<T: ByteArrayType> ColumnArray for GenericByteArray<T> {
    fn accepts(data_type: &DataType) -> bool {
        *data_type == T::DATA_TYPE
    }

    fn expected() -> String {
        quoted(&T::DATA_TYPE)
    }
}

impl<T: ByteArrayType> MadeArray for GenericByteArray<T> {
    const DATA_TYPE: DataType = T::DATA_TYPE;
}

impl<T: ByteViewType + ?Sized> ColumnArray for GenericByteViewArray<T> {
    fn accepts(data_type: &DataType) -> bool {
        *data_type == T::DATA_TYPE
    }

    fn expected() -> String {
        quoted(&T::DATA_TYPE)
    }
}

impl<T: ByteViewType + ?Sized> MadeArray for GenericByteViewArray<T> {
    const DATA_TYPE: DataType = T::DATA_TYPE;
}

/// Arrays of one type, or of a family of types whose parameters are not part of the array's type.
macro_rules! column_arrays {
    ($($array:ty, $pattern:pat, $expected:literal;)*) => {$(
        impl ColumnArray for $array {
            fn accepts(data_type: &DataType) -> bool {
                matches!(data_type, $pattern)
            }

            fn expected() -> String {
                $expected.to_owned()
            }
        }
    )*};
}

column_arrays! {
    BooleanArray, DataType::Boolean, "`boolean`";
    NullArray, DataType::Null, "`null`";
    FixedSizeBinaryArray, DataType::FixedSizeBinary(_), "a `fixed_size_binary`";
    ListArray, DataType::List(_), "a `list`";
    LargeListArray, DataType::LargeList(_), "a `large_list`";
    ListViewArray, DataType::ListView(_), "a `list_view`";
    LargeListViewArray, DataType::LargeListView(_), "a `large_list_view`";
    FixedSizeListArray, DataType::FixedSizeList(_, _), "a `fixed_size_list`";
    StructArray, DataType::Struct(_), "a `struct`";
    MapArray, DataType::Map(_, _), "a `map`";
    UnionArray, DataType::Union(_, _), "a union";
}

impl MadeArray for BooleanArray {
    const DATA_TYPE: DataType = DataType::Boolean;
}

impl MadeArray for NullArray {
    const DATA_TYPE: DataType = DataType::Null;
}

impl<K: ArrowDictionaryKeyType> ColumnArray for DictionaryArray<K> {
    fn accepts(data_type: &DataType) -> bool {
        matches!(data_type, DataType::Dictionary(key, _) if **key == K::DATA_TYPE)
    }

    fn expected() -> String {
        format!("a dictionary with {} keys", quoted(&K::DATA_TYPE))
    }
}

impl<R: RunEndIndexType> ColumnArray for RunArray<R> {
    fn accepts(data_type: &DataType) -> bool {
        matches!(data_type, DataType::RunEndEncoded(run_ends, _) if *run_ends.data_type() == R::DATA_TYPE)
    }

    fn expected() -> String {
        format!(
            "a run-end encoded column with {} run ends",
            quoted(&R::DATA_TYPE)
        )
    }
}

/// Arrow's types, as the names of the arrays that they make.
macro_rules! column_types {
    ($($marker:ty => $array:ty;)*) => {$(
        impl ColumnType for $marker {
            type Array = $array;
        }
    )*};
}

column_types! {
    BooleanType => BooleanArray;
    Int8Type => Int8Array;
    Int16Type => Int16Array;
    Int32Type => Int32Array;
    Int64Type => Int64Array;
    UInt8Type => UInt8Array;
    UInt16Type => UInt16Array;
    UInt32Type => UInt32Array;
    UInt64Type => UInt64Array;
    Float16Type => Float16Array;
    Float32Type => Float32Array;
    Float64Type => Float64Array;
    Decimal32Type => Decimal32Array;
    Decimal64Type => Decimal64Array;
    Decimal128Type => Decimal128Array;
    Decimal256Type => Decimal256Array;
    Date32Type => Date32Array;
    Date64Type => Date64Array;
    Time32SecondType => Time32SecondArray;
    Time32MillisecondType => Time32MillisecondArray;
    Time64MicrosecondType => Time64MicrosecondArray;
    Time64NanosecondType => Time64NanosecondArray;
    TimestampSecondType => TimestampSecondArray;
    TimestampMillisecondType => TimestampMillisecondArray;
    TimestampMicrosecondType => TimestampMicrosecondArray;
    TimestampNanosecondType => TimestampNanosecondArray;
    DurationSecondType => DurationSecondArray;
    DurationMillisecondType => DurationMillisecondArray;
    DurationMicrosecondType => DurationMicrosecondArray;
    DurationNanosecondType => DurationNanosecondArray;
    IntervalYearMonthType => IntervalYearMonthArray;
    IntervalDayTimeType => IntervalDayTimeArray;
    IntervalMonthDayNanoType => IntervalMonthDayNanoArray;
    Utf8Type => StringArray;
    LargeUtf8Type => LargeStringArray;
    BinaryType => BinaryArray;
    LargeBinaryType => LargeBinaryArray;
    StringViewType => StringViewArray;
    BinaryViewType => BinaryViewArray;
}

/// The array as the type that the column was checked to have.
pub(crate) fn downcast<A: ColumnArray>(array: &dyn Array) -> Result<A, ArrowError> {
    array.as_any().downcast_ref::<A>().cloned().ok_or_else(|| {
        ArrowError::CastError(format!(
            "an array of {} is not {}",
            array.data_type(),
            A::expected()
        ))
    })
}
