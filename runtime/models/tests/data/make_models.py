"""Makes the models in this folder, and what scikit-learn expects of them.

    python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_models.py

All models read the same made-up table, `rows.csv`. For each one there are a folder with the model, as
skl2onnx writes it, a `case.json` that says which columns go to which input and what to take from the
outputs, and an `expected.csv` with what scikit-learn computes. Numbers in the table are exact in
float32, so that a tree's thresholds fall on the same side in float32 and float64.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import (
    BooleanTensorType,
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

HERE = Path(__file__).parent
OPSET = {"": 18, "ai.onnx.ml": 3}
N_ROWS = 301
NUMBERS = ["age", "income", "balance", "visits"]


def make_rows():
    random = np.random.default_rng(7)
    rows = pd.DataFrame({
        "age": random.integers(18, 90, N_ROWS),
        "income": np.round(random.gamma(4.0, 800.0, N_ROWS) * 8) / 8,
        "balance": np.round(random.normal(0.0, 500.0, N_ROWS) * 8) / 8,
        "visits": random.integers(0, 30, N_ROWS),
        "city": random.choice(["Aarhus", "Łódź", "Porto", "São Paulo", "東京"], N_ROWS),
        "plan": random.choice(["basic", "plus", "pro"], N_ROWS, p=[0.6, 0.3, 0.1]),
        "member": random.random(N_ROWS) < 0.4,
    })
    score = (
        rows["income"] / 1500 - rows["age"] / 30 + rows["visits"] / 8 + rows["balance"] / 700
        + (rows["plan"] == "pro") * 1.5 + random.normal(0.0, 0.8, N_ROWS)
    )
    targets = pd.DataFrame({
        "score": score,
        "twice": 2 * score + rows["age"],
        "left": (score > score.median()).astype(int),
        "answer": np.where(score > score.median(), "yes", "no"),
        "grade": np.select([score > 3, score > 1.5], ["gold", "silver"], "bronze"),
        "level": np.select([score > 3, score > 1.5], [30, 20], 10),
    })
    gaps = rows.copy()
    gaps.loc[random.random(N_ROWS) < 0.15, "income"] = np.nan
    gaps.loc[random.random(N_ROWS) < 0.10, "balance"] = np.nan
    return rows, gaps, targets


def column_types(table, columns, number=FloatTensorType):
    types = {"int64": Int64TensorType, "float64": number, "str": StringTensorType, "bool": BooleanTensorType}
    return [(column, types[str(table[column].dtype)]([None, 1])) for column in columns]


def write_case(name, table_name, onnx_model, inputs, outputs, expected, tolerance=1e-5):
    """`inputs`: input -> columns of the table; `outputs`: column of `expected` -> [output, class or None]."""
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "model.onnx").write_bytes(onnx_model.SerializeToString(deterministic=True))
    case = {"table": table_name, "inputs": inputs, "outputs": outputs, "tolerance": tolerance}
    (folder / "case.json").write_text(json.dumps(case, indent=2, ensure_ascii=False) + "\n")
    pd.DataFrame(expected).to_csv(folder / "expected.csv", index=False)


def probabilities(model, table, output):
    scores = model.predict_proba(table)
    outputs = {f"p_{label}": [output, str(label)] for label in model.classes_}
    return outputs, {f"p_{label}": scores[:, at] for at, label in enumerate(model.classes_)}


def classifier(name, model, target, columns, *, table, table_name="rows", zipmap, single_input=False, tolerance=1e-5):
    values = table[columns].astype(np.float64).to_numpy() if single_input else table[columns]
    model.fit(values, target)
    if single_input:
        types, inputs = [("X", FloatTensorType([None, len(columns)]))], {"X": columns}
    else:
        types, inputs = column_types(table, columns), {column: [column] for column in columns}
    options = {} if zipmap is True else {"zipmap": zipmap}
    onnx_model = to_onnx(model, name=name, initial_types=types, options=options, target_opset=OPSET)
    label, scores = "output_label", "output_probability"
    if not zipmap:
        label, scores = "label", "probabilities"
    outputs, expected = probabilities(model, values, scores)
    write_case(name, table_name, onnx_model, inputs, {"label": [label, None]} | outputs,
               {"label": model.predict(values)} | expected, tolerance)


def regressor(name, model, target, columns, *, table, table_name="rows", kind=FloatTensorType, tolerance=1e-5):
    values = table[columns].astype(np.float64).to_numpy()
    model.fit(values, target)
    onnx_model = to_onnx(model, name=name, initial_types=[("X", kind([None, len(columns)]))], target_opset=OPSET)
    predicted = np.asarray(model.predict(values)).reshape(len(values), -1)
    if predicted.shape[1] == 1:
        expected = {"predicted": predicted[:, 0]}
    else:
        expected = {"predicted": [json.dumps(row.tolist()) for row in predicted]}
    write_case(name, table_name, onnx_model, {"X": columns}, {"predicted": ["variable", None]}, expected, tolerance)


def kmeans(rows):
    values = rows[NUMBERS].astype(np.float64).to_numpy()
    model = make_pipeline(StandardScaler(), KMeans(n_clusters=4, random_state=0, n_init=3)).fit(values)
    onnx_model = to_onnx(model, name="kmeans", initial_types=[("X", FloatTensorType([None, 4]))], target_opset=OPSET)
    write_case("kmeans", "rows", onnx_model, {"X": NUMBERS}, {"cluster": ["label", None], "distances": ["scores", None]},
               {"cluster": model.predict(values), "distances": [json.dumps(row.tolist()) for row in model.transform(values)]},
               1e-4)


def fixed_rows(rows):
    """A model that is exported for exactly three rows, and adds two columns."""
    nodes = [helper.make_node("Add", ["a", "b"], ["sum"])]
    shape = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [3])
    graph = helper.make_graph(nodes, "fixed_rows", [shape("a"), shape("b")], [shape("sum")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    write_case("fixed_rows", "rows", model, {"a": ["income"], "b": ["balance"]}, {"sum": ["sum", None]},
               {"sum": rows["income"] + rows["balance"]})


def element_types(rows):
    """Each element type in and out again."""
    kinds = {
        "age": TensorProto.INT32, "visits": TensorProto.INT8, "income": TensorProto.DOUBLE,
        "balance": TensorProto.FLOAT16, "city": TensorProto.STRING, "member": TensorProto.BOOL,
    }
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in kinds]
    values = [helper.make_tensor_value_info(name, kind, [None]) for name, kind in kinds.items()]
    outputs = [helper.make_tensor_value_info(f"{name}_out", kind, [None]) for name, kind in kinds.items()]
    graph = helper.make_graph(nodes, "element_types", values, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    expected = rows[list(kinds)].copy()
    expected["balance"] = expected["balance"].astype(np.float16).astype(np.float64)
    write_case("element_types", "rows", model, {name: [name] for name in kinds},
               {name: [f"{name}_out", None] for name in kinds}, expected)


def refused():
    """Models that must be refused, each with its own reason."""
    folder = HERE / "refused"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    a = helper.make_tensor_value_info("a", TensorProto.FLOAT, [None])
    b = helper.make_tensor_value_info("b", TensorProto.FLOAT, [None])

    def save(name, nodes, opsets, inputs=(a,), outputs=(b,), initializers=()):
        graph = helper.make_graph(nodes, name, list(inputs), list(outputs), list(initializers))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid(*opset) for opset in opsets], ir_version=9)
        (folder / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))

    save("unknown_domain", [helper.make_node("Sharpen", ["a"], ["b"], domain="com.example")], [("", 18), ("com.example", 1)])
    save("unknown_operator", [helper.make_node("Sharpen", ["a"], ["b"])], [("", 18)])
    save("newer_opset", [helper.make_node("Abs", ["a"], ["b"])], [("", 99)])
    elsewhere = helper.make_tensor("weight", TensorProto.FLOAT, [1], [1.0])
    elsewhere.ClearField("float_data")
    elsewhere.data_location = TensorProto.EXTERNAL
    elsewhere.external_data.add(key="location", value="weights.bin")
    save("external_data", [helper.make_node("Add", ["a", "weight"], ["b"])], [("", 18)], initializers=[elsewhere])
    image = helper.make_tensor_value_info("a", TensorProto.FLOAT, [None, 8, 8])
    save("image_input", [helper.make_node("ReduceSum", ["a"], ["b"])], [("", 18)], inputs=[image])
    total = helper.make_tensor_value_info("b", TensorProto.FLOAT, [1])
    save("total_of_rows", [helper.make_node("ReduceSum", ["a"], ["b"], keepdims=1)], [("", 18)], outputs=[total])


def main():
    rows, gaps, targets = make_rows()
    rows.to_csv(HERE / "rows.csv", index=False)
    gaps.to_csv(HERE / "rows_with_gaps.csv", index=False)

    regressor("linear_regression", make_pipeline(StandardScaler(), LinearRegression()), targets["score"], NUMBERS, table=rows)
    regressor("linear_regression_double", make_pipeline(StandardScaler(), LinearRegression()), targets["score"], NUMBERS,
              table=rows, kind=DoubleTensorType, tolerance=1e-12)
    regressor("two_targets", make_pipeline(StandardScaler(), LinearRegression()), targets[["score", "twice"]], NUMBERS, table=rows)
    regressor("boosted_regression", GradientBoostingRegressor(n_estimators=150, max_depth=2, random_state=0),
              targets["score"], NUMBERS, table=rows)
    regressor("impute_boosted_regression",
              make_pipeline(SimpleImputer(), GradientBoostingRegressor(n_estimators=20, max_depth=2, random_state=0)),
              targets["score"], NUMBERS, table=gaps, table_name="rows_with_gaps")

    texts = ["city", "plan"]
    one_hot = lambda: ColumnTransformer([
        ("texts", OneHotEncoder(handle_unknown="ignore"), texts), ("numbers", StandardScaler(), ["age", "visits"]),
    ])
    columns = texts + ["age", "visits"]
    classifier("logistic_texts", make_pipeline(one_hot(), LogisticRegression()), targets["answer"], columns, table=rows, zipmap=False)
    classifier("logistic_texts_zipmap", make_pipeline(one_hot(), LogisticRegression()), targets["answer"], columns, table=rows, zipmap=True)
    amounts = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression())
    classifier("impute_scale_zipmap", amounts, targets["left"], ["income", "balance"], table=gaps, table_name="rows_with_gaps", zipmap=True)
    classifier("multinomial_zipmap", make_pipeline(StandardScaler(), LogisticRegression()), targets["level"], NUMBERS,
               table=rows, zipmap=True, single_input=True)
    classifier("forest", RandomForestClassifier(n_estimators=140, max_depth=3, random_state=0), targets["grade"], NUMBERS,
               table=rows, zipmap=False, single_input=True)
    classifier("boosting", GradientBoostingClassifier(n_estimators=60, max_depth=2, random_state=0), targets["left"], NUMBERS,
               table=rows, zipmap=False, single_input=True)
    classifier("network", make_pipeline(MinMaxScaler(), MLPClassifier((24, 8), max_iter=400, random_state=0)), targets["grade"], NUMBERS,
               table=rows, zipmap=False, single_input=True)
    classifier("support_vectors", make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)), targets["answer"], NUMBERS,
               table=rows, zipmap=False, single_input=True, tolerance=1e-4)
    classifier("naive_bayes", GaussianNB(), targets["grade"], NUMBERS, table=rows, zipmap=False, single_input=True, tolerance=1e-4)
    vote = VotingClassifier([("line", make_pipeline(StandardScaler(), LogisticRegression())), ("tree", DecisionTreeClassifier(max_depth=3, random_state=0))],
                            voting="soft", flatten_transform=False)
    classifier("vote", vote, targets["grade"], NUMBERS, table=rows, zipmap=False, single_input=True)
    kmeans(rows)
    fixed_rows(rows)
    element_types(rows)
    refused()


main()
