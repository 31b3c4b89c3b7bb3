//! Panics that are caught are no findings.
//!
//! Sources catch what decoders of other people panic with, and give an error instead. libFuzzer's hook would end the
//! process before that.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

thread_local! {
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Remembers what a panic says instead of writing it, so that it can be written if nobody catches the panic.
/// Called once, by programs that fuzz.
pub fn report_panics_that_escape() {
    set_hook(Box::new(|info| {
        LAST.with_borrow_mut(|last| *last = info.to_string());
    }));
}

/// Runs a target on one input, and ends the process, as libFuzzer expects, where it panics.
pub fn stop_where_a_panic_escapes(target: &str, input: &[u8]) {
    let target = crate::target(target).expect("a target of this name");
    if catch_unwind(AssertUnwindSafe(|| target.run(input))).is_err() {
        LAST.with_borrow(|last| eprintln!("{last}"));
        std::process::abort();
    }
}
