//! ONNX Runtime, loaded from a shared library while the program runs.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use half::f16;
use ort::environment::Environment;
use ort::session::{OutputSelector, RunOptions, SessionInputValue};
use ort::value::{
    DynValue, PrimitiveTensorElementType, TensorElementType, TensorRef, ValueType as OrtType,
};

use crate::backend::{
    Backend, BackendError, OutputType, Session, Tensor, TensorView, Values, ViewValues,
};
use crate::element::ElementType;
use crate::error::ModelError;
use crate::library::{Found, LibraryLookup, is_cut_short};

/// Operators that ONNX Runtime brings besides the standard ones.
const DOMAINS: [&str; 6] = [
    "com.microsoft",
    "com.microsoft.experimental",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
    "ai.onnx.preview",
    "ai.onnx.preview.training",
];

/// A process has one environment of ONNX Runtime, from one library; the first that loads stays. What
/// failed is tried again, as the next caller may know a better place.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// ONNX Runtime as a backend.
///
/// Each session computes on the thread that calls it, so that the sum of a row is always taken in the
/// same order, and that the pipeline's own threads are the only ones.
#[derive(Debug, Clone)]
pub struct OnnxRuntime {
    environment: Environment,
}

impl OnnxRuntime {
    /// Loads the library, or takes the one that this process has loaded before.
    ///
    /// # Errors
    ///
    /// [`ModelError::LibraryMissing`], [`ModelError::LibraryUnusable`], [`ModelError::LibraryTooOld`].
    pub fn load(lookup: &LibraryLookup) -> Result<Self, ModelError> {
        let mut loaded = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
        let environment = match &*loaded {
            Some(environment) => environment.clone(),
            None => loaded.insert(open(lookup)?).clone(),
        };
        Ok(Self { environment })
    }
}

fn open(lookup: &LibraryLookup) -> Result<Environment, ModelError> {
    let found = lookup.find()?;
    let (Found::File(path) | Found::System(path)) = &found;
    let unusable = |reason: String| ModelError::LibraryUnusable {
        path: path.clone(),
        reason,
    };
    if let Found::File(file) = &found
        && is_cut_short(file).map_err(|error| unusable(error.to_string()))?
    {
        return Err(unusable("the file is cut short".to_owned()));
    }
    let builder = match ort::init_from(path) {
        Ok(builder) => builder,
        // The system's loader does not tell what it did not find from what it could not load.
        Err(ort::LoadDynamicError::Dlopen { .. }) if matches!(found, Found::System(_)) => {
            return Err(lookup.missing());
        }
        Err(ort::LoadDynamicError::Dlopen { error, .. }) => {
            return Err(unusable(error.to_string()));
        }
        Err(ort::LoadDynamicError::MissingApi { .. }) => {
            return Err(unusable("it has no function `OrtGetApiBase`".to_owned()));
        }
        Err(ort::LoadDynamicError::BadVersion { version_str, .. }) => {
            return Err(ModelError::LibraryTooOld {
                path: path.clone(),
                found: version_str,
                needed: format!("1.{}", ort::MINOR_VERSION),
            });
        }
        Err(error) => return Err(unusable(error.to_string())),
    };
    builder
        .with_name("stepwell")
        .with_telemetry(false)
        // Whatever matters comes back as an error; the library's own words do not belong on our output.
        .with_logger(Arc::new(
            |_: ort::logging::LogLevel, _: &str, _: &str, _: &str, _: &str| {},
        ))
        .build()
        .map_err(|error| unusable(error.to_string()))
}

impl Backend for OnnxRuntime {
    fn name(&self) -> &str {
        "ONNX Runtime"
    }

    fn has_domain(&self, domain: &str) -> bool {
        DOMAINS.contains(&domain)
    }

    fn load(&self, model: &[u8]) -> Result<Box<dyn Session>, BackendError> {
        let session = ort::session::Session::builder(&self.environment)
            .and_then(|builder| Ok(builder.with_intra_threads(1)?))
            .and_then(|builder| Ok(builder.with_inter_threads(1)?))
            .and_then(|builder| Ok(builder.with_parallel_execution(false)?))
            .and_then(|builder| Ok(builder.with_deterministic_compute(true)?))
            .and_then(|mut builder| builder.commit_from_memory(model))
            .map_err(failed)?;
        Ok(Box::new(OrtSession { session }))
    }
}

struct OrtSession {
    session: ort::session::Session,
}

impl Session for OrtSession {
    fn output_type(&self, output: &str) -> Option<OutputType> {
        let outputs = self.session.outputs();
        let outlet = outputs.iter().find(|outlet| outlet.name() == output)?;
        let OrtType::Tensor { ty, shape, .. } = outlet.dtype() else {
            return None;
        };
        Some(OutputType {
            element: element_type(*ty),
            shape: shape.iter().map(|&size| u64::try_from(size).ok()).collect(),
        })
    }

