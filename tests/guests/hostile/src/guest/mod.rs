//! The step.
#![allow(
    unsafe_code,
    reason = "an attack hands over what safe code cannot make: forged handles, pointers to nowhere"
)]

mod arrays;
mod hook;
mod rows;
mod texts;

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use bindings::exports::stepwell::step::step::{
    Batch, ColumnIndex, Description, Error, Guest, Mode, Opened, Output, Pass, Port, Schema,
};
use bindings::stepwell::step::arrow::{Field, FieldFlags};
use bindings::stepwell::step::host::{self, LogLevel, MadeColumn};
use bindings::stepwell::step::step_types::Subject;

use crate::attack::{Attack, MARKER};

#[allow(missing_docs, clippy::all, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        world: "pure-step",
        path: "../../../sdk/wit",
    });
}

struct Hostile;

bindings::export!(Hostile with_types_in bindings);

thread_local! {
    /// Chosen by the parameter `attack`.
    static CHOSEN: Cell<Option<Attack>> = const { Cell::new(None) };
    /// What is kept from one call to the next.
    static KEPT: RefCell<Vec<Batch>> = const { RefCell::new(Vec::new()) };
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

/// A name after [`MARKER`], written there before the component is loaded.
#[repr(C)]
struct Place {
    marker: [u8; MARKER.len()],
    name: [u8; 64],
}

static PLACE: Place = Place {
    marker: *MARKER,
    name: [b' '; 64],
};

fn attack() -> Option<Attack> {
    // Read as memory that may have changed since it was compiled, which it has.
    // SAFETY: a reference to a static is valid for reads.
    let place = unsafe { std::ptr::read_volatile(&raw const PLACE) };
    black_box(&place.marker);
    let name = std::str::from_utf8(&place.name).unwrap_or_default();
    Attack::from_name(name.trim()).or(CHOSEN.get())
}

/// The attack that the parameters name: `{"attack":"…"}`.
fn named(parameters: &str) -> Option<Attack> {
    parameters.split('"').find_map(Attack::from_name)
}

/// Spins for as long as it is let.
fn spin() -> ! {
    loop {
        black_box(());
    }
}

fn field(name: &str, format: &str) -> Field {
    Field {
        name: name.to_owned(),
        format: format.to_owned(),
        flags: FieldFlags::empty(),
        children: 0,
        metadata: Vec::new(),
    }
}

fn error(message: &str) -> Error {
    Error {
        code: "hostile".to_owned(),
        message: message.to_owned(),
        hint: None,
        subject: Subject::Step,
    }
}

/// Emits a column that is made of one text.
fn emit_something() {
    let column = arrays::texts(&["x"]);
    host::emit(0, &[], &[MadeColumn::Array(column)]);
}

fn keep(batch: Batch) {
    KEPT.with_borrow_mut(|kept| kept.push(batch));
}

impl Guest for Hostile {
    fn describe() -> Description {
        match attack() {
            Some(Attack::SpinInDescribe) => spin(),
            Some(Attack::EmitInDescribe) => emit_something(),
            _ => {}
        }
        let port = |name: &str| Port {
            name: name.to_owned(),
            summary: "Any columns.".to_owned(),
            columns: Vec::new(),
        };
        Description {
            name: "hostile".to_owned(),
            version: "0.1.0".to_owned(),
            summary: "Attacks its host.".to_owned(),
            documentation: texts::documentation(attack()),
            parameters: texts::parameters(attack()),
            inputs: vec![port("in")],
            outputs: vec![port("out")],
        }
    }

    fn open(parameters: String, inputs: Vec<Schema>) -> Result<Opened, Vec<Error>> {
        CHOSEN.set(named(&parameters));
        match attack() {
            Some(Attack::SpinInOpen) => spin(),
            Some(Attack::EmitInOpen) => emit_something(),
            Some(Attack::TenThousandProblems) => {
                let problems = (0..10_000).map(|index| error(&format!("problem {index}")));
                return Err(problems.collect());
            }
            Some(Attack::NoProblem) => return Err(Vec::new()),
            _ => {}
        }
        Ok(opened(&inputs[0]))
    }

    fn process(_port: u32, batch: Batch) -> Result<(), Error> {
        let Some(attack) = attack() else {
            return Err(error("no attack was chosen"));
        };
        match attack {
            Attack::SpinInProcess => spin(),
            Attack::SpinInAllocation => {
                hook::set(hook::Hook::SpinOnAllocation);
                drop(batch.read(&[0]));
            }
            Attack::ReenterFromAllocation => {
                hook::set(hook::Hook::CallHostOnAllocation);
                drop(batch.read(&[0]));
            }
            Attack::MemoryInOneGrow => {
                core::arch::wasm32::memory_grow(0, 3 << 14);
                // What it was not given it uses all the same.
                black_box(vec![1_u8; 2 << 30]);
            }
            Attack::MemoryInSmallGrows => {
                while core::arch::wasm32::memory_grow(0, 1) != usize::MAX {}
                core::arch::wasm32::unreachable();
            }
            Attack::RecurseWithoutEnd => {
                black_box(recurse(0));
            }
            Attack::MillionHandles => (0..1_000_000).for_each(|_| {
                std::mem::forget(batch.column(0));
            }),
            Attack::KeepEveryBatch => keep(batch),
            Attack::LeftOverState => {
                let calls = CALLS.replace(CALLS.get() + 1);
                host::log(LogLevel::Info, &format!("{calls} calls before this one"));
            }
            Attack::HugeError => return Err(texts::huge_error()),
            _ => {
                texts::attack(attack);
                rows::attack(attack, &batch);
                if let Some((_, array)) = arrays::broken(attack) {
                    host::emit(0, &[], &[MadeColumn::Array(array)]);
                }
            }
        }
        Ok(())
    }

    fn finish() -> Result<(), Error> {
        match attack() {
            Some(Attack::SpinInFinish) => spin(),
            Some(Attack::EmitInMapFinish) => emit_something(),
            _ => {}
        }
        Ok(())
    }

    fn save() -> Result<Vec<u8>, Error> {
        match attack() {
            Some(Attack::SpinInSave) => spin(),
            Some(Attack::EmitAfterFinish) => emit_something(),
            Some(Attack::HugeState) => return Ok(vec![0; 8 << 20]),
            Some(Attack::SpinInPostReturn) => hook::set(hook::Hook::SpinOnFree),
            Some(Attack::ReenterFromPostReturn) => hook::set(hook::Hook::CallHostOnFree),
            _ => {}
        }
        Ok(vec![1, 2, 3])
    }

    fn restore(_state: Vec<u8>) -> Result<(), Error> {
        match attack() {
            Some(Attack::SpinInRestore) => spin(),
            Some(Attack::EmitInRestore) => emit_something(),
            _ => {}
        }
        Ok(())
    }
}

/// Calls itself, with something on the stack that has to stay there.
fn recurse(depth: u64) -> u64 {
    let kept = black_box([depth; 16]);
    if black_box(depth) == u64::MAX {
        return 0;
    }
    recurse(depth + 1).wrapping_add(black_box(kept)[3])
}

/// What it answers: it reads the first two columns and passes all on, where the attack asks for nothing else.
fn opened(input: &Schema) -> Opened {
    let attack = attack();
    let n_columns = input.fields.len() as u32;
    let column = |column: u32| ColumnIndex { port: 0, column };
    let pass = |output_column: u32, from: u32| Pass {
        output_column,
        input: column(from),
    };
    let mut opened = Opened {
        mode: Mode::Stateful,
        reads: vec![column(0), column(1)],
        outputs: vec![Output {
            schema: Schema {
                fields: input.fields.clone(),
                metadata: Vec::new(),
            },
            passes: (0..n_columns).map(|index| pass(index, index)).collect(),
        }],
    };
    let output = &mut opened.outputs[0];
    if let Some(fields) = attack.and_then(texts::fields) {
        output.schema.fields = fields;
        output.passes.clear();
    } else if let Some((fields, _)) = attack.and_then(arrays::broken) {
        output.schema.fields = fields;
        output.passes.clear();
    }
    match attack {
        Some(Attack::EmitInMapFinish | Attack::EmitAfterFinish | Attack::EmitInRestore) => {
            opened.mode = Mode::Map;
            output.schema.fields = vec![field("made", "u")];
            output.passes.clear();
        }
        Some(
            Attack::TooFewColumns
            | Attack::OtherLengths
            | Attack::ColumnOfAnotherType
            | Attack::TooManyBytes,
        ) => output.schema.fields.push(field("made", "u")),
        Some(Attack::HugeMetadata) => {
            let value = "x".repeat(20 << 20);
            output.schema.metadata.push(("k".to_owned(), value));
        }
        Some(Attack::NoRowsAtAll) => {
            output.schema.fields.clear();
            output.passes.clear();
        }
        Some(Attack::UnknownRead) => opened.reads.push(column(n_columns)),
        Some(Attack::UnknownPass) => output.passes.push(pass(0, n_columns)),
        Some(Attack::PassAsAnotherType) => output.passes = vec![pass(1, 0)],
        Some(Attack::TooManyOutputs) => {
            let same = opened.outputs[0].clone();
            opened.outputs.push(same);
        }
        _ => {}
    }
    opened
}
