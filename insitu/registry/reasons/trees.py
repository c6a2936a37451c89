"""scikit-learn's trees: each split on a row's way contributes the step from its node's mean to the next one's.

A node's mean is that of the tree's own answers to the training rows which came by (Saabas, 2014). What a leaf has on
its way is the same for every row that ends there, so it is worked out once; a row then adds up what its leaves have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor

Array = np.ndarray[Any, Any]
FORESTS_OF_CLASSES = (RandomForestClassifier, ExtraTreesClassifier)
FORESTS = (*FORESTS_OF_CLASSES, RandomForestRegressor, ExtraTreesRegressor)
BOOSTING = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
DENSE = 10_000_000  # a table of no more numbers is not kept sparse, which is faster


@dataclass(frozen=True)
class Tree:
    """The nodes of a tree, parents before their children."""

    left: Array
    right: Array
    is_leaf: Array
    column: Array  # encoded column that the node splits by
    n_rows: Array  # training rows that came by
    answer: Array  # of leaves, shape (nodes, outputs)


def contributions(pipeline: Any) -> Callable[[Any], Array] | None:
    """Encoded rows → shape (rows, outputs, encoded columns); None for another estimator."""
    model = pipeline["model"]
    if isinstance(model, FORESTS):
        trees, reached = _of_forest(model)
    elif isinstance(model, BOOSTING):
        trees, reached = _of_boosting(model)
    else:
        return None
    tables = _tables(trees, model.n_features_in_)
    n_nodes, n_trees = tables[0].shape[0], len(trees)

    def of_rows(encoded: Array) -> Array:
        nodes = reached(encoded)
        n_rows = len(nodes)
        places = (np.ones(nodes.size), nodes.ravel(), np.arange(n_rows + 1) * n_trees)
        ends = sparse.csr_matrix(places, (n_rows, n_nodes))
        found = [ends @ table for table in tables]
        return np.stack([each.toarray() if sparse.issparse(each) else each for each in found], axis=1)

    return of_rows


def _tables(trees: Sequence[Tree], n_columns: int) -> list[Any]:
    """For each output, what the way to each node of all trees contributes: shape (nodes, encoded columns)."""
    first = np.cumsum([0, *(len(tree.left) for tree in trees)])
    parent = np.full(first[-1], -1)
    for tree, start in zip(trees, first, strict=False):
        inner = np.flatnonzero(~tree.is_leaf)
        for side in (tree.left, tree.right):
            parent[start + side[inner].astype(np.int64)] = start + inner
    is_leaf, column, n_rows, answer = (
        np.concatenate([getattr(tree, name) for tree in trees]) for name in ("is_leaf", "column", "n_rows", "answer")
    )
    # From all leaves to their roots at once.
    total, weight, at = np.zeros(answer.shape), np.zeros(len(parent)), np.flatnonzero(is_leaf)
    leaf = at
    while len(at):
        np.add.at(weight, at, n_rows[leaf])
        np.add.at(total, at, answer[leaf] * n_rows[leaf, None])
        goes_on = parent[at] >= 0
        leaf, at = leaf[goes_on], parent[at[goes_on]]
    mean = total / weight[:, None]
    steps: list[tuple[Array, Array, Array]] = []
    at = leaf = np.flatnonzero(is_leaf & (parent >= 0))
    while len(at):
        before = parent[at]
        steps.append((leaf, column[before], mean[at] - mean[before]))
        goes_on = parent[before] >= 0
        leaf, at = leaf[goes_on], before[goes_on]
    shape = (len(parent), n_columns)
    rows, columns, values = (np.concatenate(parts) for parts in zip(*steps, strict=True)) if steps else _nothing(answer)
    tables = [sparse.csr_matrix((values[:, output], (rows, columns)), shape) for output in range(answer.shape[1])]
    return [table.toarray() if np.prod(shape) * len(tables) <= DENSE else table for table in tables]


def _nothing(answer: Array) -> tuple[Array, Array, Array]:
    """The steps of trees that are a leaf each."""
    return np.empty(0, np.int64), np.empty(0, np.int64), answer[:0]


def _of_forest(model: Any) -> tuple[list[Tree], Callable[[Array], Array]]:
    """The trees of a forest, and the node that each row reaches in each, counted through."""
    trees = []
    for each in model.estimators_:
        tree = each.tree_
        answer = tree.value[:, 0, :]
        if isinstance(model, FORESTS_OF_CLASSES):
            answer = answer / answer.sum(axis=1, keepdims=True)
            answer = answer[:, 1:] if answer.shape[1] == 2 else answer
        is_leaf, share = tree.children_left < 0, answer / len(model.estimators_)
        trees.append(Tree(tree.children_left, tree.children_right, is_leaf, tree.feature, tree.n_node_samples, share))
    first = np.cumsum([0, *(len(tree.left) for tree in trees[:-1])])
    return trees, lambda encoded: model.apply(encoded) + first


def _of_boosting(model: Any) -> tuple[list[Tree], Callable[[Array], Array]]:
    """The trees of histogram gradient boosting, likewise."""
    # It has categories first.
    order = np.arange(model.n_features_in_)
    if model.is_categorical_ is not None:
        order = np.concatenate([np.flatnonzero(model.is_categorical_), np.flatnonzero(~model.is_categorical_)])
    trees, markers, first = [], [], 0
    for predictors in model._predictors:
        for output, predictor in enumerate(predictors):
            nodes = predictor.nodes
            answer = np.zeros((len(nodes), len(predictors)))
            answer[:, output] = nodes["value"]
            column = order[nodes["feature_idx"]]
            is_leaf = nodes["is_leaf"] != 0
            trees.append(Tree(nodes["left"], nodes["right"], is_leaf, column, nodes["count"], answer))
            # The same tree, which answers with the place of the leaf.
            marked = nodes.copy()
            marked["value"] = first + np.arange(len(nodes))
            sets = (predictor.binned_left_cat_bitsets, predictor.raw_left_cat_bitsets)
            markers.append(TreePredictor(marked, *sets))
            first += len(nodes)

    def reached(encoded: Array) -> Array:
        rows = model._preprocess_X(encoded, reset=False)
        known, place = model._bin_mapper.make_known_categories_bitsets()
        return np.column_stack([marker.predict(rows, known, place, 1) for marker in markers]).astype(np.int64)

    return trees, reached
