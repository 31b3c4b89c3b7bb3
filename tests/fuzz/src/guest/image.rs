//! Memory of a guest, written in the layout of the canonical ABI.

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use stepwell_layout::{FlatField, fields_to_flat, flatten};

/// Where an image's list of calls begins.
const CALLS: usize = 16;
/// Bytes of a call.
const CALL: usize = 40;
/// Calls of an image, at most.
const MAX_CALLS: usize = 8;

/// A piece of memory that grows, and the address where it begins.
#[derive(Debug)]
pub(super) struct Memory {
    base: u32,
    bytes: Vec<u8>,
}

/// Address and length of a list.
type List = (u32, u32);

impl Memory {
    pub(super) fn new(base: u32) -> Self {
        let bytes = Vec::new();
        Self { base, bytes }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes bytes behind all others.
    fn put(&mut self, bytes: &[u8]) -> u32 {
        while !self.bytes.len().is_multiple_of(8) {
            self.bytes.push(0);
        }
        let address = self.base + self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytes);
        address
    }

    fn list(&mut self, items: &[Vec<u8>]) -> List {
        (self.put(&items.concat()), items.len() as u32)
    }

    fn text(&mut self, text: &str) -> Vec<u8> {
        let address = self.put(text.as_bytes());
        words(&[address, text.len() as u32])
    }

    fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        let address = self.put(bytes);
        words(&[address, bytes.len() as u32])
    }

    fn set(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// The `description` of the guest, at the start: one input and one output.
    pub(super) fn description(base: u32) -> Self {
        let mut memory = Self::new(base);
        memory.bytes = vec![0; 56];
        let mut record = Vec::new();
        for text in ["image", "0.1.0", "Does what it is told.", "", "{}"] {
            record.extend(memory.text(text));
        }
        for port in ["input", "output"] {
            let mut item = memory.text(port);
            item.extend(memory.text(""));
            item.extend(words(&[0, 0]));
            let (address, count) = memory.list(&[item]);
            record.extend(words(&[address, count]));
        }
        memory.bytes[..record.len()].copy_from_slice(&record);
        memory
    }

    fn field(&mut self, field: &FlatField) -> Vec<u8> {
        let mut record = self.text(&field.name);
        record.extend(self.text(&field.format));
        let flags = u32::from(field.nullable)
            | u32::from(field.dictionary) << 1
            | u32::from(field.dictionary_ordered) << 2
            | u32::from(field.map_keys_sorted) << 3;
        record.extend(words(&[flags, field.children, 0, 0]));
        record
    }

    fn schema(&mut self, schema: &Schema) -> Vec<u8> {
        let fields = fields_to_flat(schema.fields()).expect("the types of tests cross");
        let records: Vec<_> = fields.iter().map(|field| self.field(field)).collect();
        let (address, count) = self.list(&records);
        words(&[address, count, 0, 0])
    }

    /// A `made-column` that is an array.
    fn made(&mut self, array: &dyn arrow_array::Array) -> Vec<u8> {
        let flat = flatten(array).expect("arrays of tests cross");
        let nodes: Vec<Vec<u8>> = flat
            .nodes
            .iter()
            .map(|node| {
                let mut record = node.length.to_le_bytes().to_vec();
                record.extend(node.null_count.to_le_bytes());
                record.extend(words(&[node.buffers, 0]));
                record
            })
            .collect();
        let nodes = self.list(&nodes);
        let buffers: Vec<_> = flat
            .buffers
            .iter()
            .map(|buffer| self.bytes(buffer.as_slice()))
            .collect();
        let buffers = self.list(&buffers);
        words(&[0, nodes.0, nodes.1, buffers.0, buffers.1])
    }
}

fn words(values: &[u32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

/// Which rows are passed on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows {
    All,
    Range,
    Mask,
    Indices,
}

/// The image of a step that passes on all columns of its input and makes those of another table, whose number of
/// rows is that of the rows that are passed on.
pub(super) fn image(input: &Schema, made: &RecordBatch, rows: Rows) -> Vec<u8> {
    let mut memory = Memory::new(0);
    memory.bytes = vec![0; CALLS + CALL * MAX_CALLS];
    let n_passed = input.fields().len() as u32;
    let mut fields: Vec<Field> = input
        .fields()
        .iter()
        .map(|field| field.as_ref().clone())
        .collect();
    fields.extend(
        made.schema()
            .fields()
            .iter()
            .map(|field| field.as_ref().clone()),
    );
    let schema = memory.schema(&Schema::new(fields));
    let passes: Vec<_> = (0..n_passed)
        .map(|column| words(&[column, 0, column]))
        .collect();
    let passes = memory.list(&passes);
    let mut output = schema;
    output.extend(words(&[passes.0, passes.1]));
    let outputs = memory.list(&[output]);
    let reads = memory.list(&[words(&[0, 0]), words(&[0, 5])]);
    // `ok`, then the mode `map`.
    let opened = memory.put(&words(&[0, 0, reads.0, reads.1, outputs.0, outputs.1]));
    let fine = memory.put(&words(&[0; 12]));
    let state = memory.bytes(b"state");
    let saved = memory.put(&[words(&[0]), state].concat());
    let selection = match rows {
        Rows::All => words(&[0, 0, 0, 0, 0, 0]),
        Rows::Range => words(&[1, 0, 1, 0, made.num_rows() as u32, 0]),
        Rows::Mask => {
            let mask = memory.put(&[(1 << made.num_rows()) - 1, 0]);
            words(&[2, 0, mask, 1, 0, 0])
        }
        Rows::Indices => {
            let indices: Vec<u32> = (0..made.num_rows() as u32).map(|row| row % 3).collect();
            let address = memory.put(&words(&indices));
            words(&[3, 0, address, indices.len() as u32, 0, 0])
        }
    };
    // The batch is the first handle that the guest gets.
    let passed = memory.list(&[[words(&[1, 0]), selection].concat()]);
    let columns: Vec<_> = made
        .columns()
        .iter()
        .map(|column| memory.made(column))
        .collect();
    let columns = memory.list(&columns);
    let positions = memory.list(&[words(&[0]), words(&[5])]);
    let message = memory.put(b"a message");
    let scratch = memory.put(&[0; 64]);
    let calls = [
        vec![2, 1, message, 9],
        vec![4, 1, 0, scratch],
        vec![5, 1, positions.0, positions.1, scratch + 8],
        vec![7, 2, scratch + 16],
        vec![0, 0, passed.0, passed.1, columns.0, columns.1],
        // No rows, as a range: what is emitted cannot be refused as well.
        vec![1, 1, 1, 1, 0, message, 1, message, 9],
        vec![9, 2],
        vec![8, 1],
    ];
    for (header, value) in [opened, fine, saved, calls.len() as u32].iter().enumerate() {
        memory.set(4 * header, *value);
    }
    for (index, call) in calls.iter().enumerate() {
        for (position, value) in call.iter().enumerate() {
            memory.set(CALLS + CALL * index + 4 * position, *value);
        }
    }
    memory.into_bytes()
}
