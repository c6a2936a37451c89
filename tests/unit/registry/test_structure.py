"""Models with a right hash and a wrong inside are refused before a library follows them; what is fitted here passes."""

from __future__ import annotations

import io
import json
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.svm import SVC, SVR

from insitu.errors import InsituError
from insitu.registry import artifact
from insitu.registry.structure import ubjson
from insitu.registry.structure.parts import BadStructure
from insitu.registry.versions import library_versions

lightgbm = pytest.importorskip("lightgbm")
xgboost = pytest.importorskip("xgboost")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(600, 4))
X[:, 3] = np.abs(X[:, 3] * 3).astype(int)
Y = ((X[:, 3] == 2) | (X[:, 0] > 1)).astype(int)
CLASSES = np.abs(X[:, 0] * 2).astype(int) % 3
CATEGORIES = {"min_child_samples": 5, "cat_smooth": 0, "min_data_per_group": 1, "max_cat_to_onehot": 1}


def lgbm(target: Any = Y, **parameters: Any) -> Any:
    model = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=6, verbosity=-1, **CATEGORIES, **parameters)
    return model.fit(X, target, categorical_feature=[3])


def xgb(target: Any = Y, **parameters: Any) -> Any:
    given = {"n_estimators": 3, "max_depth": 3, "enable_categorical": True, "feature_types": ["q", "q", "q", "c"]}
    return xgboost.XGBClassifier(**{**given, **parameters}).fit(X, target)


def load(data: bytes) -> Any:
    return artifact.loads(data, artifact.sha256(data), library_versions(), "m_1")


FITTED: dict[str, Callable[[], Any]] = {
    "lightgbm": lgbm,
    "lightgbm, three classes": lambda: lgbm(CLASSES),
    "lightgbm, equations in leaves": lambda: lgbm(linear_tree=True),
    "lightgbm, dart": lambda: lgbm(boosting_type="dart"),
    "lightgbm, no split": lambda: lightgbm.LGBMClassifier(min_child_samples=9999, verbosity=-1).fit(X, Y),
    "xgboost": xgb,
    "xgboost, three classes": lambda: xgb(CLASSES),
    "xgboost, dart": lambda: xgb(booster="dart"),
    "xgboost, linear": lambda: xgboost.XGBRegressor(booster="gblinear", n_estimators=2).fit(X, Y),
    "xgboost, quantiles": lambda: xgboost.XGBRegressor(
        objective="reg:quantileerror", quantile_alpha=[0.1, 0.9], n_estimators=2
    ).fit(X, Y),
    "xgboost, pruned": lambda: xgb(gamma=20.0, tree_method="exact", feature_types=None, enable_categorical=False),
    "forest": lambda: RandomForestClassifier(3, max_leaf_nodes=9).fit(X, Y),
    "histograms": lambda: HistGradientBoostingClassifier(max_iter=3, categorical_features=[3]).fit(X, Y),
    "support vectors": lambda: SVC().fit(X, CLASSES),
    "support vectors, two classes": lambda: SVC().fit(X, Y),
    "support vectors, regression": lambda: SVR().fit(X, Y),
}


@pytest.mark.parametrize("name", FITTED)
def test_what_was_fitted_is_loaded_and_scores_the_same(name: str) -> None:
    model = FITTED[name]()
    np.testing.assert_array_equal(load(artifact.dumps(model)).predict(X), model.predict(X))


