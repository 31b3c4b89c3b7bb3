//! What a user reads when a model or its columns are not as they should be.

mod common;

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array,
    Float64Array, Int64Array, LargeStringArray, NullArray, StringArray, StringViewArray,
    TimestampSecondArray,
};
use stepwell_models::{Model, ModelError, OutputRequest};

/// The message and the hint, with no path of this machine in them.
fn shown(error: &ModelError) -> String {
    let mut text = format!("{}: {error}", error.code());
    if let Some(source) = std::error::Error::source(error) {
        text += &format!("\ncause: {source}");
    }
    if let Some(hint) = error.hint() {
        text += &format!("\nhint: {hint}");
    }
    let folder = common::data("").display().to_string();
    text.replace(&folder, "…/")
}

fn refused(file: &str) -> String {
    shown(&common::catalog().load(&common::data(file)).unwrap_err())
}

/// The columns that `logistic_texts` takes, one row.
fn good_inputs() -> Vec<(&'static str, Vec<ArrayRef>)> {
    vec![
        ("city", vec![Arc::new(StringArray::from(vec!["Porto"]))]),
        ("plan", vec![Arc::new(StringArray::from(vec!["pro"]))]),
        ("age", vec![Arc::new(Int64Array::from(vec![40]))]),
        ("visits", vec![Arc::new(Int64Array::from(vec![3]))]),
    ]
}

fn run_error(model: &Model, inputs: &[(&str, Vec<ArrayRef>)], rows: usize) -> String {
    let request = OutputRequest::whole(&model.outputs()[0].name);
    shown(&model.run(inputs, &[request], rows).unwrap_err())
}

/// What is said when `column` is given for `input` of `logistic_texts`.
fn check_column(input: &str, column: impl arrow_array::Array + 'static) -> String {
    let model = common::load("logistic_texts");
    let mut inputs = good_inputs();
    let place = inputs.iter_mut().find(|(name, _)| *name == input).unwrap();
    place.1 = vec![Arc::new(column)];
    run_error(&model, &inputs, 1)
}

fn request_error(model: &str, request: OutputRequest) -> String {
    let model = common::load(model);
    shown(&model.output_fields(&[request]).unwrap_err())
}

#[test]
fn a_file_that_is_not_there() {
    insta::assert_snapshot!(refused("nothing.onnx"));
}

#[test]
fn a_file_that_is_no_model() {
    insta::assert_snapshot!(refused("rows.csv"));
}

#[test]
fn a_model_that_is_cut_short() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(common::data("forest/model.onnx")).unwrap();
    let path = folder.path().join("short.onnx");
    for (length, code) in [
        (0, "model_not_onnx"),
        (100, "model_not_onnx"),
        (whole.len() / 2, "model_not_onnx"),
    ] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = common::catalog().load(&path).unwrap_err();
        assert_eq!(error.code(), code, "{length} bytes: {error}");
    }
    let text = shown(&common::catalog().load(&path).unwrap_err());
    let folder = folder.path().display().to_string();
    insta::assert_snapshot!(text.replace(&folder, "…"));
}

#[test]
fn an_operator_of_an_unknown_domain() {
    insta::assert_snapshot!(refused("refused/unknown_domain.onnx"));
}

#[test]
fn an_operator_that_does_not_exist() {
    insta::assert_snapshot!(refused("refused/unknown_operator.onnx"));
}

#[test]
fn an_operator_set_from_the_future() {
    // The rest of the words is the library's, and new with each of its versions.
    let text = refused("refused/newer_opset.onnx");
    assert!(text.starts_with("model_refused: model `…/refused/newer_opset.onnx` is refused by ONNX Runtime: ONNX Runtime only"), "{text}");
    assert!(text.contains("target_opset=18"), "{text}");
}

#[test]
fn weights_in_another_file() {
    insta::assert_snapshot!(refused("refused/external_data.onnx"));
}

