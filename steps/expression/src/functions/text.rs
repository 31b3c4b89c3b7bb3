//! Functions of text. Characters are counted, not bytes, and from 1.

use arrow_array::{BooleanArray, Int64Array, StringArray};
use regex_lite::Regex;
use stepwell_values::Kind;

use super::{ANY_NUMBER, Call, Function};
use crate::check::Checker;
use crate::node::Node;
use crate::types::Type;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["lower"],
        usage: "lower(text)",
        summary: "The text in lower case.",
        arguments: (1, 1),
        build: |checker, call| text_function(checker, call, str::to_lowercase),
    },
    Function {
        names: &["upper"],
        usage: "upper(text)",
        summary: "The text in upper case.",
        arguments: (1, 1),
        build: |checker, call| text_function(checker, call, str::to_uppercase),
    },
    Function {
        names: &["trim"],
        usage: "trim(text)",
        summary: "The text without white space at its ends.",
        arguments: (1, 1),
        build: |checker, call| text_function(checker, call, |text| text.trim().to_owned()),
    },
    Function {
        names: &["ltrim"],
        usage: "ltrim(text)",
        summary: "The text without white space at its start.",
        arguments: (1, 1),
        build: |checker, call| text_function(checker, call, |text| text.trim_start().to_owned()),
    },
    Function {
        names: &["rtrim"],
        usage: "rtrim(text)",
        summary: "The text without white space at its end.",
        arguments: (1, 1),
        build: |checker, call| text_function(checker, call, |text| text.trim_end().to_owned()),
    },
    Function {
        names: &["length", "len", "char_length"],
        usage: "length(text)",
        summary: "How many characters the text has.",
        arguments: (1, 1),
        build: length,
    },
    Function {
        names: &["substr", "substring"],
        usage: "substr(text, start, length)",
        summary: "The text from a character on (from the end if it is negative), to the end or of that length.",
        arguments: (2, 3),
        build: substr,
    },
    Function {
        names: &["left"],
        usage: "left(text, count)",
        summary: "The first characters; of a negative count, all but the last.",
        arguments: (2, 2),
        build: |checker, call| end_of(checker, call, true),
    },
    Function {
        names: &["right"],
        usage: "right(text, count)",
        summary: "The last characters; of a negative count, all but the first.",
        arguments: (2, 2),
        build: |checker, call| end_of(checker, call, false),
    },
    Function {
        names: &["replace"],
        usage: "replace(text, search, replacement)",
        summary: "The text with every occurrence of one text replaced by another.",
        arguments: (3, 3),
        build: replace,
    },
    Function {
        names: &["concat"],
        usage: "concat(text, …)",
        summary: "The texts one after the other; nulls are left out (`||` gives null instead).",
        arguments: (1, ANY_NUMBER),
        build: concat,
    },
    Function {
        names: &["starts_with", "startswith"],
        usage: "starts_with(text, search)",
        summary: "Whether the text starts with the other.",
        arguments: (2, 2),
        build: |checker, call| {
            text_condition(checker, call, |text, search| text.starts_with(search))
        },
    },
    Function {
        names: &["ends_with", "endswith"],
        usage: "ends_with(text, search)",
        summary: "Whether the text ends with the other.",
        arguments: (2, 2),
        build: |checker, call| text_condition(checker, call, |text, search| text.ends_with(search)),
    },
    Function {
        names: &["contains"],
        usage: "contains(text, search)",
        summary: "Whether the other text is in the text.",
        arguments: (2, 2),
        build: |checker, call| text_condition(checker, call, |text, search| text.contains(search)),
    },
    Function {
        names: &["position", "strpos", "instr"],
        usage: "position(text, search)",
        summary: "Where the other text is in the text for the first time; 0 where it is not.",
        arguments: (2, 2),
        build: position,
    },
    Function {
        names: &["split_part"],
        usage: "split_part(text, separator, index)",
        summary: "One of the parts between separators (counted from the end if negative); empty where there is none.",
        arguments: (3, 3),
        build: split_part,
    },
    Function {
        names: &["regexp_like", "regexp_matches"],
        usage: "regexp_like(text, pattern)",
        summary: "Whether the regular expression matches a part of the text.",
        arguments: (2, 2),
        build: regexp_like,
    },
    Function {
        names: &["regexp_extract"],
        usage: "regexp_extract(text, pattern, group)",
        summary: "What the regular expression matches first (or one of its groups); null where nothing does.",
        arguments: (2, 3),
        build: regexp_extract,
    },
    Function {
        names: &["regexp_replace"],
        usage: "regexp_replace(text, pattern, replacement)",
        summary: "The text with every match of the regular expression replaced; `$1` stands for the first group.",
        arguments: (3, 3),
        build: regexp_replace,
    },
];

