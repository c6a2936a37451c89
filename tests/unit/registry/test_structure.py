"""Models with a right hash and a wrong inside are refused before a library follows them; what is fitted here passes."""

from __future__ import annotations

import copy
import functools
import io
import json
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.svm import SVC, SVR

from insitu.errors import InsituError
from insitu.registry import artifact
from insitu.registry.structure import check_estimators, ubjson
from insitu.registry.structure.lightgbm import check_lightgbm
from insitu.registry.structure.parts import BadStructure, require_tree
from insitu.registry.structure.xgboost import check_xgboost
from insitu.registry.versions import library_versions

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
    "xgboost, linear, three classes": lambda: xgboost.XGBClassifier(booster="gblinear", n_estimators=2).fit(X, CLASSES),
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


@pytest.mark.parametrize("fit", [lgbm, xgb])
def test_a_booster_that_occurs_twice_is_written_once(fit: Callable[[], Any]) -> None:
    model = fit()
    loaded = load(artifact.dumps({"model": model, "again": model._Booster}))
    np.testing.assert_array_equal(loaded["model"].predict(X), model.predict(X))
    assert loaded["again"] is loaded["model"]._Booster


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
        return resized(change(text))

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


def nth(name: str, position: int, value: str) -> Callable[[str], str]:
    """Replaces one of the numbers of the first list of this name."""

    def change(text: str) -> str:
        found = re.search(rf"(?m)^{name}=(.*)$", text)
        assert found
        numbers = found[1].split(" ")
        numbers[position] = value
        return text[: found.start(1)] + " ".join(numbers) + text[found.end(1) :]

    return change


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def classes(number: int) -> Callable[[str], str]:
    """As many classes, and trees a round."""
    return lambda text: re.sub(r"(num_class|num_tree_per_iteration)=1", rf"\1={number}", text)


