//! The records of `sdk/wit/step.wit` as wasmtime lifts and lowers them. Wasmtime checks them against
//! the component's own types when it is linked.

use std::collections::HashMap;

use arrow_buffer::Buffer;
use arrow_schema::{DataType, FieldRef, Schema, SchemaRef};
use bytes::Bytes;
use stepwell_layout::{Flat, FlatField, LayoutError, Node, fields_from_flat, fields_to_flat};
use stepwell_plan::{Limits, StepProblem, Subject};
use wasmtime::component::{ComponentType, Lift, Lower, Resource, WasmList, flags};

use crate::Batch;
use crate::error::LimitValue;
use crate::marks::RowMarks;

/// A batch that the host lends to a step: rows of one of its inputs.
pub(crate) struct BatchEntry {
    pub(crate) port: usize,
    pub(crate) batch: Batch,
    /// How many rows the instance was lent before.
    pub(crate) first_row: u64,
    pub(crate) marks: RowMarks,
    /// Whether its rows were gathered once already.
    pub(crate) gathered: bool,
    /// What it counts as held.
    pub(crate) held: u64,
}

/// A column that the host lends to a step.
pub(crate) struct ColumnEntry {
    pub(crate) array: arrow_array::ArrayRef,
    /// What it counts as held.
    pub(crate) held: u64,
}

flags! {
    FieldFlags {
        #[component(name = "nullable")]
        const NULLABLE;
        #[component(name = "dictionary")]
        const DICTIONARY;
        #[component(name = "dictionary-ordered")]
        const DICTIONARY_ORDERED;
        #[component(name = "map-keys-sorted")]
        const MAP_KEYS_SORTED;
    }
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct Field {
    name: String,
    format: String,
    flags: FieldFlags,
    children: u32,
    metadata: Vec<(String, String)>,
}

impl From<FlatField> for Field {
    fn from(field: FlatField) -> Self {
        let mut flags = FieldFlags::default();
        let mut set = |on: bool, flag: FieldFlags| {
            if on {
                flags |= flag;
            }
        };
        set(field.nullable, FieldFlags::NULLABLE);
        set(field.dictionary, FieldFlags::DICTIONARY);
        set(field.dictionary_ordered, FieldFlags::DICTIONARY_ORDERED);
        set(field.map_keys_sorted, FieldFlags::MAP_KEYS_SORTED);
        Self {
            name: field.name,
            format: field.format,
            flags,
            children: field.children,
            metadata: field.metadata,
        }
    }
}

impl From<Field> for FlatField {
    fn from(field: Field) -> Self {
        let has = |flag: FieldFlags| (field.flags & flag) == flag;
        Self {
            nullable: has(FieldFlags::NULLABLE),
            dictionary: has(FieldFlags::DICTIONARY),
            dictionary_ordered: has(FieldFlags::DICTIONARY_ORDERED),
            map_keys_sorted: has(FieldFlags::MAP_KEYS_SORTED),
            name: field.name,
            format: field.format,
            children: field.children,
            metadata: field.metadata,
        }
    }
}

/// A schema, from the host or, not yet checked, from a step.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct WireSchema {
    fields: Vec<Field>,
    metadata: Vec<(String, String)>,
}

impl WireSchema {
    pub(crate) fn from_schema(schema: &Schema) -> Result<Self, LayoutError> {
        let mut metadata: Vec<_> = schema.metadata().clone().into_iter().collect();
        metadata.sort_unstable();
        let fields = fields_to_flat(schema.fields())?;
        Ok(Self {
            fields: fields.into_iter().map(Field::from).collect(),
            metadata,
        })
    }

