"""scikit-learn's trees and support vectors: indices stay inside the arrays that they point into."""

from __future__ import annotations

from typing import Any

import numpy as np

from insitu.registry.structure.parts import require


def check_estimators(model: Any) -> None:
    """Raise BadStructure if a part of a rebuilt estimator points outside of it, or in a circle."""
    seen: set[int] = set()
    stack: list[tuple[Any, int]] = [(model, 0)]
    while stack:
        item, width = stack.pop()
        if id(item) in seen or isinstance(item, str | bytes | int | float | np.ndarray):
            continue
        seen.add(id(item))
        if type(item).__name__ == "Tree":
            _check_tree(item)
        elif type(item).__name__ == "TreePredictor":
            _check_predictor(item, width)
        elif isinstance(item, dict):
            stack.extend((child, width) for child in item.values())
        elif isinstance(item, list | tuple | set):
            stack.extend((child, width) for child in item)
        elif hasattr(item, "__dict__"):
            width = int(getattr(item, "n_features_in_", width) or width)
            if hasattr(item, "support_vectors_"):
                _check_support_vectors(item, width)
            stack.extend((child, width) for child in vars(item).values())


def _check_tree(tree: Any) -> None:
    nodes = tree.__getstate__()["nodes"]
    leaf = nodes["left_child"] == -1
    require(bool(np.all(nodes["right_child"][leaf] == -1)), "a tree with half a leaf")
    _check_nodes(nodes, ~leaf, "left_child", "right_child", "feature", tree.n_features)


def _check_predictor(predictor: Any, width: int) -> None:
    nodes = predictor.nodes
    inner = nodes["is_leaf"] == 0
    _check_nodes(nodes, inner, "left", "right", "feature_idx", width)
    sets = nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)]
    there = min(len(predictor.raw_left_cat_bitsets), len(predictor.binned_left_cat_bitsets))
    require(bool(np.all(sets < there)), "a tree whose categories are not there")


def _check_nodes(nodes: Any, inner: Any, left: str, right: str, feature: str, width: int) -> None:
    """A node comes before its children in both libraries' arrays, so that following them ends."""
    position = np.flatnonzero(inner)
    for side in (left, right):
        children = nodes[side][inner].astype(np.int64)
        require(
            len(nodes) > 0 and bool(np.all((children > position) & (children < len(nodes)))),
            "a tree whose nodes point outside of it or back",
        )
    features = nodes[feature][inner]
    require(bool(np.all((features >= 0) & (features < width))), "a tree whose features point outside of the model")


def _check_support_vectors(machine: Any, width: int) -> None:
    vectors, machines = machine.support_vectors_, machine.dual_coef_
    counts = np.asarray(machine._n_support)
    count = len(machine.support_)
    classes = len(getattr(machine, "classes_", ())) or 2
    single = not hasattr(machine, "classes_")
    held = (
        vectors.shape == (count, width)
        and machines.shape == (1 if single else classes - 1, count)
        and bool(np.all(counts >= 0))
        and int(counts[0] if single else counts.sum()) == count
        and len(counts) >= (1 if single else classes)
        and len(machine._intercept_) == (1 if single else classes * (classes - 1) // 2)
    )
    require(held, "support vectors that lack a part")