NO_PART, NO_NODE, NO_SET = "nodes that lack a part", "a child that is no node", "a set of categories that is not there"
# what is changed, and what is wrong with it
LIGHTGBM: dict[str, tuple[Callable[[str], str], str]] = {
    "nothing": (lambda text: "", "no tree"),
    "no tree": (lambda text: "tree\nversion=v4\n", "no tree"),
    "an end of line of another system": (replaced("objective=binary", "objective=binary\r"), "that it never writes"),
    "an end of a text": (replaced("objective=binary", "objective=binary\0"), "that it never writes"),
    "no features": (first("max_feature_idx", "-1"), "neither features nor trees"),
    "no trees a round": (classes(0), "neither features nor trees"),
    "another number of classes": (replaced("num_class=1", "num_class=9"), "as many trees a round as classes"),
    "more trees a round": (replaced("num_tree_per_iteration=1", "num_tree_per_iteration=2"), "as many trees a round"),
    "an objective of more classes": (
        replaced("objective=binary", "objective=multiclass num_class:9"),
        "the objective has other classes",
    ),
    "fewer features": (first("max_feature_idx", "0"), "`feature_names` of another number of features"),
    "fewer ranges": (replaced("feature_infos=", "feature_infos=none "), "`feature_infos` of another number"),
    "half a round": (classes(2), "a round of trees that is not complete"),
    "fewer leaves": (first("num_leaves", "2"), "tree 0: leaves without values"),
    "more leaves": (first("num_leaves", "99999999"), "tree 0: leaves without values"),
    "no leaves": (
        lambda text: re.sub(r"leaf_value=.*", "leaf_value=", first("num_leaves", "0")(text), count=1),
        "tree 0: leaves without values",
    ),
    "leaves without values": (lambda text: re.sub(r"(leaf_value=\S+) \S+", r"\1", text, count=1), "leaves without"),
    **{
        f"a short list of {name}": (lambda text, name=name: re.sub(rf"({name}=\S+) \S+", r"\1", text, count=1), NO_PART)
        for name in ("split_feature", "threshold", "decision_type", "left_child", "right_child")
    },
    "a wild feature": (first("split_feature", "99999999"), "a feature that the model does not have"),
    "one feature too far": (first("split_feature", "4"), "a feature that the model does not have"),
    "a negative feature": (first("split_feature", "-1"), "a feature that the model does not have"),
    "a circle": (first("left_child", "0"), NO_NODE),
    "a wild child": (first("left_child", "99999999"), NO_NODE),
    "one child too far": (first("right_child", "5"), NO_NODE),
    "a wild leaf": (first("left_child", "-99999999"), NO_NODE),
    "one leaf too far": (nth("left_child", 1, "-7"), NO_NODE),
    "a node reached twice": (
        lambda text: re.sub(r"right_child=.*", lambda m: "right_child=" + left_of(text), text, count=1),
        "a node that is reached twice",
    ),
    "no number of a set": (nth("threshold", 1, "0.5"), "a set of categories without number"),
    "a negative set": (nth("threshold", 1, "-1"), "a set of categories without number"),
    "one set too far": (nth("threshold", 1, "1"), NO_SET),
    "fewer sets": (lambda text: re.sub(r"num_cat=[1-9]", "num_cat=0", text), NO_SET),
    "fewer bounds": (nth("cat_boundaries", 0, ""), "sets of categories that lack a part"),
    "sets that begin later": (nth("cat_boundaries", 0, "1"), "sets of categories that lack a part"),
    "sets out of order": (nth("cat_boundaries", 1, "-1"), "sets of categories out of order"),
    "a wild set": (nth("cat_boundaries", 1, "99999999"), "categories that lack a part"),
    "a name twice": (replaced("num_cat=", "num_leaves=99\nnum_cat="), "`num_leaves` comes twice"),
    "a text for a number": (nth("left_child", 0, "one"), "`left_child` is no number"),
    "a number of too many digits": (nth("left_child", 0, "1234567890"), "`left_child` is no number"),
    "a number of another script": (nth("left_child", 0, "\u0661"), "`left_child` is no number"),
    "two numbers for one": (first("num_leaves", "6 6"), "`num_leaves` is not one number"),
    "no number": (replaced("num_leaves=", "leaves="), "`num_leaves` is not one number"),
}
LINEAR: dict[str, tuple[Callable[[str], str], str]] = {
    "fewer equations": (replaced("num_features=0 ", "num_features="), "leaves without an equation"),
    "fewer constants": (lambda text: re.sub(r"leaf_const=\S+ ", "leaf_const=", text, count=1), "without an equation"),
    "a negative equation": (first("num_features", "-1"), "an equation of fewer than no features"),
    "more features in an equation": (first("num_features", "1"), "equations that lack a part"),
    "a coefficient too many": (replaced("leaf_coeff=", "leaf_coeff=0.5 "), "equations that lack a part"),
    "a wild feature": (
        lambda text: nth("leaf_features", 0, "4")(nth("leaf_coeff", 0, "0.5")(first("num_features", "1")(text))),
        "a feature that the model does not have",
    ),
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


def resized(text: str) -> str:
    """With the sizes of its trees corrected."""
    trees = re.findall(r"Tree=\d+\n.*?\n\n\n", text, re.DOTALL)
    return re.sub(r"tree_sizes=.*", "tree_sizes=" + " ".join(str(len(tree.encode())) for tree in trees), text)


@pytest.fixture(scope="module")
def texts() -> dict[bool, str]:
    """What LightGBM writes, by whether its leaves have equations."""
    return {linear: lgbm(linear_tree=linear).booster_.model_to_string() for linear in (False, True)}


@pytest.mark.parametrize("case", [*LIGHTGBM, *(f"equations: {case}" for case in LINEAR)])
def test_lightgbm(texts: dict[bool, str], case: str) -> None:
    linear = case.startswith("equations: ")
    change, message = LINEAR[case.removeprefix("equations: ")] if linear else LIGHTGBM[case]
    check_lightgbm(resized(texts[linear]))
    with pytest.raises(BadStructure, match=re.escape(message)):
        check_lightgbm(resized(change(texts[linear])))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ("99999999", "tree 0: `Tree` comes twice"),
        ("792", "tree 1 is not where it should be"),  # a byte too few
        ("-1", "tree 0 is not where it should be"),
        ("0", "tree 0 is not where it should be"),
    ],
)
def test_wild_sizes_of_lightgbms_trees(texts: dict[bool, str], sizes: str, message: str) -> None:
    assert "tree_sizes=793 " in resized(texts[False])
    with pytest.raises(BadStructure, match=message):
        check_lightgbm(re.sub(r"tree_sizes=\d+", f"tree_sizes={sizes}", texts[False]))


def test_more_trees_than_lightgbm_says(texts: dict[bool, str]) -> None:
    with pytest.raises(BadStructure, match="more trees than it says"):
        check_lightgbm(re.sub(r"(tree_sizes=.*) \d+", r"\1", texts[False]))


