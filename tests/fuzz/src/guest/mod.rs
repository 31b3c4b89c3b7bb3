//! A step that hands the host whatever an input says.

mod image;

use std::fmt::Write;
use std::sync::LazyLock;

use arrow_schema::{Field, Schema};
use stepwell_engine::{EngineError, OpenOptions, StepComponent};
use stepwell_test_arrays::{Random, every_type};

use self::image::{Memory, Rows, image};
use crate::component::{check_message, check_outcome, componentize, engine, limits};
use crate::table::table;

/// Where the guest keeps what it says of itself; the image ends before.
const DESCRIPTION: u32 = 0x30000;
/// Bytes of an image, at most.
const IMAGE_BYTES: usize = 0x8000;

/// Opens the step with an image of its memory, and lends it a batch twice, as a run would.
pub(crate) fn guest(input: &[u8]) {
    let input = &input[..input.len().min(IMAGE_BYTES)];
    if let Err(error) = run(step(), input) {
        check_message(&error);
    }
}

fn step() -> &'static StepComponent {
    static STEP: LazyLock<StepComponent> = LazyLock::new(|| {
        let step = engine().load(&component()).expect("the guest is a step");
        step.description().expect("the guest describes itself");
        step
    });
    &STEP
}

fn run(step: &StepComponent, image: &[u8]) -> Result<(), EngineError> {
    let mut digits = String::with_capacity(2 * image.len());
    for byte in image {
        write!(digits, "{byte:02x}").expect("a string takes all that is written to it");
    }
    let options = OpenOptions {
        parameters: serde_json::json!({ "image": digits }),
        inputs: vec![table().schema()],
        limits: limits(),
        ..OpenOptions::default()
    };
    let mut instance = step.open(options)?;
    check_outcome(instance.process(0, table().clone().into())?);
    let state = instance.save()?;
    check_outcome(instance.process(0, table().clone().into())?);
    instance.restore(&state)?;
    // A step that works on each batch alone must not emit now, and says so or not.
    match instance.finish() {
        Ok(outcome) => check_outcome(outcome),
        Err(error) => check_message(&error),
    }
    Ok(())
}

fn component() -> Vec<u8> {
    let description = Memory::description(DESCRIPTION).into_bytes();
    let mut data = String::new();
    for byte in description {
        write!(data, "\\{byte:02x}").expect("a string takes all that is written to it");
    }
    let text = include_str!("guest.wat");
    let end = text.rfind(')').expect("a module ends");
    let text = format!(
        "{}(data (i32.const {DESCRIPTION}) \"{data}\"))",
        &text[..end]
    );
    let module = wat::parse_str(&text).expect("the guest is a module");
    componentize(module).expect("the guest is a step")
}

/// Images of steps that do nothing wrong: names and inputs of the target `guest`.
#[must_use]
pub fn guest_seeds() -> Vec<(String, Vec<u8>)> {
    let rows = [
        (Rows::All, table().num_rows()),
        (Rows::Range, 3),
        (Rows::Mask, 4),
        (Rows::Indices, 6),
    ];
    let mut random = Random::new(5);
    let types = every_type();
    let kinds = types.iter().step_by(3).enumerate();
    kinds
        .map(|(index, data_type)| {
            let (selection, n_rows) = rows[index % rows.len()];
            let field = Field::new("made", data_type.clone(), true);
            let made = random.batch_of(Schema::new(vec![field]), n_rows);
            let image = image(table().schema_ref(), &made, selection);
            (format!("type_{index:02}"), image)
        })
        .collect()
}

/// Runs the step with an image of [`guest_seeds`].
///
/// # Errors
/// What is wrong with it: then what is behind the first checks is not reached.
pub fn check_guest_seed(image: &[u8]) -> Result<(), EngineError> {
    run(step(), image)
}
