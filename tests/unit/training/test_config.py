"""A mistake in `meta.ml` is one clear line that says what is allowed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from insitu.config import parse
from insitu.errors import ConfigurationError
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot

GBM = {"name": "gbm", "family": "hist_gradient_boosting"}
LOGISTIC = {"name": "logistic", "family": "logistic_regression"}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ml(slice=["origin"]), "meta.ml.slice is unknown; did you mean `slices`\\?"),
        (ml({**GBM, "paramters": {}}), r"candidates\[0\]\.paramters is unknown; did you mean `parameters`"),
        (
            ml(training={"test": {"form": "2010-01-01"}}),
            r"training\.test: `from` is missing; `form` is unknown; allowed",
        ),
        (ml(training={"test": {"from": "tomorrow"}}), r"training\.test: 'tomorrow' is no UTC time like 2010-01-01"),
        (ml(training={"validation": 3}), r"training\.validation: 3 is not a duration"),
        (
            ml(training={"test": [{"from": "2010-01-01"}, {"from": "2012-01-01"}]}),
            "the window from 2010-01-01 00:00:00 has to end before 2012-01-01 00:00:00, where another begins",
        ),
        (
            ml(training={"test": {"from": "2010-01-01", "to": "2009-01-01"}}),
            r"the window ends \(2009-01-01 00:00:00\) before it begins",
        ),
        (
            ml(training={"test": {"from": "2010-01-01"}, "validation": {"from": "2011-01-01"}}),
            r"the validation begins \(2011-01-01 00:00:00\) after the test",
        ),
        (ml(training={"refit": "all"}), "training.refit is 'all'; expected True, False or 'everything'"),
        ({**ml(), "task": "classify"}, "meta.ml.task is 'classify'; expected 'binary', 'multiclass' or 'regression'"),
        ({"task": "binary"}, "has 3 mistakes(.|\n)*meta.ml.entity is missing"),
        (ml(training={"gap": "a week"}), r"training\.gap: 'a week' is not a duration; write .*`31 days`"),
        (ml(training={"test": "31D"}), r"training\.test: '31D' is not a duration; write .*week.*`31 days`"),
        (ml(training={"retrain_every": "fortnight"}), "retrain_every is 'fortnight'; expected 'day', 'week', 'month'"),
        (ml(training={"retrain_every": "3 years"}), "retrain_every is '3 years'; expected 'day', 'week', 'month'"),
        (ml(training={"cross_validation": {"gap": "0 days"}}), r"gap: '0 days' is not a duration"),
        (ml(backtest={"step": "1 month"}), r"backtest\.step: '1 month' is not always equally long"),
        (ml(LOGISTIC, LOGISTIC), "candidates share the name 'logistic'"),
        (ml(selection_metric="rmse"), "selection_metric is 'rmse'; a binary task chooses by auc"),
        (ml(training={"cross_validation": {"window": "sliding"}}), "a sliding window needs its length"),
        (ml({**GBM, "search": {"method": "guess"}}), r"search\.method is 'guess'; expected 'halving'"),
        (ml({**GBM, "calibration": {"slice": "120%"}}), "'120%' is not a share"),
    ],
)
def test_parse_says_what_is_wrong(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse(config, "demo")


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        ({"family": "hist_gbm"}, r"candidates\[0\]\.family is 'hist_gbm'; allowed: average, custom, extra_trees"),
        ({"family": "linear_regression"}, "linear_regression does no binary task; these do: average"),
        ({"family": "random_forest", "parameters": {"trees": 9}}, "has no parameter 'trees'; allowed: n_estimators"),
        ({"family": "logistic_regression", "early_stopping": True}, "early_stopping: logistic_regression has no such"),
        ({"family": "hist_gradient_boosting", "quantiles": [0.5]}, "quantiles: .* no such thing for a binary task"),
        ({"family": "hist_gradient_boosting", "monotonic": {"z": "increasing"}}, "monotonic names `z`.*there are: a"),
        ({"family": "hist_gradient_boosting", "monotonic": {"city": "increasing"}}, "`city` is a category"),
        ({"family": "logistic_regression", "features": ["nope"]}, "features names `nope`, which is no feature"),
        ({"family": "average", "members": ["one"]}, "members names 'one'; allowed: "),
        ({"family": "custom"}, "needs `estimator`, the import path"),
        ({"family": "custom", "estimator": "nowhere.Estimator"}, "cannot be imported"),
        ({"family": "custom", "estimator": "sklearn.naive_bayes.GaussianNB", "search": True}, "set `search.space`"),
        (
            {"family": "logistic_regression", "search": {"space": {"C": {"low": 2, "high": 1}}}},
            "search.space.C is .*a range needs `low` below `high`",
        ),
        ({"family": "logistic_regression", "search": {"space": {"C": 3}}}, "expected a list of values"),
    ],
)
def test_train_refuses_before_it_fits(candidate: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        train(ml({"name": "one", **candidate}), "demo", snapshot(200), progress=lambda line: None)


def test_keys_of_other_parts_are_accepted() -> None:
    parse(ml(costs={"true_positive": -40}, actions={"rollout": {}}, monitoring={"psi": 0.2}, slices=["city"]), "demo")


def test_slices_by_date() -> None:
    windows = [{"from": "2012-01-01"}, {"from": date(2010, 1, 1), "to": "2011-01-01 06:00:00"}]
    found = parse(ml(training={"test": windows, "validation": {"from": date(2009, 1, 1)}}), "demo").training
    assert [(str(each.start), str(each.end)) for each in found.test] == [
        ("2010-01-01 00:00:00", "2011-01-01 06:00:00"),
        ("2012-01-01 00:00:00", "None"),
    ]
    assert str(found.validation.start) == "2009-01-01 00:00:00"


def test_short_forms() -> None:
    candidate = parse(
        ml({**GBM, "search": "random", "calibration": "isotonic", "early_stopping": True}), "d"
    ).candidates[0]
    assert candidate.search is not None and candidate.search.method == "random"
    assert candidate.calibration is not None and candidate.calibration.method == "isotonic"
    assert candidate.early_stopping is not None
