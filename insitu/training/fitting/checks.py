"""Refuses data that cannot give a valid model: too few rows, one class, duplicates, the label among the features."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.metrics import roc_auc_score

from insitu.config import UseCase
from insitu.errors import InsituError
from insitu.training.fitting.frame import Feature

MIN_ROWS = 50
MIN_PER_CLASS = 5
LEAK_AUC = 0.9995  # one feature that separates the classes this well is taken for the label itself
LEAK_CORRELATION = 0.9999
MAX_JUDGED = 20_000  # rows


def check_rows(table: pa.Table, name: str) -> None:
    """Enough rows in the split `train`."""
    counts = {
        row["values"]: row["counts"] for row in pc.value_counts(table.column("split").cast(pa.string())).to_pylist()
    }
    found = counts.get("train", 0)
    if found < MIN_ROWS:
        raise InsituError(
            f"`{name}` has {found} rows with split 'train', training needs at least {MIN_ROWS}. Move `as_of` forward, "
            "or shorten `meta.ml.training.test`, `gap` and `validation`"
        )


def check_labels(table: pa.Table, use_case: UseCase, name: str) -> None:
    """Labels present, and of more than one kind in the split `train`."""
    label = table.column(use_case.label)
    if label.null_count:
        raise InsituError(
            f"`{name}`: label `{use_case.label}` is NULL in {label.null_count:,} of {len(label):,} rows; "
            "a training set holds matured labels only"
        )
    if use_case.task == "regression":
        return
    if use_case.task == "multiclass" and not _names_classes(label.type):
        raise InsituError(
            f"`{name}`: label `{use_case.label}` of a multiclass task is {label.type}; make it text or a whole number "
            "in the label model"
        )
    train = label.filter(pc.equal(table.column("split").cast(pa.string()), "train"))
    counts = {row["values"]: row["counts"] for row in pc.value_counts(train).to_pylist()}
    if len(counts) < 2:
        raise InsituError(
            f"`{name}`: label `{use_case.label}` has one class only ({next(iter(counts))}) in {len(train):,} rows of "
            "split 'train'. Check the label model, or train on a longer period"
        )
    value, rare = min(counts.items(), key=lambda item: (item[1], str(item[0])))
    if rare < MIN_PER_CLASS:
        raise InsituError(
            f"`{name}`: class {value} of label `{use_case.label}` has {rare} rows in split 'train', training needs at "
            f"least {MIN_PER_CLASS} of each class"
        )


def _names_classes(type_: pa.DataType) -> bool:
    """Is it text or a whole number? These are written the same in Python and in both warehouses."""
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    is_text = pa.types.is_string(type_) or pa.types.is_large_string(type_) or pa.types.is_string_view(type_)
    return bool(is_text or pa.types.is_integer(type_))


def check_unique(table: pa.Table, keys: list[str], name: str) -> None:
    """One row per entity and as-of time."""
    counts = table.group_by(keys).aggregate([([], "count_all")])
    twice = counts.filter(pc.greater(counts.column("count_all"), 1))
    if twice.num_rows:
        example = {key: twice.column(key)[0].as_py() for key in keys}
        shown = ", ".join(f"{key} = {value}" for key, value in example.items())
        raise InsituError(
            f"`{name}`: {twice.num_rows:,} keys occur more than once, for example {shown}. One row per "
            f"({', '.join(keys)}) is expected: look for a join that multiplies rows"
        )


def suspicious(
    frame: pd.DataFrame, y: np.ndarray[Any, Any], features: list[Feature], use_case: UseCase, name: str
) -> None:
    """Refuse a feature that predicts the label almost perfectly by itself, judged on an even sample of the rows."""
    sample = np.linspace(0, len(y) - 1, min(len(y), MAX_JUDGED)).astype(np.int64)
    frame, y = frame.iloc[sample], y[sample]
    for feature in features:
        if feature.name in use_case.features.not_leaking:
            continue
        found = _separates(frame[feature.name], y, feature, use_case.task)
        if found:
            raise InsituError(
                f"`{name}`: feature `{feature.name}` tells the label `{use_case.label}` almost perfectly ({found}). "
                "It is most likely known only after the fact. Remove it, or list it under "
                "`meta.ml.features.not_leaking` if it may predict the label that well"
            )


def _separates(column: pd.Series[Any], y: np.ndarray[Any, Any], feature: Feature, task: str) -> str | None:
    if feature.kind == "category":
        if task == "regression" or (feature.n_categories or 0) > 50:
            return None
        counts = pd.crosstab(column.fillna("\0"), y)
        purity = float(counts.max(axis=1).sum() / counts.to_numpy().sum())
        return "every category has one class only" if purity == 1.0 else None
    values = column.to_numpy()
    known = ~np.isnan(values)
    if known.sum() < 10:
        return None
    if task == "regression":
        x, z = values[known], y[known]
        if np.std(x) == 0 or np.std(z) == 0:
            return None
        r = abs(float(np.corrcoef(x, z)[0, 1]))
        return f"correlation {r:.5f}" if r > LEAK_CORRELATION else None
    filled = np.where(known, values, np.nanmin(values) - 1)
    if task == "binary":
        auc = float(roc_auc_score(y, filled))
        auc = max(auc, 1 - auc)
        return f"AUC {auc:.4f} on its own" if auc > LEAK_AUC else None
    same = all(len(np.unique(filled[y == k])) == 1 for k in np.unique(y))
    return "one value per class" if same and len(np.unique(filled)) == len(np.unique(y)) else None
