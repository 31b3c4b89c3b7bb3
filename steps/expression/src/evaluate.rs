//! Evaluation, column by column, of the rows that matter.

use std::rc::Rc;

use arrow_arith::boolean::{and_kleene, or_kleene};
use arrow_array::{Array, BooleanArray};
use stepwell_values::{Kind, Vector};

use crate::arguments::{Arguments, Evaluated};
use crate::error::ExpressionError;
use crate::node::{Form, Node};

/// The rows that a part of an expression is evaluated on.
#[derive(Clone)]
pub(crate) struct Frame<'a> {
    columns: &'a [Vector],
    rows: usize,
    /// The rows of the columns; all of them if there are none.
    selection: Option<Rc<[u32]>>,
}

type Evaluation<T> = Result<T, ExpressionError>;

impl<'a> Frame<'a> {
    pub(crate) fn new(columns: &'a [Vector], rows: usize) -> Self {
        Self {
            columns,
            rows,
            selection: None,
        }
    }

    /// Some of the frame's rows.
    fn narrow(&self, rows: &[u32]) -> Self {
        if rows.len() == self.rows {
            return self.clone();
        }
        let selection = match &self.selection {
            Some(selection) => rows.iter().map(|row| selection[*row as usize]).collect(),
            None => rows.into(),
        };
        Self {
            columns: self.columns,
            rows: rows.len(),
            selection: Some(selection),
        }
    }

    pub(crate) fn evaluate(&self, node: &Node) -> Evaluation<Evaluated> {
        let varying = |vector| {
            Ok(Evaluated {
                vector,
                constant: false,
            })
        };
        match &node.form {
            Form::Column(index) => varying(match &self.selection {
                Some(rows) => self.columns[*index].gather(rows),
                None => self.columns[*index].clone(),
            }),
            Form::Literal(value) => Ok(Evaluated {
                vector: value.clone(),
                constant: true,
            }),
            // Every null is given the type of its place before it is evaluated.
            Form::Null => Ok(Evaluated {
                vector: Vector::nulls_of(Kind::Boolean, 1),
                constant: true,
            }),
            Form::Call { arguments, kernel } => {
                let values = arguments
                    .iter()
                    .map(|argument| self.evaluate(argument))
                    .collect::<Evaluation<Vec<_>>>()?;
                let constant = !values.is_empty() && values.iter().all(|value| value.constant);
                let rows = if constant { 1 } else { self.rows };
                let vector = kernel(&Arguments::new(&values, rows))
                    .map_err(|problem| problem.at(node.span))?;
                Ok(Evaluated { vector, constant })
            }
            Form::And(left, right) => varying(self.decide(left, right, false)?.into()),
            Form::Or(left, right) => varying(self.decide(left, right, true)?.into()),
            Form::Choose {
                branches,
                otherwise,
            } => varying(self.choose(branches, otherwise.as_deref(), node)?),
            Form::FirstValid(values) => varying(self.first_valid(values, node)?),
        }
    }

    /// One truth value for each row.
    fn booleans(&self, node: &Node) -> Evaluation<BooleanArray> {
        match self.evaluate(node)?.expand(self.rows) {
            Vector::Boolean(array) => Ok(array),
            other => unreachable!("conditions were checked, this is {}", other.kind()),
        }
    }

    /// `and`, of which `deciding` is false, or `or`, of which it is true: a left side of that value decides.
    fn decide(&self, left: &Node, right: &Node, deciding: bool) -> Evaluation<BooleanArray> {
        let left = self.booleans(left)?;
        let right = if right.fails {
            let undecided: Vec<u32> = (0..self.rows)
                .filter(|row| left.is_null(*row) || left.value(*row) != deciding)
                .map(|row| row as u32)
                .collect();
            // Where the left side decides, any value will do.
            let mut all = Pieces::new(self.rows);
            if !undecided.is_empty() {
                let vector = self.narrow(&undecided).booleans(right)?.into();
                all.add(
                    &undecided,
                    Evaluated {
                        vector,
                        constant: false,
                    },
                );
            }
            match all.merge(Kind::Boolean) {
                Vector::Boolean(array) => array,
                other => unreachable!("merged booleans, got {}", other.kind()),
            }
        } else {
            self.booleans(right)?
        };
        let result = if deciding {
            or_kleene(&left, &right)
        } else {
            and_kleene(&left, &right)
        };
        Ok(result.unwrap_or_else(|_| unreachable!("both sides have one value for each row")))
    }

