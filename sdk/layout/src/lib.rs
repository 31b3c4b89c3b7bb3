//! How Arrow schemas and arrays cross the boundary between the Stepwell host and a step.
//!
//! The contract (`sdk/wit/step.wit`, interface `arrow`) writes trees flat, in depth-first order. This
//! crate turns Arrow fields and arrays into that form and back; the host and the Rust SDK share it.
//!
//! ```
//! use arrow_array::{Array, StringArray};
//! use stepwell_layout::{assemble, flatten};
//!
//! let names = StringArray::from(vec![Some("ada"), None, Some("grace")]);
//! let flat = flatten(&names.slice(1, 2)).unwrap();
//! assert_eq!(flat.nodes[0].length, 2);
//! let back = assemble(names.data_type(), flat).unwrap();
//! assert_eq!(back.as_ref(), &names.slice(1, 2) as &dyn Array);
//! ```

mod assemble;
mod error;
mod field;
mod flatten;
mod parse_type;
mod type_name;

pub use assemble::{assemble, assemble_trusted};
pub use error::LayoutError;
pub use field::{FlatField, MAX_NESTING, fields_from_flat, fields_to_flat};
pub use flatten::flatten;
pub use parse_type::{ParseTypeError, TypeProblem, parse_field, parse_type};
pub use type_name::{TYPE_NAMES, field_name_and_type, type_name};

use arrow_buffer::Buffer;

/// One array of a tree, without its children. Arrays carry no offset: the first value is at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Values, nulls included.
    pub length: u64,
    /// Nulls, by the validity buffer. [`assemble`] counts for itself and does not rely on it.
    pub null_count: u64,
    /// How many of the tree's buffers belong to this node.
    pub buffers: u32,
}

/// The values of one column: nodes and buffers in depth-first order.
#[derive(Debug, Clone, Default)]
pub struct Flat {
    /// In the order of the fields of the column's tree.
    pub nodes: Vec<Node>,
    /// The nodes' buffers, one node after the other: validity first where the type has one (empty: no
    /// nulls), the data buffers of a view type last.
    pub buffers: Vec<Buffer>,
}
