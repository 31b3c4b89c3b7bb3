//! From text to tokens with their places.

use sqlparser::dialect::DuckDbDialect;
use sqlparser::tokenizer::{Location, Token, Tokenizer};

use crate::error::{ExpressionError, Problem, Span};

/// A token and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct PlacedToken {
    pub(crate) token: Token,
    pub(crate) span: Span,
}

impl PlacedToken {
    /// Whether the token is this word of the language, in upper or lower case.
    pub(crate) fn is_word(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(found) if found.quote_style.is_none() && found.value.eq_ignore_ascii_case(word))
    }

    /// The token as a message shows it.
    pub(crate) fn describe(&self) -> String {
        match &self.token {
            Token::EOF => "the end".to_owned(),
            token => format!("`{token}`"),
        }
    }
}

/// The tokens of an expression; the last one is the end.
pub(crate) fn tokens(text: &str) -> Result<Vec<PlacedToken>, ExpressionError> {
    let lines = Lines::new(text);
    let found = Tokenizer::new(&DuckDbDialect {}, text)
        .tokenize_with_location()
        .map_err(|error| {
            let start = lines.offset(error.location);
            let message = decapitalized(error.message.trim_end_matches('.'));
            Problem::BadToken { message }.at(Span {
                start,
                end: lines.end,
            })
        })?;
    let mut tokens: Vec<PlacedToken> = found
        .into_iter()
        .filter(|token| !matches!(token.token, Token::Whitespace(_) | Token::EOF))
        .map(|token| PlacedToken {
            span: Span {
                start: lines.offset(token.span.start),
                end: lines.offset(token.span.end),
            },
            token: token.token,
        })
        .collect();
    tokens.push(PlacedToken {
        token: Token::EOF,
        span: Span {
            start: lines.end,
            end: lines.end,
        },
    });
    Ok(tokens)
}

fn decapitalized(message: &str) -> String {
    let mut characters = message.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Where each line starts, in characters.
struct Lines {
    starts: Vec<usize>,
    end: usize,
}

impl Lines {
    fn new(text: &str) -> Self {
        let mut starts = vec![0];
        let mut end = 0;
        for character in text.chars() {
            end += 1;
            if character == '\n' {
                starts.push(end);
            }
        }
        Self { starts, end }
    }

    fn offset(&self, location: Location) -> usize {
        let line = (location.line as usize).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(self.end);
        (start + (location.column as usize).saturating_sub(1)).min(self.end)
    }
}
