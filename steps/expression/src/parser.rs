//! From tokens to an expression, by precedence climbing.

use sqlparser::tokenizer::Token;

use crate::ast::{Ast, AstForm, BinaryOperator, Comparison, Name};
use crate::error::{ExpressionError, Problem, Span};
use crate::lexer::{PlacedToken, tokens};

/// Parts within parts. Checking and evaluating go as deep as an expression does, on a stack that is small
/// in the sandbox.
const MAX_DEPTH: usize = 100;

/// Words of the language, which name a column only between quotes.
const RESERVED: [&str; 20] = [
    "and", "or", "not", "is", "null", "true", "false", "in", "between", "like", "ilike", "case",
    "when", "then", "else", "end", "cast", "try_cast", "distinct", "from",
];

/// How tightly operators bind.
mod power {
    pub(super) const LOWEST: u8 = 0;
    pub(super) const OR: u8 = 1;
    pub(super) const AND: u8 = 2;
    pub(super) const NOT: u8 = 3;
    pub(super) const IS: u8 = 4;
    pub(super) const COMPARE: u8 = 5;
    pub(super) const RANGE: u8 = 6;
    pub(super) const CONCATENATE: u8 = 7;
    pub(super) const ADD: u8 = 8;
    pub(super) const MULTIPLY: u8 = 9;
    pub(super) const NEGATE: u8 = 10;
    pub(super) const CAST: u8 = 11;
}