def changed(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The artifact with its files changed."""
    source, buffer = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return buffer.getvalue()


def with_text(change: Callable[[str], str]) -> bytes:
    """A LightGBM artifact with its text changed, and the sizes of its trees corrected."""

    def edit(text: str) -> str:
        text = change(text)
        trees = re.findall(r"Tree=\d+\n.*?\n\n\n", text, re.DOTALL)
        return re.sub(r"tree_sizes=.*", "tree_sizes=" + " ".join(str(len(tree)) for tree in trees), text)

    def in_schema(name: str, content: bytes) -> bytes:
        if name != "schema.json":
            return content
        schema = json.loads(content)
        stack = [schema]
        while stack:
            node = stack.pop()
            if isinstance(node, dict) and "_handle" in node:
                node["_handle"]["content"] = json.dumps(edit(json.loads(node["_handle"]["content"])))
            stack.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else [])
        return json.dumps(schema).encode()

    return changed(artifact.dumps(lgbm()), in_schema)


def first(name: str, value: str) -> Callable[[str], str]:
    """Replaces the first number of the first list of this name."""
    return lambda text: re.sub(rf"(?m)^{name}=-?[\d.]+", f"{name}={value}", text, count=1)


LIGHTGBM: dict[str, Callable[[str], str]] = {
    "a wild feature": first("split_feature", "99999999"),
    "a negative feature": first("split_feature", "-1"),
    "a circle": first("left_child", "0"),
    "a wild child": first("left_child", "99999999"),
    "a wild leaf": first("left_child", "-99999999"),
    "a node reached twice": lambda text: re.sub(
        r"right_child=.*", lambda m: "right_child=" + left_of(text), text, count=1
    ),
    "fewer leaves": first("num_leaves", "2"),
    "more leaves": first("num_leaves", "99999999"),
    "no leaves": first("num_leaves", "0"),
    "a short list": lambda text: re.sub(r"(decision_type=\d+) \d+", r"\1", text, count=1),
    "leaves without values": lambda text: re.sub(r"(leaf_value=\S+) \S+", r"\1", text, count=1),
    "a wild set of categories": lambda text: re.sub(r"cat_boundaries=0 \d+", "cat_boundaries=0 99999999", text),
    "sets of categories out of order": lambda text: re.sub(r"cat_boundaries=0 \d+", "cat_boundaries=0 -1", text),
    "fewer categories": lambda text: re.sub(r"num_cat=[1-9]", "num_cat=0", text),
    "another number of classes": lambda text: text.replace("num_class=1", "num_class=9"),
    "more trees a round": lambda text: text.replace("num_tree_per_iteration=1", "num_tree_per_iteration=2"),
    "an objective of more classes": lambda text: text.replace("objective=binary", "objective=multiclass num_class:9"),
    "fewer features": lambda text: text.replace("max_feature_idx=3", "max_feature_idx=0"),
    "a name twice": lambda text: text.replace("num_cat=", "num_leaves=99\nnum_cat=", 1),
    "no tree": lambda text: "tree\nversion=v4\n",
    "nothing": lambda text: "",
}


def left_of(text: str) -> str:
    found = re.search(r"left_child=(.*)", text)
    assert found
    return found[1]


def assert_refused(data: bytes) -> None:
    with pytest.raises(
        InsituError, match=r"`m_1` does not hold together and is not loaded: .*restore it from a backup"
    ):
        load(data)


@pytest.mark.parametrize("case", LIGHTGBM)
def test_lightgbm(case: str) -> None:
    assert_refused(with_text(LIGHTGBM[case]))


def test_wild_sizes_of_lightgbms_trees() -> None:
    data = with_text(lambda text: text)
    load(data)
    assert_refused(changed(data, lambda name, content: re.sub(rb"tree_sizes=\d+", b"tree_sizes=99999999", content)))


def packed(value: Any) -> bytes:
    """A document as UBJSON, by the rules of ubjson.org."""
    match value:
        case None | bool():
            return {None: b"Z", True: b"T", False: b"F"}[value]
        case int():
            return b"L" + struct.pack(">q", value)
        case float():
            return b"d" + struct.pack(">f", value)
        case str():
            return b"S" + text(value)
        case list():
            return b"[#" + packed(len(value)) + b"".join(map(packed, value))
        case _:
            return b"{" + b"".join(text(name) + packed(item) for name, item in value.items()) + b"}"


def text(value: str) -> bytes:
    return packed(len(value.encode())) + value.encode()


def with_document(change: Callable[[Any], Any]) -> bytes:
    """An XGBoost artifact with its document changed."""

    def edit(name: str, content: bytes) -> bytes:
        if not name.endswith(".bin"):
            return content
        document = ubjson.loads(content)
        change(document)
        return packed(document)

    return changed(artifact.dumps(xgb()), edit)


def tree(**changes: Any) -> Callable[[Any], None]:
    """Changes the first tree: a list's first value, or one of its parameters."""

    def change(document: Any) -> None:
        found = document["Model"]["learner"]["gradient_booster"]["model"]["trees"][0]
        for name, value in changes.items():
            if name in found:
                found[name][0] = value
            else:
                found["tree_param"][name] = value

    return change


def model(name: str, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        document["Model"]["learner"]["gradient_booster"]["model"][name] = value

    return change


def learner(name: str, value: Any, part: str = "Model") -> Callable[[Any], None]:
    def change(document: Any) -> None:
        document[part]["learner"]["learner_model_param"][name] = value

    return change


XGBOOST: dict[str, Callable[[Any], None]] = {
    "a wild child": tree(left_children=99999999),
    "a circle": tree(left_children=0),
    "half a leaf": tree(left_children=-1),
    "a wild feature": tree(split_indices=99999999),
    "a negative feature": tree(split_indices=-1),
    "more nodes": tree(num_nodes="99999999"),
    "more features of a tree": tree(num_feature="99999999"),
    "leaves of several values": tree(size_leaf_vector="9"),
    "categories of no node": tree(categories_nodes=99999999),
    "wild categories": tree(categories_segments=99999999),
    "more categories": tree(categories_sizes=99999999),
    "a wild category": tree(categories=2**31 - 1),
    "a split by categories without them": tree(split_type=1),
    "a wild group": model("tree_info", [0, 99999999, 0]),
    "fewer groups": model("tree_info", [0]),
    "wild rounds": model("iteration_indptr", [0, 1, 2, 99999999]),
    "rounds out of order": model("iteration_indptr", [0, 2, 1, 3]),
    "fewer trees": model("trees", []),
    "other features": learner("num_feature", "1"),
    "no features": learner("num_feature", "0"),
    "wild classes": learner("num_class", "99999999"),
    "other features in the settings": learner("num_feature", "99", "Config"),
    "nothing": lambda document: document.clear(),
}


@pytest.mark.parametrize("case", XGBOOST)
def test_xgboost(case: str) -> None:
    assert_refused(with_document(XGBOOST[case]))


def test_an_unchanged_document_is_loaded() -> None:
    np.testing.assert_array_equal(load(with_document(lambda document: None)).predict(X), xgb().predict(X))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 5000, b"[$U#L" + b"\x7f" * 8, b"[#l\x7f\xff\xff\xff", b"Zz", b"SL\xff"]
)
def test_bytes_that_are_no_document(data: bytes) -> None:
    with pytest.raises(BadStructure):
        ubjson.loads(data)


