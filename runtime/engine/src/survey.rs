//! Looks a component over before it is compiled: whether compiling and linking it could take more than a host should
//! spend. Bytes are cheap to write and can be dear to compile: a function of many branches over many variables, or
//! a component that instantiates another twice, which does the same, and so on.

use wasmparser::{
    BinaryReaderError, BlockType, ComponentAlias, ComponentExternalKind, ComponentInstance,
    ComponentOuterAliasKind, ComponentTypeRef, Encoding, FunctionBody, Operator, Parser, Payload,
};

use crate::EngineError;
use crate::limit_value::{ComponentLimit, ComponentLimits};

/// Checks a component against the limits.
///
/// # Errors
/// [`EngineError::Component`] for the first limit that it goes past, [`EngineError::NotAStep`] where the bytes are
/// damaged or do what cannot be bounded.
pub(crate) fn survey(bytes: &[u8], limits: &ComponentLimits) -> Result<(), EngineError> {
    let mut survey = Survey {
        limits,
        scopes: Vec::new(),
        functions: 0,
        cost: 0,
    };
    for payload in Parser::new(0).parse_all(bytes) {
        survey.payload(payload.map_err(damaged)?)?;
    }
    Ok(())
}

/// Whether a file is short enough to be looked at at all.
///
/// # Errors
/// [`EngineError::Component`] where it is not.
pub(crate) fn check_size(n_bytes: u64, limits: &ComponentLimits) -> Result<(), EngineError> {
    within(n_bytes, limits.bytes, ComponentLimit::Bytes, "bytes")
}

struct Survey<'a> {
    limits: &'a ComponentLimits,
    /// The modules and components around the place at hand, the innermost last.
    scopes: Vec<Scope>,
    functions: u64,
    cost: u64,
}

/// What a place that a branch by a table can lead to costs, in branches: the compiler makes a block for each.
const TABLE_BRANCH_COST: u64 = 4;

/// Loops inside of loops that a function may have. No program has as many, and compilers take ever longer for each.
const MAX_LOOP_DEPTH: usize = 256;

#[derive(Default)]
struct Scope {
    is_component: bool,
    /// Of a component: what instantiating each component of its index space amounts to.
    components: Vec<u64>,
    /// Of a component: what instantiating it amounts to.
    instances: u64,
    /// Of a module: parameters and results of each type.
    types: Vec<(u64, u64)>,
    /// Of a module: the type of each function that it defines.
    functions: Vec<u32>,
    /// Of a module: how many bodies of them were seen.
    bodies: usize,
}

