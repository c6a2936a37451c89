"""Which columns of a snapshot are features, of what kind, and which of them a candidate starts from."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from insitu.config import Candidate, UseCase
from insitu.errors import ConfigurationError, InsituError
from insitu.training.fitting.frame import Feature, Kind, kind_of

RESERVED = ("snapshot_id", "training_as_of", "defined_by", "batch_as_of", "split", "matured_at")


def feature_columns(
    use_case: UseCase, name: str, schema: pa.Schema, columns: Sequence[str] | None = None
) -> dict[str, Kind]:
    """Feature names with their kinds, in the order of the relation.

    Raises:
        InsituError: a required column is missing, a feature is of a type no model can use, or the label is among them.
    """
    required = {"snapshot_id": None, "training_as_of": None, "split": None, "matured_at": None}
    settings = {
        **required,
        use_case.as_of: "as_of",
        use_case.label: "label",
        **dict.fromkeys(use_case.entity, "entity"),
    }
    for column, setting in settings.items():
        if column not in schema.names:
            has = ", ".join(schema.names[:8]) + (", …" if len(schema.names) > 8 else "")
            step = f"Add it, or set `meta.ml.{setting}`" if setting else "Add it"
            raise InsituError(f"`{name}` has no column `{column}` (it has: {has}). {step}")

    not_features = {*RESERVED, use_case.as_of, use_case.label, *use_case.entity}
    if columns is not None:
        for column in columns:
            if column == use_case.label:
                raise InsituError(f"`{name}`: the label `{column}` is listed among the features. Take it out")
            if column in not_features:
                raise InsituError(f"`{name}`: `{column}` is a key or a time, it cannot be a feature. Take it out")
            if column not in schema.names:
                raise InsituError(f"`{name}` has no column `{column}`, which is listed among the features")
    declared = use_case.features
    for option in ("exclude", "categorical", "timestamps", "not_leaking"):
        for column in getattr(declared, option):
            if column not in schema.names:
                raise ConfigurationError(f"`meta.ml.features.{option}` names `{column}`, which `{name}` does not have")

    kinds: dict[str, Kind] = {}
    for column in columns if columns is not None else schema.names:
        if column in not_features or column in declared.exclude:
            continue
        type_ = schema.field(column).type
        kind = kind_of(type_)
        if pa.types.is_null(type_):
            kind = "number"
        if column in declared.categorical and kind == "number":
            kind = "category"
        if kind is None:
            raise InsituError(
                f"`{name}`: `{column}` is {type_}; a feature is a number, a boolean or a string. Cast it in the "
                "feature model, or list it under `meta.ml.features.exclude`"
            )
        if kind == "timestamp" and column not in declared.timestamps:
            raise InsituError(
                f"`{name}`: `{column}` is {type_}. A point in time makes a poor feature, because every later row lies "
                "outside of what was seen: subtract it from as_of in the feature model, list it under "
                "`meta.ml.features.timestamps` if you mean it, or under `meta.ml.features.exclude`"
            )
        kinds[column] = kind
    if not kinds:
        raise InsituError(f"`{name}` has no feature columns beside keys, times, split and label")
    return kinds


def names(candidate: Candidate, features: list[Feature]) -> list[str]:
    """The features a candidate starts from, in the order of the relation."""
    wanted = None if candidate.features is None else set(candidate.features)
    return [
        feature.name
        for feature in features
        if (wanted is None or feature.name in wanted) and feature.name not in candidate.exclude
    ]
