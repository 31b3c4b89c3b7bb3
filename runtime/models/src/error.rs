//! What can go wrong with a model.

use std::io;
use std::path::PathBuf;

/// What can go wrong with a model, from finding the inference library to taking its outputs.
///
/// [`ModelError::code`] gives a word that stays the same, [`ModelError::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No inference library was found.
    #[error("the library of ONNX Runtime was not found; looked for it in {}", list(.searched))]
    LibraryMissing {
        /// Where it was looked for, in this order.
        searched: Vec<String>,
    },
    /// A library was found, or named by the user, and cannot be used.
    #[error("the library of ONNX Runtime at `{}` cannot be used: {reason}", .path.display())]
    LibraryUnusable {
        /// The library's file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A library was found that is older than this program needs.
    #[error("the library of ONNX Runtime at `{}` has version {found}, and {needed} or newer is needed", .path.display())]
    LibraryTooOld {
        /// The library's file.
        path: PathBuf,
        /// The version that it has.
        found: String,
        /// The oldest version that will do.
        needed: String,
    },
    /// A model's file cannot be read.
    #[error("model `{}` cannot be read", .path.display())]
    Read {
        /// The model's file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no ONNX model, or is cut short.
    #[error("`{}` is not an ONNX model: {reason}", .path.display())]
    NotOnnx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A file is beyond what a model may have.
    #[error("model `{}` has more than {limit} {what}", .path.display())]
    TooLarge {
        /// The model's file.
        path: PathBuf,
        /// What it has too many of.
        what: &'static str,
        /// How many a model may have.
        limit: u64,
    },
    /// A model keeps weights in other files.
    #[error("model `{}` keeps the values of tensor `{tensor}` in another file", .path.display())]
    ExternalData {
        /// The model's file.
        path: PathBuf,
        /// The tensor.
        tensor: String,
    },
    /// A model uses an operator of a domain that the inference library does not have.
    #[error("model `{}` uses operator `{operator}` of domain `{domain}`, which {backend} does not have", .path.display())]
    UnknownOperator {
        /// The model's file.
        path: PathBuf,
        /// The operator.
        operator: String,
        /// The operator's domain.
        domain: String,
        /// The inference library.
        backend: String,
    },
    /// The inference library refuses a model.
    #[error("model `{}` is refused by {backend}: {reason}", .path.display())]
    Refused {
        /// The model's file.
        path: PathBuf,
        /// The inference library.
        backend: String,
        /// What the library says.
        reason: String,
    },
    /// An input cannot be made from columns.
    #[error("model `{model}` has input `{input}` of type `{kind}`, which columns cannot make")]
    UnsupportedInput {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
        /// Its type and shape.
        kind: String,
    },
    /// An output cannot be made a column.
    #[error("output `{output}` of model `{model}` is of type `{kind}`, which is no column")]
    UnsupportedOutput {
        /// The model's file.
        model: String,
        /// The output.
        output: String,
        /// Its type and shape.
        kind: String,
    },
    /// There is no such input.
    #[error("model `{model}` has no input `{input}`; it has {}", list(.inputs))]
    UnknownInput {
        /// The model's file.
        model: String,
        /// The name that was given.
        input: String,
        /// The inputs that there are.
        inputs: Vec<String>,
    },
    /// An input was given twice.
    #[error("input `{input}` of model `{model}` is given twice")]
    RepeatedInput {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
    },
    /// Inputs were not given.
    #[error("model `{model}` also needs {}", list(.inputs))]
    MissingInputs {
        /// The model's file.
        model: String,
        /// The inputs that were not given.
        inputs: Vec<String>,
    },
    /// An input takes another number of columns.
    #[error("input `{input}` of model `{model}` takes {expected} {}, not {found}", columns(*.expected))]
    ColumnCount {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
        /// How many columns the input takes.
        expected: u64,
        /// How many were given.
        found: usize,
    },
    /// A column has another number of rows.
    #[error("{} of model `{model}` has {found} rows, not {expected}", place(*.column, .input))]
    ColumnLength {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
        /// The column's position, where the input takes several.
        column: Option<usize>,
        /// How many rows there should be.
        expected: usize,
        /// How many rows the column has.
        found: usize,
    },
    /// A column's type does not fit the input.
    #[error("{} of model `{model}` takes {expected}, not `{found}`", place(*.column, .input))]
    ColumnType {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
        /// The column's position, where the input takes several.
        column: Option<usize>,
        /// What the input takes, in words.
        expected: &'static str,
        /// The column's type.
        found: String,
    },
    /// A column has a null where the input can have none.
    #[error("{} of model `{model}` is null in row {row} of the batch, and `{element_type}` has no null", place(*.column, .input))]
    NullValue {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
        /// The column's position, where the input takes several.
        column: Option<usize>,
        /// The row in the batch, from 0.
        row: usize,
        /// The input's type, as ONNX writes it.
        element_type: String,
    },
    /// A value would not be the same in the input's type.
    #[error("{} of model `{model}` is {value} in row {row} of the batch, which is no `{element_type}`", place(*.column, .input))]
    InexactValue {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
        /// The column's position, where the input takes several.
        column: Option<usize>,
        /// The row in the batch, from 0.
        row: usize,
        /// The value.
        value: String,
        /// The input's type, as ONNX writes it.
        element_type: String,
    },
    /// A text has a character that the inference library cannot take.
    #[error("{} of model `{model}` has a text with a NUL character in row {row} of the batch", place(*.column, .input))]
    NulCharacter {
        /// The model's file.
        model: String,
        /// The input.
        input: String,
        /// The column's position, where the input takes several.
        column: Option<usize>,
        /// The row in the batch, from 0.
        row: usize,
    },
    /// There is no such output.
    #[error("model `{model}` has no output `{output}`; it has {}", list(.outputs))]
    UnknownOutput {
        /// The model's file.
        model: String,
        /// The name that was given.
        output: String,
        /// The outputs that there are.
        outputs: Vec<String>,
    },
    /// A class's score was asked for, and the model names no classes.
    #[error(
        "model `{model}` names no classes, so output `{output}` has no score of class `{class}`"
    )]
    NoClasses {
        /// The model's file.
        model: String,
        /// The output.
        output: String,
        /// The class that was asked for.
        class: String,
    },
    /// There is no such class.
    #[error("model `{model}` has no class `{class}`; it has {}", list(.classes))]
    UnknownClass {
        /// The model's file.
        model: String,
        /// The class that was asked for.
        class: String,
        /// The classes that there are.
        classes: Vec<String>,
    },
    /// A class's score was asked for of an output that has no scores.
    #[error(
        "output `{output}` of model `{model}` is of type `{kind}`, which is no score for each of {classes} classes"
    )]
    NotScores {
        /// The model's file.
        model: String,
        /// The output.
        output: String,
        /// Its type and shape.
        kind: String,
        /// How many classes the model has.
        classes: usize,
    },
    /// An output is taken whole, and nothing says how wide it is.
    #[error("model `{model}` does not say how many values output `{output}` has for each row")]
    UnknownWidth {
        /// The model's file.
        model: String,
        /// The output.
        output: String,
    },
    /// The inference library failed on a batch.
    #[error("model `{model}` failed: {reason}")]
    Run {
        /// The model's file.
        model: String,
        /// What the library says.
        reason: String,
    },
    /// An output has another type or shape than the model says, or not one row for each row of the inputs.
    #[error("output `{output}` of model `{model}` came out as {found}, not as {expected}")]
    OutputShape {
        /// The model's file.
        model: String,
        /// The output.
        output: String,
        /// The type and shape that it should have.
        expected: String,
        /// The type and shape that it has.
        found: String,
    },
}

