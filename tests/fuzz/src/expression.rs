//! Expressions.

use arrow_array::{Array, ArrayRef};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use stepwell_expression::{Expression, column_names};

use crate::table::table;

/// Compiles an expression and computes it: for the whole table, and for each of its rows alone, which must give the
/// same.
pub(crate) fn expression(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let names = column_names(text);
    let table = table();
    let expression = match Expression::compile(text, &table.schema()) {
        Ok(expression) => expression,
        Err(errors) => {
            assert!(!errors.is_empty(), "refused without a reason");
            for error in errors {
                assert!(!error.to_string().is_empty());
                let _ = error.hint();
            }
            return;
        }
    };
    let n_names = names
        .expect("what compiles has names of columns, or none")
        .len();
    assert!(expression.columns().len() <= n_names);
    let columns: Vec<ArrayRef> = expression
        .columns()
        .iter()
        .map(|index| table.column(*index).clone())
        .collect();
    let whole = expression.evaluate(table.num_rows(), &columns);
    let rows: Vec<_> = (0..table.num_rows())
        .map(|row| {
            let cells: Vec<ArrayRef> = columns.iter().map(|column| column.slice(row, 1)).collect();
            expression.evaluate(1, &cells)
        })
        .collect();
    match whole {
        Ok(whole) => {
            assert_eq!(whole.len(), table.num_rows());
            assert_eq!(whole.data_type(), expression.data_type());
            whole
                .to_data()
                .validate_full()
                .expect("an expression gives valid arrays");
            for (row, value) in rows.into_iter().enumerate() {
                let value = value.expect("what works for a table works for each of its rows");
                assert_same(&whole, row, &value);
            }
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(
                rows.iter().any(Result::is_err),
                "{error}, but each row alone works"
            );
        }
    }
}

/// Expects one value twice: as text, so that not-a-number is like itself, or as it is where no text can say it, as a date
/// out of the calendar.
fn assert_same(whole: &ArrayRef, row: usize, value: &ArrayRef) {
    let (left, right) = (shown(whole, row), shown(value, 0));
    match left.is_some() || right.is_some() {
        true => assert_eq!(left, right, "row {row}"),
        false => assert_eq!(&whole.slice(row, 1), value, "row {row}"),
    }
}

fn shown(array: &ArrayRef, row: usize) -> Option<String> {
    let options = FormatOptions::new().with_null("null");
    let formatter =
        ArrayFormatter::try_new(array, &options).expect("values of expressions can be shown");
    formatter.value(row).try_to_string().ok()
}
