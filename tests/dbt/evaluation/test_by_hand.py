"""What training found out, and what use cases that say nothing of money decide, over few rows written down by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from insitu.local_postgres import Database
from tests.dbt.evaluation.by_hand import (
    FEBRUARY,
    IMPORTANCE,
    JANUARY,
    METRICS,
    STEPS,
    at,
    selected,
    tables,
    write_project,
)  # fmt: skip
from tests.dbt.evaluation.conftest import Stub, load
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse


def built(stub: Stub) -> Stub:
    outcome = stub.dbt("run", "--select", *selected())
    assert outcome.returncode == 0, outcome.stdout
    return stub


@pytest.fixture(scope="module")
def duckdb_project(tmp_path_factory: pytest.TempPathFactory) -> Stub:
    folder = tmp_path_factory.mktemp("by_hand")
    path = str(folder / "stub.duckdb")
    with duckdb.connect(path) as connection:
        load(DuckWarehouse(connection), tables())

    def query(sql: str) -> pd.DataFrame:
        with duckdb.connect(path, read_only=True) as connection:
            return DuckWarehouse(connection).query(sql)

    return built(Stub("duckdb", write_project(folder / "project"), {"STUB_DUCKDB": path}, tables(), query))


@pytest.fixture(scope="module")
def postgres_project(postgres_server: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stub]:
    folder: Path = write_project(tmp_path_factory.mktemp("by_hand_postgres") / "project")
    with postgres_server.fresh_database() as database, database.connect() as connection:
        warehouse = PostgresWarehouse(connection)
        load(warehouse, tables())
        yield built(Stub("postgres", folder, database.environment, tables(), warehouse.query))


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def project(request: pytest.FixtureRequest) -> Stub:
    found: Stub = request.getfixturevalue(f"{request.param}_project")
    return found


def rows(project: Stub, columns: str, relation: str) -> list[tuple[Any, ...]]:
    """The rows in the order of their columns; NULL and NaN are None, and numbers that are not whole are rounded."""
    found = project.query(f"select {columns} from {relation} order by {columns.removeprefix('distinct ')}")
    return [tuple(map(_plain, row)) for row in found.astype(object).itertuples(index=False)]


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    if isinstance(value, str | bool | np.bool_ | pd.Timestamp):
        return value
    return round(float(value), 9)


@pytest.mark.parametrize(
    ("use_case", "expected"),
    [
        ("watch", [(0.59, 0.6, 0, "none"), (0.6, 0.6, 1, "intervene")]),
        ("named", [(0.49, 0.5, 0, "leave"), (0.5, 0.5, 1, "ring")]),
        ("still", [(0.0, None, 0, "none"), (0.99, None, 0, "none")]),
        ("usage", [(0.9, None, 0, "none"), (3.0, None, 0, "none")]),
    ],
)
def test_what_is_said_decides_whether_anything_is_decided(
    project: Stub, use_case: str, expected: list[tuple[Any, ...]]
) -> None:
    assert rows(project, "score, threshold, is_treated, action", f"{use_case}__decisions") == expected
    # without costs, or where they mean nothing, no money
    assert rows(project, "distinct expected_profit, is_in_charge", f"{use_case}__decisions") == [(None, 1)]


def test_costs_mean_nothing_among_classes(project: Stub) -> None:
    found = rows(project, "distinct threshold, is_treated, action, expected_profit, is_in_charge", "grade__decisions")
    assert found == [(None, 0, "none", None, 1)]


@pytest.mark.parametrize("use_case", ["usage", "still"])
def test_outcomes_without_money(project: Stub, use_case: str) -> None:
    columns = "label, realised_profit, profit_treat_all, profit_treat_none, matured_at"
    assert rows(project, columns, f"{use_case}__outcomes") == [(1, None, None, None, at("02-20"))] * 2


def test_predictions_of_all_use_cases(project: Stub) -> None:
    columns = "use_case, entity_id, as_of, batch_id, batch_as_of, model_version, score"
    found = rows(project, columns, "ml_predictions where use_case <> 'claim'")
    assert found == [
        ("grade", "p1", at("01-05"), "g01-05", at("01-05"), "v1", 0.5),
        ("grade", "p1", at("01-06"), "g01-06", at("01-06"), "v1", 0.5),
        ("grade", "p2", at("01-05"), "g01-05", at("01-05"), "v1", 0.4),
        ("grade", "p2", at("01-06"), "g01-06", at("01-06"), "v1", 0.4),
        ("grade", "p3", at("01-05"), "g01-05", at("01-05"), "v1", 0.8),
        ("grade", "p3", at("01-06"), "g01-06", at("01-06"), "v1", 0.8),
        ("usage", "e0", at("02-09"), "b", FEBRUARY, "v1", 3.0),
        ("usage", "e1", at("02-09"), "b", FEBRUARY, "v1", 0.9),
    ]
    assert rows(project, columns, "ml_predictions where use_case = 'claim'") == [
        ("claim", "north|a", at("01-09"), "jan-v1", JANUARY, "v1", 0.2),
        ("claim", "north|a", at("01-09"), "jan-v2", JANUARY, "v2", 0.19),
        ("claim", "south|a", at("02-09"), "feb-v1", FEBRUARY, "v1", 0.5),
    ]


def test_every_candidate_with_the_last_that_was_decided(project: Stub) -> None:
    columns = "model_version, candidate, status, message, n_trials, n_failed_trials, decision, reason"
    common = [("v1", "linear", "trained", None, 0, 0), ("v2", "gbm", "trained", None, 3, 1)]
    failed = ("v3", "broken", "failed", "C is negative", 0, 0)
    assert rows(project, columns, "ml_candidates where use_case = 'claim'") == [
        (*common[0], "promoted", "first"),
        (*common[1], "promoted", "better"),
        (*failed, "rejected", "worse"),
    ]
    assert rows(project, columns, "ml_candidates where use_case = 'usage'") == [
        (*common[0], "promoted", "first"),
        (*common[1], None, None),
        (*failed, None, None),
    ]


@pytest.mark.parametrize(("use_case", "metric"), [("claim", "auc"), ("usage", "mae"), ("grade", "log_loss")])
def test_every_candidate_with_the_metric_that_decides(project: Stub, use_case: str, metric: str) -> None:
    columns = "model_version, metric, validation_value, test_value, test_ci_low, test_ci_high, test_is_estimate"
    assert rows(project, columns, f"ml_candidates where use_case = '{use_case}'") == [
        ("v1", metric, 0.71, 0.72, 0.62, 0.82, False),
        ("v2", metric, 0.4, 0.3, 0.2, 0.4, use_case != "grade"),
        ("v3", metric, None, None, None, None, False),
    ]
    estimates = rows(project, "model_version, test_is_estimate", f"ml_models where use_case = '{use_case}'")
    assert estimates == [("v1", False), ("v2", use_case != "grade"), ("v3", False)]


def test_metrics_of_all_use_cases(project: Stub) -> None:
    columns = "use_case, metric, model_version, snapshot_id, split, slice_value, value, ci_low, ci_high, n_rows"
    expected = [
        (use_case, name, version, snapshot, split, part, round(known, 9), low, high, 50)
        for use_case, metric in (("claim", "auc"), ("grade", "log_loss"), ("usage", "mae"))
        for version, snapshot, split, _, part, value, low, high in METRICS
        for name, known in ((metric, value), ("other", 1 - value))
    ]
    assert sorted(rows(project, columns, "ml_metrics")) == sorted(expected)


def test_every_trial_of_a_search(project: Stub) -> None:
    tried = [step for step in STEPS if step["step"] == "search"]
    for use_case in ("claim", "usage", "grade"):
        found = project.query(f"select * from ml_search_trials where use_case = '{use_case}' order by trial")
        assert found.trial.tolist() == [1, 2, 3]
        assert (found.model_version + found.candidate).tolist() == ["v2gbm"] * 3
        assert [json.loads(text) for text in found.parameters] == [step["parameters"] for step in tried]
        assert found.rung.tolist() == [0, 1, 1]
        assert found.share_of_rows.astype(float).tolist() == [0.5, 1, 1]
        assert list(map(_plain, found.score)) == [0.7, None, 0.6]
        assert [json.loads(text) if _plain(text) else None for text in found.scores] == [[0.6, 0.8], None, [0.6]]
        assert list(map(_plain, found.error)) == [None, "depth is negative", None]
        assert list(map(_plain, found.seconds)) == [None, 0.25, 2]


def test_importance_of_what_was_trained(project: Stub) -> None:
    columns = "use_case, model_version, importance_rank, feature, importance, standard_deviation, metric"
    assert rows(project, columns, "ml_feature_importance") == [
        (use_case, version, rank, item["feature"], item["importance"], item["std"], "auc")
        for use_case in ("claim", "grade", "usage")
        for version in ("v1", "v2")
        for rank, item in enumerate(IMPORTANCE, 1)
    ]


def test_dependence_on_numbers_words_and_of_classes(project: Stub) -> None:
    columns = "model_version, feature, class, point, value, category, mean_score"
    assert rows(project, columns, "ml_partial_dependence where use_case = 'claim'") == [
        (version, *point)
        for version in ("v1", "v2")
        for point in [
            ("amount", None, 1, -3, None, 0.1),
            ("amount", None, 2, 0, None, 0.2),
            ("amount", None, 3, 2.5, None, 0.3),
            ("amount", None, 4, 2**40, None, 0.4),
            ("channel", None, 1, None, "web", 0.5),
            ("channel", None, 2, None, "7", 0.25),
            ("channel", None, 3, None, None, 0.75),
        ]
    ]
    assert rows(project, columns, "ml_partial_dependence where use_case = 'grade' and model_version = 'v1'") == [
        ("v1", "amount", "high", 1, 1, None, 0.1),
        ("v1", "amount", "high", 2, 2, None, 0.2),
        ("v1", "amount", "high", 3, 3, None, 0.3),
        ("v1", "amount", "low", 1, 1, None, 0.9),
        ("v1", "amount", "low", 2, 2, None, 0.8),
        ("v1", "amount", "low", 3, 3, None, 0.7),
    ]
    assert rows(project, columns, "ml_partial_dependence where use_case = 'usage'") == []


def test_the_value_of_retraining(project: Stub) -> None:
    columns = "backtest_key, training_as_of, candidate, metric, retrained_every_days, n_periods, value"
    columns += ", value_retrained_most_often, lost_by_age, standard_error"
    k1, k2 = (at("02-01"), "gbm of k1"), (at("01-01"), "gbm of k2")
    # losses of -0.1 and 0.025: their standard deviation is 0.125 / sqrt(2), of their mean half of 0.125
    by_hand = [
        ("k1", *k1, 28, 3, (0.7 + 0.8 + 0.6) / 3, (0.7 + 0.8 + 0.6) / 3, 0, 0),
        ("k1", *k1, 56, 2, 0.7875, 0.75, -0.0375, 0.0625),
        ("k1", *k1, 84, 1, 0.65, 0.8, 0.15, None),
        ("k2", *k2, 14, 1, 0.5, 0.5, 0, None),
        ("k2", *k2, 28, 1, 0.3, 0.5, 0.2, None),
    ]
    # of an AUC less is lost; of an error less is won
    for use_case, metric, sign in (("claim", "auc", 1), ("usage", "mae", -1)):
        assert rows(project, columns, f"ml_retraining_value where use_case = '{use_case}'") == [
            (key, moment, candidate, metric, days, n, _plain(value), _plain(fresh), sign * lost, error)
            for key, moment, candidate, days, n, value, fresh, lost, error in by_hand
        ]
