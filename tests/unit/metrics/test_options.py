"""What a declaration means for its metrics: the threshold, money, and quantiles."""

from __future__ import annotations

from typing import Any

import pytest
from dbt_common.exceptions import CompilationError

from tests.unit.metrics.render import render

COSTS = {"true_positive": -40, "false_positive": -15, "false_negative": -100, "true_negative": 0}
PROFIT = {"profit", "profit_treat_all", "profit_treat_none", "profit_uplift"}


@pytest.mark.parametrize(
    ("config", "threshold"),
    [({}, 0.5), ({"costs": COSTS}, 0.2), ({"costs": COSTS, "evaluation": {"threshold": 0}}, 0)],
)
def test_the_threshold(config: dict[str, Any], threshold: float) -> None:
    found = render("duckdb", "metric_options", config=config)
    assert found["threshold"] == threshold
    assert (found["task"], found["capacity"], found["quantile"], found["bins"]) == ("binary", 0.1, 0.5, 10)


def test_an_unknown_option() -> None:
    with pytest.raises(CompilationError, match="unknown key `treshold`"):
        render("duckdb", "metric_options", config={"evaluation": {"treshold": 0.1}})


@pytest.mark.parametrize("task", ["binary", "regression", "multiclass"])
@pytest.mark.parametrize("costs", [COSTS, {}])
def test_money_is_counted_where_it_is_decided_about(task: str, costs: dict[str, Any]) -> None:
    options = {"task": task, "costs": costs, "extra_metrics": ["of_ours"]}
    metrics = render("duckdb", "metrics_of_task", options=options)
    counted = bool(task == "binary" and costs)
    assert set(metrics) & PROFIT == (PROFIT if counted else set())
    assert metrics[-1] == "of_ours" and len(metrics) == len(set(metrics))
    assert ("profit" in render("duckdb", "curves_of_task", options=options)) == counted


def test_quantiles_of_all_candidates() -> None:
    config = {"candidates": [{"quantiles": [0.9, 0.025]}, {"quantiles": None}, {}, {"quantiles": [0.5, 0.9]}]}
    assert render("duckdb", "quantiles", config=config) == [0.025, 0.5, 0.9]
    assert render("duckdb", "quantile_columns", config=config) == ["score_p2_5", "score_p50", "score_p90"]