impl Survey<'_> {
    fn scope(&mut self) -> &mut Scope {
        if self.scopes.is_empty() {
            self.scopes.push(Scope::default());
        }
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), EngineError> {
        match payload {
            Payload::Version { encoding, .. } => self.scopes.push(Scope {
                is_component: encoding == Encoding::Component,
                ..Scope::default()
            }),
            Payload::End(_) => {
                let ended = self.scopes.pop().unwrap_or_default();
                if ended.is_component && !self.scopes.is_empty() {
                    self.scope().components.push(ended.instances);
                }
            }
            Payload::TypeSection(section) => {
                for function in section.into_iter_err_on_gc_types() {
                    let function = function.map_err(damaged)?;
                    let arity = (
                        function.params().len() as u64,
                        function.results().len() as u64,
                    );
                    self.scope().types.push(arity);
                }
            }
            Payload::FunctionSection(section) => {
                self.functions = self.functions.saturating_add(u64::from(section.count()));
                let limit = self.limits.functions;
                within(
                    self.functions,
                    limit,
                    ComponentLimit::Functions,
                    "functions",
                )?;
                for function in section {
                    let function = function.map_err(damaged)?;
                    self.scope().functions.push(function);
                }
            }
            Payload::CodeSectionEntry(body) => self.function(&body)?,
            Payload::InstanceSection(section) => self.instantiated(u64::from(section.count()))?,
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    let instances = match instance.map_err(damaged)? {
                        ComponentInstance::Instantiate {
                            component_index, ..
                        } => {
                            let known = &self.scope().components;
                            let inner = known.get(component_index as usize);
                            1_u64.saturating_add(*inner.ok_or_else(no_such_component)?)
                        }
                        ComponentInstance::FromExports(_) => 1,
                    };
                    self.instantiated(instances)?;
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(&alias.map_err(damaged)?)?;
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    if let ComponentTypeRef::Component(_) = import.map_err(damaged)?.ty {
                        return Err(passed_components());
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export.map_err(damaged)?;
                    if export.kind == ComponentExternalKind::Component {
                        // What is exported gets a second index.
                        let known = &mut self.scope().components;
                        let same = *known
                            .get(export.index as usize)
                            .ok_or_else(no_such_component)?;
                        known.push(same);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn instantiated(&mut self, instances: u64) -> Result<(), EngineError> {
        let scope = self.scope();
        scope.instances = scope.instances.saturating_add(instances);
        let total = scope.instances;
        let limit = self.limits.instances;
        within(total, limit, ComponentLimit::Instances, "instances")
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), EngineError> {
        match alias {
            ComponentAlias::Outer {
                kind: ComponentOuterAliasKind::Component,
                count,
                index,
            } => {
                let outer = (self.scopes.len() - 1).checked_sub(*count as usize);
                let found = outer
                    .and_then(|outer| self.scopes[outer].components.get(*index as usize))
                    .copied();
                let instances = found.ok_or_else(no_such_component)?;
                self.scope().components.push(instances);
                Ok(())
            }
            ComponentAlias::InstanceExport {
                kind: ComponentExternalKind::Component,
                ..
            } => Err(passed_components()),
            _ => Ok(()),
        }
    }

    fn function(&mut self, body: &FunctionBody<'_>) -> Result<(), EngineError> {
        let n_bytes = body.range().len() as u64;
        let limit = self.limits.function_bytes;
        within(n_bytes, limit, ComponentLimit::FunctionBytes, "bytes")?;
        let scope = self.scope();
        let own_type = scope.functions.get(scope.bodies).copied();
        scope.bodies += 1;
        let types = &scope.types;
        let arity = |index: u32| types.get(index as usize).copied().unwrap_or_default();
        let mut variables = own_type.map_or(0, |index| arity(index).0);
        for local in body.get_locals_reader().map_err(damaged)? {
            variables += u64::from(local.map_err(damaged)?.0);
        }
        let mut cost = 0_u64;
        let mut widest = 0;
        let mut blocks_are_loops = Vec::new();
        let mut loop_depth = 0;
        let mut operators = body.get_operators_reader().map_err(damaged)?;
        while !operators.eof() {
            let operator = operators.read().map_err(damaged)?;
            match operator {
                Operator::Block { .. }
                | Operator::If { .. }
                | Operator::Try { .. }
                | Operator::TryTable { .. } => blocks_are_loops.push(false),
                Operator::Loop { .. } => {
                    blocks_are_loops.push(true);
                    loop_depth += 1;
                    if loop_depth > MAX_LOOP_DEPTH {
                        return Err(too_many_loops());
                    }
                }
                Operator::End if blocks_are_loops.pop() == Some(true) => loop_depth -= 1,
                _ => {}
            }
            match operator {
                Operator::Block { blockty }
                | Operator::Loop { blockty }
                | Operator::If { blockty } => {
                    let carried = match blockty {
                        BlockType::Empty => 0,
                        BlockType::Type(_) => 1,
                        BlockType::FuncType(index) => {
                            let (parameters, results) = arity(index);
                            parameters + results
                        }
                    };
                    widest = widest.max(carried);
                    cost = cost.saturating_add(variables + carried);
                }
                Operator::Br { .. } | Operator::BrIf { .. } => {
                    cost = cost.saturating_add(variables + widest);
                }
                Operator::BrTable { targets } => {
                    let n_targets = u64::from(targets.len()) + 1;
                    let each = (variables + widest).saturating_mul(TABLE_BRANCH_COST);
                    cost = cost.saturating_add(each.saturating_mul(n_targets));
                }
                _ => {}
            }
        }
        let limit = self.limits.function_cost;
        let unit = "variables at branches";
        within(cost, limit, ComponentLimit::FunctionCost, unit)?;
        self.cost = self.cost.saturating_add(cost);
        within(self.cost, self.limits.cost, ComponentLimit::Cost, unit)
    }
}

fn within(
    asked: u64,
    limit: u64,
    to_limit: impl FnOnce(u64) -> ComponentLimit,
    unit: &str,
) -> Result<(), EngineError> {
    if asked <= limit {
        return Ok(());
    }
    Err(EngineError::Component {
        limit: to_limit(limit),
        asked: format!("{asked} {unit}"),
    })
}

fn damaged(error: BinaryReaderError) -> EngineError {
    EngineError::NotAStep {
        reason: format!(
            "its bytes are damaged at offset {}: {}",
            error.offset(),
            error.message()
        ),
        hint: "build or download it again".to_owned(),
    }
}

fn no_such_component() -> EngineError {
    EngineError::NotAStep {
        reason: "its bytes are damaged: it names a component that is not there".to_owned(),
        hint: "build or download it again".to_owned(),
    }
}

fn too_many_loops() -> EngineError {
    EngineError::NotAStep {
        reason: format!(
            "a function of it has more than {MAX_LOOP_DEPTH} loops inside of each other"
        ),
        hint: "no compiler makes such functions: ask whoever made it".to_owned(),
    }
}

/// How often such a component would be instantiated cannot be known before it is linked.
fn passed_components() -> EngineError {
    EngineError::NotAStep {
        reason: "it takes components as arguments, which this host does not run".to_owned(),
        hint: "compose its parts into one component that imports functions and types alone"
            .to_owned(),
    }
}
