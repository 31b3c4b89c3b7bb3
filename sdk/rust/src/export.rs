//! What a component exports: the contract's `step`, for the step that `#[step]` names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::panic::PanicHookInfo;
use std::sync::{Arc, Once};

use arrow_schema::{Schema, SchemaRef};
use stepwell_layout::{FlatField, fields_from_flat, fields_to_flat};

use crate::bindings::exports::stepwell::step::step as contract;
use crate::bindings::stepwell::step::{arrow, step_types};
use crate::description::Port;
use crate::host::{self, HostBatch, position};
use crate::log::Level;
use crate::opened::{Mode, Opened, OpenedOutput};
use crate::session::Session;
use crate::step::{Definition, StepDefinition};
use crate::{Problems, StepError, Subject};

/// The exports for one step.
pub struct Export<D>(PhantomData<D>);

thread_local! {
    /// One instance of a component is one instance of its step.
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
}

impl<D: Definition> contract::Guest for Export<D> {
    fn describe() -> contract::Description {
        report_panics();
        let description = D::describe();
        contract::Description {
            name: description.name,
            version: description.version,
            summary: description.summary,
            documentation: description.documentation,
            parameters: description.parameters.to_string(),
            inputs: description.inputs.into_iter().map(port).collect(),
            outputs: description.outputs.into_iter().map(port).collect(),
        }
    }

    fn open(
        parameters: String,
        inputs: Vec<arrow::Schema>,
    ) -> Result<contract::Opened, Vec<step_types::Error>> {
        report_panics();
        let opened = open(&StepDefinition::new::<D>(), &parameters, inputs);
        opened.map_err(|problems| problems.into_iter().map(error_to_contract).collect())
    }

    fn process(port: u32, batch: contract::Batch) -> Result<(), step_types::Error> {
        with_session(|session| session.process(port as usize, HostBatch(batch)))
    }

    fn finish() -> Result<(), step_types::Error> {
        with_session(Session::finish)
    }

    fn save() -> Result<Vec<u8>, step_types::Error> {
        with_session(|session| session.save())
    }

    fn restore(state: Vec<u8>) -> Result<(), step_types::Error> {
        with_session(|session| session.restore(&state))
    }
}

fn open(
    definition: &StepDefinition,
    parameters: &str,
    inputs: Vec<arrow::Schema>,
) -> Result<contract::Opened, Problems> {
    let parameters = serde_json::from_str(parameters).map_err(|error| {
        StepError::new(
            "bad_parameter",
            format!("the parameters are not JSON: {error}"),
        )
        .at_parameter("")
    })?;
    let schemas = inputs
        .into_iter()
        .map(schema_from_contract)
        .collect::<Result<_, _>>()?;
    let session = Session::open(definition, parameters, schemas)?;
    let opened = opened_to_contract(session.opened())?;
    SESSION.set(Some(session));
    Ok(opened)
}

fn with_session<R>(
    run: impl FnOnce(&mut Session) -> Result<R, StepError>,
) -> Result<R, step_types::Error> {
    SESSION
        .with_borrow_mut(|session| match session {
            Some(session) => run(session),
            None => Err(StepError::new("not_opened", "the step was not opened")),
        })
        .map_err(error_to_contract)
}

/// A panic ends the instance with a trap that says nothing: so what it says goes to the log first.
fn report_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| std::panic::set_hook(Box::new(report_panic)));
}

fn report_panic(panic: &PanicHookInfo<'_>) {
    let message = panic.payload_as_str().unwrap_or("no message");
    let report = match panic.location() {
        Some(place) => format!(
            "the step panicked at {}:{}: {message}",
            place.file(),
            place.line()
        ),
        None => format!("the step panicked: {message}"),
    };
    host::log(Level::Error, &report);
}

fn port(port: Port) -> contract::Port {
    let columns = port.columns.into_iter().map(|column| contract::PortColumn {
        name: column.name,
        type_name: column.type_name,
        summary: column.summary,
    });
    contract::Port {
        name: port.name,
        summary: port.summary,
        columns: columns.collect(),
    }
}

