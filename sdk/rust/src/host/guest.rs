//! The host behind the contract.

use arrow_array::ArrayRef;
use arrow_buffer::Buffer;
use arrow_schema::{Field, FieldRef};
use stepwell_layout::{Flat, LayoutError, Node, assemble_trusted, fields_from_flat, flatten};

use crate::batch::Rows;
use crate::bindings::stepwell::step::{arrow, artifact, host, model};
use crate::export::{error_from_contract, field_from_contract};
use crate::log::Level;
use crate::model::{ModelInput, ModelOutput, Tensor};
use crate::opened::OpenedOutput;
use crate::output::Made;
use crate::{Selection, StepError};

pub(crate) struct HostBatch(pub(crate) host::Batch);

impl HostBatch {
    pub(crate) fn rows(&self) -> usize {
        // A batch of more rows than a 32-bit memory has bytes cannot be read; a count of it still can be compared.
        usize::try_from(self.0.rows()).unwrap_or(usize::MAX)
    }

    pub(crate) fn column(&self, index: usize) -> HostColumn {
        HostColumn(self.0.column(position(index)))
    }

    pub(crate) fn read(
        &self,
        indices: &[usize],
        fields: &[&FieldRef],
    ) -> Result<Vec<ArrayRef>, StepError> {
        let positions: Vec<u32> = indices.iter().map(|index| position(*index)).collect();
        let arrays = self.0.read(&positions);
        arrays
            .into_iter()
            .zip(fields)
            .map(|(array, field)| assemble(array, field))
            .collect()
    }
}

pub(crate) struct HostColumn(host::Column);

impl HostColumn {
    pub(crate) fn length(&self) -> usize {
        usize::try_from(self.0.length()).unwrap_or(usize::MAX)
    }

    pub(crate) fn read(&self, field: &FieldRef) -> Result<ArrayRef, StepError> {
        assemble(self.0.read(), field)
    }
}

/// The buffers become the array's, without a copy. They are not validated: a step trusts its host.
fn assemble(array: arrow::ArrayResult, field: &FieldRef) -> Result<ArrayRef, StepError> {
    let nodes = array.nodes.into_iter();
    let flat = Flat {
        nodes: nodes
            .map(|node| Node {
                length: node.length,
                null_count: node.null_count,
                buffers: node.buffers,
            })
            .collect(),
        buffers: array.buffers.into_iter().map(Buffer::from_vec).collect(),
    };
    assemble_trusted(field.data_type(), flat).map_err(|error| layout_error(field.name(), error))
}

fn layout_error(column: &str, error: LayoutError) -> StepError {
    StepError::new("bad_layout", format!("column `{column}`: {error}"))
}

pub(crate) fn emit(
    port: usize,
    opened: &OpenedOutput,
    passed: &[Rows<'_>],
    made: &[Made],
) -> Result<(), StepError> {
    let selections: Vec<Selected> = passed.iter().map(Selected::new).collect();
    let passed: Vec<host::Rows<'_>> = selections.iter().map(Selected::rows).collect();
    let made: Vec<FlatMade<'_>> = made
        .iter()
        .map(FlatMade::new)
        .collect::<Result<_, _>>()
        .map_err(|error| layout_error(opened.name(), error))?;
    let buffers: Vec<Vec<&[u8]>> = made.iter().map(FlatMade::buffers).collect();
    let made: Vec<host::MadeColumn<'_>> = made
        .iter()
        .zip(&buffers)
        .map(|(made, buffers)| match made {
            FlatMade::Array { nodes, .. } => {
                host::MadeColumn::Array(arrow::ArrayParam { nodes, buffers })
            }
            FlatMade::Column(column) => host::MadeColumn::Column(&column.0),
        })
        .collect();
    host::emit(position(port), &passed, &made);
    Ok(())
}

pub(crate) fn reject(rows: &Rows<'_>, code: &str, reason: &str) -> Result<(), StepError> {
    host::reject(Selected::new(rows).rows(), code, reason);
    Ok(())
}

pub(crate) fn log(level: Level, message: &str) {
    let level = match level {
        Level::Debug => host::LogLevel::Debug,
        Level::Info => host::LogLevel::Info,
        Level::Warn => host::LogLevel::Warn,
        Level::Error => host::LogLevel::Error,
    };
    host::log(level, message);
}

/// Rows whose mask starts at a byte, as the contract wants it.
struct Selected<'a> {
    rows: &'a Rows<'a>,
    mask: Option<Buffer>,
}

