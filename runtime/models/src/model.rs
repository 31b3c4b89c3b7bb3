//! A model that is ready to run.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{ArrayRef, new_empty_array};
use arrow_schema::Field;

use crate::backend::{Backend, BackendError, Session};
use crate::element::TensorInfo;
use crate::error::ModelError;
use crate::graph::{parse, unzip};
use crate::input::{Input, PreparedInput, Scratch};
use crate::output::{Collected, Output, OutputRequest, Taken};
use crate::signature::{check_contents, check_outputs, inputs, outputs, rows_per_block};
use crate::summary::{ModelSummary, not_onnx, summarize};

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
                tensors.push((output, Collected::new(taken)));
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
                collected
                    .append(tensor, block.min(rows - start), block)
                    .map_err(|mismatch| ModelError::OutputShape {
                        model: self.name.clone(),
                        output: output.info.name.clone(),
                        expected: mismatch.expected,
                        found: mismatch.found,
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
