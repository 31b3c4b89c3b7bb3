//! Waiting for object stores, which are asynchronous, from code that is not.

use std::future::Future;
use std::io;
use std::sync::{OnceLock, mpsc};

use tokio::runtime::{Builder, Runtime};

/// Runs a future to its end on this crate's own runtime, which starts with the first use and lives as long as the
/// process. The calling thread only waits on a channel, so that a caller within another runtime gets no panic for
/// blocking.
pub(super) fn wait<F>(future: F) -> io::Result<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let runtime = RUNTIME
        .get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("stepwell-storage")
                .enable_all()
                .build()
                .ok()
        })
        .as_ref()
        .ok_or_else(|| io::Error::other("cannot start the threads for object stores"))?;
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        // Nobody listens only if the caller is gone.
        let _ = sender.send(future.await);
    });
    receiver
        .recv()
        .map_err(|_| io::Error::other("the request to the object store was given up"))
}