fn text_function(
    checker: &mut Checker<'_>,
    call: Call,
    compute: fn(&str) -> String,
) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(span, Type::TEXT, arguments, move |arguments| {
        let texts = arguments.texts(0);
        Ok(arguments.collect::<_, StringArray>(|row| texts.get(row).map(compute)))
    }))
}

fn text_condition(
    checker: &mut Checker<'_>,
    call: Call,
    holds: fn(&str, &str) -> bool,
) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(
        span,
        Type::BOOLEAN,
        arguments,
        move |arguments| {
            let (texts, searches) = (arguments.texts(0), arguments.texts(1));
            Ok(arguments
                .collect::<_, BooleanArray>(|row| Some(holds(texts.get(row)?, searches.get(row)?))))
        },
    ))
}

fn length(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(span, Type::INTEGER, arguments, |arguments| {
        let texts = arguments.texts(0);
        Ok(arguments
            .collect::<_, Int64Array>(|row| texts.get(row).map(|text| text.chars().count() as i64)))
    }))
}

fn substr(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text, Kind::Integer])?;
    Some(Node::call(span, Type::TEXT, arguments, |arguments| {
        let (texts, starts) = (arguments.texts(0), arguments.integers(1));
        let lengths = (arguments.len() > 2).then(|| arguments.integers(2));
        Ok(arguments.collect::<_, StringArray>(|row| {
            let (text, start) = (texts.get(row)?, starts.get(row)?);
            let length = match lengths {
                Some(lengths) => lengths.get(row)?,
                None => i64::MAX,
            };
            Some(slice(text, start, length))
        }))
    }))
}

/// Characters from `start`, which counts from 1, or from the end if it is negative.
fn slice(text: &str, start: i64, length: i64) -> String {
    let first = if start < 0 {
        text.chars().count() as i64 + start
    } else {
        start - 1
    };
    // A start before the text uses up some of the length, as in SQL.
    let end = first.saturating_add(length.max(0));
    let first = first.max(0);
    let count = end.saturating_sub(first).max(0);
    text.chars()
        .skip(first as usize)
        .take(count as usize)
        .collect()
}

fn end_of(checker: &mut Checker<'_>, call: Call, first: bool) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text, Kind::Integer])?;
    Some(Node::call(span, Type::TEXT, arguments, move |arguments| {
        let (texts, counts) = (arguments.texts(0), arguments.integers(1));
        Ok(arguments.collect::<_, StringArray>(|row| {
            let (text, count) = (texts.get(row)?, counts.get(row)?);
            let length = text.chars().count() as i64;
            let kept = if count < 0 {
                length.saturating_add(count).max(0)
            } else {
                count.min(length)
            };
            let skipped = if first { 0 } else { length - kept };
            Some(
                text.chars()
                    .skip(skipped as usize)
                    .take(kept as usize)
                    .collect::<String>(),
            )
        }))
    }))
}

fn replace(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(span, Type::TEXT, arguments, |arguments| {
        let (texts, searches, replacements) =
            (arguments.texts(0), arguments.texts(1), arguments.texts(2));
        Ok(arguments.collect::<_, StringArray>(|row| {
            let (text, search, replacement) =
                (texts.get(row)?, searches.get(row)?, replacements.get(row)?);
            // Nothing is not found between all characters.
            Some(if search.is_empty() {
                text.to_owned()
            } else {
                text.replace(search, replacement)
            })
        }))
    }))
}

