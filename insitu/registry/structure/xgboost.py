"""XGBoost's bytes: every index in them is one of a node, a feature, a group or a category that is there."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from insitu.registry.structure import ubjson
from insitu.registry.structure.parts import BadStructure, require, require_tree, require_within

_CATEGORIES = 2**24  # XGBoost itself has no more
_OF_NODES = (
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


def check_xgboost(data: bytes) -> None:
    """Raise BadStructure if a model as XGBoost keeps it in memory does not hold together."""
    document = ubjson.loads(data)
    try:
        _check(document)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        if isinstance(error, BadStructure):
            raise
        raise BadStructure(f"XGBoost: a part is missing or of another kind ({error})") from error


def _check(document: dict[str, Any]) -> None:
    learner = document["Model"]["learner"]
    sizes = {name: int(learner["learner_model_param"][name]) for name in ("num_class", "num_feature", "num_target")}
    told = document["Config"]["learner"].get("learner_model_param", {})
    require(all(int(told.get(name, size)) == size for name, size in sizes.items()), "XGBoost: two numbers of features")
    features, groups = sizes["num_feature"], max(sizes["num_class"], 1) * max(sizes["num_target"], 1)
    require(features > 0 and groups < _CATEGORIES, "XGBoost: neither features nor outputs")
    require(len(learner.get("feature_types") or []) in (0, features), "XGBoost: types of other features")
    booster = learner["gradient_booster"]
    if booster["name"] == "gblinear":
        require(len(booster["model"]["weights"]) == (features + 1) * groups, "XGBoost: weights of other features")
        return
    if booster["name"] == "dart":
        trees = booster["gbtree"]["model"]["trees"]
        require(len(booster["weight_drop"]) == len(trees), "XGBoost: weights of other trees")
        booster = booster["gbtree"]
    require(booster["name"] == "gbtree", "XGBoost: a booster that it does not know")
    _check_trees(booster["model"], features, groups)


def _check_trees(model: dict[str, Any], features: int, groups: int) -> None:
    trees = model["trees"]
    require(int(model["gbtree_model_param"]["num_trees"]) == len(trees), "XGBoost: another number of trees")
    require(len(model["tree_info"]) == len(trees), "XGBoost: trees without a group")
    require_within(model["tree_info"], groups, "XGBoost: a group that is not there")
    rounds = model["iteration_indptr"]
    require(rounds[:1] == [0] and rounds[-1] == len(trees), "XGBoost: rounds of other trees")
    require(all(low <= high for low, high in pairwise(rounds)), "XGBoost: rounds out of order")
    cats = model.get("cats") or {}
    require(
        not any(cats.get(name) for name in ("enc", "feature_segments", "sorted_idx")), "XGBoost: names of categories"
    )
    for number, tree in enumerate(trees):
        require(int(tree["id"]) == number, f"XGBoost: tree {number} has another number")
        _check_tree(tree, features, f"XGBoost: tree {number}")


def _check_tree(tree: dict[str, Any], features: int, place: str) -> None:
    parameters = tree["tree_param"]
    nodes = int(parameters["num_nodes"])
    require(int(parameters["num_feature"]) == features, f"{place}: another number of features")
    require(int(parameters["size_leaf_vector"]) in (0, 1), f"{place}: leaves of several values")
    require(all(len(tree[name]) == nodes for name in _OF_NODES), f"{place}: nodes that lack a part")
    require_tree(tree["left_children"], tree["right_children"], nodes, place)
    require_within(tree["split_indices"], features, f"{place}: a feature that the model does not have")
    require_within(tree["split_type"], 2, f"{place}: a kind of split that is not there")
    with_categories, starts, counts = (
        tree[name] for name in ("categories_nodes", "categories_segments", "categories_sizes")
    )
    require(len(with_categories) == len(starts) == len(counts), f"{place}: sets of categories that lack a part")
    require_within(with_categories, nodes, f"{place}: categories of a node that is not there")
    require(all(low < high for low, high in pairwise(with_categories)), f"{place}: categories out of order")
    splits = [node for node in range(nodes) if tree["split_type"][node] and tree["left_children"][node] >= 0]
    require(set(splits) <= set(with_categories), f"{place}: a split by categories without them")
    end = len(tree["categories"])
    require(
        all(start >= 0 and count > 0 and start + count <= end for start, count in zip(starts, counts, strict=True)),
        f"{place}: categories that are not there",
    )
    require_within(tree["categories"], _CATEGORIES, f"{place}: a category that cannot be")