fn opened_to_contract(opened: &Opened) -> Result<contract::Opened, StepError> {
    Ok(contract::Opened {
        mode: match opened.mode() {
            Mode::Map => contract::Mode::Map,
            Mode::Stateful => contract::Mode::Stateful,
        },
        reads: opened
            .reads()
            .iter()
            .map(|(port, column)| column_index(*port, *column))
            .collect(),
        outputs: opened
            .outputs()
            .iter()
            .map(output_to_contract)
            .collect::<Result<_, _>>()?,
    })
}

fn output_to_contract(output: &OpenedOutput) -> Result<contract::Output, StepError> {
    let passes = output.passes().iter().map(|pass| contract::Pass {
        output_column: position(pass.output_column),
        input: column_index(pass.port, pass.column),
    });
    Ok(contract::Output {
        schema: schema_to_contract(output.schema())?,
        passes: passes.collect(),
    })
}

fn column_index(port: usize, column: usize) -> contract::ColumnIndex {
    contract::ColumnIndex {
        port: position(port),
        column: position(column),
    }
}

fn schema_from_contract(schema: arrow::Schema) -> Result<SchemaRef, StepError> {
    let fields: Vec<_> = schema.fields.into_iter().map(field_from_contract).collect();
    let fields = fields_from_flat(&fields)
        .map_err(|error| StepError::new("bad_schema", error.to_string()))?;
    Ok(Arc::new(Schema::new_with_metadata(
        fields,
        schema.metadata.into_iter().collect::<HashMap<_, _>>(),
    )))
}

fn schema_to_contract(schema: &Schema) -> Result<arrow::Schema, StepError> {
    let fields = fields_to_flat(schema.fields())
        .map_err(|error| StepError::new("bad_schema", error.to_string()))?;
    let mut metadata: Vec<_> = schema
        .metadata()
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    // The same answer each time, whatever the order of the hash map.
    metadata.sort_unstable();
    Ok(arrow::Schema {
        fields: fields.into_iter().map(field_to_contract).collect(),
        metadata,
    })
}

pub(crate) fn field_from_contract(field: arrow::Field) -> FlatField {
    FlatField {
        name: field.name,
        format: field.format,
        nullable: field.flags.contains(arrow::FieldFlags::NULLABLE),
        dictionary: field.flags.contains(arrow::FieldFlags::DICTIONARY),
        dictionary_ordered: field.flags.contains(arrow::FieldFlags::DICTIONARY_ORDERED),
        map_keys_sorted: field.flags.contains(arrow::FieldFlags::MAP_KEYS_SORTED),
        children: field.children,
        metadata: field.metadata,
    }
}

fn field_to_contract(field: FlatField) -> arrow::Field {
    let mut flags = arrow::FieldFlags::empty();
    flags.set(arrow::FieldFlags::NULLABLE, field.nullable);
    flags.set(arrow::FieldFlags::DICTIONARY, field.dictionary);
    flags.set(
        arrow::FieldFlags::DICTIONARY_ORDERED,
        field.dictionary_ordered,
    );
    flags.set(arrow::FieldFlags::MAP_KEYS_SORTED, field.map_keys_sorted);
    arrow::Field {
        name: field.name,
        format: field.format,
        flags,
        children: field.children,
        metadata: field.metadata,
    }
}

fn error_to_contract(error: StepError) -> step_types::Error {
    step_types::Error {
        code: error.code,
        message: error.message,
        hint: error.hint,
        subject: match error.subject {
            Subject::Parameter(pointer) => step_types::Subject::Parameter(pointer),
            Subject::Column(port, name) => step_types::Subject::Column((position(port), name)),
            Subject::Data => step_types::Subject::Data,
            Subject::Step => step_types::Subject::Step,
        },
    }
}

pub(crate) fn error_from_contract(error: step_types::Error) -> StepError {
    StepError {
        code: error.code,
        message: error.message,
        hint: error.hint,
        subject: match error.subject {
            step_types::Subject::Parameter(pointer) => Subject::Parameter(pointer),
            step_types::Subject::Column((port, name)) => Subject::Column(port as usize, name),
            step_types::Subject::Data => Subject::Data,
            step_types::Subject::Step => Subject::Step,
        },
    }
}
