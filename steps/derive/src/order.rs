//! The order in which columns are computed: each one after those that it uses.

use stepwell_expression::column_names;
use stepwell_sdk::prelude::*;
use stepwell_values::{Named, pointer};

/// A column to compute.
pub(crate) struct Definition {
    /// Its place among the parameters.
    pub(crate) index: usize,
    /// Its expression.
    pub(crate) text: String,
}

/// Puts each column after those that its expression names, and keeps the order of the others.
pub(crate) fn computing_order(columns: &Named<String>) -> Result<Vec<Definition>, Problems> {
    let names: Vec<&String> = columns.keys().collect();
    let uses: Vec<Vec<usize>> = columns
        .iter()
        .enumerate()
        .map(|(index, (_, text))| {
            // What cannot be parsed is reported when it is compiled.
            let used = column_names(text).unwrap_or_default();
            (0..names.len())
                .filter(|other| *other != index && used.contains(names[*other]))
                .collect()
        })
        .collect();
    let mut order: Vec<usize> = Vec::new();
    while order.len() < names.len() {
        let is_ready = |index: &usize| {
            !order.contains(index) && uses[*index].iter().all(|used| order.contains(used))
        };
        let Some(next) = (0..names.len()).find(is_ready) else {
            return Err(cycle(&names, &uses, &order));
        };
        order.push(next);
    }
    Ok(order
        .into_iter()
        .map(|index| Definition {
            index,
            text: columns[index].clone(),
        })
        .collect())
}

fn cycle(names: &[&String], uses: &[Vec<usize>], done: &[usize]) -> Problems {
    // From any column that is left, those that it waits for lead into the cycle.
    let next = |index: usize| {
        uses[index]
            .iter()
            .copied()
            .find(|used| !done.contains(used))
    };
    let mut path: Vec<usize> = (0..names.len())
        .filter(|index| !done.contains(index))
        .take(1)
        .collect();
    while let Some(following) = path.last().and_then(|last| next(*last)) {
        if let Some(start) = path.iter().position(|index| *index == following) {
            path.drain(..start);
            break;
        }
        path.push(following);
    }
    let mut shown: Vec<String> = path
        .iter()
        .map(|index| format!("`{}`", names[*index]))
        .collect();
    shown.extend(shown.first().cloned());
    StepError::new(
        "cycle",
        format!("columns need each other: {}", shown.join(" needs ")),
    )
    .at_parameter(pointer([
        "columns",
        names[path.first().copied().unwrap_or_default()],
    ]))
    .into()
}
