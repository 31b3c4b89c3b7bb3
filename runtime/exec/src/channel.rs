//! How batches move between threads: bounded queues, in order.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use stepwell_engine::Batch;

/// Batches that wait between two threads. Enough to keep both busy, few enough to keep memory small.
pub(crate) const QUEUE_BATCHES: usize = 2;

/// How often a thread that waits for input looks whether the run is ending.
const LOOK_UP: Duration = Duration::from_millis(50);

/// The next batch of a queue; `None` when no more will come or the run is ending. A sender may be waiting for input
/// that never comes, so that waiting for it alone would not end.
pub(crate) fn receive(queue: &Receiver<Batch>, stopping: impl Fn() -> bool) -> Option<Batch> {
    loop {
        match queue.recv_timeout(LOOK_UP) {
            _ if stopping() => return None,
            Ok(batch) => return Some(batch),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// The other side has stopped: the run is ending.
#[derive(Debug)]
pub(crate) struct Stopped;

/// Everyone who reads one output.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outlet {
    pub(crate) readers: Vec<Sender<Batch>>,
}

impl Outlet {
    pub(crate) fn send(&self, batch: Batch) -> Result<(), Stopped> {
        let Some((last, others)) = self.readers.split_last() else {
            return Ok(());
        };
        for reader in others {
            reader.send(batch.clone()).map_err(|_| Stopped)?;
        }
        last.send(batch).map_err(|_| Stopped)
    }
}

/// A stage's input ports, read one after the other: all of the first, then all of the next. That order does not
/// depend on how rows were cut into batches or on which thread was faster.
#[derive(Debug)]
pub(crate) struct Inlet {
    ports: Vec<Receiver<Batch>>,
    state: Mutex<InletState>,
}

#[derive(Debug, Default)]
struct InletState {
    port: usize,
    sequence: u64,
}

/// A batch, the port that it came in by, and its place in the order of all batches of the stage.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) port: usize,
    pub(crate) sequence: u64,
    pub(crate) batch: Batch,
}

impl Inlet {
    pub(crate) fn new(ports: Vec<Receiver<Batch>>) -> Self {
        Self {
            ports,
            state: Mutex::default(),
        }
    }

    /// The next batch; `None` when all ports have ended or the run is ending.
    pub(crate) fn receive(&self, stopping: impl Fn() -> bool) -> Option<Received> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(receiver) = self.ports.get(state.port) {
            if let Some(batch) = receive(receiver, &stopping) {
                let sequence = state.sequence;
                state.sequence += 1;
                return Some(Received {
                    port: state.port,
                    sequence,
                    batch,
                });
            }
            state.port += 1;
        }
        None
    }
}

/// Lets the threads of a stage hand on their results in the order in which the batches came in.
#[derive(Debug, Default)]
pub(crate) struct Turnstile {
    state: Mutex<TurnstileState>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct TurnstileState {
    next: u64,
    closed: bool,
}

impl Turnstile {
    /// Waits for the turn of `sequence`, does `pass`, and lets the next one through. `None` when the turnstile was
    /// closed.
    pub(crate) fn pass<T>(&self, sequence: u64, pass: impl FnOnce() -> T) -> Option<T> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .moved
            .wait_while(state, |state| state.next != sequence && !state.closed);
        if waited.unwrap_or_else(PoisonError::into_inner).closed {
            return None;
        }
        let result = pass();
        self.change(|state| state.next += 1);
        Some(result)
    }

    /// Ends all waiting: a thread of the stage will never take its turn.
    pub(crate) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    fn change(&self, change: impl FnOnce(&mut TurnstileState)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.moved.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn results_pass_in_the_order_of_their_numbers() {
        let turnstile = Arc::new(Turnstile::default());
        let passed = Arc::new(Mutex::new(Vec::new()));
        let threads: Vec<_> = [3, 1, 0, 2]
            .into_iter()
            .map(|sequence| {
                let (turnstile, passed) = (Arc::clone(&turnstile), Arc::clone(&passed));
                std::thread::spawn(move || {
                    turnstile.pass(sequence, || passed.lock().unwrap().push(sequence))
                })
            })
            .collect();
        threads
            .into_iter()
            .for_each(|thread| assert_eq!(thread.join().unwrap(), Some(())));
        assert_eq!(*passed.lock().unwrap(), [0, 1, 2, 3]);
    }

    #[test]
    fn nobody_waits_at_a_closed_turnstile() {
        let turnstile = Arc::new(Turnstile::default());
        let waiting = Arc::clone(&turnstile);
        let thread = std::thread::spawn(move || waiting.pass(7, || ()));
        turnstile.close();
        assert_eq!(thread.join().unwrap(), None);
    }
}
