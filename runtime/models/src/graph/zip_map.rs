//! Taking `ZipMap` out of a graph.
//!
//! skl2onnx ends a classifier with `ZipMap` unless it is told not to: it turns the tensor of scores
//! into one map for each row, from class to score. Reading such maps from a library costs several calls
//! and allocations a row, and what comes out has no more information than the tensor and the classes'
//! names. So the tensor is made the output, and the names are put to it here.

use std::collections::{HashMap, HashSet};

use super::classes::{Classes, classes_of_label, classes_of_node};
use super::parse::{ModelFile, ParseError};
use crate::wire::{fields, write_bytes, write_integer};

/// An output that was a sequence of maps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZippedOutput {
    /// The tensor of scores that is now an output in its place.
    pub(crate) tensor: String,
    pub(crate) classes: Classes,
}

/// A model without maps.
#[derive(Debug)]
pub(crate) struct Unzipped {
    /// The file, changed; `None` where nothing had to be.
    pub(crate) bytes: Option<Vec<u8>>,
    /// The outputs that were maps, by name.
    pub(crate) zipped: HashMap<String, ZippedOutput>,
    /// The classes that the model as a whole decides between.
    pub(crate) classes: Option<Classes>,
}

/// Takes every `ZipMap` that makes an output, and feeds nothing else, out of the graph.
pub(crate) fn unzip(file: &ModelFile<'_>) -> Result<Unzipped, ParseError> {
    let graph = &file.graph;
    let outputs: HashSet<&str> = graph.outputs.iter().map(|(name, _)| *name).collect();
    let used: HashSet<&str> = graph
        .nodes
        .iter()
        .flat_map(|node| node.inputs.iter().copied())
        .collect();
    let mut dropped_nodes = HashSet::new();
    let mut zipped = HashMap::new();
    let mut classes = None;
    for (index, node) in graph.nodes.iter().enumerate() {
        let ([tensor], [output]) = (node.inputs.as_slice(), node.outputs.as_slice()) else {
            continue;
        };
        if !node.is_ml("ZipMap") || !outputs.contains(output) || used.contains(output) {
            continue;
        }
        let Some(labels) = classes_of_node(node)? else {
            continue;
        };
        dropped_nodes.insert(index);
        classes.get_or_insert_with(|| labels.clone());
        let zipped_output = ZippedOutput {
            tensor: (*tensor).to_owned(),
            classes: labels,
        };
        zipped.insert((*output).to_owned(), zipped_output);
    }
    if zipped.is_empty() {
        return Ok(Unzipped {
            bytes: None,
            zipped,
            classes: classes_of_label(graph)?,
        });
    }
    let new_outputs: HashSet<&str> = zipped
        .values()
        .map(|output| output.tensor.as_str())
        .filter(|tensor| !outputs.contains(tensor))
        .collect();
    let changed = graph_without(file, &dropped_nodes, &zipped, &new_outputs)?;
    Ok(Unzipped {
        bytes: Some(changed),
        zipped,
        classes,
    })
}

fn graph_without(
    file: &ModelFile<'_>,
    dropped_nodes: &HashSet<usize>,
    dropped_outputs: &HashMap<String, ZippedOutput>,
    new_outputs: &HashSet<&str>,
) -> Result<Vec<u8>, ParseError> {
    let mut graph = Vec::with_capacity(file.graph.bytes.len());
    let (mut node, mut output) = (0, 0);
    for field in fields(file.graph.bytes) {
        let field = field?;
        let keep = match field.number {
            1 => {
                node += 1;
                !dropped_nodes.contains(&(node - 1))
            }
            12 => {
                output += 1;
                !dropped_outputs.contains_key(file.graph.outputs[output - 1].0)
            }
            _ => true,
        };
        if keep {
            graph.extend_from_slice(field.raw);
        }
    }
    // In the order of names, so that the same file always gives the same bytes.
    let mut new_outputs: Vec<&str> = new_outputs.iter().copied().collect();
    new_outputs.sort_unstable();
    for name in new_outputs {
        write_bytes(&mut graph, 12, &float_output(name));
    }
    let mut bytes = Vec::with_capacity(file.bytes.len());
    for field in fields(file.bytes) {
        let field = field?;
        if field.number == 7 {
            write_bytes(&mut bytes, 7, &graph);
        } else {
            bytes.extend_from_slice(field.raw);
        }
    }
    Ok(bytes)
}

/// `ValueInfoProto` of a tensor of floats, which is all that `ZipMap` takes.
fn float_output(name: &str) -> Vec<u8> {
    const FLOAT: u64 = 1;
    let (mut tensor, mut value_type, mut info) = (Vec::new(), Vec::new(), Vec::new());
    write_integer(&mut tensor, 1, FLOAT);
    write_bytes(&mut value_type, 1, &tensor);
    write_bytes(&mut info, 1, name.as_bytes());
    write_bytes(&mut info, 2, &value_type);
    info
}
