//! From what is written to what is evaluated: names resolved, types checked and brought together.

use arrow_array::{BooleanArray, Float64Array, Int64Array, StringArray};
use arrow_schema::Schema;
use stepwell_values::{Kind, Vector};

use crate::ast::{Ast, AstForm, BinaryOperator, Comparison, Name};
use crate::cast;
use crate::error::{ExpressionError, Problem, Span};
use crate::functions;
use crate::node::{Form, Node};
use crate::operators;
use crate::types::{Type, named_type, type_names};

/// Checks an expression against a schema and collects all that is wrong.
pub(crate) struct Checker<'a> {
    schema: &'a Schema,
    columns: Vec<usize>,
    spans: Vec<Span>,
    errors: Vec<ExpressionError>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self {
            schema,
            columns: Vec::new(),
            spans: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// The columns that were asked for, where each was first, and what is wrong.
    pub(crate) fn finish(self) -> (Vec<usize>, Vec<Span>, Vec<ExpressionError>) {
        (self.columns, self.spans, self.errors)
    }

    /// Keeps what is wrong, and goes on.
    pub(crate) fn fail<T>(&mut self, span: Span, problem: Problem) -> Option<T> {
        self.errors.push(problem.at(span));
        None
    }

    /// `None` where something is wrong, which is kept.
    pub(crate) fn check(&mut self, ast: &Ast) -> Option<Node> {
        let span = ast.span;
        match &ast.form {
            AstForm::Column(name) => self.column(name, span),
            AstForm::Number(digits) => self.number(digits, span),
            AstForm::Text(text) => Some(Node::literal(
                span,
                Type::TEXT,
                StringArray::from(vec![text.as_str()]),
            )),
            AstForm::Boolean(value) => Some(Node::literal(
                span,
                Type::BOOLEAN,
                BooleanArray::from(vec![*value]),
            )),
            AstForm::Null => Some(Node::null(span)),
            AstForm::Not(operand) => {
                let operand = self.check(operand)?;
                let operand = self.coerce(operand, Kind::Boolean, "the operand of `not`")?;
                Some(operators::not(span, operand))
            }
            AstForm::Negate(operand) => self.negate(operand, span),
            AstForm::Binary {
                operator,
                left,
                right,
            } => self.binary(*operator, left, right, span),
            AstForm::IsNull { operand, negated } => {
                let operand = self.check(operand)?;
                Some(operators::is_null(span, operand, *negated))
            }
            AstForm::IsBoolean {
                operand,
                value,
                negated,
            } => {
                let operand = self.check(operand)?;
                let operand = self.coerce(operand, Kind::Boolean, "the operand of `is`")?;
                Some(operators::is_boolean(span, operand, *value, *negated))
            }
            AstForm::Between {
                operand,
                low,
                high,
                negated,
            } => {
                let parts = self.check_all([operand.as_ref(), low, high])?;
                let (_, parts) = self.unify(parts, "the operands of `between`")?;
                Some(negate_if(*negated, span, operators::between(span, parts)))
            }
            AstForm::In {
                operand,
                list,
                negated,
            } => {
                let parts = self.check_all(std::iter::once(operand.as_ref()).chain(list))?;
                let (_, parts) = self.unify(parts, "the operands of `in`")?;
                Some(negate_if(*negated, span, operators::is_in(span, parts)))
            }
            AstForm::Like {
                operand,
                pattern,
                ignore_case,
                negated,
            } => {
                let word = if *ignore_case { "ilike" } else { "like" };
                let parts = self.check_all([operand.as_ref(), pattern])?;
                let parts =
                    self.coerce_all(parts, Kind::Text, &format!("an operand of `{word}`"))?;
                Some(negate_if(
                    *negated,
                    span,
                    operators::like(span, parts, *ignore_case),
                ))
            }
            AstForm::Case {
                operand,
                branches,
                otherwise,
            } => self.case(operand.as_deref(), branches, otherwise.as_deref(), span),
            AstForm::Cast {
                operand,
                target,
                lenient,
            } => self.cast(operand, target, *lenient, span),
            AstForm::Call { name, arguments } => functions::check_call(self, name, arguments, span),
        }
    }

    /// Checks all parts, also after one that is wrong.
    pub(crate) fn check_all<'b>(
        &mut self,
        parts: impl IntoIterator<Item = &'b Ast>,
    ) -> Option<Vec<Node>> {
        let checked: Vec<Option<Node>> = parts.into_iter().map(|part| self.check(part)).collect();
        checked.into_iter().collect()
    }

    /// The part as values of a kind, where they can be taken for that without a loss.
    pub(crate) fn coerce(&mut self, node: Node, kind: Kind, place: &str) -> Option<Node> {
        self.coerce_to(node, &Type::Plain(kind), place)
    }

    pub(crate) fn coerce_all(
        &mut self,
        nodes: Vec<Node>,
        kind: Kind,
        place: &str,
    ) -> Option<Vec<Node>> {
        let coerced: Vec<Option<Node>> = nodes
            .into_iter()
            .map(|node| self.coerce(node, kind, place))
            .collect();
        coerced.into_iter().collect()
    }

    pub(crate) fn coerce_to(&mut self, node: Node, target: &Type, place: &str) -> Option<Node> {
        let span = node.span;
        match (&node.of, target) {
            (found, target) if found == target => Some(node),
            (Type::Null, target) => {
                let kind = target.kind()?;
                Some(Node {
                    of: target.clone(),
                    form: Form::Literal(Vector::nulls_of(kind, 1)),
                    ..node
                })
            }
            // Moments are what they are, in whatever zone they are shown.
            (Type::Zoned(_), Type::Zoned(_)) => Some(Node {
                of: target.clone(),
                ..node
            }),
            (Type::Plain(Kind::Integer), Type::Plain(Kind::Float))
            | (Type::Plain(Kind::Date), Type::Plain(Kind::Timestamp)) => {
                cast::cast(node, target, false, span).ok()
            }
            (
                Type::Plain(Kind::Text),
                Type::Plain(Kind::Date | Kind::Timestamp) | Type::Zoned(_),
            ) if node.literal_text().is_some() => match cast::literal(&node, target) {
                Ok(node) => Some(node),
                Err(problem) => self.fail(span, problem),
            },
            (found, target) => {
                let (expected, found) = (target.to_string(), found.to_string());
                self.fail(
                    span,
                    Problem::WrongType {
                        place: place.to_owned(),
                        expected,
                        found,
                    },
                )
            }
        }
    }

    /// The parts as values of one type, which all of them can be taken for.
    pub(crate) fn unify(&mut self, nodes: Vec<Node>, place: &str) -> Option<(Type, Vec<Node>)> {
        let mut common = Type::Null;
        // Literals of text follow the others, since they may stand for dates.
        let is_flexible = |node: &&Node| node.literal_text().is_some();
        let firm = nodes.iter().filter(|node| !is_flexible(node));
        for node in firm.chain(nodes.iter().filter(is_flexible)) {
            common = match wider(&common, &node.of, node.literal_text().is_some()) {
                Some(wider) => wider,
                None => {
                    let problem = Problem::MixedTypes {
                        place: place.to_owned(),
                        left: common.to_string(),
                        right: node.of.to_string(),
                    };
                    return self.fail(node.span, problem);
                }
            };
        }
        if common == Type::Null {
            // All are null: any type will do for a comparison of nothing with nothing.
            return Some((common, nodes));
        }
        let coerced: Vec<Option<Node>> = nodes
            .into_iter()
            .map(|node| self.coerce_to(node, &common, place))
            .collect();
        Some((common, coerced.into_iter().collect::<Option<_>>()?))
    }

    fn column(&mut self, name: &str, span: Span) -> Option<Node> {
        let mut found = self
            .schema
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, field)| field.name() == name);
        let (index, field) = match (found.next(), found.next()) {
            (Some(found), None) => found,
            (Some(_), Some(_)) => {
                return self.fail(
                    span,
                    Problem::AmbiguousColumn {
                        name: name.to_owned(),
                    },
                );
            }
            (None, _) => {
                let columns = self
                    .schema
                    .fields()
                    .iter()
                    .map(|field| field.name().clone())
                    .collect();
                return self.fail(
                    span,
                    Problem::UnknownColumn {
                        name: name.to_owned(),
                        columns,
                    },
                );
            }
        };
        let Some(of) = Type::of_column(field.data_type()) else {
            let data_type = stepwell_layout::type_name(field.data_type());
            return self.fail(
                span,
                Problem::UnsupportedColumn {
                    name: name.to_owned(),
                    data_type,
                },
            );
        };
        if of == Type::Null {
            return Some(Node::null(span));
        }
        let position = self
            .columns
            .iter()
            .position(|known| *known == index)
            .unwrap_or_else(|| {
                self.columns.push(index);
                self.spans.push(span);
                self.columns.len() - 1
            });
        Some(Node {
            span,
            of,
            fails: false,
            form: Form::Column(position),
        })
    }

    fn number(&mut self, digits: &str, span: Span) -> Option<Node> {
        if let Ok(value) = digits.parse::<i64>() {
            return Some(Node::literal(
                span,
                Type::INTEGER,
                Int64Array::from(vec![value]),
            ));
        }
        match digits.parse::<f64>() {
            Ok(value) if value.is_finite() && digits.contains(['.', 'e', 'E']) => Some(
                Node::literal(span, Type::FLOAT, Float64Array::from(vec![value])),
            ),
            _ => {
                let expected = "a number that 64 bits can hold".to_owned();
                self.fail(
                    span,
                    Problem::BadLiteral {
                        text: digits.to_owned(),
                        expected,
                    },
                )
            }
        }
    }

    fn negate(&mut self, operand: &Ast, span: Span) -> Option<Node> {
        if let AstForm::Number(digits) = &operand.form {
            // The least integer has no positive counterpart.
            if let Ok(value) = format!("-{digits}").parse::<i64>() {
                return Some(Node::literal(
                    span,
                    Type::INTEGER,
                    Int64Array::from(vec![value]),
                ));
            }
        }
        let operand = self.check(operand)?;
        let operand = self.number_operand(operand, "the operand of `-`")?;
        Some(operators::negate(span, operand))
    }

    /// A number of either kind.
    pub(crate) fn number_operand(&mut self, node: Node, place: &str) -> Option<Node> {
        if node.of.is_number() {
            Some(node)
        } else {
            self.coerce(node, Kind::Float, place)
        }
    }

    fn binary(
        &mut self,
        operator: BinaryOperator,
        left: &Ast,
        right: &Ast,
        span: Span,
    ) -> Option<Node> {
        let parts = self.check_all([left, right])?;
        let place = format!("an operand of `{}`", operator.symbol());
        match operator {
            BinaryOperator::And | BinaryOperator::Or => {
                let mut parts = self.coerce_all(parts, Kind::Boolean, &place)?.into_iter();
                let (left, right) = (Box::new(parts.next()?), Box::new(parts.next()?));
                let fails = left.fails || right.fails;
                let form = if operator == BinaryOperator::And {
                    Form::And(left, right)
                } else {
                    Form::Or(left, right)
                };
                Some(Node {
                    span,
                    of: Type::BOOLEAN,
                    fails,
                    form,
                })
            }
            BinaryOperator::Compare(comparison) => self.compare(comparison, parts, span),
            BinaryOperator::Concatenate => {
                let parts = self.coerce_all(parts, Kind::Text, &place)?;
                Some(operators::concatenate(span, parts))
            }
            _ => operators::arithmetic(self, operator, parts, span),
        }
    }

    pub(crate) fn compare(
        &mut self,
        comparison: Comparison,
        parts: Vec<Node>,
        span: Span,
    ) -> Option<Node> {
        let place = format!("the operands of `{}`", comparison.symbol());
        let (_, parts) = self.unify(parts, &place)?;
        Some(operators::comparison(span, comparison, parts))
    }

    fn case(
        &mut self,
        operand: Option<&Ast>,
        branches: &[(Ast, Ast)],
        otherwise: Option<&Ast>,
        span: Span,
    ) -> Option<Node> {
        let operand = match operand {
            Some(operand) => Some(self.check(operand)?),
            None => None,
        };
        let conditions: Vec<Option<Node>> = branches
            .iter()
            .map(|(condition, _)| {
                let condition_span = condition.span;
                let condition = self.check(condition)?;
                match &operand {
                    Some(operand) => self.compare(
                        Comparison::Equal,
                        vec![operand.clone(), condition],
                        condition_span,
                    ),
                    None => self.coerce(condition, Kind::Boolean, "a condition"),
                }
            })
            .collect();
        let values = self.check_all(branches.iter().map(|(_, value)| value).chain(otherwise))?;
        let conditions: Vec<Node> = conditions.into_iter().collect::<Option<_>>()?;
        self.choose(conditions, values, span)
    }

    /// The value of the first condition that is true; the last value has none.
    pub(crate) fn choose(
        &mut self,
        conditions: Vec<Node>,
        values: Vec<Node>,
        span: Span,
    ) -> Option<Node> {
        let (of, mut values) = self.unify(values, "the values to choose from")?;
        let otherwise = if values.len() > conditions.len() {
            values.pop().map(Box::new)
        } else {
            None
        };
        let branches: Vec<(Node, Node)> = conditions.into_iter().zip(values).collect();
        let fails = branches
            .iter()
            .any(|(condition, value)| condition.fails || value.fails)
            || otherwise.as_ref().is_some_and(|value| value.fails);
        Some(Node {
            span,
            of,
            fails,
            form: Form::Choose {
                branches,
                otherwise,
            },
        })
    }

    fn cast(&mut self, operand: &Ast, target: &Name, lenient: bool, span: Span) -> Option<Node> {
        let operand = self.check(operand);
        let Some(of) = named_type(&target.text) else {
            let problem = Problem::UnknownType {
                name: target.text.clone(),
                types: type_names(),
            };
            return self.fail(target.span, problem);
        };
        match cast::cast(operand?, &of, lenient, span) {
            Ok(node) => Some(node),
            Err(problem) => self.fail(span, problem),
        }
    }
}

fn negate_if(negated: bool, span: Span, node: Node) -> Node {
    if negated {
        operators::not(span, node)
    } else {
        node
    }
}

/// The type that values of both types can be taken for without a loss.
fn wider(left: &Type, right: &Type, right_is_literal_text: bool) -> Option<Type> {
    use Kind::*;
    match (left, right) {
        (left, right) if left == right => Some(left.clone()),
        (Type::Null, other) | (other, Type::Null) => Some(other.clone()),
        (Type::Plain(Integer), Type::Plain(Float)) | (Type::Plain(Float), Type::Plain(Integer)) => {
            Some(Type::FLOAT)
        }
        (Type::Plain(Date), Type::Plain(Timestamp))
        | (Type::Plain(Timestamp), Type::Plain(Date)) => Some(Type::TIMESTAMP),
        (Type::Zoned(_), Type::Zoned(_)) => Some(left.clone()),
        (Type::Plain(Date | Timestamp) | Type::Zoned(_), Type::Plain(Text))
            if right_is_literal_text =>
        {
            Some(left.clone())
        }
        _ => None,
    }
}