fn concat(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(span, Type::TEXT, arguments, |arguments| {
        let parts: Vec<_> = (0..arguments.len())
            .map(|argument| arguments.texts(argument))
            .collect();
        Ok(arguments.collect::<_, StringArray>(|row| {
            Some(
                parts
                    .iter()
                    .filter_map(|part| part.get(row))
                    .collect::<String>(),
            )
        }))
    }))
}

fn position(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(span, Type::INTEGER, arguments, |arguments| {
        let (texts, searches) = (arguments.texts(0), arguments.texts(1));
        Ok(arguments.collect::<_, Int64Array>(|row| {
            let (text, search) = (texts.get(row)?, searches.get(row)?);
            Some(
                text.find(search)
                    .map_or(0, |at| text[..at].chars().count() as i64 + 1),
            )
        }))
    }))
}

fn split_part(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let arguments = call.coerced(checker, &[Kind::Text, Kind::Text, Kind::Integer])?;
    Some(Node::call(span, Type::TEXT, arguments, |arguments| {
        let (texts, separators, indices) = (
            arguments.texts(0),
            arguments.texts(1),
            arguments.integers(2),
        );
        Ok(arguments.collect::<_, StringArray>(|row| {
            let (text, separator, index) =
                (texts.get(row)?, separators.get(row)?, indices.get(row)?);
            let parts: Vec<&str> = if separator.is_empty() {
                vec![text]
            } else {
                text.split(separator).collect()
            };
            let place = if index < 0 {
                parts.len() as i64 + index
            } else {
                index - 1
            };
            Some(
                usize::try_from(place)
                    .ok()
                    .and_then(|place| parts.get(place))
                    .copied()
                    .unwrap_or_default(),
            )
        }))
    }))
}

/// The regular expression of an argument that is a literal.
fn regex(checker: &mut Checker<'_>, call: &Call, argument: usize) -> Option<Regex> {
    let pattern = call.constant_text(checker, argument, "'^[A-Z]+'")?;
    match Regex::new(&pattern) {
        Ok(regex) => Some(regex),
        Err(error) => {
            call.bad_literal(checker, argument, &format!("a regular expression: {error}"))
        }
    }
}

fn regexp_like(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let regex = regex(checker, &call, 1)?;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(
        span,
        Type::BOOLEAN,
        arguments,
        move |arguments| {
            let texts = arguments.texts(0);
            Ok(arguments
                .collect::<_, BooleanArray>(|row| texts.get(row).map(|text| regex.is_match(text))))
        },
    ))
}

fn regexp_extract(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let regex = regex(checker, &call, 1)?;
    let arguments = call.coerced(checker, &[Kind::Text, Kind::Text, Kind::Integer])?;
    Some(Node::call(span, Type::TEXT, arguments, move |arguments| {
        let texts = arguments.texts(0);
        let groups = (arguments.len() > 2).then(|| arguments.integers(2));
        Ok(arguments.collect::<_, StringArray>(|row| {
            let text = texts.get(row)?;
            let group = match groups {
                Some(groups) => usize::try_from(groups.get(row)?).ok()?,
                None => 0,
            };
            Some(regex.captures(text)?.get(group)?.as_str())
        }))
    }))
}

fn regexp_replace(checker: &mut Checker<'_>, call: Call) -> Option<Node> {
    let span = call.span;
    let regex = regex(checker, &call, 1)?;
    let arguments = call.coerced(checker, &[Kind::Text])?;
    Some(Node::call(span, Type::TEXT, arguments, move |arguments| {
        let (texts, replacements) = (arguments.texts(0), arguments.texts(2));
        Ok(arguments.collect::<_, StringArray>(|row| {
            let (text, replacement) = (texts.get(row)?, replacements.get(row)?);
            Some(regex.replace_all(text, replacement).into_owned())
        }))
    }))
}