#[test]
fn an_input_with_three_dimensions() {
    insta::assert_snapshot!(refused("refused/image_input.onnx"));
}

#[test]
fn a_model_that_adds_up_all_rows() {
    let model = common::catalog()
        .load(&common::data("refused/total_of_rows.onnx"))
        .unwrap();
    let column: ArrayRef = Arc::new(Float32Array::from(vec![1.0, 2.0]));
    insta::assert_snapshot!(run_error(&model, &[("a", vec![column])], 2));
}

#[test]
fn an_unknown_input() {
    let model = common::load("logistic_texts");
    let mut inputs = good_inputs();
    inputs[0].0 = "town";
    insta::assert_snapshot!(run_error(&model, &inputs, 1));
}

#[test]
fn missing_inputs() {
    let model = common::load("logistic_texts");
    insta::assert_snapshot!(run_error(&model, &good_inputs()[..2], 1));
}

#[test]
fn an_input_given_twice() {
    let model = common::load("logistic_texts");
    let mut inputs = good_inputs();
    inputs.push(inputs[0].clone());
    insta::assert_snapshot!(run_error(&model, &inputs, 1));
}

#[test]
fn too_few_columns() {
    let model = common::load("linear_regression");
    let column: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    insta::assert_snapshot!(run_error(&model, &[("X", vec![column; 3])], 1));
}

#[test]
fn too_many_columns() {
    let model = common::load("logistic_texts");
    let mut inputs = good_inputs();
    let column = Arc::clone(&inputs[2].1[0]);
    inputs[2].1.push(column);
    insta::assert_snapshot!(run_error(&model, &inputs, 1));
}

#[test]
fn no_columns_at_all() {
    let model = common::load("element_types");
    insta::assert_snapshot!(run_error(
        &model,
        &[
            ("age", vec![]),
            ("visits", vec![]),
            ("income", vec![]),
            ("balance", vec![]),
            ("city", vec![]),
            ("member", vec![]),
        ],
        0
    ));
}

#[test]
fn a_column_of_another_length() {
    insta::assert_snapshot!(check_column("age", Int64Array::from(vec![1, 2])));
}

#[test]
fn text_for_a_number() {
    insta::assert_snapshot!(check_column("age", StringArray::from(vec!["forty"])));
}

#[test]
fn a_number_for_text() {
    insta::assert_snapshot!(check_column("plan", Float64Array::from(vec![1.0])));
}

#[test]
fn a_time_for_a_number() {
    insta::assert_snapshot!(check_column(
        "visits",
        TimestampSecondArray::from(vec![0]).with_timezone("UTC")
    ));
    insta::assert_snapshot!(check_column("visits", Date32Array::from(vec![0])));
}

#[test]
fn a_decimal_for_a_whole_number() {
    insta::assert_snapshot!(check_column("age", Decimal128Array::from(vec![4000])));
}

#[test]
fn a_null_text() {
    insta::assert_snapshot!(check_column("city", StringArray::from(vec![None::<&str>])));
}

#[test]
fn a_null_in_a_dictionary() {
    let city: DictionaryArray<Int32Type> = vec![None::<&str>].into_iter().collect();
    insta::assert_snapshot!(check_column("city", city));
}

#[test]
fn a_text_with_a_nul_character() {
    insta::assert_snapshot!(check_column("city", StringArray::from(vec!["Por\0to"])));
}

#[test]
fn a_null_whole_number() {
    insta::assert_snapshot!(check_column("age", Int64Array::from(vec![None])));
}

#[test]
fn a_fraction_for_a_whole_number() {
    insta::assert_snapshot!(check_column("age", Float64Array::from(vec![40.5])));
}

#[test]
fn not_a_number_for_a_whole_number() {
    insta::assert_snapshot!(check_column("age", Float64Array::from(vec![f64::NAN])));
}

#[test]
fn a_whole_number_out_of_range() {
    let model = common::load("element_types");
    let inputs = element_types(200);
    insta::assert_snapshot!(run_error(&model, &inputs, 1));
}