/// Parses the whole text as one expression.
pub(crate) fn parse(text: &str) -> Result<Ast, ExpressionError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        position: 0,
        depth: 0,
    };
    let expression = parser.expression(power::LOWEST)?;
    match parser.peek().token {
        Token::EOF => Ok(expression),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser {
    tokens: Vec<PlacedToken>,
    position: usize,
    depth: usize,
}

type Parsed<T> = Result<T, ExpressionError>;

impl Parser {
    fn expression(&mut self, minimum: u8) -> Parsed<Ast> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Problem::TooDeep { limit: MAX_DEPTH }.at(self.peek().span));
        }
        let mut left = self.prefix()?;
        while let Some((operator_power, operator)) = self.infix() {
            if operator_power <= minimum {
                break;
            }
            left = self.after(left, operator_power, operator)?;
            // A chain such as `a + b + c` is as deep as it is long.
            if left.depth > MAX_DEPTH {
                return Err(Problem::TooDeep { limit: MAX_DEPTH }.at(left.span));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    fn prefix(&mut self) -> Parsed<Ast> {
        let token = self.next();
        let start = token.span;
        match token.token.clone() {
            Token::Number(digits, _) => Ok(AstForm::Number(digits).at(start)),
            Token::SingleQuotedString(text) => Ok(AstForm::Text(text).at(start)),
            Token::LParen => {
                let mut inner = self.expression(power::LOWEST)?;
                inner.span = start.to(self.expect(&Token::RParen, "`)`")?);
                Ok(inner)
            }
            Token::Minus => {
                let operand = self.expression(power::NEGATE)?;
                let span = start.to(operand.span);
                Ok(AstForm::Negate(Box::new(operand)).at(span))
            }
            Token::Plus => self.expression(power::NEGATE),
            Token::Word(word) if word.quote_style.is_some() => self.column(word.value, start),
            Token::Word(word) => self.word(word.value, start),
            _ => {
                self.position -= 1;
                Err(self.unexpected("a value"))
            }
        }
    }

    fn word(&mut self, word: String, start: Span) -> Parsed<Ast> {
        match word.to_ascii_lowercase().as_str() {
            "true" => Ok(AstForm::Boolean(true).at(start)),
            "false" => Ok(AstForm::Boolean(false).at(start)),
            "null" => Ok(AstForm::Null.at(start)),
            "not" => {
                let operand = self.expression(power::NOT)?;
                let span = start.to(operand.span);
                Ok(AstForm::Not(Box::new(operand)).at(span))
            }
            "case" => self.case(start),
            "cast" => self.cast(start, false),
            "try_cast" => self.cast(start, true),
            // A typed literal: `date '2024-01-31'`.
            "date" | "timestamp" if matches!(self.peek().token, Token::SingleQuotedString(_)) => {
                let operand = self.prefix()?;
                let span = start.to(operand.span);
                let target = Name {
                    text: word,
                    span: start,
                };
                Ok(AstForm::Cast {
                    operand: Box::new(operand),
                    target,
                    lenient: false,
                }
                .at(span))
            }
            _ if self.peek().token == Token::LParen => self.call(Name {
                text: word,
                span: start,
            }),
            lowercase if RESERVED.contains(&lowercase) => {
                self.position -= 1;
                Err(self.unexpected("a value"))
            }
            _ => self.column(word, start),
        }
    }

    fn column(&mut self, name: String, span: Span) -> Parsed<Ast> {
        if self.peek().token == Token::Period {
            return Err(
                self.unexpected("an operator or the end (a name with a dot needs double quotes)")
            );
        }
        Ok(AstForm::Column(name).at(span))
    }

    fn call(&mut self, name: Name) -> Parsed<Ast> {
        self.expect(&Token::LParen, "`(`")?;
        let mut arguments = Vec::new();
        if self.peek().token != Token::RParen {
            arguments = self.list()?;
        }
        let span = name.span.to(self.expect(&Token::RParen, "`,` or `)`")?);
        Ok(AstForm::Call { name, arguments }.at(span))
    }

    fn list(&mut self) -> Parsed<Vec<Ast>> {
        let mut parts = vec![self.expression(power::LOWEST)?];
        while self.take(&Token::Comma) {
            parts.push(self.expression(power::LOWEST)?);
        }
        Ok(parts)
    }

    fn cast(&mut self, start: Span, lenient: bool) -> Parsed<Ast> {
        self.expect(&Token::LParen, "`(`")?;
        let operand = Box::new(self.expression(power::LOWEST)?);
        self.expect_word("as")?;
        let target = self.type_name()?;
        let span = start.to(self.expect(&Token::RParen, "`)`")?);
        Ok(AstForm::Cast {
            operand,
            target,
            lenient,
        }
        .at(span))
    }

    fn type_name(&mut self) -> Parsed<Name> {
        let token = self.peek().clone();
        let Token::Word(word) = token.token else {
            return Err(self.unexpected("the name of a type"));
        };
        self.position += 1;
        let mut name = Name {
            text: word.value,
            span: token.span,
        };
        // SQL's one type name of two words.
        if name.text.eq_ignore_ascii_case("double") && self.peek().is_word("precision") {
            name.span = name.span.to(self.next().span);
        }
        Ok(name)
    }

    fn case(&mut self, start: Span) -> Parsed<Ast> {
        let operand = if self.peek().is_word("when") {
            None
        } else {
            Some(Box::new(self.expression(power::LOWEST)?))
        };
        let mut branches = Vec::new();
        self.expect_word("when")?;
        loop {
            let condition = self.expression(power::LOWEST)?;
            self.expect_word("then")?;
            branches.push((condition, self.expression(power::LOWEST)?));
            if !self.take_word("when") {
                break;
            }
        }
        let otherwise = if self.take_word("else") {
            Some(Box::new(self.expression(power::LOWEST)?))
        } else {
            None
        };
        let end = self.peek().span;
        if !self.take_word("end") {
            let expected = if otherwise.is_some() {
                "`end`"
            } else {
                "`when`, `else` or `end`"
            };
            return Err(self.unexpected(expected));
        }
        Ok(AstForm::Case {
            operand,
            branches,
            otherwise,
        }
        .at(start.to(end)))
    }

    /// The operator that comes next, if one does, and how tightly it binds.
    fn infix(&self) -> Option<(u8, Infix)> {
        use BinaryOperator::*;
        let token = self.peek();
        let binary = |power, operator| Some((power, Infix::Binary(operator)));
        let compare = |comparison| binary(power::COMPARE, Compare(comparison));
        match &token.token {
            Token::Eq | Token::DoubleEq => compare(Comparison::Equal),
            Token::Neq => compare(Comparison::NotEqual),
            Token::Lt => compare(Comparison::Less),
            Token::LtEq => compare(Comparison::LessOrEqual),
            Token::Gt => compare(Comparison::Greater),
            Token::GtEq => compare(Comparison::GreaterOrEqual),
            Token::StringConcat => binary(power::CONCATENATE, Concatenate),
            Token::Plus => binary(power::ADD, Add),
            Token::Minus => binary(power::ADD, Subtract),
            Token::Mul => binary(power::MULTIPLY, Multiply),
            Token::Div => binary(power::MULTIPLY, Divide),
            Token::DuckIntDiv => binary(power::MULTIPLY, DivideWhole),
            Token::Mod => binary(power::MULTIPLY, Remainder),
            Token::DoubleColon => Some((power::CAST, Infix::Cast)),
            Token::Word(_) if token.is_word("or") => binary(power::OR, Or),
            Token::Word(_) if token.is_word("and") => binary(power::AND, And),
            Token::Word(_) if token.is_word("is") => Some((power::IS, Infix::Is)),
            Token::Word(_) if token.is_word("not") || is_range(token) => {
                Some((power::RANGE, Infix::Range))
            }
            _ => None,
        }
    }

    fn after(&mut self, left: Ast, operator_power: u8, infix: Infix) -> Parsed<Ast> {
        let start = left.span;
        let left = Box::new(left);
        match infix {
            Infix::Binary(operator) => {
                self.position += 1;
                let right = Box::new(self.expression(operator_power)?);
                let span = start.to(right.span);
                Ok(AstForm::Binary {
                    operator,
                    left,
                    right,
                }
                .at(span))
            }
            Infix::Cast => {
                self.position += 1;
                let target = self.type_name()?;
                let span = start.to(target.span);
                Ok(AstForm::Cast {
                    operand: left,
                    target,
                    lenient: false,
                }
                .at(span))
            }
            Infix::Is => {
                self.position += 1;
                self.is(left)
            }
            Infix::Range => {
                let negated = self.take_word("not");
                self.range(left, negated)
            }
        }
    }

    fn is(&mut self, operand: Box<Ast>) -> Parsed<Ast> {
        let negated = self.take_word("not");
        let end = self.peek().span;
        let span = operand.span.to(end);
        if self.take_word("null") {
            Ok(AstForm::IsNull { operand, negated }.at(span))
        } else if self.take_word("true") {
            Ok(AstForm::IsBoolean {
                operand,
                value: true,
                negated,
            }
            .at(span))
        } else if self.take_word("false") {
            Ok(AstForm::IsBoolean {
                operand,
                value: false,
                negated,
            }
            .at(span))
        } else if self.take_word("distinct") {
            self.expect_word("from")?;
            let right = Box::new(self.expression(power::IS)?);
            let span = operand.span.to(right.span);
            let comparison = if negated {
                Comparison::Same
            } else {
                Comparison::Distinct
            };
            let operator = BinaryOperator::Compare(comparison);
            Ok(AstForm::Binary {
                operator,
                left: operand,
                right,
            }
            .at(span))
        } else {
            Err(self.unexpected("`null`, `true`, `false` or `distinct from`"))
        }
    }

    fn range(&mut self, operand: Box<Ast>, negated: bool) -> Parsed<Ast> {
        let start = operand.span;
        if self.take_word("between") {
            let low = Box::new(self.expression(power::RANGE)?);
            self.expect_word("and")?;
            let high = Box::new(self.expression(power::RANGE)?);
            let span = start.to(high.span);
            return Ok(AstForm::Between {
                operand,
                low,
                high,
                negated,
            }
            .at(span));
        }
        if self.take_word("in") {
            self.expect(&Token::LParen, "`(`")?;
            let list = self.list()?;
            let span = start.to(self.expect(&Token::RParen, "`,` or `)`")?);
            return Ok(AstForm::In {
                operand,
                list,
                negated,
            }
            .at(span));
        }
        let ignore_case = self.peek().is_word("ilike");
        if ignore_case || self.peek().is_word("like") {
            self.position += 1;
            let pattern = Box::new(self.expression(power::RANGE)?);
            let span = start.to(pattern.span);
            return Ok(AstForm::Like {
                operand,
                pattern,
                ignore_case,
                negated,
            }
            .at(span));
        }
        Err(self.unexpected("`between`, `in`, `like` or `ilike`"))
    }

    fn peek(&self) -> &PlacedToken {
        &self.tokens[self.position.min(self.tokens.len() - 1)]
    }

    /// Moves past the token; the end is not moved past in earnest, since nothing takes it for a part.
    fn next(&mut self) -> PlacedToken {
        let token = self.peek().clone();
        self.position += 1;
        token
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek().token == *token;
        self.position += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek().is_word(word);
        self.position += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token, description: &str) -> Parsed<Span> {
        let span = self.peek().span;
        if self.take(token) {
            Ok(span)
        } else {
            Err(self.unexpected(description))
        }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.take_word(word) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{word}`")))
        }
    }

    fn unexpected(&self, expected: &str) -> ExpressionError {
        let token = self.peek();
        Problem::Syntax {
            expected: expected.to_owned(),
            found: token.describe(),
        }
        .at(token.span)
    }
}

#[derive(Debug, Clone, Copy)]
enum Infix {
    Binary(BinaryOperator),
    Cast,
    Is,
    /// `between`, `in`, `like`, `ilike`, each with `not` before it or without.
    Range,
}

fn is_range(token: &PlacedToken) -> bool {
    ["between", "in", "like", "ilike"]
        .iter()
        .any(|word| token.is_word(word))
}
