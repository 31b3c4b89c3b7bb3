//! Categories as they are given.

use std::collections::HashMap;
use std::fmt;

use stepwell_sdk::prelude::*;
use stepwell_sdk::type_name;
use stepwell_values::{Kind, pointer};

/// One category.
#[parameters]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[serde(untagged)]
pub(crate) enum Category {
    /// Of a column of booleans.
    Boolean(bool),
    /// Of a column of whole numbers.
    Integer(i64),
    /// Of a column of text.
    Text(String),
}

impl fmt::Display for Category {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(formatter),
            Self::Integer(value) => value.fmt(formatter),
            Self::Text(value) => value.fmt(formatter),
        }
    }
}

impl Category {
    fn kind(&self) -> Kind {
        match self {
            Self::Boolean(_) => Kind::Boolean,
            Self::Integer(_) => Kind::Integer,
            Self::Text(_) => Kind::Text,
        }
    }
}

/// The places of categories by their values; only one of the maps has any.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) booleans: HashMap<bool, usize>,
    pub(crate) integers: HashMap<i64, usize>,
    pub(crate) texts: HashMap<String, usize>,
}

impl Places {
    /// The places of a column's categories.
    pub(crate) fn new(column: &InputColumn, categories: &[Category]) -> Result<Self, Problems> {
        let kind = match Kind::of(column.data_type()) {
            Some(kind @ (Kind::Boolean | Kind::Integer | Kind::Text)) => kind,
            _ => return Err(column.wrong_type("text, whole numbers or booleans").into()),
        };
        let mut problems = Problems::new();
        let list = pointer(["categories", column.name()]);
        if categories.is_empty() {
            let message = format!("column `{}` is given no categories", column.name());
            problems.push(StepError::new("no_categories", message).at_parameter(&list));
        }
        let mut places = Self::default();
        for (place, category) in categories.iter().enumerate() {
            let problem = if category.kind() != kind {
                let message = format!(
                    "category `{category}` is {}, and column `{}` is `{}`",
                    category.kind().description(),
                    column.name(),
                    type_name(column.data_type())
                );
                StepError::new("wrong_category", message)
            } else if places.insert(category, place).is_some() {
                let message = format!(
                    "category `{category}` of column `{}` is given twice",
                    column.name()
                );
                StepError::new("repeated_category", message)
            } else {
                continue;
            };
            problems.push(problem.at_parameter(format!("{list}/{place}")));
        }
        problems.into_result()?;
        Ok(places)
    }

    fn insert(&mut self, category: &Category, place: usize) -> Option<usize> {
        match category {
            Category::Boolean(value) => self.booleans.insert(*value, place),
            Category::Integer(value) => self.integers.insert(*value, place),
            Category::Text(value) => self.texts.insert(value.clone(), place),
        }
    }
}
