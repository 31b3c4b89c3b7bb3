//! What is done to a text.

use std::collections::HashMap;

use stepwell_sdk::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A Unicode form.
#[parameters]
#[derive(Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unicode {
    /// Equal characters are written in one way.
    Nfc,
    /// Variants of characters are replaced too.
    Nfkc,
}

/// Upper and lower case.
#[parameters]
#[derive(Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Case {
    /// All in lower case.
    Lower,
    /// All in upper case.
    Upper,
    /// Each word begins in upper case and goes on in lower case.
    Title,
}

pub(crate) struct Cleaning {
    pub(crate) unicode: Option<Unicode>,
    pub(crate) strip_accents: bool,
    pub(crate) trim: bool,
    pub(crate) collapse_whitespace: bool,
    pub(crate) case: Option<Case>,
    pub(crate) replace: HashMap<String, String>,
    pub(crate) empty_as_null: bool,
}

impl Cleaning {
    pub(crate) fn does_nothing(&self) -> bool {
        self.unicode.is_none()
            && self.case.is_none()
            && self.replace.is_empty()
            && !(self.strip_accents || self.trim || self.collapse_whitespace || self.empty_as_null)
    }

    /// `None` makes null.
    pub(crate) fn clean(&self, text: &str) -> Option<String> {
        let mut text = match self.unicode {
            Some(Unicode::Nfc) => text.nfc().collect(),
            Some(Unicode::Nfkc) => text.nfkc().collect(),
            None => text.to_owned(),
        };
        if self.strip_accents {
            // Taken apart, a letter with an accent is the letter and the mark.
            text = text
                .nfd()
                .filter(|character| !is_combining_mark(*character))
                .nfc()
                .collect();
        }
        if self.trim {
            text = text.trim().to_owned();
        }
        if self.collapse_whitespace {
            text = collapsed(&text);
        }
        text = match self.case {
            Some(Case::Lower) => text.to_lowercase(),
            Some(Case::Upper) => text.to_uppercase(),
            Some(Case::Title) => title(&text),
            None => text,
        };
        if let Some(replacement) = self.replace.get(&text) {
            text.clone_from(replacement);
        }
        if self.empty_as_null && text.is_empty() {
            None
        } else {
            Some(text)
        }
    }
}

fn collapsed(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut in_space = false;
    for character in text.chars() {
        if !character.is_whitespace() {
            result.push(character);
        } else if !in_space {
            result.push(' ');
        }
        in_space = character.is_whitespace();
    }
    result
}

fn title(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut in_word = false;
    for character in text.chars() {
        if in_word {
            result.extend(character.to_lowercase());
        } else {
            result.extend(character.to_uppercase());
        }
        // An apostrophe does not begin a word: `It's`.
        in_word = character.is_alphanumeric() || (in_word && matches!(character, '\'' | '’'));
    }
    result
}
