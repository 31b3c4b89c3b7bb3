//! The host in the same process: batches are record batches, and what a step does is written down.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_schema::{Field, FieldRef};
use arrow_select::filter::filter_record_batch;
use arrow_select::take::take_record_batch;

use crate::batch::{Column, Rows};
use crate::log::Level;
use crate::model::{ModelInput, ModelOutput, NativeModel, Tensor};
use crate::native::RejectedRows;
use crate::opened::OpenedOutput;
use crate::output::Made;
use crate::problem::list_names;
use crate::{Selection, StepError};

/// What a step did since it was opened, and what it may use.
#[derive(Default)]
pub(crate) struct Context {
    /// Emissions in their order: port and rows.
    pub(crate) emitted: Vec<(usize, RecordBatch)>,
    pub(crate) rejected: Vec<RejectedRows>,
    pub(crate) logs: Vec<(Level, String)>,
    pub(crate) models: BTreeMap<String, Rc<dyn NativeModel>>,
    pub(crate) artifacts: BTreeMap<String, Vec<u8>>,
}

thread_local! {
    static CONTEXT: RefCell<Context> = RefCell::default();
}

/// Runs a step's code with this context as its host.
pub(crate) fn with_context<R>(context: &mut Context, run: impl FnOnce() -> R) -> R {
    struct PutBack<'a>(&'a mut Context);
    // Also when the step panics, so that a test that catches it sees what came before.
    impl Drop for PutBack<'_> {
        fn drop(&mut self) {
            CONTEXT.with_borrow_mut(|current| std::mem::swap(current, self.0));
        }
    }
    CONTEXT.with_borrow_mut(|current| std::mem::swap(current, context));
    let _put_back = PutBack(context);
    run()
}

pub(crate) struct HostBatch(pub(crate) RecordBatch);

impl HostBatch {
    pub(crate) fn rows(&self) -> usize {
        self.0.num_rows()
    }

    pub(crate) fn column(&self, index: usize) -> HostColumn {
        HostColumn(self.0.column(index).clone())
    }

    pub(crate) fn read(
        &self,
        indices: &[usize],
        _fields: &[&FieldRef],
    ) -> Result<Vec<ArrayRef>, StepError> {
        Ok(indices
            .iter()
            .map(|index| self.0.column(*index).clone())
            .collect())
    }
}

pub(crate) struct HostColumn(ArrayRef);

impl HostColumn {
    pub(crate) fn length(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn read(&self, _field: &FieldRef) -> Result<ArrayRef, StepError> {
        Ok(self.0.clone())
    }
}

pub(crate) fn emit(
    port: usize,
    opened: &OpenedOutput,
    passed: &[Rows<'_>],
    made: &[Made],
) -> Result<(), StepError> {
    let mut columns: Vec<Option<ArrayRef>> = vec![None; opened.schema.fields().len()];
    let mut count = None;
    for rows in passed {
        let selected = selected(rows)?;
        count = Some(selected.num_rows());
        for pass in opened
            .passes
            .iter()
            .filter(|pass| pass.port == rows.batch.port_index())
        {
            columns[pass.output_column] = Some(selected.column(pass.column).clone());
        }
    }
    let mut made = made.iter();
    let columns: Vec<ArrayRef> = columns
        .into_iter()
        .map(|column| match column {
            Some(column) => Some(column),
            None => made.next().map(|made| match made {
                Made::Array(array) => Arc::new(array.clone()),
                Made::Column(column) => column.host().0.clone(),
            }),
        })
        .collect::<Option<_>>()
        // The caller has counted the made columns.
        .ok_or_else(|| StepError::new("bad_emission", "a column is missing"))?;
    let count = count.or_else(|| columns.first().map(|column| column.len()));
    let options = RecordBatchOptions::new().with_row_count(count);
    let batch = RecordBatch::try_new_with_options(opened.schema.clone(), columns, &options)?;
    CONTEXT.with_borrow_mut(|context| context.emitted.push((port, batch)));
    Ok(())
}

pub(crate) fn reject(rows: &Rows<'_>, code: &str, reason: &str) -> Result<(), StepError> {
    let rejected = RejectedRows {
        port: rows.batch.port_index(),
        rows: selected(rows)?,
        code: code.to_owned(),
        reason: reason.to_owned(),
    };
    CONTEXT.with_borrow_mut(|context| context.rejected.push(rejected));
    Ok(())
}

pub(crate) fn log(level: Level, message: &str) {
    CONTEXT.with_borrow_mut(|context| context.logs.push((level, message.to_owned())));
}

fn selected(rows: &Rows<'_>) -> Result<RecordBatch, StepError> {
    let batch = &rows.batch.host().0;
    Ok(match &rows.selection {
        Selection::All => batch.clone(),
        Selection::Range { first, count } => batch.slice(*first, *count),
        Selection::Mask(mask) => {
            filter_record_batch(batch, &BooleanArray::new(mask.clone(), None))?
        }
        Selection::Indices(indices) => {
            take_record_batch(batch, &UInt32Array::new(indices.clone(), None))?
        }
    })
}

pub(crate) fn read_artifact(name: &str) -> Result<Vec<u8>, StepError> {
    CONTEXT.with_borrow(|context| match context.artifacts.get(name) {
        Some(bytes) => Ok(bytes.clone()),
        None => Err(StepError::new(
            "artifact_not_granted",
            format!("artifact `{name}` is not granted to this step"),
        )),
    })
}

pub(crate) struct HostModel(Rc<dyn NativeModel>);

impl HostModel {
    pub(crate) fn load(name: &str) -> Result<Self, StepError> {
        CONTEXT.with_borrow(|context| match context.models.get(name) {
            Some(model) => Ok(Self(model.clone())),
            None => {
                let known = if context.models.is_empty() {
                    "none was given".to_owned()
                } else {
                    format!(
                        "given are {}",
                        list_names(context.models.keys().map(String::as_str))
                    )
                };
                Err(StepError::new(
                    "unknown_model",
                    format!("there is no model `{name}`; {known}"),
                ))
            }
        })
    }

    pub(crate) fn inputs(&self) -> Vec<Tensor> {
        self.0.inputs()
    }

    pub(crate) fn outputs(&self) -> Vec<Tensor> {
        self.0.outputs()
    }

    pub(crate) fn classes(&self) -> Vec<String> {
        self.0.classes()
    }

    pub(crate) fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepError> {
        self.0.output_fields(outputs)
    }

    pub(crate) fn run(
        &self,
        inputs: &[ModelInput<'_>],
        outputs: &[ModelOutput],
        _fields: &[Field],
    ) -> Result<Vec<HostColumn>, StepError> {
        let inputs: Vec<(String, Vec<ArrayRef>)> = inputs
            .iter()
            .map(|input| {
                let values = input
                    .columns
                    .iter()
                    .map(|column: &&Column| column.host().0.clone());
                (input.name.clone(), values.collect())
            })
            .collect();
        Ok(self
            .0
            .run(&inputs, outputs)?
            .into_iter()
            .map(HostColumn)
            .collect())
    }
}
