//! The interface `artifact`: files that a step may read whole, by the names that the pipeline gives
//! them. A capability.

use std::fs::File;
use std::io::Read;

use bytes::Bytes;
use stepwell_plan::{StepProblem, Subject};
use wasmtime::StoreContextMut;
use wasmtime::component::Linker;

use crate::audit::AuditAction;
use crate::error::{LimitValue, Stop};
use crate::state::HostState;
use crate::wire::WireError;

pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut artifact = linker.instance("stepwell:step/artifact@0.1.0")?;
    artifact.func_wrap(
        "read",
        |mut store: StoreContextMut<'_, HostState>, (name,): (String,)| {
            store.data_mut().charge_call()?;
            let read = read(store.data_mut(), &name)?;
            Ok((read.map_err(WireError::from),))
        },
    )
}

fn read(state: &HostState, name: &str) -> wasmtime::Result<Result<Bytes, StepProblem>> {
    let audit = |action| {
        state
            .surroundings
            .audit
            .record(&state.step, "artifact", action, name)
            .map_err(|error| HostState::audit_failed(&error))
    };
    let problem = |code: &str, message: String, hint: String| StepProblem {
        code: code.to_owned(),
        message,
        hint: Some(hint),
        subject: Subject::Step,
    };
    let path = state.surroundings.artifacts.get(name);
    let Some(path) = path.filter(|_| state.grants.artifacts.contains(name)) else {
        audit(AuditAction::Refuse)?;
        return Ok(Err(problem(
            "artifact_not_granted",
            format!("artifact `{name}` is not granted to this step"),
            format!("grant it with `allow.artifacts = [\"{name}\"]`"),
        )));
    };
    audit(AuditAction::Read)?;
    let not_readable = |error: &std::io::Error| {
        problem(
            "artifact_not_readable",
            format!("artifact `{name}` cannot be read: {error}"),
            "see whether the file that `[artifacts]` names is there".to_owned(),
        )
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return Ok(Err(not_readable(&error))),
    };
    // What does not fit into the step's memory need not be read to its end.
    let limit = state.limits.memory;
    let mut bytes = Vec::new();
    if let Err(error) = file.take(limit + 1).read_to_end(&mut bytes) {
        return Ok(Err(not_readable(&error)));
    }
    if bytes.len() as u64 > limit {
        return Err(wasmtime::Error::new(Stop::Limit {
            limit: LimitValue::Memory(limit),
            asked: format!("artifact `{name}` is larger"),
        }));
    }
    Ok(Ok(Bytes::from(bytes)))
}
