//! The classes of a classifier, in the order of its scores.

use std::collections::HashMap;

use super::parse::{Graph, Node, ParseError};
use crate::element::ElementType;
use crate::wire::{Malformed, fields};

/// More classes than that are a broken file, not a classifier.
const MAX_CLASSES: usize = 1_000_000;

/// Names of classes, and what they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Classes {
    pub(crate) names: Vec<String>,
    /// Whether the model gives its classes as integers.
    pub(crate) integers: bool,
}

/// The operators that decide for a class and name it in an attribute.
const CLASSIFIERS: [&str; 3] = [
    "LinearClassifier",
    "SVMClassifier",
    "TreeEnsembleClassifier",
];

/// The operators that hand a label on as it is.
const PASSING: [&str; 6] = [
    "Cast",
    "Flatten",
    "Identity",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
];

/// The classes that `graph` decides between, if it is a classifier that names them.
///
/// A graph may hold several classifiers, as those of an ensemble, with classes of their own. So the
/// label is followed back from the graph's output to what made it.
pub(super) fn classes_of_label(graph: &Graph<'_>) -> Result<Option<Classes>, ParseError> {
    let mut producers = HashMap::new();
    for node in &graph.nodes {
        for (position, &output) in node.outputs.iter().enumerate() {
            producers.insert(output, (node, position));
        }
    }
    for (name, value_type) in &graph.outputs {
        let of_labels = matches!(
            value_type.element_type(),
            Some(ElementType::Int32 | ElementType::Int64 | ElementType::String)
        );
        if of_labels && let Some(classes) = trace(graph, &producers, name)? {
            return Ok(Some(classes));
        }
    }
    let mut classifiers = graph.nodes.iter().filter(|node| is_classifier(node));
    match (classifiers.next(), classifiers.next()) {
        (Some(node), None) => classes_of_node(node),
        _ => Ok(None),
    }
}

fn trace(
    graph: &Graph<'_>,
    producers: &HashMap<&str, (&Node<'_>, usize)>,
    output: &str,
) -> Result<Option<Classes>, ParseError> {
    let mut value = output;
    // A graph has no cycle, but a broken file may.
    for _ in 0..=graph.nodes.len() {
        let Some(&(node, position)) = producers.get(value) else {
            return Ok(None);
        };
        if is_classifier(node) && position == 0 {
            return classes_of_node(node);
        }
        let source = match node.inputs.first() {
            Some(&source) => source,
            None => return Ok(None),
        };
        if node.is_ml("ArrayFeatureExtractor") {
            // Picks the label by its index from a tensor of all labels.
            return match graph.initializers.get(source) {
                Some(tensor) => classes_of_tensor(tensor),
                None => Ok(None),
            };
        }
        if !node.domain.is_empty() || !PASSING.contains(&node.operator) {
            return Ok(None);
        }
        value = source;
    }
    Ok(None)
}

fn is_classifier(node: &Node<'_>) -> bool {
    node.domain == "ai.onnx.ml" && CLASSIFIERS.contains(&node.operator)
}

/// The classes that a node names in its attributes.
pub(super) fn classes_of_node(node: &Node<'_>) -> Result<Option<Classes>, ParseError> {
    for attribute in [
        "classlabels_strings",
        "classlabels_int64s",
        "classlabels_ints",
    ] {
        let Some(message) = node.attribute(attribute) else {
            continue;
        };
        let integers = attribute != "classlabels_strings";
        let mut names = Names::default();
        for field in fields(message) {
            let field = field?;
            match field.number {
                8 if integers => field.integers(|label| names.push(label.to_string()))?,
                9 if !integers => names.push(field.text()?.to_owned())?,
                _ => {}
            }
        }
        if !names.0.is_empty() {
            return Ok(Some(Classes {
                names: names.0,
                integers,
            }));
        }
    }
    Ok(None)
}

/// The classes in a tensor of texts or integers.
fn classes_of_tensor(message: &[u8]) -> Result<Option<Classes>, ParseError> {
    let mut element = 0;
    for field in fields(message) {
        let field = field?;
        if field.number == 2 {
            element = field.integer()?;
        }
    }
    let element = ElementType::from_onnx(element);
    let mut names = Names::default();
    for field in fields(message) {
        let field = field?;
        match (field.number, element) {
            (5, Some(ElementType::Int32)) | (7, Some(ElementType::Int64)) => {
                field.integers(|label| names.push(label.to_string()))?;
            }
            (6, Some(ElementType::String)) => names.push(field.text()?.to_owned())?,
            (9, Some(ElementType::Int32)) => {
                for &bytes in field.bytes()?.as_chunks::<4>().0 {
                    names.push(i32::from_le_bytes(bytes).to_string())?;
                }
            }
            (9, Some(ElementType::Int64)) => {
                for &bytes in field.bytes()?.as_chunks::<8>().0 {
                    names.push(i64::from_le_bytes(bytes).to_string())?;
                }
            }
            _ => {}
        }
    }
    Ok((!names.0.is_empty()).then_some(Classes {
        names: names.0,
        integers: element != Some(ElementType::String),
    }))
}

#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn push(&mut self, name: String) -> Result<(), Malformed> {
        if self.0.len() == MAX_CLASSES {
            return Err(Malformed("it names more than a million classes"));
        }
        self.0.push(name);
        Ok(())
    }
}