#[test]
fn a_number_for_true_and_false() {
    let model = common::load("element_types");
    let mut inputs = element_types(1);
    inputs[5].1 = vec![Arc::new(Int64Array::from(vec![1]))];
    insta::assert_snapshot!(run_error(&model, &inputs, 1));
}

/// `visits` goes into 8 bits.
fn element_types(visits: i64) -> Vec<(&'static str, Vec<ArrayRef>)> {
    vec![
        ("age", vec![Arc::new(Int64Array::from(vec![40]))]),
        ("visits", vec![Arc::new(Int64Array::from(vec![visits]))]),
        ("income", vec![Arc::new(Float64Array::from(vec![1.5]))]),
        ("balance", vec![Arc::new(NullArray::new(1))]),
        ("city", vec![Arc::new(StringViewArray::from(vec!["Łódź"]))]),
        ("member", vec![Arc::new(BooleanArray::from(vec![true]))]),
    ]
}

#[test]
fn columns_of_related_types_are_converted() {
    let model = common::load("element_types");
    let whole = |name: &str| OutputRequest::whole(format!("{name}_out"));
    let requests = ["age", "visits", "balance", "city", "member"].map(whole);
    let dictionary: DictionaryArray<Int32Type> = vec!["Łódź"].into_iter().collect();
    let decimal = Decimal128Array::from(vec![150])
        .with_precision_and_scale(5, 2)
        .unwrap();
    let same: Vec<Vec<(&str, ArrayRef)>> = vec![
        vec![],
        vec![
            ("age", Arc::new(Float64Array::from(vec![40.0]))),
            ("visits", Arc::new(BooleanArray::from(vec![true]))),
        ],
        vec![("city", Arc::new(LargeStringArray::from(vec!["Łódź"])))],
        vec![("city", Arc::new(dictionary))],
        vec![("income", Arc::new(decimal))],
        vec![("balance", Arc::new(Float64Array::from(vec![None])))],
    ];
    for replaced in same {
        let mut inputs = element_types(1);
        for (name, column) in replaced {
            let place = inputs.iter_mut().find(|(input, _)| *input == name).unwrap();
            place.1 = vec![column];
        }
        let found = model.run(&inputs, &requests, 1).unwrap();
        assert_eq!(
            found[0].as_ref(),
            &arrow_array::Int32Array::from(vec![40]) as &dyn arrow_array::Array
        );
        assert_eq!(
            found[1].as_ref(),
            &arrow_array::Int8Array::from(vec![1]) as &dyn arrow_array::Array
        );
        let nan = arrow_cast::cast(&found[2], &arrow_schema::DataType::Float64).unwrap();
        assert!(
            arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Float64Type>(&nan)
                .value(0)
                .is_nan()
        );
        assert_eq!(
            found[3].as_ref(),
            &StringArray::from(vec!["Łódź"]) as &dyn arrow_array::Array
        );
        assert_eq!(
            found[4].as_ref(),
            &BooleanArray::from(vec![true]) as &dyn arrow_array::Array
        );
    }
}

#[test]
fn an_unknown_output() {
    insta::assert_snapshot!(request_error(
        "logistic_texts",
        OutputRequest::whole("score")
    ));
}

#[test]
fn an_unknown_class() {
    insta::assert_snapshot!(request_error(
        "logistic_texts",
        OutputRequest::class("probabilities", "maybe")
    ));
    insta::assert_snapshot!(request_error(
        "multinomial_zipmap",
        OutputRequest::class("output_probability", "40")
    ));
}

#[test]
fn a_class_of_a_regression() {
    insta::assert_snapshot!(request_error(
        "linear_regression",
        OutputRequest::class("variable", "yes")
    ));
}

#[test]
fn a_class_of_the_label() {
    insta::assert_snapshot!(request_error(
        "logistic_texts",
        OutputRequest::class("label", "yes")
    ));
}
