//! Signals that end the program: the first one ends the run in good order, the second one ends the program at once.

use std::process;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use stepwell::Canceller;

/// What a signal finds.
enum State {
    /// Nothing that would have to be taken back.
    Idle,
    /// A run that opens its outputs and cannot be ended yet; whether it has to be, as soon as it can.
    Starting { must_end: bool },
    /// A run that can be ended.
    Running(Canceller),
    /// A run that was told to end.
    Ending,
}

static STATE: Mutex<State> = Mutex::new(State::Idle);

/// The exit code for the first signal that came; 0: none came.
static EXIT_CODE: AtomicU8 = AtomicU8::new(0);

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes over what the signals for interrupting and terminating do.
pub(crate) fn install() {
    // Without handlers, a signal ends the program, which leaves temporary files behind: worse, but no reason to refuse
    // to run.
    let _ = platform::install();
}

/// A run opens its outputs now: from here on, a signal waits until they can be taken back.
pub(crate) fn run_starts() {
    *state() = State::Starting { must_end: false };
}

/// The run goes on now: from here on, a signal ends it.
pub(crate) fn run_started(canceller: Canceller) {
    let mut state = state();
    if matches!(*state, State::Starting { must_end: true }) {
        canceller.cancel();
        *state = State::Ending;
    } else {
        *state = State::Running(canceller);
    }
}

/// The exit code of a run that a signal has ended, as shells have it: 128 and the signal's number.
pub(crate) fn exit_code() -> Option<u8> {
    match EXIT_CODE.load(Ordering::Acquire) {
        0 => None,
        code => Some(code),
    }
}

/// Does what a signal of this number asks for.
fn handle(signal: u8) {
    let code = 128 + signal;
    let _ = EXIT_CODE.compare_exchange(0, code, Ordering::AcqRel, Ordering::Acquire);
    let mut state = state();
    *state = match std::mem::replace(&mut *state, State::Ending) {
        State::Starting { must_end: false } => State::Starting { must_end: true },
        State::Running(canceller) => {
            canceller.cancel();
            State::Ending
        }
        State::Idle | State::Starting { must_end: true } | State::Ending => {
            process::exit(i32::from(code))
        }
    };
}

#[cfg(unix)]
mod platform {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    pub(super) fn install() -> io::Result<()> {
        // A file that grows beyond the limit of the process is an error of writing then, which is told, instead of the
        // end of the program.
        signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)))?;
        // A program that was started by `nohup`, or in the background by a script, goes on ignoring what it was told to
        // ignore.
        let ignored = ignored_signals();
        let handled = [SIGINT, SIGTERM, SIGHUP]
            .into_iter()
            .filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let mut signals = Signals::new(handled)?;
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for signal in signals.forever() {
                    super::handle(u8::try_from(signal).unwrap_or_default());
                }
            })?;
        Ok(())
    }

    /// The signals that this process ignores, one bit each; none where the system does not say.
    fn ignored_signals() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .unwrap_or_default()
    }
}

#[cfg(not(unix))]
mod platform {
    /// The number of the signal for interrupting on systems that have such numbers.
    const INTERRUPT: u8 = 2;

    pub(super) fn install() -> Result<(), ctrlc::Error> {
        ctrlc::set_handler(|| super::handle(INTERRUPT))
    }
}