def test_a_wild_lightgbm_is_not_loaded() -> None:
    load(with_text(lambda text: text))
    assert_refused(with_text(first("split_feature", "99999999")))


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


def booster(**changes: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        document["Model"]["learner"]["gradient_booster"] |= changes

    return change


def both(*changes: Callable[[Any], None]) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for one in changes:
            one(document)

    return change


def short(name: str) -> Callable[[Any], None]:
    """A list of the first tree without its last."""
    return lambda document: document["Model"]["learner"]["gradient_booster"]["model"]["trees"][0][name].pop()


NO_FEATURE, NO_CATEGORIES = "a feature that the model does not have", "categories that are not there"
# what is changed, and what is wrong with it
XGBOOST: dict[str, tuple[Callable[[Any], None], str]] = {
    "nothing": (lambda document: document.clear(), "a part is missing or of another kind"),
    "a text for a list": (model("tree_info", 7), "a part is missing or of another kind"),
    "other features in the settings": (learner("num_feature", "99", "Config"), "two numbers of features"),
    "no features": (
        both(learner("num_feature", "0"), learner("num_feature", "0", "Config")),
        "neither features nor outputs",
    ),
    "wild classes": (
        both(learner("num_class", "99999999"), learner("num_class", "99999999", "Config")),
        "neither features nor outputs",
    ),
    "types of other features": (
        lambda document: document["Model"]["learner"]["feature_types"].pop(),
        "types of other features",
    ),
    "another booster": (booster(name="gbforest"), "a booster that it does not know"),
    "linear weights of other features": (
        booster(name="gblinear", model={"weights": [0.0] * 4}),
        "weights of other features",
    ),
    "fewer weights of trees": (
        lambda document: booster(
            name="dart",
            weight_drop=[1.0],
            gbtree={"name": "gbtree", "model": document["Model"]["learner"]["gradient_booster"]["model"]},
        )(document),
        "weights of other trees",
    ),
    "another number of trees": (model("gbtree_model_param", {"num_trees": "2"}), "another number of trees"),
    "fewer trees": (model("trees", []), "another number of trees"),
    "fewer groups": (model("tree_info", [0]), "trees without a group"),
    "a wild group": (model("tree_info", [0, 99999999, 0]), "a group that is not there"),
    "one group too far": (model("tree_info", [0, 1, 0]), "a group that is not there"),
    "wild rounds": (model("iteration_indptr", [0, 1, 2, 99999999]), "rounds of other trees"),
    "no round": (model("iteration_indptr", [1, 2, 3]), "rounds of other trees"),
    "rounds out of order": (model("iteration_indptr", [0, 2, 1, 3]), "rounds out of order"),
    "names of categories": (model("cats", {"enc": [1]}), "names of categories"),
    "another number of a tree": (lambda document: _tree(document).update(id=7), "tree 0 has another number"),
    "more features of a tree": (tree(num_feature="99999999"), "tree 0: another number of features"),
    "leaves of several values": (tree(size_leaf_vector="9"), "leaves of several values"),
    "more nodes": (tree(num_nodes="99999999"), "nodes that lack a part"),
    **{
        f"a short list of {name}": (short(name), "nodes that lack a part")
        for name in (
            "left_children",
            "right_children",
            "parents",
            "split_indices",
            "split_conditions",
            "split_type",
            "default_left",
            "base_weights",
            "loss_changes",
            "sum_hessian",
        )
    },
    "a wild child": (tree(left_children=99999999), "a child that is no node"),
    "one child too far": (tree(right_children=5), "a child that is no node"),
    "a circle": (tree(left_children=0), "a child that is no node"),
    "half a leaf": (tree(left_children=-1), "a child that is no node"),
    "a node reached twice": (tree(left_children=2), "a node that is reached twice"),
    "a wild feature": (tree(split_indices=99999999), NO_FEATURE),
    "one feature too far": (tree(split_indices=4), NO_FEATURE),
    "a negative feature": (tree(split_indices=-1), NO_FEATURE),
    "another kind of split": (tree(split_type=2), "a kind of split that is not there"),
    "fewer categories": (short("categories_sizes"), "sets of categories that lack a part"),
    "categories of no node": (tree(categories_nodes=5), "categories of a node that is not there"),
    "categories out of order": (
        lambda document: _tree(document).update(
            categories_nodes=[1, 1], categories_segments=[0, 0], categories_sizes=[9, 9]
        ),
        "categories out of order",
    ),
    "a split by categories without them": (tree(split_type=1), "a split by categories without them"),
    "categories that begin before": (tree(categories_segments=-1), NO_CATEGORIES),
    "no categories": (tree(categories_sizes=0), NO_CATEGORIES),
    "wild categories": (tree(categories_segments=99999999), NO_CATEGORIES),
    "more categories": (tree(categories_sizes=10), NO_CATEGORIES),
    "a wild category": (tree(categories=2**31 - 1), "a category that cannot be"),
    "one category too far": (tree(categories=2**24), "a category that cannot be"),
}


def _tree(document: Any) -> Any:
    return document["Model"]["learner"]["gradient_booster"]["model"]["trees"][0]


@pytest.fixture(scope="module")
def document() -> bytes:
    """What XGBoost keeps in memory."""
    with zipfile.ZipFile(io.BytesIO(artifact.dumps(xgb()))) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".bin")]
        return archive.read(name)


