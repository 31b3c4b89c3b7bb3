//! A step's standard output and error: its log.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use stepwell_engine::{LogLevel, LogRecord};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// The longest line; longer ones come in several parts.
const MAX_LINE_BYTES: usize = 8 << 10;

/// What a step has written and nobody has taken yet. It holds no more than the step's limit on its log.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    inner: Arc<Mutex<Lines>>,
}

#[derive(Debug)]
struct Lines {
    records: Vec<LogRecord>,
    /// Lines that have not ended: of standard output, of standard error.
    open: [Vec<u8>; 2],
    /// Bytes that may still come before somebody takes what there is.
    left: u64,
    limit: u64,
    dropped: u64,
    /// What was written to standard error last: often the reason why the step ends next.
    last_error: String,
}

/// One of the two streams.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Channel {
    Output,
    Error,
}

impl Console {
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            inner: Arc::new(Mutex::new(Lines {
                records: Vec::new(),
                open: [Vec::new(), Vec::new()],
                left: limit,
                limit,
                dropped: 0,
                last_error: String::new(),
            })),
        }
    }

    pub(crate) fn stream(&self, channel: Channel) -> ConsoleStream {
        ConsoleStream {
            console: self.clone(),
            channel,
        }
    }

    /// The lines since this was asked last, also those that have not ended, and how many were dropped.
    pub(crate) fn take(&self) -> (Vec<LogRecord>, u64) {
        let mut lines = self.lock();
        for channel in [Channel::Output, Channel::Error] {
            lines.end_line(channel);
        }
        lines.left = lines.limit;
        let dropped = std::mem::take(&mut lines.dropped);
        (std::mem::take(&mut lines.records), dropped)
    }

    pub(crate) fn last_error(&self) -> Option<String> {
        let lines = self.lock();
        (!lines.last_error.is_empty()).then(|| lines.last_error.clone())
    }

    fn write(&self, channel: Channel, mut bytes: &[u8]) {
        let mut lines = self.lock();
        while !bytes.is_empty() {
            let open = lines.open[channel as usize].len();
            let room = MAX_LINE_BYTES - open;
            let end = bytes.iter().take(room).position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(room.min(bytes.len()));
            lines.open[channel as usize].extend_from_slice(&bytes[..taken]);
            bytes = &bytes[taken..];
            if end.is_some() {
                bytes = &bytes[1..];
            }
            if end.is_some() || open + taken == MAX_LINE_BYTES {
                lines.end_line(channel);
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn end_line(&mut self, channel: Channel) {
        let bytes = std::mem::take(&mut self.open[channel as usize]);
        let message = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if message.is_empty() {
            return;
        }
        if let Channel::Error = channel {
            self.last_error.clone_from(&message);
        }
        let n_bytes = message.len() as u64;
        if n_bytes > self.left {
            self.left = 0;
            self.dropped += 1;
            return;
        }
        self.left -= n_bytes;
        let level = match channel {
            Channel::Output => LogLevel::Info,
            Channel::Error => LogLevel::Warn,
        };
        self.records.push(LogRecord { level, message });
    }
}

/// Writes to a [`Console`]. Never full, never closed.
#[derive(Debug, Clone)]
pub(crate) struct ConsoleStream {
    console: Console,
    channel: Channel,
}

impl IsTerminal for ConsoleStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for ConsoleStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for ConsoleStream {
    async fn ready(&mut self) {}
}

impl OutputStream for ConsoleStream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.console.write(self.channel, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

impl AsyncWrite for ConsoleStream {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.console.write(self.channel, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit: u64, writes: &[&[u8]], expect: &[&str], dropped: u64) {
        let console = Console::new(limit);
        for bytes in writes {
            console.write(Channel::Output, bytes);
        }
        let (records, found) = console.take();
        let messages: Vec<&str> = records
            .iter()
            .map(|record| record.message.as_str())
            .collect();
        assert_eq!((messages.as_slice(), found), (expect, dropped));
    }

    #[test]
    fn what_is_written_comes_as_lines() {
        check(100, &[b"a", b"b\nc\r\n\n", b"d"], &["ab", "c", "d"], 0);
        check(100, &[b"\xff"], &["\u{fffd}"], 0);
        check(100, &[], &[], 0);
    }

    #[test]
    fn what_goes_beyond_the_limit_is_counted_and_dropped() {
        check(3, &[b"ab\ncd\nef\n"], &["ab"], 2);
    }

    #[test]
    fn a_line_without_an_end_does_not_grow_without_end() {
        let long = vec![b'x'; 3 * MAX_LINE_BYTES];
        let part = "x".repeat(MAX_LINE_BYTES);
        check(1 << 20, &[&long], &[&part, &part, &part], 0);
        check(MAX_LINE_BYTES as u64, &[&long], &[&part], 2);
    }

    #[test]
    fn the_last_error_is_kept_for_the_reason_why_a_step_ended() {
        let console = Console::new(100);
        console.write(Channel::Error, b"Traceback\nValueError: no\n");
        console.write(Channel::Output, b"done\n");
        assert_eq!(console.last_error().as_deref(), Some("ValueError: no"));
    }
}
