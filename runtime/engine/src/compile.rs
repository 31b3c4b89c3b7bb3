//! Compiling within a time. A compilation cannot be stopped, only left alone; so what is left alone must not be in the
//! way of others, and there must not be much of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use wasmtime::component::Component;

use crate::EngineError;
use crate::limit_value::ComponentLimit;

/// How many compilations that were given up may still be going on, before no other is begun.
const MAX_ABANDONED: usize = 2;

/// What is nested in a component is compiled by recursion in places.
const STACK_BYTES: usize = 8 << 20;

/// Compiles components of one engine. Clones share the count of what was given up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compiler {
    abandoned: Arc<AtomicUsize>,
}

/// How far a compilation has come, for the two who must agree on whether it was given up.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Running,
    Done,
    Abandoned,
}

impl Compiler {
    /// Compiles a component, if that takes no longer than this. It has threads of its own: one that takes for ever would
    /// otherwise keep those that all compilations share.
    ///
    /// # Errors
    /// [`EngineError::NotAStep`] where the component is none, [`EngineError::Component`] where it takes longer, or where
    /// others still do that were given up.
    pub(crate) fn compile(
        &self,
        engine: &wasmtime::Engine,
        bytes: &[u8],
        at_most: Duration,
    ) -> Result<Component, EngineError> {
        let failed = |reason: String| EngineError::Engine {
            what: "a component cannot be compiled",
            reason,
        };
        let given_up = |asked: &str| EngineError::Component {
            limit: ComponentLimit::CompileTime(at_most),
            asked: asked.to_owned(),
        };
        if self.abandoned.load(Ordering::Acquire) >= MAX_ABANDONED {
            return Err(given_up(
                "others that were given up are still being compiled",
            ));
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .stack_size(STACK_BYTES)
            .thread_name(|index| format!("stepwell-compile-{index}"))
            // Without one a panic would end the process; this way whoever waits is told.
            .panic_handler(|_| {})
            .build()
            .map_err(|error| failed(error.to_string()))?;
        let progress = Arc::new(Mutex::new(Progress::Running));
        let (sender, receiver) = mpsc::sync_channel(1);
        let (engine, bytes) = (engine.clone(), bytes.to_vec());
        let ending = Ending {
            progress: Arc::clone(&progress),
            abandoned: Arc::clone(&self.abandoned),
        };
        pool.spawn(move || {
            let _ending = ending;
            // Nobody may be waiting any more.
            let _ = sender.send(Component::new(&engine, bytes));
        });
        match receiver.recv_timeout(at_most) {
            Ok(Ok(component)) => Ok(component),
            Ok(Err(error)) => Err(EngineError::NotAStep {
                reason: format!("it does not compile: {error:#}"),
                hint: "build or download it again".to_owned(),
            }),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                // Counted first: the other side may take it back at once.
                self.abandoned.fetch_add(1, Ordering::AcqRel);
                if change(&progress, Progress::Abandoned) == Progress::Done {
                    self.abandoned.fetch_sub(1, Ordering::AcqRel);
                }
                Err(given_up("it was still being compiled"))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(failed("the compiler panicked".to_owned()))
            }
        }
    }
}

/// Ends a compilation, also by a panic.
struct Ending {
    progress: Arc<Mutex<Progress>>,
    abandoned: Arc<AtomicUsize>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if change(&self.progress, Progress::Done) == Progress::Abandoned {
            self.abandoned.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

fn change(progress: &Mutex<Progress>, to: Progress) -> Progress {
    let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::replace(&mut progress, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY_COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    fn compile(compiler: &Compiler, seconds: u64) -> Result<(), &'static str> {
        let engine = wasmtime::Engine::default();
        let compiled = compiler.compile(&engine, EMPTY_COMPONENT, Duration::from_secs(seconds));
        compiled.map(|_| ()).map_err(|error| error.code())
    }

    #[test]
    fn what_was_given_up_counts_until_it_is_done() {
        let compiler = Compiler::default();
        assert_eq!(compile(&compiler, 60), Ok(()));
        // A compiler may be done before anyone looks.
        while compile(&compiler, 0).is_ok() {}
        while compiler.abandoned.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(compile(&compiler, 60), Ok(()));
    }

    #[test]
    fn no_other_is_begun_while_too_many_that_were_given_up_go_on() {
        let compiler = Compiler::default();
        compiler.abandoned.store(MAX_ABANDONED, Ordering::Release);
        assert_eq!(compile(&compiler, 60), Err("component_too_large"));
        compiler
            .abandoned
            .store(MAX_ABANDONED - 1, Ordering::Release);
        assert_eq!(compile(&compiler, 60), Ok(()));
    }
}
