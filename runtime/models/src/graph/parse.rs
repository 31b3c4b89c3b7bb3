//! The parts of a model file, found in place.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::types::{ValueType, value_info};
use crate::wire::{Malformed, fields};

/// Nodes, names, attributes and tensors of one file together. The largest models that are published
/// have some ten thousand nodes; a file that is made to use up memory has as many as fit.
const MAX_PARTS: u64 = 1_000_000;

/// How deeply graphs nest in the attributes of `If`, `Loop` and `Scan`.
const MAX_GRAPH_DEPTH: u32 = 32;

/// Why a file is not taken for a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ParseError {
    Malformed(&'static str),
    TooManyParts(u64),
}

impl From<Malformed> for ParseError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed.0)
    }
}

/// A model file, taken apart.
#[derive(Debug)]
pub(crate) struct ModelFile<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) graph: Graph<'a>,
    pub(crate) ir_version: i64,
    pub(crate) producer_name: &'a str,
    pub(crate) producer_version: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) model_version: i64,
    pub(crate) documentation: &'a str,
    /// Domain and version of the operator sets that the model was made for.
    pub(crate) opsets: BTreeMap<&'a str, i64>,
    pub(crate) metadata: BTreeMap<&'a str, &'a str>,
    /// Operators that the file defines itself.
    pub(crate) functions: HashSet<(&'a str, &'a str)>,
    /// How often each operator is used, subgraphs and functions included, by domain and name.
    pub(crate) operators: BTreeMap<(&'a str, &'a str), u64>,
    /// Elements of all tensors, and of the lists of floating-point numbers in attributes.
    pub(crate) parameters: u64,
    /// A tensor whose values are not in the file.
    pub(crate) external_tensor: Option<&'a str>,
}

#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) name: &'a str,
    pub(crate) nodes: Vec<Node<'a>>,
    /// Without those that have a value in the file.
    pub(crate) inputs: Vec<(&'a str, ValueType)>,
    pub(crate) outputs: Vec<(&'a str, ValueType)>,
    /// The messages of the tensors that the graph brings along, by name.
    pub(crate) initializers: HashMap<&'a str, &'a [u8]>,
}

#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) operator: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) inputs: Vec<&'a str>,
    pub(crate) outputs: Vec<&'a str>,
    attributes: Vec<&'a [u8]>,
}

impl<'a> Node<'a> {
    /// The message of the attribute of this name.
    pub(crate) fn attribute(&self, name: &str) -> Option<&'a [u8]> {
        self.attributes.iter().copied().find(|attribute| {
            fields(attribute)
                .flatten()
                .any(|field| field.number == 1 && field.text() == Ok(name))
        })
    }

    pub(crate) fn is_ml(&self, operator: &str) -> bool {
        self.domain == "ai.onnx.ml" && self.operator == operator
    }
}

/// Takes a model file apart.
pub(crate) fn parse(bytes: &[u8]) -> Result<ModelFile<'_>, ParseError> {
    let mut graph = None;
    let (mut ir_version, mut model_version) = (0, 0);
    let (mut producer_name, mut producer_version) = ("", "");
    let (mut domain, mut documentation) = ("", "");
    let (mut opsets, mut metadata) = (BTreeMap::new(), BTreeMap::new());
    let mut functions = HashSet::new();
    let mut walk = Walk::default();
    for field in fields(bytes) {
        let field = field?;
        match field.number {
            1 => ir_version = field.integer()?,
            2 => producer_name = field.text()?,
            3 => producer_version = field.text()?,
            4 => domain = field.text()?,
            5 => model_version = field.integer()?,
            6 => documentation = field.text()?,
            // Protobuf would merge two graphs into one. No exporter writes that, and a reader that does
            // not merge sees another model than one that does.
            7 if graph.is_some() => return Err(ParseError::Malformed("it has two graphs")),
            7 => graph = Some(walk.graph(field.bytes()?, 0)?),
            8 => {
                walk.take_part()?;
                let (domain, version) = operator_set(field.bytes()?)?;
                opsets.insert(domain, version);
            }
            14 => {
                walk.take_part()?;
                let (key, value) = text_pair(field.bytes()?)?;
                metadata.insert(key, value);
            }
            25 => {
                functions.insert(walk.function(field.bytes()?)?);
            }
            _ => {}
        }
    }
    Ok(ModelFile {
        bytes,
        graph: graph.ok_or(ParseError::Malformed("it has no graph"))?,
        ir_version,
        producer_name,
        producer_version,
        domain,
        model_version,
        documentation,
        opsets,
        metadata,
        functions,
        operators: walk.operators,
        parameters: walk.parameters,
        external_tensor: walk.external_tensor,
    })
}

/// What is counted over all graphs of a file.
#[derive(Default)]
struct Walk<'a> {
    parts: u64,
    operators: BTreeMap<(&'a str, &'a str), u64>,
    parameters: u64,
    external_tensor: Option<&'a str>,
}