@pytest.mark.parametrize("case", XGBOOST)
def test_xgboost(document: bytes, case: str) -> None:
    change, message = XGBOOST[case]
    content = ubjson.loads(document)
    check_xgboost(packed(content))
    change(content)
    with pytest.raises(BadStructure, match=re.escape(message)):
        check_xgboost(packed(content))


def test_a_wild_xgboost_is_not_loaded() -> None:
    assert_refused(with_document(tree(split_indices=99999999)))


def test_what_could_not_be_loaded_again_is_not_written() -> None:
    several = xgboost.XGBRegressor(n_estimators=1, multi_strategy="multi_output_tree", tree_method="hist")
    with pytest.raises(InsituError, match=r"could not load the fitted model again: .*leaves of several values"):
        artifact.dumps(several.fit(X, np.column_stack([X[:, 0], X[:, 1]])))


def test_an_unchanged_document_is_loaded() -> None:
    np.testing.assert_array_equal(load(with_document(lambda document: None)).predict(X), xgb().predict(X))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 5000, b"[$U#L" + b"\x7f" * 8, b"[#l\x7f\xff\xff\xff", b"Zz", b"SL\xff"]
)
def test_bytes_that_are_no_document(data: bytes) -> None:
    with pytest.raises(BadStructure):
        ubjson.loads(data)


def test_words_and_numbers_of_a_document() -> None:
    assert ubjson.loads(b"[ZTFi\xffU\xffI\x01\x00SU\x02ab]") == [None, True, False, -1, 255, 256, "ab"]


def test_a_booster_that_hides_its_state() -> None:
    def hide(name: str, content: bytes) -> bytes:
        return (
            content.replace(b'"__loader__": "JsonNode"', b'"__loader__": "CachedNode"') if "json" in name else content
        )

    assert_refused(changed(artifact.dumps(lgbm()), hide))


def forest(position: int | None, **changes: Any) -> Any:
    """A forest; the first tree's node at a position, or its first leaf, is changed."""
    model = RandomForestClassifier(2, max_leaf_nodes=9, random_state=0).fit(X, Y)
    tree = model.estimators_[0].tree_
    state = tree.__getstate__()
    nodes = state["nodes"]
    index = int(np.flatnonzero(nodes["left_child"] == -1)[0]) if position is None else position
    for name, value in changes.items():
        nodes[name][index] = value
    tree.__setstate__(state)
    return model


@functools.cache
def fitted_histograms() -> Any:
    return HistGradientBoostingClassifier(max_iter=2, categorical_features=[3]).fit(X, Y)


def histograms(position: int, **changes: Any) -> Any:
    """Histogram gradient boosting; a node of the first tree is changed. The second is split by a set of categories."""
    model = copy.deepcopy(fitted_histograms())
    nodes = model._predictors[0][0].nodes
    assert nodes["is_categorical"][1] and not nodes["is_categorical"][0] and not nodes["is_leaf"][:2].any()
    for name, value in changes.items():
        nodes[name][position] = value
    return model


def binned(model: Any) -> Any:
    """Without one of the two forms in which it has its sets of categories."""
    predictor = model._predictors[0][0]
    predictor.binned_left_cat_bitsets = predictor.binned_left_cat_bitsets[:0]
    return model


def machine(single: bool = False, **changes: Callable[[Any], Any]) -> Any:
    model = (SVR() if single else SVC()).fit(X, X[:, 0] if single else CLASSES)
    for name, change in changes.items():
        setattr(model, name, change(getattr(model, name)))
    return model