impl ModelError {
    /// A word for the kind of error that stays the same.
    pub fn code(&self) -> &'static str {
        match self {
            Self::LibraryMissing { .. } => "model_library_missing",
            Self::LibraryUnusable { .. } => "model_library_unusable",
            Self::LibraryTooOld { .. } => "model_library_too_old",
            Self::Read { .. } => "model_unreadable",
            Self::NotOnnx { .. } => "model_not_onnx",
            Self::TooLarge { .. } => "model_too_large",
            Self::ExternalData { .. } => "model_external_data",
            Self::UnknownOperator { .. } => "model_unknown_operator",
            Self::Refused { .. } => "model_refused",
            Self::UnsupportedInput { .. } => "model_unsupported_input",
            Self::UnsupportedOutput { .. } => "model_unsupported_output",
            Self::UnknownInput { .. } => "model_unknown_input",
            Self::RepeatedInput { .. } => "model_repeated_input",
            Self::MissingInputs { .. } => "model_missing_inputs",
            Self::ColumnCount { .. } => "model_column_count",
            Self::ColumnLength { .. } => "model_column_length",
            Self::ColumnType { .. } => "model_column_type",
            Self::NullValue { .. } => "model_null_value",
            Self::InexactValue { .. } => "model_inexact_value",
            Self::NulCharacter { .. } => "model_nul_character",
            Self::UnknownOutput { .. } => "model_unknown_output",
            Self::NoClasses { .. } => "model_no_classes",
            Self::UnknownClass { .. } => "model_unknown_class",
            Self::NotScores { .. } => "model_not_scores",
            Self::UnknownWidth { .. } => "model_unknown_width",
            Self::Run { .. } => "model_failed",
            Self::OutputShape { .. } => "model_output_shape",
        }
    }

    /// What to do about it, where there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::LibraryMissing { .. } => {
                "`cargo xtask onnxruntime` gets it in a checkout; elsewhere, `pip download --no-deps onnxruntime` \
                 gets a wheel, a zip file that has it as `onnxruntime/capi/libonnxruntime.so.*`: unpack it and set \
                 STEPWELL_ONNXRUNTIME to its path"
            }
            Self::LibraryUnusable { .. } => {
                "is it complete, and made for this processor and operating system? `pip download --no-deps onnxruntime` \
                 gets the right one; STEPWELL_ONNXRUNTIME says which one to use"
            }
            Self::LibraryTooOld { .. } => {
                "`pip download --no-deps onnxruntime` gets a newer one; STEPWELL_ONNXRUNTIME says which one to use"
            }
            Self::NotOnnx { .. } => {
                "write it with `file.write(to_onnx(...).SerializeToString())`, and copy it as a binary file"
            }
            Self::ExternalData { .. } => {
                "save it as one file: `onnx.save(onnx.load(path), path, save_as_external_data=False)`"
            }
            Self::UnknownOperator { .. } => {
                "export the model without custom operators; only those of ONNX and of ONNX Runtime itself can run"
            }
            Self::Refused { .. } => {
                "a newer library may know the operator or the version: set STEPWELL_ONNXRUNTIME to it, or export the \
                 model for an older version, as in `to_onnx(..., target_opset=18)`"
            }
            Self::UnsupportedInput { .. } => {
                "inputs must be tensors of numbers, booleans or strings of shape (rows), (rows, 1) or (rows, features)"
            }
            Self::UnsupportedOutput { .. } => {
                "outputs must be tensors of numbers, booleans or strings of shape (rows), (rows, 1) or (rows, values), \
                 or maps from class to score"
            }
            Self::ColumnType { .. } => "cast the column before",
            Self::NullValue { .. } => "fill the missing values or drop those rows before",
            Self::InexactValue { .. } => "round the values before, or drop those rows",
            Self::NulCharacter { .. } => "take the character out before, as with `replace`",
            Self::NoClasses { .. } => "take the output whole, without a class",
            Self::NotScores { .. } => {
                "name the output that has the scores, or take this one whole, without a class"
            }
            Self::UnknownWidth { .. } => {
                "export the model with the output's shape, or take the score of one class"
            }
            Self::OutputShape { .. } => {
                "a model must give one row for each row that it takes, whatever the other rows are"
            }
            _ => return None,
        })
    }
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn columns(count: u64) -> &'static str {
    if count == 1 { "column" } else { "columns" }
}

fn place(column: Option<usize>, input: &str) -> String {
    match column {
        None => format!("input `{input}`"),
        Some(column) => format!("column {column} of input `{input}`"),
    }
}
