//! The functions.

use stepwell_sdk::closest_name;
use stepwell_sdk::prelude::*;
use stepwell_values::{Kind, RowKeys};

use crate::accumulator::Accumulator;

/// A function of the values of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Sum,
    Mean,
    Median,
    Min,
    Max,
    Std,
    Var,
    First,
    Last,
    NUnique,
}

const FUNCTIONS: [(&str, Function); 14] = [
    ("count", Function::Count),
    ("sum", Function::Sum),
    ("mean", Function::Mean),
    ("median", Function::Median),
    ("min", Function::Min),
    ("max", Function::Max),
    ("std", Function::Std),
    ("var", Function::Var),
    ("first", Function::First),
    ("last", Function::Last),
    ("n_unique", Function::NUnique),
    ("avg", Function::Mean),
    ("stddev", Function::Std),
    ("nunique", Function::NUnique),
];

/// How many of the names are shown to who writes another.
const USUAL_NAMES: usize = 11;

impl Function {
    /// Reads `sum(total_charges)` or `count`: the function, and the name of its column.
    pub(crate) fn parse(text: &str) -> Result<(Self, Option<&str>), StepError> {
        let text = text.trim();
        let (name, column) = match text.split_once('(') {
            None => (text, None),
            Some((name, rest)) => {
                let Some(column) = rest.strip_suffix(')') else {
                    return Err(StepError::new(
                        "bad_function",
                        format!("`{text}` has no `)` at its end"),
                    ));
                };
                (
                    name.trim_end(),
                    Some(unquoted(column.trim())).filter(|column| !column.is_empty()),
                )
            }
        };
        let Some((_, function)) = FUNCTIONS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
        else {
            let usual = FUNCTIONS[..USUAL_NAMES].iter().map(|(name, _)| *name);
            let listed: Vec<String> = usual.clone().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "there is no function `{name}`; functions are {}",
                listed.join(", ")
            );
            let error = StepError::new("unknown_function", message);
            return Err(match closest_name(name, usual) {
                Some(closest) => error.with_hint(format!("did you mean `{closest}`?")),
                None => error,
            });
        };
        // `count(*)` counts rows, as in SQL.
        let column = column.filter(|column| *function != Self::Count || *column != "*");
        if column.is_none() && *function != Self::Count {
            return Err(
                StepError::new("no_column", format!("`{name}` needs a column"))
                    .with_hint(format!("write `{name}(column)`")),
            );
        }
        Ok((*function, column))
    }

    pub(crate) fn accumulator(self) -> Accumulator {
        match self {
            Self::Count => Accumulator::Count(0),
            Self::Sum => Accumulator::Sum(None),
            Self::Mean => Accumulator::Mean {
                sum: 0.0,
                count: 0.0,
            },
            Self::Median => Accumulator::Median(Vec::new()),
            Self::Min | Self::Max | Self::First | Self::Last => Accumulator::Value(None),
            Self::Std | Self::Var => Accumulator::Variance {
                count: 0.0,
                mean: 0.0,
                squares: 0.0,
            },
            Self::NUnique => Accumulator::Unique(Default::default()),
        }
    }

    fn needs_numbers(self) -> bool {
        matches!(
            self,
            Self::Sum | Self::Mean | Self::Median | Self::Std | Self::Var
        )
    }
}

fn unquoted(column: &str) -> &str {
    column
        .strip_prefix('"')
        .and_then(|column| column.strip_suffix('"'))
        .unwrap_or(column)
}

/// A function of a column, and the name of what it gives.
pub(crate) struct Aggregation {
    name: String,
    pub(crate) function: Function,
    pub(crate) column: Option<InputColumn>,
    /// Of functions that give one of the column's values: how values are kept.
    pub(crate) keys: Option<RowKeys>,
    data_type: DataType,
}

impl Aggregation {
    pub(crate) fn new(
        name: &str,
        function: Function,
        column: Option<&str>,
        inputs: &Inputs,
    ) -> Result<Self, StepError> {
        let name = name.to_owned();
        let Some(column) = column else {
            return Ok(Self {
                name,
                function,
                column: None,
                keys: None,
                data_type: DataType::Int64,
            });
        };
        let column = inputs.column(column)?;
        let kind = Kind::of(column.data_type());
        let is_number = kind.is_some_and(|kind| kind.is_number() || kind == Kind::Boolean);
        if function.needs_numbers() && !is_number {
            return Err(column.wrong_type("a number"));
        }
        if matches!(function, Function::Min | Function::Max) && kind.is_none() {
            return Err(column.wrong_type("of a type that can be compared"));
        }
        let keys = match function {
            Function::Min
            | Function::Max
            | Function::First
            | Function::Last
            | Function::NUnique => {
                let keys = RowKeys::new([column.data_type()]).map_err(|(_, error)| {
                    StepError::new(error.code(), format!("column `{}`: {error}", column.name()))
                })?;
                Some(keys)
            }
            _ => None,
        };
        let data_type = match (function, &keys) {
            (Function::Count | Function::NUnique, _) => DataType::Int64,
            (Function::Sum, _) if kind != Some(Kind::Float) => DataType::Int64,
            (Function::Min | Function::Max | Function::First | Function::Last, Some(keys)) => {
                keys.data_types().next().cloned().unwrap_or(DataType::Null)
            }
            _ => DataType::Float64,
        };
        Ok(Self {
            name,
            function,
            column: Some(column),
            keys,
            data_type,
        })
    }

    /// Whether sums are exact.
    pub(crate) fn is_whole(&self) -> bool {
        self.data_type == DataType::Int64
    }

    pub(crate) fn field(&self) -> Field {
        let always_there = matches!(
            self.function,
            Function::Count | Function::Sum | Function::NUnique
        );
        Field::new(&self.name, self.data_type.clone(), !always_there)
    }

    /// The values of the groups as a column.
    pub(crate) fn array(&self, values: Vec<Accumulator>) -> Result<ArrayRef, StepError> {
        use std::sync::Arc;
        let root = self.function == Function::Std;
        if self.data_type == DataType::Int64
            && self
                .keys
                .as_ref()
                .is_none_or(|_| self.function == Function::NUnique)
        {
            let values = values
                .iter()
                .map(|value| value.whole().map_err(|error| self.overflow(&error)));
            return Ok(Arc::new(values.collect::<Result<Int64Array, _>>()?));
        }
        if let Some(keys) = &self.keys {
            // A key of null, for groups without a value.
            let null: &[u8] = &[0];
            let keys = keys.decode(values.iter().map(|value| value.key().unwrap_or(null)));
            return keys
                .into_iter()
                .next()
                .ok_or_else(|| StepError::new("no_column", "a key has one column"));
        }
        Ok(Arc::new(
            values
                .into_iter()
                .map(|value| value.float(root))
                .collect::<Float64Array>(),
        ))
    }

    fn overflow(&self, sum: &i128) -> StepError {
        StepError::data(
            "overflow",
            format!(
                "`{}` would be {sum}, which does not fit a 64-bit integer",
                self.name
            ),
        )
        .with_hint("cast the column to `float64` first")
    }
}
