//! Another inference library than ONNX Runtime: what a model asks of it, and what it may answer.

mod common;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use arrow_array::{ArrayRef, Float32Array, Float64Array};
use stepwell_models::{
    Backend, BackendError, ElementType, ModelCatalog, ModelError, OutputRequest, OutputType,
    Session, Tensor, TensorView, Values, ViewValues,
};

/// Adds up the features of `X`, and notes the shape of each call.
#[derive(Debug, Clone, Default)]
struct Sums {
    calls: Arc<Mutex<Vec<Vec<usize>>>>,
    /// What it answers instead.
    answer: Option<Result<Tensor, BackendError>>,
    /// How often a model was loaded.
    loads: Arc<Mutex<usize>>,
}

impl Backend for Sums {
    fn name(&self) -> &str {
        "Sums"
    }

    fn has_domain(&self, domain: &str) -> bool {
        domain == "com.example"
    }

    fn load(&self, _: &[u8]) -> Result<Box<dyn Session>, BackendError> {
        *self.loads.lock().unwrap() += 1;
        Ok(Box::new(self.clone()))
    }
}

impl Session for Sums {
    fn output_type(&self, _: &str) -> Option<OutputType> {
        Some(OutputType {
            element: Some(ElementType::Float32),
            shape: vec![None, Some(1)],
        })
    }

    fn run(
        &mut self,
        inputs: &[(&str, TensorView<'_>)],
        outputs: &[&str],
    ) -> Result<Vec<Tensor>, BackendError> {
        let (name, view) = &inputs[0];
        assert_eq!((*name, outputs), ("X", ["variable"].as_slice()));
        self.calls.lock().unwrap().push(view.shape.clone());
        if let Some(answer) = self.answer.clone() {
            return Ok(vec![answer?]);
        }
        let ViewValues::Float32(values) = view.values else {
            panic!("{:?}", view.values);
        };
        let sums = values.chunks(view.shape[1]).map(|row| row.iter().sum());
        Ok(vec![Tensor {
            shape: vec![view.shape[0], 1],
            values: Values::Float32(sums.collect()),
        }])
    }
}

fn run(backend: &Sums, rows: usize) -> Result<ArrayRef, ModelError> {
    let catalog = ModelCatalog::with_backend(Arc::new(backend.clone()));
    let model = catalog.load(&common::data("linear_regression/model.onnx"))?;
    let column = |factor: f64| -> ArrayRef {
        let values = (0..rows).map(|row| row as f64 * factor);
        Arc::new(Float64Array::from_iter_values(values))
    };
    let columns = [1.0, 10.0, 100.0, 1000.0].map(column).to_vec();
    let request = [OutputRequest::whole("variable")];
    Ok(model.run(&[("X", columns)], &request, rows)?.remove(0))
}

#[test]
fn rows_come_in_blocks_of_one_size() {
    for (rows, calls) in [(0, 0), (1, 1), (128, 1), (129, 2), (1000, 8)] {
        let backend = Sums::default();
        let found = run(&backend, rows).unwrap();
        let sums = (0..rows).map(|row| row as f32 * 1111.0);
        assert_eq!(
            found.as_ref(),
            &Float32Array::from_iter_values(sums) as &dyn arrow_array::Array
        );
        assert_eq!(
            *backend.calls.lock().unwrap(),
            vec![vec![128, 4]; calls],
            "{rows} rows"
        );
    }
}

#[test]
fn the_same_bytes_are_one_model() {
    let backend = Sums::default();
    let catalog = ModelCatalog::with_backend(Arc::new(backend.clone()));
    let path = common::data("linear_regression/model.onnx");
    let copy = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(&path, copy.path()).unwrap();
    let model = catalog.load(&path).unwrap();
    assert!(Arc::ptr_eq(&model, &catalog.load(copy.path()).unwrap()));
    std::fs::copy(common::data("forest/model.onnx"), copy.path()).unwrap();
    assert!(
        !Arc::ptr_eq(&model, &catalog.load(copy.path()).unwrap()),
        "the file was changed"
    );
    assert_eq!(*backend.loads.lock().unwrap(), 2);
}

#[test]
fn operators_of_the_librarys_own_domains_are_its_matter() {
    let catalog = ModelCatalog::with_backend(Arc::new(Sums::default()));
    let path: PathBuf = common::data("refused/unknown_domain.onnx");
    assert_eq!(
        catalog.load(&path).unwrap().summary().operators[0].domain,
        "com.example"
    );
}

/// What is said when the library answers this to 3 rows.
fn check_answer(answer: Result<Tensor, BackendError>) -> String {
    let backend = Sums {
        answer: Some(answer),
        ..Sums::default()
    };
    let error = run(&backend, 3).unwrap_err();
    let folder = common::data("").display().to_string();
    format!("{}: {error}", error.code()).replace(&folder, "…/")
}

#[test]
fn a_wrong_answer_is_an_error() {
    let tensor = |shape: &[usize], values| Tensor {
        shape: shape.to_vec(),
        values,
    };
    insta::assert_snapshot!(check_answer(Err(BackendError("no memory".to_owned()))), @"model_failed: model `…/linear_regression/model.onnx` failed: no memory");
    insta::assert_snapshot!(check_answer(Ok(tensor(&[3], Values::Float32(vec![0.0; 3])))), @"model_output_shape: output `variable` of model `…/linear_regression/model.onnx` came out as float32 (3), not as float32 (128, 1)");
    insta::assert_snapshot!(check_answer(Ok(tensor(&[128, 2], Values::Float32(vec![0.0; 256])))), @"model_output_shape: output `variable` of model `…/linear_regression/model.onnx` came out as float32 (128, 2), not as float32 (128, 1)");
    insta::assert_snapshot!(check_answer(Ok(tensor(&[128, 1], Values::Float32(vec![0.0; 7])))), @"model_output_shape: output `variable` of model `…/linear_regression/model.onnx` came out as 7 values, not as float32 (128, 1)");
    insta::assert_snapshot!(check_answer(Ok(tensor(&[128, 1], Values::Int64(vec![0; 128])))), @"model_output_shape: output `variable` of model `…/linear_regression/model.onnx` came out as int64 (128, 1), not as float32 (128, 1)");
}
