//! Steps that are functions: the arguments are the columns read, by name; the result is the column made.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt;

use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Field};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::column_type::{ColumnArray, MadeArray, downcast};
use crate::description::{Description, Port, PortColumn, parameters_schema};
use crate::parameters::from_json;
use crate::problem::list_names;
use crate::step::{Definition, RunningStep};
use crate::{
    Batch, InputColumn, Inputs, NoParameters, Opening, Output, Problems, ResultExt, StepError,
    columns, type_name,
};

/// What `#[step]` knows of a function.
pub trait Function: 'static {
    /// The function's own parameters, [`NoParameters`](crate::NoParameters) where it takes none.
    type Parameters: DeserializeOwned + JsonSchema + 'static;
    /// What the function returns.
    type Output: FunctionOutput;
    /// The name of the column made.
    const COLUMN: &'static str;

    /// What the item says of the step.
    fn about() -> About;
    /// The columns read, in the order of the arguments.
    fn arguments() -> Vec<Argument>;
    /// Calls the function with the values of the columns.
    ///
    /// # Errors
    /// When a column is not of the argument's type, which `open` has ruled out.
    fn call(parameters: &Self::Parameters, columns: &[ArrayRef])
    -> Result<Self::Output, StepError>;
}

/// What the item's name, attribute and docs say.
pub struct About {
    /// The step's name.
    pub name: String,
    /// The step's version.
    pub version: &'static str,
    /// One line.
    pub summary: &'static str,
    /// Markdown.
    pub documentation: &'static str,
}

/// A column that the function reads.
pub struct Argument {
    name: &'static str,
    summary: &'static str,
    expected: fn() -> String,
    accepts: fn(&DataType) -> bool,
}

impl Argument {
    /// An argument of this type.
    pub const fn new<A: ColumnArray>(name: &'static str, summary: &'static str) -> Self {
        Self {
            name,
            summary,
            expected: A::expected,
            accepts: A::accepts,
        }
    }
}

/// What a function that is a step may return.
#[diagnostic::on_unimplemented(
    message = "a step cannot return `{Self}`",
    note = "return an Arrow array such as `Float64Array`, or a `Result` of one with an error that becomes a `StepError`"
)]
pub trait FunctionOutput {
    /// The array made.
    type Array: MadeArray;

    /// The array, or why there is none.
    ///
    /// # Errors
    /// The function's own.
    fn into_result(self) -> Result<Self::Array, StepError>;
}

impl<A: MadeArray> FunctionOutput for A {
    type Array = A;

    fn into_result(self) -> Result<A, StepError> {
        Ok(self)
    }
}

impl<A: MadeArray, E: Into<StepError>> FunctionOutput for Result<A, E> {
    type Array = A;

    fn into_result(self) -> Result<A, StepError> {
        self.map_err(Into::into)
    }
}

/// One of the columns that a function is called with.
///
/// # Errors
/// When the column is not there or of another type, which `open` has ruled out.
pub fn argument<A: ColumnArray>(columns: &[ArrayRef], position: usize) -> Result<A, StepError> {
    let column = columns
        .get(position)
        .ok_or_else(|| StepError::new("missing_column", "an argument is missing"))?;
    Ok(downcast::<A>(column)?)
}

/// The step that a function is.
pub struct FunctionStep<F: Function> {
    columns: Vec<InputColumn>,
    parameters: F::Parameters,
}

impl<F: Function> fmt::Debug for FunctionStep<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FunctionStep")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl<F: Function> Definition for FunctionStep<F> {
    fn describe() -> Description {
        let about = F::about();
        let columns = F::arguments().into_iter().map(|argument| PortColumn {
            name: argument.name.to_owned(),
            type_name: (argument.expected)()
                .trim_start_matches("a ")
                .replace('`', ""),
            summary: argument.summary.to_owned(),
        });
        let made = PortColumn {
            name: F::COLUMN.to_owned(),
            type_name: type_name(&made_type::<F>()),
            summary: about.summary.to_owned(),
        };
        Description {
            name: about.name,
            version: about.version.to_owned(),
            summary: about.summary.to_owned(),
            documentation: about.documentation.to_owned(),
            parameters: schema::<F>(),
            inputs: vec![Port {
                columns: columns.collect(),
                ..Port::new("input", "Rows with the columns that are read.")
            }],
            outputs: vec![Port {
                columns: vec![made],
                ..Port::new("output", "The same rows, with the column made.")
            }],
        }
    }

    fn open(
        parameters: Value,
        inputs: &Inputs,
        plan: &mut Opening,
    ) -> Result<Box<dyn RunningStep>, Problems> {
        let mut problems = Problems::new();
        let (names, own) = split_parameters::<F>(parameters, &mut problems);
        let parameters = problems.check(from_json::<F::Parameters>(Value::Object(own)));
        let mut columns = Vec::new();
        for argument in F::arguments() {
            let found = match names.columns.get(argument.name) {
                Some(name) => inputs
                    .column(name)
                    .at_parameter(format!("/columns/{}", argument.name)),
                None => inputs.column(argument.name).map_err(|error| {
                    let hint = match error.hint.as_deref() {
                        Some(hint) => format!("{hint} "),
                        None => String::new(),
                    };
                    let hint = format!(
                        "{hint}a column of another name is given as `columns = {{ {} = \"…\" }}`",
                        argument.name
                    );
                    error.with_hint(hint)
                }),
            };
            let Some(column) = problems.check(found) else {
                continue;
            };
            if (argument.accepts)(column.data_type()) {
                plan.reads(&column);
                columns.push(column);
            } else {
                problems.push(column.wrong_type(&(argument.expected)()));
            }
        }
        plan.pass_all();
        plan.make_or_replace(Field::new(names.output, made_type::<F>(), true));
        problems.into_result()?;
        match parameters {
            Some(parameters) => Ok(Box::new(Self {
                columns,
                parameters,
            })),
            None => Err(Problems::new()),
        }
    }
}