    /// The schema, if it is one and stays within the limits. They are looked at first: what is larger is not even
    /// built.
    pub(crate) fn check(self, limits: &Limits) -> Result<SchemaRef, SchemaProblem> {
        let n_fields = self.fields.len() as u64;
        if n_fields > limits.columns {
            return Err(SchemaProblem::Limit {
                limit: LimitValue::Columns(limits.columns),
                asked: format!("its output's schema has {n_fields} fields"),
            });
        }
        let pairs = |metadata: &[(String, String)]| -> u64 {
            let bytes = metadata.iter().map(|(key, value)| key.len() + value.len());
            bytes.map(|bytes| bytes as u64).sum()
        };
        let mut n_bytes = pairs(&self.metadata);
        for field in &self.fields {
            let name = field.name.len() as u64;
            if name > limits.text {
                return Err(SchemaProblem::Limit {
                    limit: LimitValue::Text(limits.text),
                    asked: format!("a name in its output's schema has {name} bytes"),
                });
            }
            n_bytes += name + field.format.len() as u64 + pairs(&field.metadata);
        }
        if n_bytes > limits.schema {
            return Err(SchemaProblem::Limit {
                limit: LimitValue::Schema(limits.schema),
                asked: format!("its output's schema has {n_bytes} bytes"),
            });
        }
        let flat: Vec<FlatField> = self.fields.into_iter().map(FlatField::from).collect();
        let metadata: HashMap<_, _> = self.metadata.into_iter().collect();
        let fields = fields_from_flat(&flat).map_err(SchemaProblem::Layout)?;
        let levels = fields.iter().map(|field| levels(field.data_type())).max();
        let levels = levels.unwrap_or(0);
        if levels > limits.nesting {
            return Err(SchemaProblem::Limit {
                limit: LimitValue::Nesting(limits.nesting),
                asked: format!("its output's schema has {levels} levels"),
            });
        }
        Ok(Schema::new_with_metadata(fields, metadata).into())
    }
}

/// What is wrong with a schema.
#[derive(Debug)]
pub(crate) enum SchemaProblem {
    Limit { limit: LimitValue, asked: String },
    Layout(LayoutError),
}

/// Levels of nesting of a type, itself being the first.
fn levels(data_type: &DataType) -> u64 {
    let of_fields = |fields: &[&FieldRef]| {
        let levels = fields.iter().map(|field| levels(field.data_type()));
        levels.max().unwrap_or(0)
    };
    1 + match data_type {
        DataType::List(field)
        | DataType::LargeList(field)
        | DataType::ListView(field)
        | DataType::LargeListView(field)
        | DataType::FixedSizeList(field, _)
        | DataType::Map(field, _) => of_fields(&[field]),
        DataType::RunEndEncoded(run_ends, values) => of_fields(&[run_ends, values]),
        DataType::Struct(fields) => of_fields(&fields.iter().collect::<Vec<_>>()),
        DataType::Union(fields, _) => {
            of_fields(&fields.iter().map(|(_, field)| field).collect::<Vec<_>>())
        }
        DataType::Dictionary(_, values) => levels(values),
        _ => 0,
    }
}

pub(crate) fn wire_fields(field: &arrow_schema::Field) -> Result<Vec<Field>, LayoutError> {
    let flat = fields_to_flat(&vec![field.clone()].into())?;
    Ok(flat.into_iter().map(Field::from).collect())
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(record)]
pub(crate) struct WireNode {
    length: u64,
    #[component(name = "null-count")]
    null_count: u64,
    buffers: u32,
}

/// A column's values on their way into a step: the host's buffers, shared until they are copied.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct LentArray {
    nodes: Vec<WireNode>,
    buffers: Vec<Bytes>,
}

struct Owned(Buffer);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

impl LentArray {
    pub(crate) fn n_bytes(&self) -> u64 {
        self.buffers.iter().map(|buffer| buffer.len() as u64).sum()
    }
}

impl From<Flat> for LentArray {
    fn from(flat: Flat) -> Self {
        let node = |node: Node| WireNode {
            length: node.length,
            null_count: node.null_count,
            buffers: node.buffers,
        };
        let bytes = |buffer: Buffer| {
            if buffer.is_empty() {
                Bytes::new()
            } else {
                Bytes::from_owner(Owned(buffer))
            }
        };
        Self {
            nodes: flat.nodes.into_iter().map(node).collect(),
            buffers: flat.buffers.into_iter().map(bytes).collect(),
        }
    }
}

