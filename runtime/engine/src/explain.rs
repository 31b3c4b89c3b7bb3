//! Why a call of a step ended, from the error that ended it.

use wasmtime::Trap;
use wasmtime::component::ResourceTableError;

use crate::EngineError;
use crate::engine::STACK_BYTES;
use crate::error::{Call, LimitValue, Stop};
use crate::meter::cut;
use crate::state::HostState;

/// The error that is told, with no secret in it.
pub(crate) fn explain(state: &HostState, error: &wasmtime::Error) -> EngineError {
    cause(state, error).redacted(&state.surroundings.secrets)
}

fn cause(state: &HostState, error: &wasmtime::Error) -> EngineError {
    let during = state.call;
    let limit = |limit: LimitValue, asked: &str| EngineError::Limit {
        during,
        limit,
        asked: asked.to_owned(),
    };
    let violation = |what: String| EngineError::Violation {
        during,
        what: cut(state.redact(what), state.limits.text),
    };
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match stop {
            Stop::Violation(what) => violation(what.clone()),
            Stop::Limit { limit, asked } => EngineError::Limit {
                during,
                limit: *limit,
                asked: asked.clone(),
            },
            Stop::TimeIsOver => limit(LimitValue::Time(state.limits.time), "it was still waiting"),
            Stop::Audit(reason) => EngineError::Audit {
                during,
                reason: reason.clone(),
            },
        };
    }
    let trap = error.downcast_ref::<Trap>().copied();
    match trap {
        Some(Trap::Interrupt) => {
            return limit(LimitValue::Time(state.limits.time), "it was still running");
        }
        Some(Trap::StackOverflow) => {
            let stack = LimitValue::Stack(STACK_BYTES as u64);
            return limit(stack, "it called deeper");
        }
        _ => {}
    }
    if let Some(refused) = state.limiter.refused() {
        // A step that is denied memory usually crashes next.
        let memory = LimitValue::Memory(state.limiter.limit());
        return limit(memory, &format!("{refused} bytes"));
    }
    if let Some(error) = error.downcast_ref::<ResourceTableError>() {
        return match error {
            ResourceTableError::Full => one_handle_more(state, during),
            _ => violation("it used a handle that is not its own".to_owned()),
        };
    }
    let extension = state.extension.as_ref();
    if let Some(message) = extension.and_then(|extension| extension.explain(error)) {
        let said = state.meter.last_error().map(ToOwned::to_owned);
        let message = cut(said.unwrap_or(message), state.limits.text);
        return EngineError::Trapped { during, message };
    }
    match trap {
        Some(Trap::CannotLeaveComponent) => violation(
            "it called the host while the host was asking it for memory, or had it free some"
                .to_owned(),
        ),
        Some(trap) if is_of_the_contract(trap) => violation(trap.to_string()),
        // A step that panics says why before it traps.
        Some(trap) => EngineError::Trapped {
            during,
            message: state
                .meter
                .last_error()
                .map_or_else(|| trap.to_string(), ToOwned::to_owned),
        },
        None => by_its_words(state, error, violation),
    }
}

fn one_handle_more(state: &HostState, during: Call) -> EngineError {
    let handles = state.limits.handles;
    EngineError::Limit {
        during,
        limit: LimitValue::Handles(handles),
        asked: format!("{} handles", handles.saturating_add(1)),
    }
}

/// Traps that end a call because of what crossed the boundary, and not because of what was computed.
fn is_of_the_contract(trap: Trap) -> bool {
    matches!(
        trap,
        Trap::CannotEnterComponent
            | Trap::InvalidChar
            | Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::UnalignedPointer
    )
}

/// Wasmtime gives some of its limits no type of their own, only words; all else that it refuses without a trap is what
/// crossed the boundary.
fn by_its_words(
    state: &HostState,
    error: &wasmtime::Error,
    violation: impl Fn(String) -> EngineError,
) -> EngineError {
    let during = state.call;
    let words = error.root_cause().to_string();
    if words.contains("store handle limit exceeded") {
        return one_handle_more(state, during);
    }
    if words.contains("fuel allocated for hostcalls has been exhausted") {
        let limit = match during {
            Call::Process | Call::Finish => LimitValue::Bytes(state.limits.bytes),
            Call::Save => LimitValue::State(state.limits.state),
            _ => LimitValue::Schema(state.limits.schema),
        };
        return EngineError::Limit {
            during,
            limit,
            asked: "far more was handed over at once".to_owned(),
        };
    }
    violation(match during {
        Call::Start => format!("no instance of it can be made: {words}"),
        _ => format!("what it handed over is not what it should be: {words}"),
    })
}