POINTS_OUT, NO_FEATURES = "nodes point outside of it or back", "whose features point outside of the model"
LACKS = "support vectors that lack a part"
ESTIMATORS: dict[str, tuple[Callable[[], Any], str]] = {
    "a forest: itself on the left": (lambda: forest(1, left_child=1), POINTS_OUT),
    "a forest: itself on the right": (lambda: forest(1, right_child=1), POINTS_OUT),
    "a forest: one node too far": (lambda: forest(1, right_child=17), POINTS_OUT),
    "a forest: one feature too far": (lambda: forest(0, feature=4), NO_FEATURES),
    "a forest: a negative feature": (lambda: forest(0, feature=-2), NO_FEATURES),
    "a forest: half a leaf": (lambda: forest(None, right_child=16), "a tree with half a leaf"),
    "a forest: inside of something": (lambda: {"score": [(forest(1, left_child=1),)]}, POINTS_OUT),
    "histograms: itself on the left": (lambda: histograms(1, left=1), POINTS_OUT),
    "histograms: itself on the right": (lambda: histograms(1, right=1), POINTS_OUT),
    "histograms: one node too far": (
        lambda: histograms(1, right=len(fitted_histograms()._predictors[0][0].nodes)),
        POINTS_OUT,
    ),
    "histograms: one feature too far": (lambda: histograms(0, feature_idx=4), NO_FEATURES),
    "histograms: a negative feature": (lambda: histograms(0, feature_idx=-1), NO_FEATURES),
    "histograms: one set too far": (lambda: histograms(1, bitset_idx=1), "a tree whose categories are not there"),
    "histograms: half of the sets": (lambda: binned(histograms(0)), "a tree whose categories are not there"),
    "support vectors: too few": (lambda: machine(support_vectors_=lambda v: v[1:]), LACKS),
    "support vectors: too short": (lambda: machine(support_vectors_=lambda v: v[:, 1:]), LACKS),
    "support vectors: fewer coefficients": (
        lambda: machine(_dual_coef_=lambda v: v[:1], dual_coef_=lambda v: v[:1]),
        LACKS,
    ),
    "support vectors: a negative count": (
        lambda: machine(_n_support=lambda v: np.array([-1, v[0] + v[1] + 1, v[2]], v.dtype)),
        LACKS,
    ),
    "support vectors: wild counts": (lambda: machine(_n_support=lambda v: v * 1000), LACKS),
    "support vectors: fewer counts": (
        lambda: machine(_n_support=lambda v: np.array([v[0] + v[1], v[2]], v.dtype)),
        LACKS,
    ),
    "support vectors: fewer intercepts": (lambda: machine(_intercept_=lambda v: v[1:]), LACKS),
    "one support vector machine: wild counts": (lambda: machine(True, _n_support=lambda v: v + 1), LACKS),
    "one support vector machine: no intercept": (lambda: machine(True, _intercept_=lambda v: v[1:]), LACKS),
    "one support vector machine: no coefficients": (lambda: machine(True, dual_coef_=lambda v: v[:, 1:]), LACKS),
}


@pytest.mark.parametrize("case", ESTIMATORS)
def test_scikit_learn(case: str) -> None:
    make, message = ESTIMATORS[case]
    with pytest.raises(BadStructure, match=re.escape(message)):
        check_estimators(make())


def test_what_is_not_changed_holds() -> None:
    for model in (forest(0), histograms(0), machine(), machine(True)):
        check_estimators(model)


def test_a_wild_machine_is_not_loaded() -> None:
    assert_refused(artifact.dumps(machine(_n_support=lambda v: v * 1000)))


@pytest.mark.parametrize(
    ("left", "right", "holds"),
    [
        ([-1], [-1], True),
        ([1, -1, -1], [2, -1, -1], True),
        ([0], [-1], False),
        ([-1], [0], False),
        ([1, -1], [-1, -1], False),
        ([-1, -1], [1, -1], False),
        ([1, -1, -1], [3, -1, -1], False),
        ([1, -1, -1], [1, -1, -1], False),
        ([], [], False),
        ([-1], [-1, -1], False),
    ],
)
def test_children_lead_to_each_node_once_and_nowhere_else(left: list[int], right: list[int], holds: bool) -> None:
    try:
        require_tree(left, right, len(left), "tree 0")
    except BadStructure:
        assert not holds
    else:
        assert holds


def test_trees_that_go_in_a_circle() -> None:
    assert_refused(artifact.dumps(histograms(1, left=1)))


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
