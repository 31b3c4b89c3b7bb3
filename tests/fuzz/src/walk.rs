//! What is done with an array that was let in: all that other code would do.

use arrow_array::{Array, ArrayRef, BooleanArray, UInt32Array};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use arrow_select::concat::concat;
use arrow_select::filter::filter;
use arrow_select::take::take;
use stepwell_layout::{assemble, assemble_trusted, flatten};

/// Values that are walked over, at most.
const WALKED: usize = 300;

/// Reads every value of an array, and sends the array across the boundary once more.
///
/// # Panics
/// When the array is not valid.
pub(crate) fn walk(array: &dyn Array) {
    array
        .to_data()
        .validate_full()
        .expect("what was let in is valid");
    if n_values(array) > 4 * WALKED {
        return;
    }
    let length = array.len();
    show(array);
    let backwards = UInt32Array::from_iter_values((0..length as u32).rev());
    let Ok(reversed) = take(array, &backwards, None) else {
        return;
    };
    let again = take(reversed.as_ref(), &backwards, None).expect("what was taken can be taken");
    // Taking joins runs of values that are equal, and takes nulls of different members of a union for equal.
    if !has_runs(array.data_type()) {
        assert_same(array, again.as_ref());
    }
    let slice = array.slice(length / 3, length - length / 3);
    cross(&slice);
    let mask: BooleanArray = (0..length).map(|row| Some(row % 3 != 1)).collect();
    let _ = filter(array, &mask);
    let _ = concat(&[array, slice.as_ref()]);
}

/// Writes all values, which reads each of them.
pub(crate) fn show(array: &dyn Array) {
    if let Ok(formatter) = ArrayFormatter::try_new(array, &FormatOptions::default()) {
        for row in 0..array.len().min(WALKED) {
            // A date out of the calendar cannot be written.
            let _ = formatter.value(row).try_to_string();
        }
    }
}

/// There and back: what is valid arrives, as it was.
fn cross(array: &ArrayRef) {
    let Ok(flat) = flatten(array.as_ref()) else {
        return;
    };
    let checked = assemble(array.data_type(), flat.clone()).expect("what is valid crosses");
    assert_same(array.as_ref(), checked.as_ref());
    let trusted = assemble_trusted(array.data_type(), flat).expect("what is valid crosses");
    assert_same(array.as_ref(), trusted.as_ref());
}

/// Compares values as text: arrays that are run-end encoded may be equal and be cut into other runs.
fn assert_same(left: &dyn Array, right: &dyn Array) {
    assert_eq!(left.data_type(), right.data_type());
    assert_eq!(left.len(), right.len());
    let n_rows = left.len();
    let options = FormatOptions::new().with_null("null");
    let formatters = (
        ArrayFormatter::try_new(left, &options),
        ArrayFormatter::try_new(right, &options),
    );
    if let (Ok(left), Ok(right)) = formatters {
        for row in 0..n_rows.min(WALKED) {
            let text = |formatter: &ArrayFormatter<'_>| formatter.value(row).try_to_string().ok();
            assert_eq!(text(&left), text(&right), "row {row}");
        }
    }
}

/// Values of an array and of all that is inside of it. Values without buffers, such as those of a list of nulls, cost
/// nothing to say, so that there may be very many of them.
fn n_values(array: &dyn Array) -> usize {
    fn count(data: &arrow_data::ArrayData) -> usize {
        let children = data.child_data().iter().map(count);
        children.fold(data.len(), usize::saturating_add)
    }
    count(&array.to_data())
}

fn has_runs(data_type: &DataType) -> bool {
    match data_type {
        DataType::RunEndEncoded(_, _) => true,
        DataType::Dictionary(_, values) => has_runs(values),
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => has_runs(field.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_runs(field.data_type())),
        DataType::Union(fields, _) => fields.iter().any(|(_, field)| has_runs(field.data_type())),
        _ => false,
    }
}
