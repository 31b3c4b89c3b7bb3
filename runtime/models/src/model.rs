//! A model that is ready to run.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{ArrayRef, new_empty_array};
use arrow_schema::Field;

use crate::backend::{Backend, BackendError, OutputType, Session};
use crate::element::{ElementType, TensorInfo};
use crate::error::ModelError;
use crate::graph::{ModelFile, Unzipped, ValueType, parse, unzip};
use crate::input::{Input, PreparedInput, Scratch, Width};
use crate::output::{Collected, Form, Output, OutputRequest, Taken, kind};
use crate::summary::{ModelSummary, not_onnx, summarize};

/// How many rows are run at once.
///
/// A library's kernels differ with the number of rows: a product of matrices with one row is computed by
/// another routine, in another order, than one with two, and the last few values of a vector by other
/// instructions than those before. So the same row came out with other last bits in a batch of 1, of 7
/// and of 10,000. Every call therefore has exactly this many rows: a batch is cut into blocks, and a
/// block that is too short is filled up with copies of its last row, whose results are thrown away. As a
/// multiple of every vector's length, it leaves no values for the other instructions, wherever the row
/// stands in the block.
///
/// On the example's model, blocks of 128 rows reach four fifths of the speed of a batch that is run
/// whole, and a single row takes about a tenth of a millisecond.
const ROWS_PER_BLOCK: usize = 128;

/// A model that is ready to run, from any number of threads at a time.
pub struct Model {
    name: String,
    summary: ModelSummary,
    inputs: Vec<Input>,
    input_infos: Vec<TensorInfo>,
    outputs: Vec<Output>,
    output_infos: Vec<TensorInfo>,
    rows_per_block: usize,
    bytes: Vec<u8>,
    backend: Arc<dyn Backend>,
    /// Sessions that nobody uses at the moment. There are as many as there ever were callers at once.
    idle: Mutex<Vec<Box<dyn Session>>>,
}

impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Model")
            .field("name", &self.name)
            .field("digest", &self.summary.digest)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Makes the model of an ONNX file's bytes; `path` is where they came from.
    pub(crate) fn new(
        path: &Path,
        bytes: Vec<u8>,
        backend: Arc<dyn Backend>,
    ) -> Result<Self, ModelError> {
        let name = path.display().to_string();
        let file = parse(&bytes).map_err(|error| not_onnx(path, error))?;
        check_contents(path, &file, backend.as_ref())?;
        let unzipped = unzip(&file).map_err(|error| not_onnx(path, error))?;
        let inputs = inputs(&name, &file)?;
        check_outputs(&name, &file)?;
        let rows_per_block = rows_per_block(&name, &file)?;
        let summary = summarize(path, &file)?;
        let changed = unzipped.bytes.as_deref();
        let session =
            backend
                .load(changed.unwrap_or(&bytes))
                .map_err(|error| ModelError::Refused {
                    path: path.to_owned(),
                    backend: backend.name().to_owned(),
                    reason: error.0,
                })?;
        let outputs = outputs(&file, &unzipped, session.as_ref());
        let bytes = unzipped.bytes.unwrap_or(bytes);
        Ok(Self {
            name,
            input_infos: summary.inputs.clone(),
            output_infos: outputs.iter().map(|output| output.info.clone()).collect(),
            summary,
            inputs,
            outputs,
            rows_per_block,
            bytes,
            backend,
            idle: Mutex::new(vec![session]),
        })
    }

    /// What the file says of itself.
    pub fn summary(&self) -> &ModelSummary {
        &self.summary
    }

    /// What the model takes.
    pub fn inputs(&self) -> &[TensorInfo] {
        &self.input_infos
    }

    /// What the model gives.
    pub fn outputs(&self) -> &[TensorInfo] {
        &self.output_infos
    }

    /// The classes of a classifier, in the order of its scores; empty where the model names none.
    pub fn classes(&self) -> &[String] {
        &self.summary.classes
    }

    /// The fields that [`Model::run`] gives for these requests: named after the output, or after the
    /// class where a class is asked for, and never null.
    ///
    /// # Errors
    ///
    /// An unknown output or class, scores of a model that names no classes or of an output that has
    /// none, and an output that no column can hold.
    pub fn output_fields(&self, requests: &[OutputRequest]) -> Result<Vec<Field>, ModelError> {
        let taken = requests
            .iter()
            .map(|request| Ok(self.taken(request)?.1.field));
        taken.collect()
    }

    /// Runs the model on `rows` rows.
    ///
    /// `inputs` has the columns of each of the model's inputs, by its name: one for an input of shape
    /// (rows) or (rows, 1), n for one of shape (rows, n). Integers and floating-point values are
    /// converted to the input's element type; a null number becomes NaN. The result has one column for
    /// each request, with the type that [`Model::output_fields`] says.
    ///
    /// A row's result does not depend on the other rows, nor on how many there are.
    ///
    /// # Errors
    ///
    /// Those of [`Model::output_fields`]; inputs that are unknown, missing, given twice, or have another
    /// number of columns or rows; columns whose type or values do not fit; and whatever the library fails
    /// with.
    pub fn run(
        &self,
        inputs: &[(&str, Vec<ArrayRef>)],
        requests: &[OutputRequest],
        rows: usize,
    ) -> Result<Vec<ArrayRef>, ModelError> {
        let prepared = self.prepare(inputs, rows)?;
        let taken = requests
            .iter()
            .map(|request| self.taken(request))
            .collect::<Result<Vec<_>, _>>()?;
        if rows == 0 {
            let empty = taken
                .iter()
                .map(|(_, taken)| new_empty_array(taken.field.data_type()));
            return Ok(empty.collect());
        }
        // Requests for several classes share one tensor.
        let mut tensors: Vec<(&Output, Collected)> = Vec::new();
        let mut tensor_of = Vec::with_capacity(taken.len());
        for (output, taken) in &taken {
            let known = tensors
                .iter()
                .position(|(other, _)| other.tensor == output.tensor);
            tensor_of.push(known.unwrap_or_else(|| {
                tensors.push((output, Collected::new(taken.width)));
                tensors.len() - 1
            }));
        }
        self.run_blocks(&prepared, &mut tensors, rows)?;
        let columns = taken.iter().zip(tensor_of).map(|((_, taken), tensor)| {
            let column = tensors[tensor].1.column(taken);
            column.map_err(|error| self.failed(error.to_string()))
        });
        columns.collect()
    }

    fn taken(&self, request: &OutputRequest) -> Result<(&Output, Taken), ModelError> {
        let mut outputs = self.outputs.iter();
        let output = outputs
            .find(|output| output.info.name == request.name)
            .ok_or_else(|| ModelError::UnknownOutput {
                model: self.name.clone(),
                output: request.name.clone(),
                outputs: names(&self.output_infos),
            })?;
        Ok((output, output.take(&self.name, request, self.classes())?))
    }

    fn prepare(
        &self,
        inputs: &[(&str, Vec<ArrayRef>)],
        rows: usize,
    ) -> Result<Vec<(&str, PreparedInput)>, ModelError> {
        let mut given: HashMap<&str, &Vec<ArrayRef>> = HashMap::new();
        for (name, columns) in inputs {
            if !self.input_infos.iter().any(|info| info.name == *name) {
                return Err(ModelError::UnknownInput {
                    model: self.name.clone(),
                    input: (*name).to_owned(),
                    inputs: names(&self.input_infos),
                });
            }
            if given.insert(name, columns).is_some() {
                return Err(ModelError::RepeatedInput {
                    model: self.name.clone(),
                    input: (*name).to_owned(),
                });
            }
        }
        let missing: Vec<String> = names(&self.input_infos)
            .into_iter()
            .filter(|name| !given.contains_key(name.as_str()))
            .collect();
        if !missing.is_empty() {
            return Err(ModelError::MissingInputs {
                model: self.name.clone(),
                inputs: missing,
            });
        }
        let prepared = self.inputs.iter().map(|input| {
            let name = input.info.name.as_str();
            Ok((name, input.prepare(&self.name, given[name], rows)?))
        });
        prepared.collect()
    }

    fn run_blocks(
        &self,
        inputs: &[(&str, PreparedInput)],
        outputs: &mut [(&Output, Collected)],
        rows: usize,
    ) -> Result<(), ModelError> {
        let mut session = self.session()?;
        let block = self.rows_per_block;
        let names: Vec<&str> = outputs
            .iter()
            .map(|(output, _)| output.tensor.as_str())
            .collect();
        for start in (0..rows).step_by(block) {
            let mut texts: Vec<Vec<&str>> = inputs.iter().map(|_| Vec::new()).collect();
            let mut scratch: Vec<Scratch> = inputs.iter().map(|_| Scratch::default()).collect();
            let views: Vec<_> = inputs
                .iter()
                .zip(texts.iter_mut().zip(&mut scratch))
                .map(|((name, input), (texts, scratch))| {
                    (*name, input.block(start, rows, block, texts, scratch))
                })
                .collect();
            let tensors = session
                .run(&views, &names)
                .map_err(|error| self.failed(error.0))?;
            for ((output, collected), tensor) in outputs.iter_mut().zip(tensors) {
                let found = shape_text(&tensor.shape);
                collected
                    .append(tensor, block.min(rows - start), block)
                    .map_err(|expected| ModelError::OutputShape {
                        model: self.name.clone(),
                        output: output.info.name.clone(),
                        expected,
                        found,
                    })?;
            }
        }
        // Not given back after an error: what state it is in then is not known.
        self.idle().push(session);
        Ok(())
    }

    fn session(&self) -> Result<Box<dyn Session>, ModelError> {
        let idle = self.idle().pop();
        match idle {
            Some(session) => Ok(session),
            None => {
                let session = self.backend.load(&self.bytes);
                session.map_err(|BackendError(reason)| self.failed(reason))
            }
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Box<dyn Session>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, reason: String) -> ModelError {
        ModelError::Run {
            model: self.name.clone(),
            reason,
        }
    }
}

