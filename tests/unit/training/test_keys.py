"""What another model could come from has another key, and what could not keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from insitu.config import Backtest, parse
from insitu.training import backtest, keys
from tests.unit.training.example import ml

GBM: dict[str, Any] = {"name": "gbm", "family": "lightgbm"}
LINEAR: dict[str, Any] = {"name": "linear", "family": "logistic_regression"}
BLEND: dict[str, Any] = {"name": "blend", "family": "average", "members": ["gbm", "linear"]}
COLUMNS = ["a", "b"]

DECIDES = [
    {"task": "multiclass", "selection_metric": "auc"},
    {"entity": ["id", "site"]},
    {"as_of": "seen_at"},
    {"label": "z"},
    {"random_state": 1},
    {"selection_metric": "brier"},
    {"features": {"exclude": ["c"]}},
    {"features": {"not_leaking": ["c"]}},
    {"training": {"refit": False}},
    {"training": {"history": "90 days"}},
    {"training": {"cross_validation": {"folds": 4}}},
    {"budget": {"trials": 4}},
    {"trusted_types": ["shop.Estimator"]},
]
DECIDES_NOTHING = [
    {"costs": {"true_positive": 3}},
    {"slices": ["city"]},
    {"description": "Is it late?"},
    {"training": {"test": "60 days", "gap": "3 days", "validation": "60 days", "retrain_every": "week"}},
    {"backtest": {"dates": 9}},
    {"promotion": {"z": 2}},
]


def key(
    *candidates: dict[str, Any], of: str = "gbm", snapshot: str = "s1", columns: list[str] = COLUMNS, **changes: Any
) -> str:
    settings = parse(ml(*(candidates or (GBM, LINEAR, BLEND)), **changes), "demo")
    (candidate,) = [candidate for candidate in settings.candidates if candidate.name == of]
    return keys.training_key(snapshot, settings, candidate, columns)


@pytest.mark.parametrize("change", DECIDES, ids=str)
def test_each_setting_that_decides_is_in_the_key(change: dict[str, Any]) -> None:
    assert key(**change) != key()


@pytest.mark.parametrize("change", DECIDES_NOTHING, ids=str)
def test_what_decides_nothing_is_not(change: dict[str, Any]) -> None:
    assert key(**change) == key()


def test_snapshot_columns_candidate_code_and_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    assert key() == before
    assert key(snapshot="s2") != before
    assert key(columns=["b", "a"]) != before
    assert key(GBM | {"parameters": {"max_bin": 9}}, LINEAR) != before
    assert key(GBM, LINEAR | {"parameters": {"C": 9}}) == before, "the other candidate is none of its business"
    assert key(GBM, GBM | {"name": "twin"}, of="twin") != before
    with monkeypatch.context() as patch:
        patch.setattr(keys, "code_hash", lambda: "another")
        assert key() != before
    with monkeypatch.context() as patch:
        patch.setattr(keys, "library_versions", lambda *families: {"numpy": "0"})
        assert key() != before


def test_an_ensemble_is_another_with_another_member() -> None:
    before = key(of="blend")
    assert key(GBM, LINEAR | {"parameters": {"C": 9}}, BLEND, of="blend") != before
    assert key(GBM, LINEAR, BLEND | {"weights": [2, 1]}, of="blend") != before
    other = LINEAR | {"name": "other"}
    assert key(GBM, LINEAR, BLEND, other, of="blend") == before
    settings = parse(ml(GBM, LINEAR, BLEND), "demo")
    gbm, linear, blend = (keys.libraries(settings, candidate) for candidate in settings.candidates)
    assert "lightgbm" in gbm and "lightgbm" in blend and "lightgbm" not in linear


def test_a_version_is_named_by_candidate_day_and_key() -> None:
    (candidate,) = parse(ml(LINEAR), "demo").candidates
    assert keys.model_version(candidate, datetime(2024, 3, 2, 5), "0123456789abcdef") == "linear_20240302_01234567"


def test_the_order_of_keys_in_yaml_is_no_other_configuration() -> None:
    first = LINEAR | {"parameters": {"C": 1.0, "max_iter": 5}}
    second = LINEAR | {"parameters": {"max_iter": 5, "C": 1.0}}
    assert key(first, of="linear") == key(second, of="linear")


def test_a_backtest_is_another_with_other_data_dates_code_or_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    def of(snapshot: str = "s1", candidate: dict[str, Any] = LINEAR, **settings: Any) -> str:
        declared = parse(ml(candidate), "demo")
        return backtest.backtest_key(snapshot, declared, declared.candidates[0], Backtest(**settings))

    before = of()
    assert of() == before
    assert of("s2") != before
    assert of(candidate=LINEAR | {"parameters": {"C": 9}}) != before
    for other in ({"dates": 2}, {"every": "7 days"}, {"step": "14 days"}):
        assert of(**other) != before
    for name, value in (("code_hash", lambda: "another"), ("library_versions", lambda *families: {"numpy": "0"})):
        with monkeypatch.context() as patch:
            patch.setattr(backtest, name, value)
            assert of() != before