/// A column's values as a step handed them over: views of its memory, nothing of them checked.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct UntrustedArray {
    pub(crate) nodes: Vec<WireNode>,
    pub(crate) buffers: Vec<WasmList<u8>>,
}

impl From<WireNode> for Node {
    fn from(node: WireNode) -> Self {
        Self {
            length: node.length,
            null_count: node.null_count,
            buffers: node.buffers,
        }
    }
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum UntrustedSelection {
    #[component(name = "all")]
    All,
    #[component(name = "range")]
    Range((u64, u64)),
    #[component(name = "mask")]
    Mask(WasmList<u8>),
    #[component(name = "indices")]
    Indices(WasmList<u32>),
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct UntrustedRows {
    pub(crate) batch: Resource<BatchEntry>,
    pub(crate) selection: UntrustedSelection,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub(crate) enum UntrustedColumn {
    #[component(name = "array")]
    Array(UntrustedArray),
    #[component(name = "column")]
    Column(Resource<ColumnEntry>),
}

#[derive(ComponentType, Lift, Clone, Copy, Debug, PartialEq, Eq)]
#[component(enum)]
#[repr(u8)]
#[allow(
    dead_code,
    reason = "values are made by wasmtime, from the step's memory"
)]
pub(crate) enum WireLevel {
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
pub(crate) enum WireSubject {
    #[component(name = "parameter")]
    Parameter(String),
    #[component(name = "column")]
    Column((u32, String)),
    #[component(name = "data")]
    Data,
    #[component(name = "step")]
    Step,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub(crate) struct WireError {
    code: String,
    message: String,
    hint: Option<String>,
    subject: WireSubject,
}

impl From<WireError> for StepProblem {
    fn from(error: WireError) -> Self {
        let subject = match error.subject {
            WireSubject::Parameter(pointer) => Subject::Parameter(pointer),
            WireSubject::Column((port, name)) => Subject::Column(port as usize, name),
            WireSubject::Data => Subject::Data,
            WireSubject::Step => Subject::Step,
        };
        Self {
            code: error.code,
            message: error.message,
            hint: error.hint,
            subject,
        }
    }
}

impl From<StepProblem> for WireError {
    fn from(problem: StepProblem) -> Self {
        let subject = match problem.subject {
            Subject::Parameter(pointer) => WireSubject::Parameter(pointer),
            Subject::Column(port, name) => WireSubject::Column((port as u32, name)),
            Subject::Data => WireSubject::Data,
            Subject::Step => WireSubject::Step,
        };
        Self {
            code: problem.code,
            message: problem.message,
            hint: problem.hint,
            subject,
        }
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct WirePortColumn {
    pub(crate) name: String,
    #[component(name = "type-name")]
    pub(crate) type_name: String,
    pub(crate) summary: String,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct WirePort {
    pub(crate) name: String,
    pub(crate) summary: String,
    pub(crate) columns: Vec<WirePortColumn>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct WireDescription {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    pub(crate) documentation: String,
    pub(crate) parameters: String,
    pub(crate) inputs: Vec<WirePort>,
    pub(crate) outputs: Vec<WirePort>,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(
    dead_code,
    reason = "values are made by wasmtime, from the step's memory"
)]
pub(crate) enum WireMode {
    #[component(name = "map")]
    Map,
    #[component(name = "stateful")]
    Stateful,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(record)]
pub(crate) struct WireColumnIndex {
    pub(crate) port: u32,
    pub(crate) column: u32,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(record)]
pub(crate) struct WirePass {
    #[component(name = "output-column")]
    pub(crate) output_column: u32,
    pub(crate) input: WireColumnIndex,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct WireOutput {
    pub(crate) schema: WireSchema,
    pub(crate) passes: Vec<WirePass>,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub(crate) struct WireOpened {
    pub(crate) mode: WireMode,
    pub(crate) reads: Vec<WireColumnIndex>,
    pub(crate) outputs: Vec<WireOutput>,
}