impl<F: Function> RunningStep for FunctionStep<F> {
    fn process(&mut self, batch: Batch, output: &mut Output) -> Result<(), StepError> {
        let arrays = batch.arrays(&self.columns)?;
        let made = F::call(&self.parameters, &arrays)?.into_result()?;
        if made.len() != batch.rows() {
            return Err(StepError::new(
                "wrong_length",
                format!(
                    "`{}` returned {} values for {} rows",
                    F::COLUMN,
                    made.len(),
                    batch.rows()
                ),
            ));
        }
        output.emit(&batch, columns![made])
    }

    fn finish(&mut self, _output: &mut Output) -> Result<(), StepError> {
        Ok(())
    }

    fn save(&self) -> Result<Vec<u8>, StepError> {
        Ok(Vec::new())
    }

    fn restore(&mut self, _state: &[u8]) -> Result<(), StepError> {
        Ok(())
    }
}

fn made_type<F: Function>() -> DataType {
    <<F::Output as FunctionOutput>::Array as MadeArray>::DATA_TYPE
}

/// Names of columns that a pipeline chose.
struct Names {
    /// By argument.
    columns: BTreeMap<String, String>,
    output: String,
}

/// Takes the names of columns out of the parameters; what is left is the function's own.
fn split_parameters<F: Function>(
    parameters: Value,
    problems: &mut Problems,
) -> (Names, Map<String, Value>) {
    let mut names = Names {
        columns: BTreeMap::new(),
        output: F::COLUMN.to_owned(),
    };
    let Value::Object(mut own) = parameters else {
        problems.push(
            StepError::new("bad_parameter", "the parameters are not an object").at_parameter(""),
        );
        return (names, Map::new());
    };
    match own.remove("output") {
        None => {}
        Some(Value::String(output)) => names.output = output,
        Some(other) => problems.push(
            StepError::new(
                "bad_parameter",
                format!("parameter `output`: expected a name, got `{other}`"),
            )
            .at_parameter("/output"),
        ),
    }
    let chosen = match own.remove("columns") {
        None => Map::new(),
        Some(Value::Object(chosen)) => chosen,
        Some(other) => {
            problems.push(
                StepError::new(
                    "bad_parameter",
                    format!("parameter `columns`: expected names by argument, got `{other}`"),
                )
                .at_parameter("/columns"),
            );
            Map::new()
        }
    };
    let arguments = F::arguments();
    for (argument, column) in chosen {
        let pointer = format!("/columns/{argument}");
        match column {
            _ if arguments.iter().all(|known| known.name != argument) => {
                let known = arguments.iter().map(|known| known.name);
                let problem = format!(
                    "the step reads no `{argument}`; it reads {}",
                    list_names(known)
                );
                problems.push(StepError::new("bad_parameter", problem).at_parameter(pointer));
            }
            Value::String(column) => {
                names.columns.insert(argument, column);
            }
            other => problems.push(
                StepError::new(
                    "bad_parameter",
                    format!("parameter `columns.{argument}`: expected a name, got `{other}`"),
                )
                .at_parameter(pointer),
            ),
        }
    }
    (names, own)
}

/// The schema of the function's own parameters, with the names of columns.
fn schema<F: Function>() -> Value {
    let mut schema = parameters_schema::<F::Parameters>();
    let mut arguments = Map::new();
    for argument in F::arguments() {
        let mut name = json!({ "type": "string", "default": argument.name });
        if !argument.summary.is_empty() {
            name["description"] = argument.summary.into();
        }
        arguments.insert(argument.name.to_owned(), name);
    }
    if let Some(schema) = schema.as_object_mut() {
        if TypeId::of::<F::Parameters>() == TypeId::of::<NoParameters>() {
            schema.remove("description");
        }
        let properties = schema.entry("properties").or_insert_with(|| json!({}));
        if let Some(properties) = properties.as_object_mut() {
            properties.insert(
                "columns".to_owned(),
                json!({
                    "type": "object",
                    "description": "Names of the columns to read, where they are not called as the arguments are.",
                    "properties": arguments,
                    "additionalProperties": false,
                }),
            );
            properties.insert(
                "output".to_owned(),
                json!({
                    "type": "string",
                    "default": F::COLUMN,
                    "description": "The name of the column made. A column of this name is replaced.",
                }),
            );
        }
    }
    schema
}
