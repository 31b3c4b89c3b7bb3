//! Cases of steps.

use std::path::Path;

use stepwell_cases::{Case, Outcome, parse_table, write_table};

use crate::walk::show;

/// Reads a case. Its tables can be written, and read again as they were.
pub(crate) fn case(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let case = match Case::parse(text, Path::new("cases/fuzz.case")) {
        Ok(case) => case,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    for (_, table) in &case.inputs {
        for column in table.columns() {
            column
                .to_data()
                .validate_full()
                .expect("a table holds valid arrays");
            show(column.as_ref());
        }
        let written = write_table(table);
        match parse_table(&written) {
            Ok(again) => assert_eq!(write_table(&again), written),
            Err(message) => panic!("{message}\n{written}"),
        }
    }
    let is_accepted = match &case.expected {
        Outcome::Output { tables, .. } => !tables.is_empty(),
        Outcome::Error { .. } => true,
    };
    if is_accepted {
        // What a case expects is what it expects.
        let same = case.compare(&case.expected);
        assert!(same.is_ok(), "{}", same.unwrap_err());
    }
}
