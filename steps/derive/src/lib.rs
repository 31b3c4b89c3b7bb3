//! Computes columns with SQL expressions. Only the columns of the expressions are read.

mod order;

use order::Definition;
use stepwell_expression::{Expression, ExpressionError};
use stepwell_sdk::arrow::schema::Schema;
use stepwell_sdk::prelude::*;
use stepwell_values::{Named, pointer};

/// The columns to compute.
#[parameters]
struct Parameters {
    /// SQL expressions by the name of the column that they make:
    /// `columns = { years = "round(tenure / 12, 1)", is_new = "years < 1" }`.
    columns: Named<String>,
}

/// Computes columns with SQL expressions.
///
/// A column of the same name is replaced, others are added. An expression may use the columns that other
/// expressions make; a name means the column that is made where there is one, and in the expression of that
/// column itself the one that came in.
#[step(name = "derive")]
struct Derive {
    definitions: Vec<Compiled>,
    /// The place of each made column among those that are declared, in the order of computing.
    n_inputs: usize,
    /// For each made column in the order of its declaration, its place in the order of computing.
    declared: Vec<usize>,
}

/// An expression and what it reads.
struct Compiled {
    expression: Expression,
    sources: Vec<Source>,
}

enum Source {
    Input(InputColumn),
    /// A column made before, by its place in the order of computing.
    Made(usize),
}

impl Step for Derive {
    type Parameters = Parameters;

    fn open(parameters: Parameters, inputs: &Inputs, plan: &mut Opening) -> Result<Self, Problems> {
        if parameters.columns.is_empty() {
            return Err(
                StepError::new("no_columns", "`columns` names no column to compute")
                    .at_parameter("/columns")
                    .into(),
            );
        }
        let names: Vec<&str> = parameters.columns.keys().map(String::as_str).collect();
        let order = order::computing_order(&parameters.columns)?;
        let mut problems = Problems::new();
        let all: Vec<InputColumn> = inputs.columns().collect();
        let mut definitions: Vec<Compiled> = Vec::new();
        let mut made: Vec<Option<(usize, Field)>> = vec![None; names.len()];
        for Definition { index, text } in order {
            let (schema, places) = visible(&all, &names, &made, index);
            let expression = match Expression::compile(&text, &schema) {
                Ok(expression) => expression,
                Err(errors) => {
                    let place = pointer(["columns", names[index]]);
                    // What a broken column's users say of it would only repeat what is wrong.
                    let errors = errors
                        .iter()
                        .filter(|error| !is_about_unmade(error, &names, &made, index));
                    problems.extend(errors.map(|error| step_error(error).at_parameter(&place)));
                    continue;
                }
            };
            let sources = expression
                .columns()
                .iter()
                .map(|column| places[*column].clone())
                .collect();
            made[index] = Some((
                definitions.len(),
                Field::new(names[index], expression.data_type().clone(), true),
            ));
            definitions.push(Compiled {
                expression,
                sources,
            });
        }
        problems.into_result()?;
        plan.pass_all();
        let mut declared = Vec::new();
        for (place, field) in made.into_iter().flatten() {
            plan.make_or_replace(field);
            declared.push(place);
        }
        for definition in &definitions {
            for source in &definition.sources {
                if let Source::Input(column) = source {
                    plan.reads(column);
                }
            }
        }
        Ok(Self {
            n_inputs: all.len(),
            definitions,
            declared,
        })
    }

    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let mut made: Vec<ArrayRef> = Vec::with_capacity(self.definitions.len());
        for definition in &self.definitions {
            let mut columns = Vec::with_capacity(definition.sources.len().min(self.n_inputs));
            for source in &definition.sources {
                columns.push(match source {
                    Source::Input(column) => batch.array(column)?,
                    Source::Made(place) => made[*place].clone(),
                });
            }
            let values = definition
                .expression
                .evaluate(batch.rows(), &columns)
                .map_err(|error| {
                    let mut problem = step_error(&error);
                    problem.subject = stepwell_sdk::Subject::Data;
                    problem
                })?;
            made.push(values);
        }
        output.emit(
            &batch,
            self.declared.iter().map(|place| made[*place].clone()),
        )
    }
}

impl Clone for Source {
    fn clone(&self) -> Self {
        match self {
            Self::Input(column) => Self::Input(column.clone()),
            Self::Made(place) => Self::Made(*place),
        }
    }
}

/// The columns that an expression may name, and what each one is.
fn visible(
    inputs: &[InputColumn],
    names: &[&str],
    made: &[Option<(usize, Field)>],
    own: usize,
) -> (Schema, Vec<Source>) {
    let mut fields = Vec::new();
    let mut places = Vec::new();
    let is_hidden = |name: &str| {
        names
            .iter()
            .enumerate()
            .any(|(index, made)| index != own && *made == name)
    };
    for column in inputs.iter().filter(|column| !is_hidden(column.name())) {
        fields.push(column.field().as_ref().clone());
        places.push(Source::Input(column.clone()));
    }
    for (place, field) in made
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != own)
        .filter_map(|(_, made)| made.as_ref())
    {
        fields.push(field.clone());
        places.push(Source::Made(*place));
    }
    (Schema::new(fields), places)
}

/// Whether the error is that a column is not there, which is to be made and could not be.
fn is_about_unmade(
    error: &ExpressionError,
    names: &[&str],
    made: &[Option<(usize, Field)>],
    own: usize,
) -> bool {
    match &error.problem {
        stepwell_expression::Problem::UnknownColumn { name, .. } => names
            .iter()
            .enumerate()
            .any(|(index, made_name)| index != own && made_name == name && made[index].is_none()),
        _ => false,
    }
}

fn step_error(error: &ExpressionError) -> StepError {
    let problem = StepError::new(error.code(), error.to_string());
    match error.hint() {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}
