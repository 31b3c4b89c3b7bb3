//! Ctrl-C: the first one ends the run in good order, the second one ends the program at once.

use std::process;
use std::sync::{Mutex, PoisonError};

use stepwell::Canceller;

/// The exit code after Ctrl-C, as shells have it: 128 and the signal's number.
const EXIT_CODE: i32 = 130;

/// What ends the run that is going on; `None` before it has begun, and after it was told to end.
static RUNNING: Mutex<Option<Canceller>> = Mutex::new(None);

fn running() -> std::sync::MutexGuard<'static, Option<Canceller>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes over what the signals for interrupting and terminating do.
pub(crate) fn install() {
    // Without a handler, Ctrl-C ends the program, which leaves temporary files behind: worse, but no reason to refuse
    // to run.
    let _ = ctrlc::set_handler(|| match running().take() {
        Some(canceller) => canceller.cancel(),
        None => process::exit(EXIT_CODE),
    });
}

/// From now on, Ctrl-C ends this run.
pub(crate) fn cancel_on_interrupt(canceller: Canceller) {
    *running() = Some(canceller);
}