fn names(infos: &[TensorInfo]) -> Vec<String> {
    infos.iter().map(|info| info.name.clone()).collect()
}

fn shape_text(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("({})", sizes.join(", "))
}

/// Refuses what no library could run, or should not.
fn check_contents(
    path: &Path,
    file: &ModelFile<'_>,
    backend: &dyn Backend,
) -> Result<(), ModelError> {
    // The digest would not cover the other file, and its path, which the model names, could lead
    // anywhere on the machine.
    if let Some(tensor) = file.external_tensor {
        return Err(ModelError::ExternalData {
            path: path.to_owned(),
            tensor: tensor.to_owned(),
        });
    }
    let standard = ["", "ai.onnx.ml", "ai.onnx.training"];
    for &(domain, operator) in file.operators.keys() {
        let known = standard.contains(&domain)
            || file.functions.contains(&(domain, operator))
            || backend.has_domain(domain);
        if !known {
            return Err(ModelError::UnknownOperator {
                path: path.to_owned(),
                operator: operator.to_owned(),
                domain: domain.to_owned(),
                backend: backend.name().to_owned(),
            });
        }
    }
    Ok(())
}

fn inputs(model: &str, file: &ModelFile<'_>) -> Result<Vec<Input>, ModelError> {
    let inputs = file.graph.inputs.iter().map(|(name, value_type)| {
        let info = value_type.info(name);
        let width = match value_type.shape() {
            None => Some(Width::Free),
            Some([_]) => Some(Width::Flat),
            Some([_, None]) => Some(Width::Free),
            Some([_, Some(width)]) => Some(Width::Columns(*width)),
            Some(_) => None,
        };
        match (value_type.element_type(), width) {
            (Some(element), Some(width)) => Ok(Input {
                info,
                element,
                width,
            }),
            _ => Err(ModelError::UnsupportedInput {
                model: model.to_owned(),
                input: info.name.clone(),
                kind: kind(&info),
            }),
        }
    });
    inputs.collect()
}

/// Refuses types that the library's binding cannot even describe. Those that it can describe are
/// refused when they are asked for.
fn check_outputs(model: &str, file: &ModelFile<'_>) -> Result<(), ModelError> {
    const MOST_ELEMENTS: i64 = 25;
    for (name, value_type) in &file.graph.outputs {
        let describable = match value_type {
            ValueType::Tensor { element, .. } => (0..=MOST_ELEMENTS).contains(element),
            ValueType::Other(name) => ["seq(map(", "seq(tensor(", "map("]
                .iter()
                .any(|start| name.starts_with(start)),
        };
        let info = value_type.info(name);
        if name.is_empty() || !describable {
            return Err(ModelError::UnsupportedOutput {
                model: model.to_owned(),
                output: info.name.clone(),
                kind: kind(&info),
            });
        }
    }
    Ok(())
}

/// A model that was exported for a fixed number of rows can only be run with as many.
fn rows_per_block(model: &str, file: &ModelFile<'_>) -> Result<usize, ModelError> {
    const MOST_ROWS: u64 = 1 << 20;
    let mut fixed = None;
    for (name, value_type) in &file.graph.inputs {
        let Some([Some(rows), ..]) = value_type.shape() else {
            continue;
        };
        if *rows > MOST_ROWS || fixed.is_some_and(|fixed| fixed != *rows) {
            let info = value_type.info(name);
            return Err(ModelError::UnsupportedInput {
                model: model.to_owned(),
                input: info.name.clone(),
                kind: kind(&info),
            });
        }
        fixed = Some(*rows);
    }
    Ok(fixed.map_or(ROWS_PER_BLOCK, |rows| rows as usize))
}

fn outputs(file: &ModelFile<'_>, unzipped: &Unzipped, session: &dyn Session) -> Vec<Output> {
    let outputs = file.graph.outputs.iter().map(|(name, value_type)| {
        let info = value_type.info(name);
        if let Some(zipped) = unzipped.zipped.get(*name) {
            return Output {
                info,
                tensor: zipped.tensor.clone(),
                form: Form::Map(zipped.classes.clone()),
            };
        }
        let found = session.output_type(name);
        Output {
            info,
            tensor: (*name).to_owned(),
            form: form(value_type, found),
        }
    });
    outputs.collect()
}

fn form(value_type: &ValueType, found: Option<OutputType>) -> Form {
    let element: Option<ElementType> = value_type
        .element_type()
        .or_else(|| found.as_ref().and_then(|found| found.element));
    let Some(element) = element else {
        return Form::Unsupported;
    };
    let said = value_type.shape();
    let found = found.as_ref().map(|found| found.shape.as_slice());
    let width_at =
        |shape: Option<&[Option<u64>]>| shape.and_then(|shape| shape.get(1).copied().flatten());
    match said.or(found) {
        Some([_]) => Form::Value(element),
        Some([_, _]) => match width_at(said).or_else(|| width_at(found)) {
            Some(1) => Form::Value(element),
            width => Form::Values(element, width),
        },
        _ => Form::Unsupported,
    }
}