    fn run(
        &mut self,
        inputs: &[(&str, TensorView<'_>)],
        outputs: &[&str],
    ) -> Result<Vec<Tensor>, BackendError> {
        let mut values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> =
            Vec::with_capacity(inputs.len());
        for (name, view) in inputs {
            values.push((Cow::Borrowed(*name), to_ort(view).map_err(failed)?));
        }
        let selector = outputs
            .iter()
            .fold(OutputSelector::no_default(), |selector, name| {
                selector.with(*name)
            });
        let options = RunOptions::new().map_err(failed)?.with_outputs(selector);
        let results = self
            .session
            .run_with_options(values, &options)
            .map_err(failed)?;
        outputs
            .iter()
            .map(|name| match results.get(name) {
                Some(value) => from_ort(value),
                None => Err(BackendError(format!("output `{name}` did not come out"))),
            })
            .collect()
    }
}

fn failed(error: ort::Error) -> BackendError {
    BackendError(without_place(error.message()).trim().to_owned())
}

/// Takes off the place in the library's source, with the function's whole signature, that stands before
/// some messages: `/folder/file.h:46 void name(int) message`.
fn without_place(message: &str) -> &str {
    let place = message.split_once(' ').map_or("", |(place, _)| place);
    let in_source = place.rsplit_once(':').is_some_and(|(file, line)| {
        let extension = file.rsplit('.').next().unwrap_or_default();
        ["cc", "cpp", "h"].contains(&extension) && line.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !in_source {
        return message;
    }
    let mut depth = 0_usize;
    for (position, character) in message.char_indices() {
        match character {
            '(' => depth += 1,
            ')' if depth == 1 => return &message[position + 1..],
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    message
}

fn to_ort<'a>(view: &'a TensorView<'a>) -> ort::Result<SessionInputValue<'a>> {
    fn tensor<'a, T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static>(
        shape: &[usize],
        values: &'a [T],
    ) -> ort::Result<SessionInputValue<'a>> {
        Ok(TensorRef::from_array_view((shape.to_vec(), values))?.into())
    }
    let shape = view.shape.as_slice();
    match view.values {
        ViewValues::Float16(values) => tensor(shape, values),
        ViewValues::Float32(values) => tensor(shape, values),
        ViewValues::Float64(values) => tensor(shape, values),
        ViewValues::Int8(values) => tensor(shape, values),
        ViewValues::Int16(values) => tensor(shape, values),
        ViewValues::Int32(values) => tensor(shape, values),
        ViewValues::Int64(values) => tensor(shape, values),
        ViewValues::UInt8(values) => tensor(shape, values),
        ViewValues::UInt16(values) => tensor(shape, values),
        ViewValues::UInt32(values) => tensor(shape, values),
        ViewValues::UInt64(values) => tensor(shape, values),
        ViewValues::Boolean(values) => tensor(shape, values),
        ViewValues::String(values) => {
            // The binding takes no borrowed strings.
            let owned: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
            let tensor = ort::value::Tensor::from_string_array((shape.to_vec(), owned.as_slice()))?;
            Ok(tensor.into())
        }
    }
}

fn from_ort(value: &DynValue) -> Result<Tensor, BackendError> {
    let OrtType::Tensor { ty, .. } = value.dtype() else {
        return Err(BackendError(format!(
            "`{}` came out, not a tensor",
            value.dtype()
        )));
    };
    fn take<T: PrimitiveTensorElementType + Clone>(
        value: &DynValue,
        make: fn(Vec<T>) -> Values,
    ) -> ort::Result<(Vec<i64>, Values)> {
        let (shape, values) = value.try_extract_tensor::<T>()?;
        Ok((shape.to_vec(), make(values.to_vec())))
    }
    let Some(element) = element_type(*ty) else {
        return Err(BackendError(format!("a tensor of `{ty}` came out")));
    };
    let (shape, values) = match element {
        ElementType::Float16 => take::<f16>(value, Values::Float16),
        ElementType::Float32 => take(value, Values::Float32),
        ElementType::Float64 => take(value, Values::Float64),
        ElementType::Int8 => take(value, Values::Int8),
        ElementType::Int16 => take(value, Values::Int16),
        ElementType::Int32 => take(value, Values::Int32),
        ElementType::Int64 => take(value, Values::Int64),
        ElementType::UInt8 => take(value, Values::UInt8),
        ElementType::UInt16 => take(value, Values::UInt16),
        ElementType::UInt32 => take(value, Values::UInt32),
        ElementType::UInt64 => take(value, Values::UInt64),
        ElementType::Boolean => take(value, Values::Boolean),
        ElementType::String => value
            .try_extract_strings()
            .map(|(shape, values)| (shape.to_vec(), Values::String(values))),
    }
    .map_err(failed)?;
    let shape = shape
        .into_iter()
        .map(|size| usize::try_from(size).unwrap_or_default());
    Ok(Tensor {
        shape: shape.collect(),
        values,
    })
}

fn element_type(element: TensorElementType) -> Option<ElementType> {
    Some(match element {
        TensorElementType::Float16 => ElementType::Float16,
        TensorElementType::Float32 => ElementType::Float32,
        TensorElementType::Float64 => ElementType::Float64,
        TensorElementType::Int8 => ElementType::Int8,
        TensorElementType::Int16 => ElementType::Int16,
        TensorElementType::Int32 => ElementType::Int32,
        TensorElementType::Int64 => ElementType::Int64,
        TensorElementType::Uint8 => ElementType::UInt8,
        TensorElementType::Uint16 => ElementType::UInt16,
        TensorElementType::Uint32 => ElementType::UInt32,
        TensorElementType::Uint64 => ElementType::UInt64,
        TensorElementType::Bool => ElementType::Boolean,
        TensorElementType::String => ElementType::String,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::without_place;

    fn check(message: &str, expect: &str) {
        assert_eq!(without_place(message).trim(), expect);
    }

    #[test]
    fn the_place_in_the_librarys_source_is_taken_off() {
        check(
            "/src/core/graph/load.h:46 void load::Check(const map<int>&, bool (*)(int)) Opset 99 is new.",
            "Opset 99 is new.",
        );
        check(
            "No Op registered for Sharpen (version 18)",
            "No Op registered for Sharpen (version 18)",
        );
        check(
            "/data/model.onnx:12 is (not) a model",
            "/data/model.onnx:12 is (not) a model",
        );
        check(
            "/src/load.cc:46 a signature (that does not end",
            "/src/load.cc:46 a signature (that does not end",
        );
        check("", "");
    }
}