    fn choose(
        &self,
        branches: &[(Node, Node)],
        otherwise: Option<&Node>,
        node: &Node,
    ) -> Evaluation<Vector> {
        let mut pieces = Pieces::new(self.rows);
        let mut open: Vec<u32> = (0..self.rows as u32).collect();
        for (condition, value) in branches {
            if open.is_empty() {
                break;
            }
            let truth = self.narrow(&open).booleans(condition)?;
            let is_true = |position: usize| truth.is_valid(position) && truth.value(position);
            let (chosen, rest): (Vec<_>, Vec<_>) = open
                .iter()
                .enumerate()
                .partition(|(position, _)| is_true(*position));
            let rows_of = |rows: Vec<(usize, &u32)>| {
                rows.into_iter().map(|(_, row)| *row).collect::<Vec<u32>>()
            };
            let chosen = rows_of(chosen);
            let rest = rows_of(rest);
            if !chosen.is_empty() {
                pieces.add(&chosen, self.narrow(&chosen).evaluate(value)?);
            }
            open = rest;
        }
        if let Some(otherwise) = otherwise.filter(|_| !open.is_empty()) {
            pieces.add(&open, self.narrow(&open).evaluate(otherwise)?);
        }
        Ok(pieces.merge(kind_of(node)))
    }

    fn first_valid(&self, values: &[Node], node: &Node) -> Evaluation<Vector> {
        let mut pieces = Pieces::new(self.rows);
        let mut open: Vec<u32> = (0..self.rows as u32).collect();
        for value in values {
            if open.is_empty() {
                break;
            }
            let evaluated = self.narrow(&open).evaluate(value)?;
            let is_null = |position: usize| {
                evaluated
                    .vector
                    .is_null(if evaluated.constant { 0 } else { position })
            };
            let rest = open
                .iter()
                .enumerate()
                .filter(|(position, _)| is_null(*position))
                .map(|(_, row)| *row)
                .collect();
            pieces.add(&open, evaluated);
            open = rest;
        }
        Ok(pieces.merge(kind_of(node)))
    }
}

fn kind_of(node: &Node) -> Kind {
    // A part that is always null stays one of no type only at the top, where that is an error.
    node.kind().unwrap_or(Kind::Boolean)
}

/// Values of some rows each, put together.
struct Pieces {
    values: Vec<Vector>,
    /// For each row the piece and the place in it.
    places: Vec<Option<(u32, u32)>>,
}

impl Pieces {
    fn new(rows: usize) -> Self {
        Self {
            values: Vec::new(),
            places: vec![None; rows],
        }
    }

    /// The values of these rows, which replace those of earlier pieces.
    fn add(&mut self, rows: &[u32], evaluated: Evaluated) {
        let piece = self.values.len() as u32;
        for (position, row) in rows.iter().enumerate() {
            let position = if evaluated.constant {
                0
            } else {
                position as u32
            };
            self.places[*row as usize] = Some((piece, position));
        }
        self.values.push(evaluated.vector);
    }

    /// One value for each row; null where no piece has one.
    fn merge(mut self, kind: Kind) -> Vector {
        if self.values.len() == 1 {
            let values = self.values.remove(0);
            return values.gather_optional(
                self.places
                    .iter()
                    .map(|place| place.map(|(_, position)| position as usize)),
            );
        }
        macro_rules! merged {
            ($variant:ident) => {
                self.places
                    .iter()
                    .map(|place| {
                        let (piece, position) = (*place)?;
                        let Vector::$variant(array) = &self.values[piece as usize] else {
                            return None;
                        };
                        let position = position as usize;
                        array.is_valid(position).then(|| array.value(position))
                    })
                    .collect()
            };
        }
        match kind {
            Kind::Boolean => Vector::Boolean(merged!(Boolean)),
            Kind::Integer => Vector::Integer(merged!(Integer)),
            Kind::Float => Vector::Float(merged!(Float)),
            Kind::Text => Vector::Text(merged!(Text)),
            Kind::Date => Vector::Date(merged!(Date)),
            Kind::Timestamp => Vector::Timestamp(merged!(Timestamp)),
        }
    }
}
