"""A snapshot from the warehouse as arrays to fit on, always in the same order.

Only rows of the splits that some fit takes are kept: training never sees the gap or the test, unless a version is to be
fitted again on everything, for when it has been judged (`training: {refit: everything}`). Rows are sorted by as-of time
and entity, so the order in which the warehouse returns them has no influence on the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from insitu.config import UseCase
from insitu.errors import InsituError
from insitu.training.fitting.checks import check_labels, check_rows, check_unique, suspicious
from insitu.training.fitting.columns import feature_columns
from insitu.training.fitting.frame import MAX_CATEGORIES, Feature, plain_field, to_frame

Array = np.ndarray[Any, Any]
FIRST = ("train", "validation")  # what the first model is fitted to, and judged by
KNOWN = (*FIRST, "refit")  # whose labels were known when the test began, but for the gap
ALL = (*KNOWN, "gap", "test", "late")


@dataclass(frozen=True)
class Rows:
    """Rows to fit on or to validate with, in temporal order."""

    frame: pd.DataFrame
    y: Array
    as_of: Array  # datetime64[us], UTC
    matured_at: Array  # datetime64[us], UTC: when the label was known
    groups: Array  # one number per entity

    def __len__(self) -> int:
        return len(self.y)

    def take(self, index: Array) -> Rows:
        """A subset by positions or by mask."""
        return Rows(
            self.frame.iloc[np.flatnonzero(index)] if index.dtype == bool else self.frame.iloc[index],
            self.y[index],
            self.as_of[index],
            self.matured_at[index],
            self.groups[index],
        )

    def sample(self, size: int | None) -> Rows:
        """At most `size` rows, evenly spread over time."""
        if size is None or len(self) <= size:
            return self
        return self.take(np.linspace(0, len(self) - 1, size).astype(np.int64))


@dataclass(frozen=True)
class Dataset:
    """One snapshot, ready to fit on."""

    snapshot_id: str
    training_as_of: datetime
    features: list[Feature]
    dropped: list[dict[str, Any]]
    classes: list[Any] | None
    rows: Rows  # all that any fit takes
    split: Array  # of each row

    def of(self, *splits: str) -> Rows:
        """Rows of some splits."""
        mask = np.isin(self.split, splits)
        return self.rows if mask.all() else self.rows.take(mask)

    @property
    def train(self) -> Rows:
        """Rows of the split `train`."""
        return self.of("train")

    @property
    def validation(self) -> Rows:
        """Rows of the split `validation`."""
        return self.of("validation")


def _single(table: pa.Table, column: str, name: str) -> Any:
    values = pc.unique(table.column(column)).to_pylist()
    if len(values) != 1:
        raise InsituError(
            f"`{name}` brings {len(values)} values of `{column}`; training takes one snapshot at a time. "
            f"Filter by `snapshot_id`"
        )
    return values[0]


def _times(column: pa.ChunkedArray) -> Array:
    return np.asarray(column.cast(pa.timestamp("us")).to_numpy())


def _label(column: pa.ChunkedArray, task: str, name: str, label: str) -> tuple[Array, list[Any] | None]:
    """Labels as numbers, and the classes they stand for."""
    if task == "regression":
        y = np.asarray(column.cast(pa.float64(), safe=False).to_numpy())
        if not np.isfinite(y).all():
            raise InsituError(f"`{name}`: label `{label}` has {int((~np.isfinite(y)).sum())} non-finite values")
        return y, None
    if task == "binary":
        levels = set(pc.unique(column).to_pylist())
        if not levels <= {0, 1}:
            raise InsituError(
                f"`{name}`: label `{label}` of a binary task has the values {sorted(map(str, levels))[:5]}; "
                "make it boolean or 0/1, or set `meta.ml.task: multiclass`"
            )
        return np.asarray(column.cast(pa.int64()).to_numpy(), dtype=np.int64), [0, 1]
    values = column.to_pylist()
    classes = sorted(set(values), key=str)
    code = {value: position for position, value in enumerate(classes)}
    return np.array([code[value] for value in values], dtype=np.int64), classes


def read(
    use_case: UseCase,
    name: str,
    source: pa.Table | pa.RecordBatchReader,
    columns: Sequence[str] | None = None,
) -> Dataset:
    """Read one snapshot.

    Args:
        use_case: the checked configuration.
        name: relation the rows come from, for messages.
        source: the rows, with the columns of `<use_case>__snapshots`.
        columns: features to use; the default is every column that is not a key, a time, the split or the label.

    Raises:
        InsituError: naming the relation, what was found, what was expected and the next step.
    """
    kinds = feature_columns(use_case, name, source.schema, columns)
    keep = [*use_case.key, "split", use_case.label, "matured_at", "snapshot_id", "training_as_of"]
    wanted = list(dict.fromkeys([*keep, *kinds]))
    batches = source.to_batches() if isinstance(source, pa.Table) else source
    refit = use_case.training.refit
    splits = pa.array(ALL if refit == "everything" else KNOWN if refit else FIRST)
    # Keys and the label are compared and sorted, which dictionaries are not.
    fields = [source.schema.field(column) for column in wanted]
    schema = pa.schema([field if field.name in kinds else plain_field(field) for field in fields])
    parts = [
        part.filter(pc.is_in(part.column("split").cast(pa.string()), splits))
        for part in (batch.select(wanted).cast(schema) for batch in batches)
    ]
    table = pa.Table.from_batches(parts, schema)
    del parts
    check_rows(table, name)
    snapshot = str(_single(table, "snapshot_id", name))
    training_as_of = _single(table, "training_as_of", name)
    check_labels(table, use_case, name)
    check_unique(table, use_case.key, name)
    order = pc.sort_indices(table, sort_keys=[(column, "ascending") for column in (use_case.as_of, *use_case.entity)])
    unsorted = dict(zip(table.column_names, table.columns, strict=True))
    del table
    # Column by column, so that there are never two copies of all rows.
    table = pa.table({column: unsorted.pop(column).take(order) for column in wanted})

    table = _of_known_classes(table, use_case)
    y, classes = _label(table.column(use_case.label), use_case.task, name, use_case.label)
    split = np.asarray(table.column("split").cast(pa.string()).to_numpy())
    is_train = split == "train"
    raw = [Feature(column, kind, str(table.schema.field(column).type)) for column, kind in kinds.items()]
    frame = to_frame(table, raw)
    train = frame.loc[is_train]
    features, dropped = describe(train, raw)
    suspicious(train, y[is_train], features, use_case, name)
    del train
    groups = pd.factorize(pd.MultiIndex.from_frame(table.select(use_case.entity).to_pandas()))[0]
    rows = Rows(
        frame.drop(columns=[item["name"] for item in dropped]),
        y,
        _times(table.column(use_case.as_of)),
        _times(table.column("matured_at")),
        groups,
    )
    return Dataset(snapshot, training_as_of, features, dropped, classes, rows, split)


def _of_known_classes(table: pa.Table, use_case: UseCase) -> pa.Table:
    """Without rows of classes that train and validation lack: a version keeps its classes when it is fitted again."""
    if use_case.task == "regression":
        return table
    first = pc.is_in(table.column("split").cast(pa.string()), pa.array(FIRST))
    label = table.column(use_case.label)
    classes = pc.unique(label.filter(first))
    return table if len(classes) == len(pc.unique(label)) else table.filter(pc.is_in(label, classes))


def describe(frame: pd.DataFrame, features: list[Feature]) -> tuple[list[Feature], list[dict[str, Any]]]:
    """Range and categories of each feature in training; constant and empty ones are dropped, with the reason."""
    kept: list[Feature] = []
    dropped: list[dict[str, Any]] = []
    for feature in features:
        column = frame[feature.name]
        present = column.dropna()
        nulls = 1 - len(present) / len(column)
        levels = present.unique()
        if len(levels) == 0:
            dropped.append({"name": feature.name, "reason": "all NULL"})
        elif len(levels) == 1 and nulls == 0:
            dropped.append({"name": feature.name, "reason": f"constant ({levels[0]})"})
        elif feature.kind == "category":
            listed = sorted(levels) if len(levels) <= MAX_CATEGORIES else None
            kept.append(Feature(feature.name, feature.kind, feature.type, nulls, None, None, listed, len(levels)))
        else:
            low, high = float(present.min()), float(present.max())
            kept.append(Feature(feature.name, feature.kind, feature.type, nulls, low, high))
    if not kept:
        raise InsituError("no feature is left: every one is constant or all NULL in the split `train`")
    return kept, dropped
