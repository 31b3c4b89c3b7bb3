//! Rows that are emitted are the rows that were selected, whatever the selection and the columns' offsets.

use std::sync::Arc;

use proptest::prelude::*;
use stepwell_sdk::Selection;
use stepwell_sdk::arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, UInt32Array};
use stepwell_sdk::native::NativeStep;

mod selecting {
    use std::cell::RefCell;

    use stepwell_sdk::prelude::*;

    thread_local! {
        pub(crate) static SELECTION: RefCell<Selection> = const { RefCell::new(Selection::All) };
    }

    /// Emits the rows that the test selects, and again as values.
    #[step(name = "selecting", version = "0.1.0")]
    pub(crate) struct Selecting;

    impl Step for Selecting {
        type Parameters = NoParameters;

        fn open(_: NoParameters, _: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
            plan.pass_all();
            Ok(Self)
        }

        fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
            output.take(&batch, SELECTION.with_borrow(Clone::clone), columns![])
        }
    }
}

fn check(rows: usize, offset: usize, selection: Selection, expect: &[usize]) {
    let values: ArrayRef = Arc::new(Int64Array::from_iter_values(0..(rows + offset) as i64));
    let batch = RecordBatch::try_from_iter([("row", values)])
        .unwrap()
        .slice(offset, rows);
    assert_eq!(selection.count(rows).unwrap(), expect.len());
    selecting::SELECTION.set(selection);
    let mut step =
        NativeStep::open(selecting::STEP, serde_json::json!({}), &[batch.schema()]).unwrap();
    step.process(0, batch).unwrap();
    let expect: Int64Array = expect
        .iter()
        .map(|row| Some((row + offset) as i64))
        .collect();
    assert_eq!(
        step.output(0).unwrap().column(0).as_ref(),
        &expect as &dyn stepwell_sdk::arrow::array::Array
    );
}

proptest! {
    #[test]
    fn a_mask_selects_where_it_is_true(mask in prop::collection::vec(any::<Option<bool>>(), 0..200), offset in 0_usize..20) {
        let expect: Vec<usize> = (0..mask.len()).filter(|row| mask[*row] == Some(true)).collect();
        check(mask.len(), offset, Selection::from(&BooleanArray::from(mask)), &expect);
    }

    #[test]
    fn indices_select_in_their_order(
        rows in 1_usize..100,
        picks in prop::collection::vec(any::<Option<prop::sample::Index>>(), 0..200),
        offset in 0_usize..20,
    ) {
        let picks: Vec<Option<u32>> = picks.iter().map(|pick| pick.map(|pick| pick.index(rows) as u32)).collect();
        let expect: Vec<usize> = picks.iter().flatten().map(|pick| *pick as usize).collect();
        check(rows, offset, Selection::from(&UInt32Array::from(picks)), &expect);
    }

    #[test]
    fn a_range_selects_a_run(rows in 0_usize..100, ends in any::<(prop::sample::Index, prop::sample::Index)>(), offset in 0_usize..20) {
        let (first, second) = (ends.0.index(rows + 1), ends.1.index(rows + 1));
        let range = first.min(second)..first.max(second);
        let expect: Vec<usize> = range.clone().collect();
        check(rows, offset, Selection::from(range), &expect);
    }
}
