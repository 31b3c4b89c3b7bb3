use std::sync::{Arc, OnceLock};

use arrow_schema::SchemaRef;
use stepwell_plan::{Capability, Description, Grants, Import, Limits, Port, PortColumn};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

use crate::EngineError;
use crate::engine::Engine;
use crate::error::{Call, LimitValue};
use crate::extension::Extension;
use crate::inspect::Binary;
use crate::instance::{Running, StepInstance};
use crate::model::ModelProvider;
use crate::state::HostState;
use crate::surroundings::Surroundings;
use crate::wire::{WireDescription, WirePort};

/// A step's component, compiled and ready to be opened any number of times. Clones share it.
#[derive(Clone)]
pub struct StepComponent {
    inner: Arc<Inner>,
}

struct Inner {
    binary: Binary,
    pre: InstancePre<HostState>,
    pub(crate) exports: Exports,
    description: OnceLock<Arc<Description>>,
    describe_limits: Limits,
    /// What drives its calls, where it imports more than the contract.
    extension: Option<Arc<dyn Extension>>,
}

/// Where the component keeps the functions of the step interface.
pub(crate) struct Exports {
    pub(crate) describe: ComponentExportIndex,
    pub(crate) open: ComponentExportIndex,
    pub(crate) process: ComponentExportIndex,
    pub(crate) finish: ComponentExportIndex,
    pub(crate) save: ComponentExportIndex,
    pub(crate) restore: ComponentExportIndex,
}

/// All that a step is opened with.
#[derive(Debug, Clone, Default)]
pub struct OpenOptions {
    /// The parameters: a JSON object, or null for none.
    pub parameters: serde_json::Value,
    /// The inputs' schemas, one per input port of the description.
    pub inputs: Vec<SchemaRef>,
    /// What the step may do.
    pub grants: Grants,
    /// What the step may use up.
    pub limits: Limits,
    /// Where granted models come from.
    pub models: Option<Arc<dyn ModelProvider>>,
    /// The step's name, in what is recorded of it.
    pub step: String,
    /// What there is to be granted.
    pub surroundings: Arc<Surroundings>,
}

impl std::fmt::Debug for StepComponent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StepComponent")
            .field("binary", &self.inner.binary)
            .finish_non_exhaustive()
    }
}

impl StepComponent {
    pub(crate) fn link(
        engine: &Engine,
        binary: Binary,
        component: &Component,
    ) -> Result<Self, EngineError> {
        let mismatch = |error: wasmtime::Error| EngineError::NotAStep {
            reason: format!("its types are not those of the contract: {error:#}"),
            hint: "build it again with an SDK of this version".to_owned(),
        };
        let is_extended = |name: &String| match Import::of(name) {
            Import::Plumbing => true,
            Import::Capability(capability) => capability.is_wasi(),
            _ => false,
        };
        let extended = engine.extended.as_ref();
        let extended = extended.filter(|_| binary.imports.iter().any(is_extended));
        let linker = extended.map_or(&engine.linker, |extended| &extended.linker);
        let pre = linker.instantiate_pre(component).map_err(mismatch)?;
        let interface = component
            .get_export_index(None, "stepwell:step/step@0.1.0")
            .ok_or_else(|| mismatch(wasmtime::format_err!("it exports no step")))?;
        let function = |name: &str| {
            component
                .get_export_index(Some(&interface), name)
                .ok_or_else(|| mismatch(wasmtime::format_err!("it does not export `{name}`")))
        };
        let exports = Exports {
            describe: function("describe")?,
            open: function("open")?,
            process: function("process")?,
            finish: function("finish")?,
            save: function("save")?,
            restore: function("restore")?,
        };
        Ok(Self {
            inner: Arc::new(Inner {
                binary,
                pre,
                exports,
                description: OnceLock::new(),
                describe_limits: engine.describe_limits,
                extension: extended.map(|extended| Arc::clone(&extended.extension)),
            }),
        })
    }

    /// What the component's bytes show: digest, size, imports.
    #[must_use]
    pub fn binary(&self) -> &Binary {
        &self.inner.binary
    }

