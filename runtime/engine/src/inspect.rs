//! What a component's bytes show without running them.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use stepwell_plan::Import;
use wasmparser::{
    ComponentExternalKind, Encoding, KnownCustom, Parser, Payload, ProducersSectionReader,
};

use crate::EngineError;

/// The contract that this host speaks.
pub const CONTRACT_VERSION: &str = "0.1.0";

const PACKAGE: &str = "stepwell:step/";

/// What a component's bytes show without running them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Binary {
    /// `sha256:` and the digest of the bytes in hexadecimal.
    pub digest: String,
    /// The size in bytes.
    pub size: u64,
    /// The version of the contract that it exports.
    pub contract_version: String,
    /// The interfaces that it imports: all that it could ask for.
    pub imports: Vec<String>,
    /// What it was made with, as field and `name version`: `("language", "Rust")`.
    pub producers: Vec<(String, String)>,
}

impl Binary {
    /// The imported interfaces that give more than data and what every language's runtime links: each
    /// is a capability, or unknown to this host.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.imports
            .iter()
            .map(String::as_str)
            .filter(|import| !matches!(Import::of(import), Import::Data | Import::Plumbing))
    }
}

/// The digest by which a component is addressed.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

/// Reads what a component's bytes show.
///
/// # Errors
/// [`EngineError::NotAStep`] when they are no component or export no step,
/// [`EngineError::ContractVersion`] when the step is one for another version of the contract.
pub fn inspect(bytes: &[u8]) -> Result<Binary, EngineError> {
    if !Parser::is_component(bytes) {
        return Err(not_a_component(bytes));
    }
    let mut binary = Binary {
        digest: digest(bytes),
        size: bytes.len() as u64,
        contract_version: String::new(),
        imports: Vec::new(),
        producers: Vec::new(),
    };
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| malformed(&error))? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    binary.imports.push(
                        import
                            .map_err(|error| malformed(&error))?
                            .name
                            .name
                            .to_owned(),
                    );
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(|error| malformed(&error))?;
                    if let (ComponentExternalKind::Instance, Some(("step", version))) =
                        (export.kind, own_interface(export.name.name))
                    {
                        version.clone_into(&mut binary.contract_version);
                    }
                }
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Producers(producers) = section.as_known() {
                    read_producers(producers, &mut binary.producers);
                }
            }
            _ => {}
        }
    }
    binary.imports.sort_unstable();
    binary.producers.sort_unstable();
    binary.producers.dedup();
    check_contract(binary)
}

fn check_contract(binary: Binary) -> Result<Binary, EngineError> {
    if binary.contract_version.is_empty() {
        return Err(EngineError::NotAStep {
            reason: format!("it is a component, but exports no `{PACKAGE}step`"),
            hint: "build it with a Stepwell SDK: `stepwell new step NAME` makes one that works"
                .to_owned(),
        });
    }
    if binary.contract_version != CONTRACT_VERSION {
        return Err(EngineError::ContractVersion {
            found: binary.contract_version,
            expected: CONTRACT_VERSION,
        });
    }
    Ok(binary)
}

/// Whether an interface of our own package is of the version that this host speaks.
pub(crate) fn is_this_contract(name: &str) -> bool {
    own_interface(name).is_some_and(|(_, version)| version == CONTRACT_VERSION)
}

/// Name and version of an interface of our own package: `stepwell:step/host@0.1.0`.
fn own_interface(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PACKAGE)?.split_once('@')
}

fn read_producers(section: ProducersSectionReader<'_>, producers: &mut Vec<(String, String)>) {
    // A component that lies about how it was made, or says it badly, can still be used.
    for field in section.into_iter().flatten() {
        for value in field.values.into_iter().flatten() {
            let text = format!("{} {}", value.name, value.version)
                .trim()
                .to_owned();
            producers.push((field.name.to_owned(), text));
        }
    }
}

fn not_a_component(bytes: &[u8]) -> EngineError {
    let is_module = Parser::new(0).parse_all(bytes).next().is_some_and(|first| {
        matches!(
            first,
            Ok(Payload::Version {
                encoding: Encoding::Module,
                ..
            })
        )
    });
    let (reason, hint) = if is_module {
        (
            "it is a WebAssembly module, not a component",
            "build it with `stepwell build`",
        )
    } else if bytes.is_empty() {
        ("it is empty", "build it again")
    } else {
        (
            "it is not WebAssembly",
            "give the `.wasm` file that `stepwell build` made",
        )
    };
    EngineError::NotAStep {
        reason: reason.to_owned(),
        hint: hint.to_owned(),
    }
}

fn malformed(error: &wasmparser::BinaryReaderError) -> EngineError {
    EngineError::NotAStep {
        reason: format!(
            "its bytes are damaged at offset {}: {}",
            error.offset(),
            error.message()
        ),
        hint: "build or download it again".to_owned(),
    }
}
