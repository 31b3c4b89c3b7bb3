//! Messages for those who run the pipeline: `log::info!("{n} rows had no date")`.
//!
//! ```
//! use stepwell_sdk::log;
//!
//! let n_rows = 3;
//! log::warn!("{n_rows} rows had no date");
//! ```

use std::fmt;

use crate::host;

/// How important a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For those who look for a fault in the step.
    Debug,
    /// What the step does.
    Info,
    /// Something that is likely not meant.
    Warn,
    /// Something that failed.
    Error,
}

/// Sends a message. The host bounds what a step may log.
pub fn write(level: Level, message: fmt::Arguments<'_>) {
    match message.as_str() {
        Some(message) => host::log(level, message),
        None => host::log(level, &message.to_string()),
    }
}

/// Logs at [`Level::Debug`], formatted as by `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_debug {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Debug, ::std::format_args!($($message)+)) };
}

/// Logs at [`Level::Info`], formatted as by `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_info {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Info, ::std::format_args!($($message)+)) };
}

/// Logs at [`Level::Warn`], formatted as by `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_warn {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Warn, ::std::format_args!($($message)+)) };
}

/// Logs at [`Level::Error`], formatted as by `format!`.
#[doc(hidden)]
#[macro_export]
macro_rules! __log_error {
    ($($message:tt)+) => { $crate::log::write($crate::log::Level::Error, ::std::format_args!($($message)+)) };
}

#[doc(inline)]
pub use crate::{
    __log_debug as debug, __log_error as error, __log_info as info, __log_warn as warn,
};
