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

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn text(number: u64, value: &str) -> Vec<u8> {
        message(number, &[value.as_bytes().to_vec()])
    }

    fn message(number: u64, parts: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_bytes(&mut bytes, number, &parts.concat());
        bytes
    }

    fn node(
        operator: &str,
        domain: &str,
        input: &str,
        output: &str,
        attributes: &[Vec<u8>],
    ) -> Vec<u8> {
        let parts = [
            text(1, input),
            text(2, output),
            text(4, operator),
            text(7, domain),
            attributes.concat(),
        ];
        message(1, &parts)
    }

    fn zip_map(input: &str, output: &str) -> Vec<u8> {
        let labels = [
            text(1, "classlabels_strings"),
            text(9, "no"),
            text(9, "yes"),
        ];
        node(
            "ZipMap",
            "ai.onnx.ml",
            input,
            output,
            &[message(5, &labels)],
        )
    }

    fn output(name: &str) -> Vec<u8> {
        message(12, &[text(1, name)])
    }

    /// The nodes and outputs after the maps were taken out.
    fn check(graph: &[Vec<u8>], nodes: &[&str], outputs: &[&str]) {
        let before = [text(2, "tests"), message(7, graph), text(4, "org.example")].concat();
        let unzipped = unzip(&parse(&before).unwrap()).unwrap();
        let after = unzipped.bytes.unwrap_or(before);
        let file = parse(&after).unwrap();
        let found: Vec<&str> = file.graph.nodes.iter().map(|node| node.operator).collect();
        assert_eq!(found, nodes);
        let found: Vec<&str> = file.graph.outputs.iter().map(|(name, _)| *name).collect();
        assert_eq!(found, outputs);
        assert_eq!((file.producer_name, file.domain), ("tests", "org.example"));
    }

    #[test]
    fn the_tensor_takes_the_place_of_the_map() {
        let softmax = node("Softmax", "", "x", "scores", &[]);
        check(
            &[
                softmax,
                zip_map("scores", "maps"),
                output("label"),
                output("maps"),
            ],
            &["Softmax"],
            &["label", "scores"],
        );
    }

    #[test]
    fn a_tensor_that_is_an_output_already_is_not_made_one_again() {
        check(
            &[zip_map("scores", "maps"), output("scores"), output("maps")],
            &[],
            &["scores"],
        );
    }

    #[test]
    fn a_map_that_is_used_further_stays() {
        let vectorizer = node("DictVectorizer", "ai.onnx.ml", "maps", "vector", &[]);
        check(
            &[zip_map("scores", "maps"), vectorizer, output("maps")],
            &["ZipMap", "DictVectorizer"],
            &["maps"],
        );
    }

    #[test]
    fn a_map_without_classes_stays() {
        let unnamed = node("ZipMap", "ai.onnx.ml", "scores", "maps", &[]);
        check(&[unnamed, output("maps")], &["ZipMap"], &["maps"]);
    }

    #[test]
    fn an_operator_of_that_name_in_another_domain_stays() {
        let other = node("ZipMap", "com.example", "scores", "maps", &[]);
        check(&[other, output("maps")], &["ZipMap"], &["maps"]);
    }
}
