"""Production's champion beside the branch's candidate, on the test rows that both have predicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd

from insitu import metrics
from insitu.config import UseCase
from insitu.diff.rows import of_version
from insitu.diff.states import State
from insitu.quoting import identifier, literal
from insitu.training.fitting.scorers import SCORERS
from insitu.warehouse.connection import Warehouse

Z = 1.645  # as `promotion.z`


@dataclass(frozen=True)
class Compared:
    """Two versions on the same rows."""

    champion: str
    candidate: str
    metric: str
    n_rows: int
    champion_value: float
    candidate_value: float
    mean_difference: float | None  # of the days; above 0 where the candidate is better
    difference_error: float | None
    z: float
    n_flips: int | None  # predictions whose action is another; None without a threshold
    flips_profit: float | None  # what the candidate's actions bring more, by the labels

    @property
    def verdict(self) -> str:
        """In words: better, worse, or neither by more than noise."""
        if self.mean_difference is None or self.difference_error is None:
            return "fewer than two days to compare"
        if abs(self.mean_difference) <= self.z * self.difference_error:
            return "neither is better by more than noise"
        return "better by more than noise" if self.mean_difference > 0 else "worse by more than noise"


def champion(warehouse: Warehouse, state: State, use_case: str) -> str | None:
    """The version in charge."""
    relation = state.relations.get(f"{use_case}__champion")
    found = warehouse.query(f"select model_version from {relation}").to_pylist() if relation else []
    return str(found[0]["model_version"]) if found else None


def candidate(warehouse: Warehouse, state: State, use_case: str, config: UseCase) -> str | None:
    """The branch's best on validation of its newest training."""
    sign = "desc" if metrics.of(config.metric).higher_is_better else "asc"
    models, measured = (state.relations.get(f"{use_case}__{name}") for name in ("models", "metrics"))
    if models is None or measured is None:
        return None
    found = warehouse.query(
        f"select models.model_version from {models} as models inner join {measured} as measured "
        "on models.model_version = measured.model_version and models.snapshot_id = measured.snapshot_id "
        f"where models.status = 'trained' and measured.metric = {literal(config.metric)} "
        "and measured.split = 'validation' and measured.slice_column = 'all' "
        f"order by models.training_as_of desc, measured.value {sign}, models.model_version limit 1"
    ).to_pylist()
    return str(found[0]["model_version"]) if found else None


def compare(warehouse: Warehouse, config: UseCase, old: tuple[str, str], new: tuple[str, str]) -> Compared | None:
    """Two versions, each with the relation of its held-out predictions; None where no row is in both.

    The test is that of promotion: the mean of the daily differences of the metric against its standard error.
    """
    key = [*config.key, *(["class"] if config.task == "multiclass" else [])]
    same = " and ".join(f"one.{identifier(name)} = other.{identifier(name)}" for name in key)
    columns = ", ".join(f"one.{identifier(name)}" for name in key)
    one, other = (of_version(relation, version, key) for version, relation in (old, new))
    rows = warehouse.query(
        f"select {columns}, other.label, one.score as old_score, other.score as new_score "
        f"from {one} as one inner join {other} as other on {same} "
        f"order by {', '.join(f'one.{identifier(name)}' for name in key)}"
    ).to_pandas()
    if rows.empty:
        return None
    sign = 1 if metrics.of(config.metric).higher_is_better else -1
    before, after = (_value(config, rows, side) for side in ("old_score", "new_score"))
    daily = [
        [_value(config, own, side) for side in ("old_score", "new_score")]
        for _, own in rows.groupby(pd.to_datetime(rows[config.as_of]).dt.date)
    ]
    differences = [theirs - ours for ours, theirs in daily if ours is not None and theirs is not None]
    flips, profit = _flips(config, rows)
    return Compared(
        old[0],
        new[0],
        config.metric,
        rows[list(config.key)].drop_duplicates().shape[0],
        sign * (float("nan") if before is None else before),
        sign * (float("nan") if after is None else after),
        float(np.mean(differences)) if differences else None,
        float(np.std(differences, ddof=1)) / sqrt(len(differences)) if len(differences) > 1 else None,
        float(config.promotion.get("z", Z)),
        flips,
        profit,
    )


def _value(config: UseCase, rows: pd.DataFrame, side: str) -> float | None:
    """The metric, higher is better; None where a day has one class only."""
    labels, scores = rows["label"], rows[side].astype(float)
    if config.task == "multiclass":
        wide = rows.pivot_table(index=list(config.key), columns="class", values=side, observed=True)
        truth = rows.drop_duplicates(list(config.key)).set_index(list(config.key))["label"].reindex(wide.index)
        y = truth.astype(str).map({str(name): place for place, name in enumerate(wide.columns)})
        if y.isna().any() or y.nunique() < (wide.shape[1] if config.metric == "auc" else 1):
            return None
        return SCORERS[config.metric](y.to_numpy(dtype=int), wide.to_numpy())
    truth_values = labels.astype(float)
    if config.task == "binary" and config.metric in ("auc", "average_precision") and truth_values.nunique() < 2:
        return None
    return SCORERS[config.metric](truth_values.to_numpy(), scores.to_numpy())


def _flips(config: UseCase, rows: pd.DataFrame) -> tuple[int | None, float | None]:
    """Rows that are acted upon by one and not by the other, and what that brings."""
    threshold = _threshold(config.evaluation, config.costs)
    if config.task != "binary" or threshold is None:
        return None, None
    old, new = (rows[side].astype(float) >= threshold for side in ("old_score", "new_score"))
    if not config.costs:
        return int((old != new).sum()), None
    label = rows["label"].astype(float)
    money = {name: float(config.costs.get(name, 0)) for name in OUTCOMES}
    treated = label * money["true_positive"] + (1 - label) * money["false_positive"]
    untreated = label * money["false_negative"] + (1 - label) * money["true_negative"]
    gained = (treated - untreated).where(new & ~old, 0).sum() - (treated - untreated).where(old & ~new, 0).sum()
    return int((old != new).sum()), float(gained)


OUTCOMES = ("true_positive", "false_positive", "false_negative", "true_negative")


def _threshold(evaluation: Mapping[str, Any], costs: Mapping[str, Any]) -> float | None:
    """From which score on treating costs less; None where nothing says it."""
    if evaluation.get("threshold") is not None:
        return float(evaluation["threshold"])
    money = [costs.get(name) for name in OUTCOMES]
    if any(not isinstance(value, int | float) for value in money):
        return None
    right, wrong, missed, left = (float(value) for value in money)  # type: ignore[arg-type]
    act_wrongly, act_rightly = left - wrong, right - missed
    return act_wrongly / (act_wrongly + act_rightly) if act_wrongly + act_rightly else None
