//! Attacks by texts and by what is declared.

use super::bindings::stepwell::step::arrow::Field;
use super::bindings::stepwell::step::host::{self, LogLevel};
use super::bindings::stepwell::step::step_types::{Error, Subject};
use super::{field, hook};
use crate::attack::Attack;

const MEGABYTE: usize = 1_000_000;

pub(super) fn documentation(attack: Option<Attack>) -> String {
    match attack {
        Some(Attack::HugeDescription) => "x".repeat(20 * MEGABYTE),
        _ => String::new(),
    }
}

pub(super) fn parameters(attack: Option<Attack>) -> String {
    match attack {
        Some(Attack::ParametersNotJson) => "{".to_owned(),
        Some(Attack::NestedParameters) => "[".repeat(100_000),
        _ => "{\"type\":\"object\"}".to_owned(),
    }
}

/// The fields that an attack declares, where the attack is what it declares.
pub(super) fn fields(attack: Attack) -> Option<Vec<Field>> {
    Some(match attack {
        Attack::MillionColumns => (0..1_000_000).map(|_| field("a", "l")).collect(),
        Attack::ThousandLevels => {
            let level = Field {
                children: 1,
                ..field("a", "+s")
            };
            let mut fields = vec![level; 1_000];
            fields.push(field("a", "l"));
            fields
        }
        Attack::ChildrenThatAreNotThere => vec![Field {
            children: u32::MAX,
            ..field("a", "+s")
        }],
        Attack::HugeName => vec![field(&"x".repeat(MEGABYTE), "l")],
        Attack::UnknownType => vec![field("a", "no type")],
        _ => return None,
    })
}

pub(super) fn huge_error() -> Error {
    let huge = || "x".repeat(10 * MEGABYTE);
    Error {
        code: huge(),
        message: huge(),
        hint: Some(huge()),
        subject: Subject::Parameter(huge()),
    }
}

pub(super) fn attack(attack: Attack) {
    match attack {
        Attack::LogFlood => {
            (0..100_000).for_each(|line| host::log(LogLevel::Info, &format!("line {line}")));
        }
        Attack::LogFloodOfNothing => (0..100_000).for_each(|_| host::log(LogLevel::Info, "")),
        Attack::Log100Mb => host::log(LogLevel::Info, &"x".repeat(100 * MEGABYTE)),
        Attack::PanicWith100Mb => {
            host::log(LogLevel::Error, &"x".repeat(100 * MEGABYTE));
            core::arch::wasm32::unreachable();
        }
        Attack::InvalidUtf8InMessage => {
            // SAFETY: none; that is the attack. Nothing in here looks at the text.
            host::log(LogLevel::Info, unsafe {
                std::str::from_utf8_unchecked(std::hint::black_box(&[0xff, 0xfe]))
            });
        }
        Attack::EscapesInMessage => host::log(LogLevel::Info, "\u{1b}[2J\u{1b}]0;owned\u{7}"),
        Attack::UnknownLevel => hook::log(99, "an unknown level"),
        Attack::PointerOutside => {
            let nowhere = std::hint::black_box(0xf000_0000_usize) as *const u8;
            // SAFETY: none; that is the attack. Nothing in here looks at the text.
            host::log(LogLevel::Info, unsafe {
                std::str::from_utf8_unchecked(std::slice::from_raw_parts(nowhere, 100))
            });
        }
        Attack::CallHostWithoutEnd => loop {
            host::log(LogLevel::Debug, "again");
        },
        _ => {}
    }
}