impl<'a> Selected<'a> {
    fn new(rows: &'a Rows<'a>) -> Self {
        let mask = match &rows.selection {
            Selection::Mask(mask) => Some(mask.sliced()),
            _ => None,
        };
        Self { rows, mask }
    }

    fn rows(&self) -> host::Rows<'_> {
        let selection = match &self.rows.selection {
            Selection::All => host::Selection::All,
            Selection::Range { first, count } => {
                host::Selection::Range((*first as u64, *count as u64))
            }
            Selection::Mask(_) => host::Selection::Mask(self.mask.as_deref().unwrap_or_default()),
            Selection::Indices(indices) => host::Selection::Indices(indices),
        };
        host::Rows {
            batch: &self.rows.batch.host().0,
            selection,
        }
    }
}

enum FlatMade<'a> {
    Array {
        nodes: Vec<arrow::Node>,
        buffers: Vec<Buffer>,
    },
    Column(&'a HostColumn),
}

impl<'a> FlatMade<'a> {
    fn new(made: &'a Made) -> Result<Self, LayoutError> {
        Ok(match made {
            Made::Array(array) => {
                let flat = flatten(array.as_ref())?;
                let nodes = flat.nodes.into_iter();
                let nodes = nodes.map(|node| arrow::Node {
                    length: node.length,
                    null_count: node.null_count,
                    buffers: node.buffers,
                });
                Self::Array {
                    nodes: nodes.collect(),
                    buffers: flat.buffers,
                }
            }
            Made::Column(column) => Self::Column(column.host()),
        })
    }

    fn buffers(&self) -> Vec<&[u8]> {
        match self {
            Self::Array { buffers, .. } => buffers.iter().map(Buffer::as_slice).collect(),
            Self::Column(_) => Vec::new(),
        }
    }
}

pub(crate) fn read_artifact(name: &str) -> Result<Vec<u8>, StepError> {
    artifact::read(name).map_err(error_from_contract)
}

pub(crate) struct HostModel(model::Model);

impl HostModel {
    pub(crate) fn load(name: &str) -> Result<Self, StepError> {
        model::Model::load(name)
            .map(Self)
            .map_err(error_from_contract)
    }

    pub(crate) fn inputs(&self) -> Vec<Tensor> {
        self.0.inputs().into_iter().map(tensor).collect()
    }

    pub(crate) fn outputs(&self) -> Vec<Tensor> {
        self.0.outputs().into_iter().map(tensor).collect()
    }

    pub(crate) fn classes(&self) -> Vec<String> {
        self.0.classes()
    }

    pub(crate) fn output_fields(&self, outputs: &[ModelOutput]) -> Result<Vec<Field>, StepError> {
        let trees = self
            .0
            .output_fields(&wanted(outputs))
            .map_err(error_from_contract)?;
        let mut fields = Vec::with_capacity(trees.len());
        for tree in trees {
            let flat: Vec<_> = tree.into_iter().map(field_from_contract).collect();
            let columns =
                fields_from_flat(&flat).map_err(|error| layout_error("model output", error))?;
            fields.extend(columns.iter().map(|field| field.as_ref().clone()));
        }
        Ok(fields)
    }

    pub(crate) fn run(
        &self,
        inputs: &[ModelInput<'_>],
        outputs: &[ModelOutput],
        _fields: &[Field],
    ) -> Result<Vec<HostColumn>, StepError> {
        let columns: Vec<Vec<&host::Column>> = inputs
            .iter()
            .map(|input| {
                input
                    .columns
                    .iter()
                    .map(|column| &column.host().0)
                    .collect()
            })
            .collect();
        let inputs: Vec<model::ModelInput<'_>> = inputs
            .iter()
            .zip(&columns)
            .map(|(input, columns)| model::ModelInput {
                name: &input.name,
                columns,
            })
            .collect();
        let columns = self
            .0
            .run(&inputs, &wanted(outputs))
            .map_err(error_from_contract)?;
        Ok(columns.into_iter().map(HostColumn).collect())
    }
}

fn wanted(outputs: &[ModelOutput]) -> Vec<model::ModelOutput<'_>> {
    outputs
        .iter()
        .map(|output| model::ModelOutput {
            name: &output.name,
            class: output.class.as_deref(),
        })
        .collect()
}

fn tensor(tensor: model::Tensor) -> Tensor {
    Tensor {
        name: tensor.name,
        element_type: tensor.element_type,
        shape: tensor.shape,
    }
}

/// Positions of ports and columns: they were lists in a 32-bit memory.
pub(crate) fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
