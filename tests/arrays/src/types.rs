use std::sync::Arc;

use arrow_schema::{
    DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit, UnionFields, UnionMode,
};

use crate::Random;

/// One type of each kind that crosses the boundary, with parameters at their interesting values.
#[must_use]
pub fn every_type() -> Vec<DataType> {
    let mut types = leaf_types();
    let child = || Arc::new(Field::new("item", DataType::Utf8, true));
    let fixed = || Arc::new(Field::new("item", DataType::Int16, false));
    types.extend([
        DataType::List(child()),
        DataType::LargeList(fixed()),
        DataType::ListView(child()),
        DataType::LargeListView(fixed()),
        DataType::FixedSizeList(child(), 3),
        DataType::FixedSizeList(fixed(), 0),
        struct_of(vec![DataType::Int64, DataType::Boolean, DataType::Utf8View]),
        DataType::Struct(Fields::empty()),
        map_of(DataType::Int32),
        union_of(vec![DataType::Int32, DataType::Utf8], UnionMode::Dense),
        union_of(
            vec![DataType::Float64, DataType::Boolean],
            UnionMode::Sparse,
        ),
        dictionary_of(DataType::Int8, DataType::Utf8),
        dictionary_of(DataType::UInt32, DataType::Float64),
        runs_of(DataType::Int16, DataType::Utf8),
        runs_of(DataType::Int64, DataType::Boolean),
        DataType::List(Arc::new(Field::new(
            "item",
            struct_of(vec![
                map_of(DataType::LargeUtf8),
                DataType::Decimal256(50, 3),
            ]),
            true,
        ))),
    ]);
    types
}

fn leaf_types() -> Vec<DataType> {
    use DataType::{
        Binary, BinaryView, Boolean, Date32, Date64, Decimal32, Decimal64, Decimal128, Decimal256,
        Duration, FixedSizeBinary, Float16, Float32, Float64, Int8, Int16, Int32, Int64, Interval,
        LargeBinary, LargeUtf8, Null, Time32, Time64, Timestamp, UInt8, UInt16, UInt32, UInt64,
        Utf8, Utf8View,
    };
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    vec![
        Null,
        Boolean,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float16,
        Float32,
        Float64,
        Decimal32(9, 2),
        Decimal64(18, 0),
        Decimal128(38, 10),
        Decimal256(76, -3),
        Date32,
        Date64,
        Time32(Second),
        Time32(Millisecond),
        Time64(Microsecond),
        Time64(Nanosecond),
        Timestamp(Second, None),
        Timestamp(Millisecond, Some("UTC".into())),
        Timestamp(Microsecond, Some("Europe/Zurich".into())),
        Timestamp(Nanosecond, Some("+05:30".into())),
        Duration(Second),
        Duration(Millisecond),
        Duration(Microsecond),
        Duration(Nanosecond),
        Interval(IntervalUnit::YearMonth),
        Interval(IntervalUnit::DayTime),
        Interval(IntervalUnit::MonthDayNano),
        Utf8,
        LargeUtf8,
        Utf8View,
        Binary,
        LargeBinary,
        BinaryView,
        FixedSizeBinary(5),
        FixedSizeBinary(0),
    ]
}

/// A field that may be non-null only where its type allows it.
pub(crate) fn field(name: &str, data_type: DataType, nullable: bool) -> Field {
    // Nulls of these are inside their values; whether there are some is not known from the outside.
    let inner = matches!(
        data_type,
        DataType::Null
            | DataType::Union(_, _)
            | DataType::RunEndEncoded(_, _)
            | DataType::Dictionary(_, _)
    );
    Field::new(name, data_type, nullable || inner)
}

fn child(name: &str, data_type: DataType, nullable: bool) -> FieldRef {
    Arc::new(field(name, data_type, nullable))
}

fn struct_of(types: Vec<DataType>) -> DataType {
    let fields = types.into_iter().enumerate();
    DataType::Struct(
        fields
            .map(|(index, each)| child(&format!("f{index}"), each, index % 2 == 0))
            .collect(),
    )
}

fn map_of(values: DataType) -> DataType {
    let fields = vec![
        child("keys", DataType::Utf8, false),
        child("values", values, true),
    ];
    DataType::Map(
        Arc::new(Field::new(
            "entries",
            DataType::Struct(fields.into()),
            false,
        )),
        false,
    )
}

fn union_of(types: Vec<DataType>, mode: UnionMode) -> DataType {
    let ids: Vec<i8> = (0..types.len()).map(|index| 3 * index as i8 + 1).collect();
    let fields: Vec<_> = types
        .into_iter()
        .enumerate()
        .map(|(index, each)| child(&format!("v{index}"), each, true))
        .collect();
    DataType::Union(
        UnionFields::try_new(ids, fields).expect("ids are distinct"),
        mode,
    )
}

fn dictionary_of(keys: DataType, values: DataType) -> DataType {
    DataType::Dictionary(Box::new(keys), Box::new(values))
}

fn runs_of(ends: DataType, values: DataType) -> DataType {
    DataType::RunEndEncoded(
        child("run_ends", ends, false),
        child("values", values, true),
    )
}

impl Random {
    pub(crate) fn data_type(&mut self, depth: usize) -> DataType {
        let leaves = leaf_types();
        if depth == 0 || self.rng.bool() {
            return leaves[self.below(leaves.len())].clone();
        }
        let nullable = self.rng.bool();
        let inner = |random: &mut Self| random.data_type(depth - 1);
        match self.below(12) {
            0 => DataType::List(child("item", inner(self), nullable)),
            1 => DataType::LargeList(child("item", inner(self), nullable)),
            2 => DataType::ListView(child("item", inner(self), nullable)),
            3 => DataType::LargeListView(child("item", inner(self), nullable)),
            4 => {
                let size = self.below(4) as i32;
                DataType::FixedSizeList(child("item", inner(self), nullable), size)
            }
            5 => map_of(inner(self)),
            6 => union_of(vec![inner(self), inner(self)], UnionMode::Dense),
            7 => union_of(
                vec![inner(self), inner(self), inner(self)],
                UnionMode::Sparse,
            ),
            8 => {
                let keys = [
                    DataType::Int8,
                    DataType::UInt16,
                    DataType::Int32,
                    DataType::UInt64,
                ];
                let values = leaves[self.below(leaves.len() - 1) + 1].clone();
                dictionary_of(keys[self.below(keys.len())].clone(), values)
            }
            9 => {
                let ends = [DataType::Int16, DataType::Int32, DataType::Int64];
                runs_of(ends[self.below(ends.len())].clone(), inner(self))
            }
            _ => struct_of((0..self.below(4)).map(|_| inner(self)).collect()),
        }
    }
}