    /// The digest of the component's bytes: `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.inner.binary.digest
    }

    /// What the step can do beyond computing on its columns, if the pipeline grants it.
    #[must_use]
    pub fn capabilities(&self) -> Vec<Capability> {
        // What is unknown was refused when the component was loaded.
        let imports = self.inner.binary.imports.iter();
        let capabilities = imports.filter_map(|import| match Import::of(import) {
            Import::Capability(capability) => Some(capability),
            _ => None,
        });
        let mut capabilities: Vec<Capability> = capabilities.collect();
        capabilities.sort_unstable();
        capabilities.dedup();
        capabilities
    }

    /// What the step says of itself. It is asked once.
    ///
    /// # Errors
    /// When the step crashes, goes past a limit, or says something that cannot be.
    pub fn description(&self) -> Result<Arc<Description>, EngineError> {
        if let Some(description) = self.inner.description.get() {
            return Ok(Arc::clone(description));
        }
        let limits = self.inner.describe_limits;
        let state = HostState::new(limits, Grants::default(), None, Vec::new());
        let mut running = Running::start(self, state)?;
        let wire: WireDescription = running.call(Call::Describe, &self.exports().describe, ())?;
        let description = Arc::new(check_description(wire, &limits)?);
        Ok(Arc::clone(
            self.inner.description.get_or_init(|| description),
        ))
    }

    /// Opens an instance of the step.
    ///
    /// # Errors
    /// [`EngineError::Refused`] with all that the step found wrong; others when it crashes, goes past a limit or
    /// answers what cannot be.
    pub fn open(&self, options: OpenOptions) -> Result<StepInstance, EngineError> {
        StepInstance::open(self, options)
    }

    pub(crate) fn extension(&self) -> Option<&Arc<dyn Extension>> {
        self.inner.extension.as_ref()
    }

    pub(crate) fn exports(&self) -> &Exports {
        &self.inner.exports
    }

    pub(crate) fn pre(&self) -> &InstancePre<HostState> {
        &self.inner.pre
    }
}

fn check_description(wire: WireDescription, limits: &Limits) -> Result<Description, EngineError> {
    let violation = |what: String| EngineError::Violation {
        during: Call::Describe,
        what,
    };
    check_texts(&wire, limits)?;
    let parameters: serde_json::Value = serde_json::from_str(&wire.parameters)
        .map_err(|error| violation(format!("its parameters are not JSON: {error}")))?;
    if !parameters.is_object() {
        return Err(violation(
            "its parameters are not a JSON Schema object".to_owned(),
        ));
    }
    for (what, ports) in [("input", &wire.inputs), ("output", &wire.outputs)] {
        if ports.is_empty() {
            return Err(violation(format!("it has no {what} port")));
        }
        for (index, port) in ports.iter().enumerate() {
            if ports[..index].iter().any(|other| other.name == port.name) {
                return Err(violation(format!(
                    "two of its {what} ports are called `{}`",
                    port.name
                )));
            }
        }
    }
    Ok(Description {
        name: wire.name,
        version: wire.version,
        summary: wire.summary,
        documentation: wire.documentation,
        parameters,
        inputs: wire.inputs.into_iter().map(port).collect(),
        outputs: wire.outputs.into_iter().map(port).collect(),
    })
}

fn check_texts(wire: &WireDescription, limits: &Limits) -> Result<(), EngineError> {
    let limit = |limit: LimitValue, asked: String| EngineError::Limit {
        during: Call::Describe,
        limit,
        asked,
    };
    let mut names = vec![&wire.name, &wire.version];
    let mut texts = vec![&wire.summary, &wire.documentation, &wire.parameters];
    let mut n_columns = 0;
    for port in wire.inputs.iter().chain(&wire.outputs) {
        names.push(&port.name);
        texts.push(&port.summary);
        // A port counts as a column, so that there are not more of them either.
        n_columns += 1 + port.columns.len() as u64;
        for column in &port.columns {
            names.extend([&column.name, &column.type_name]);
            texts.push(&column.summary);
        }
    }
    if n_columns > limits.columns {
        let asked = format!("its description has {n_columns} ports and columns");
        return Err(limit(LimitValue::Columns(limits.columns), asked));
    }
    let longest = names.iter().map(|name| name.len() as u64).max();
    let longest = longest.unwrap_or(0);
    if longest > limits.text {
        let asked = format!("a name in its description has {longest} bytes");
        return Err(limit(LimitValue::Text(limits.text), asked));
    }
    let lengths = names.iter().chain(&texts).map(|text| text.len() as u64);
    let n_bytes: u64 = lengths.sum();
    if n_bytes > limits.schema {
        let asked = format!("its description has {n_bytes} bytes");
        return Err(limit(LimitValue::Schema(limits.schema), asked));
    }
    Ok(())
}

fn port(wire: WirePort) -> Port {
    let columns = wire.columns.into_iter();
    Port {
        name: wire.name,
        summary: wire.summary,
        columns: columns
            .map(|column| PortColumn {
                name: column.name,
                type_name: column.type_name,
                summary: column.summary,
            })
            .collect(),
    }
}