def test_a_booster_that_hides_its_state() -> None:
    def hide(name: str, content: bytes) -> bytes:
        return (
            content.replace(b'"__loader__": "JsonNode"', b'"__loader__": "CachedNode"') if "json" in name else content
        )

    assert_refused(changed(artifact.dumps(lgbm()), hide))


def test_support_vectors_that_lack_a_part() -> None:
    machine = SVC().fit(X, CLASSES)
    machine._n_support = machine._n_support * 1000
    assert_refused(artifact.dumps(machine))


def test_trees_that_go_in_a_circle() -> None:
    fitted = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    nodes = fitted._predictors[0][0].nodes
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    nodes["left"][inner[-1]] = inner[1]
    assert_refused(artifact.dumps(fitted))


@pytest.mark.parametrize("data", [b"no zip", b"PK\x03\x04", b""])
def test_what_is_no_zip(data: bytes) -> None:
    with pytest.raises(InsituError, match=r"`m_1`: the artifact cannot be read \(BadZipFile"):
        load(data)


def test_what_is_nested_too_deep() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr("schema.json", "[" * 100_000 + "]" * 100_000)
    with pytest.raises(InsituError, match=r"`m_1`: the artifact cannot be read \(RecursionError"):
        load(buffer.getvalue())


def test_the_fault_that_this_prevents() -> None:
    """Without the check, the library ends the process: the reason why it is made before loading."""
    code = (
        "import sys, numpy, skops.io; from insitu.registry.artifact import TRUSTED_TYPES; "
        "m = skops.io.loads(sys.stdin.buffer.read(), trusted=list(TRUSTED_TYPES)); "
        "m.predict(numpy.zeros((9, 4)))"
    )
    data = with_text(first("split_feature", "99999999"))
    ended = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=False, timeout=120)
    assert ended.returncode < 0, ended.stderr
