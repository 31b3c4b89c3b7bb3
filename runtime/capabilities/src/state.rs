//! What one instance of a step holds of WASI: what it was granted.

use std::collections::BTreeMap;

use stepwell_engine::{
    Audit, Call, EngineError, ExtensionRequest, ExtensionState, HostState, LogRecord, Surroundings,
};
use stepwell_plan::{DirectoryAccess, DirectoryGrant, EnvironmentValue, Grants};
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtx, WasiCtxBuilder};
use wasmtime_wasi_http::WasiHttpCtx;

use crate::clock::{MonotonicClock, WallClock};
use crate::console::{Channel, Console};
use crate::http::Gate;
use crate::random;

pub(crate) struct WasiState {
    pub(crate) context: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) gate: Gate,
    pub(crate) step: String,
    pub(crate) audit: Audit,
    pub(crate) has_clock: bool,
    pub(crate) has_random: bool,
    /// The names of variables that the step sees.
    pub(crate) variables: Vec<String>,
    /// The paths of directories that the step holds, by handle.
    pub(crate) paths: BTreeMap<u32, String>,
    console: Console,
}

impl WasiState {
    pub(crate) fn new(request: &ExtensionRequest<'_>) -> Result<Self, EngineError> {
        let (step, grants) = (request.step, request.grants);
        let surroundings: &Surroundings = request.surroundings;
        let console = Console::new(request.limits.log);
        let variables = variables(step, grants, surroundings)?;
        let mut builder = WasiCtxBuilder::new();
        builder
            .stdout(console.stream(Channel::Output))
            .stderr(console.stream(Channel::Error))
            .envs(&variables)
            .wall_clock(WallClock(grants.clock))
            .monotonic_clock(MonotonicClock::new(grants.clock))
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false);
        let generator = |purpose: &str| random::generator(grants, surroundings.seed, step, purpose);
        builder
            .secure_random(generator("secure"))
            .insecure_random(generator("insecure"))
            .insecure_random_seed(random::hash_seed(&mut generator("hash")));
        for directory in &grants.directories {
            open_directory(&mut builder, directory, surroundings)?;
        }
        Ok(Self {
            context: builder.build(),
            http: WasiHttpCtx::new(),
            gate: Gate {
                step: step.to_owned(),
                grants: grants.http.as_slice().into(),
                audit: surroundings.audit.clone(),
            },
            step: step.to_owned(),
            audit: surroundings.audit.clone(),
            variables: variables.into_iter().map(|(name, _)| name).collect(),
            paths: BTreeMap::new(),
            has_clock: grants.clock.is_some(),
            has_random: grants.random,
            console,
        })
    }

    /// The part of a store's data that is ours.
    pub(crate) fn of(state: &mut HostState) -> (&mut Self, &mut ResourceTable) {
        state
            .extension::<Self>()
            .expect("a component that is linked with WASI is opened with it")
    }
}

impl ExtensionState for WasiState {
    fn take_log(&mut self) -> (Vec<LogRecord>, u64) {
        self.console.take()
    }

    fn explain(&self, error: &wasmtime::Error) -> Option<String> {
        let said = self.console.last_error();
        match (error.downcast_ref::<I32Exit>(), said) {
            (Some(I32Exit(status)), None) => Some(format!("it ended itself with status {status}")),
            (Some(I32Exit(status)), Some(said)) => {
                Some(format!("it ended itself with status {status}: {said}"))
            }
            (None, said) => said,
        }
    }
}

/// Names and values of the variables that a step sees. One that is not set is not there.
fn variables(
    step: &str,
    grants: &Grants,
    surroundings: &Surroundings,
) -> Result<Vec<(String, String)>, EngineError> {
    let mut variables = Vec::new();
    for (name, value) in &grants.environment {
        let value = match value {
            EnvironmentValue::Inherited => surroundings.environment.get(name).cloned(),
            EnvironmentValue::Given(text) => {
                let recorded = surroundings.record_secrets(step, text);
                recorded.map_err(|error| EngineError::Audit {
                    during: Call::Open,
                    reason: error.to_string(),
                })?;
                let filled = surroundings.secrets.fill(text);
                Some(filled.map_err(|name| EngineError::UnknownSecret { name })?)
            }
        };
        variables.extend(value.map(|value| (name.clone(), value)));
    }
    Ok(variables)
}

fn open_directory(
    builder: &mut WasiCtxBuilder,
    directory: &DirectoryGrant,
    surroundings: &Surroundings,
) -> Result<(), EngineError> {
    let path = surroundings.base_dir.join(&directory.path);
    let permissions = match directory.access {
        DirectoryAccess::Read => FsPerms::ReadOnly,
        DirectoryAccess::Write => FsPerms::ReadWrite,
    };
    match builder.preopened_dir(&path, &directory.at, permissions) {
        Ok(_) => Ok(()),
        Err(error) => Err(EngineError::Grant {
            what: format!("directory `{}` cannot be opened", directory.path),
            reason: format!("{error:#}"),
        }),
    }
}