impl<'a> Walk<'a> {
    fn take_part(&mut self) -> Result<(), ParseError> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(ParseError::TooManyParts(MAX_PARTS));
        }
        Ok(())
    }

    fn graph(&mut self, bytes: &'a [u8], depth: u32) -> Result<Graph<'a>, ParseError> {
        if depth > MAX_GRAPH_DEPTH {
            return Err(ParseError::Malformed("graphs nest too deeply"));
        }
        let mut graph = Graph {
            bytes,
            name: "",
            nodes: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            initializers: HashMap::new(),
        };
        for field in fields(bytes) {
            let field = field?;
            match field.number {
                1 => graph.nodes.push(self.node(field.bytes()?, depth)?),
                2 => graph.name = field.text()?,
                5 => {
                    let tensor = field.bytes()?;
                    let name = self.tensor(tensor)?;
                    graph.initializers.insert(name, tensor);
                }
                11 => {
                    self.take_part()?;
                    graph.inputs.push(value_info(field.bytes()?)?);
                }
                12 => {
                    self.take_part()?;
                    graph.outputs.push(value_info(field.bytes()?)?);
                }
                15 => self.sparse_tensor(field.bytes()?)?,
                _ => {}
            }
        }
        let initializers = &graph.initializers;
        // Before version 4 of the format, every initializer had to be an input as well.
        graph
            .inputs
            .retain(|(name, _)| !initializers.contains_key(name));
        Ok(graph)
    }

    fn node(&mut self, message: &'a [u8], depth: u32) -> Result<Node<'a>, ParseError> {
        self.take_part()?;
        let mut node = Node {
            operator: "",
            domain: "",
            inputs: Vec::new(),
            outputs: Vec::new(),
            attributes: Vec::new(),
        };
        for field in fields(message) {
            let field = field?;
            match field.number {
                1 => {
                    self.take_part()?;
                    node.inputs.push(field.text()?);
                }
                2 => {
                    self.take_part()?;
                    node.outputs.push(field.text()?);
                }
                4 => node.operator = field.text()?,
                5 => {
                    self.take_part()?;
                    node.attributes.push(field.bytes()?);
                    self.attribute(field.bytes()?, depth)?;
                }
                7 => node.domain = standard_domain(field.text()?),
                _ => {}
            }
        }
        *self
            .operators
            .entry((node.domain, node.operator))
            .or_default() += 1;
        Ok(node)
    }

    fn attribute(&mut self, message: &'a [u8], depth: u32) -> Result<(), ParseError> {
        for field in fields(message) {
            let field = field?;
            match field.number {
                5 | 10 => {
                    self.tensor(field.bytes()?)?;
                }
                6 | 11 => {
                    self.graph(field.bytes()?, depth + 1)?;
                }
                7 => self.count(field.count_of_floats()?),
                22 | 23 => self.sparse_tensor(field.bytes()?)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn tensor(&mut self, message: &'a [u8]) -> Result<&'a str, ParseError> {
        self.take_part()?;
        let (mut name, mut elements, mut external) = ("", 1_u64, false);
        for field in fields(message) {
            let field = field?;
            match field.number {
                1 => field.integers(|size| {
                    let size = u64::try_from(size)
                        .map_err(|_| Malformed("a tensor has a negative size"))?;
                    elements = elements.saturating_mul(size);
                    Ok(())
                })?,
                8 => name = field.text()?,
                13 => external = true,
                14 => external |= field.integer()? == 1,
                _ => {}
            }
        }
        self.count(elements);
        if external {
            self.external_tensor.get_or_insert(name);
        }
        Ok(name)
    }

    fn sparse_tensor(&mut self, message: &'a [u8]) -> Result<(), ParseError> {
        for field in fields(message) {
            let field = field?;
            if matches!(field.number, 1 | 2) {
                self.tensor(field.bytes()?)?;
            }
        }
        Ok(())
    }

    fn function(&mut self, message: &'a [u8]) -> Result<(&'a str, &'a str), ParseError> {
        self.take_part()?;
        let (mut name, mut domain) = ("", "");
        for field in fields(message) {
            let field = field?;
            match field.number {
                1 => name = field.text()?,
                7 => {
                    self.node(field.bytes()?, 0)?;
                }
                10 => domain = standard_domain(field.text()?),
                11 => self.attribute(field.bytes()?, 0)?,
                _ => {}
            }
        }
        Ok((domain, name))
    }

    fn count(&mut self, elements: u64) {
        self.parameters = self.parameters.saturating_add(elements);
    }
}

/// The standard operators' domain has two spellings; the empty one is used here.
fn standard_domain(domain: &str) -> &str {
    if domain == "ai.onnx" { "" } else { domain }
}

fn operator_set(message: &[u8]) -> Result<(&str, i64), ParseError> {
    let (mut domain, mut version) = ("", 0);
    for field in fields(message) {
        let field = field?;
        match field.number {
            1 => domain = standard_domain(field.text()?),
            2 => version = field.integer()?,
            _ => {}
        }
    }
    Ok((domain, version))
}

fn text_pair(message: &[u8]) -> Result<(&str, &str), ParseError> {
    let (mut key, mut value) = ("", "");
    for field in fields(message) {
        let field = field?;
        match field.number {
            1 => key = field.text()?,
            2 => value = field.text()?,
            _ => {}
        }
    }
    Ok((key, value))
}
