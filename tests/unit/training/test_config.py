"""A mistake in `meta.ml` is one clear line that says what is allowed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from insitu.config import parse
from insitu.errors import ConfigurationError
from insitu.training.declared import check
from insitu.training.train import train
from tests.unit.training.example import ml, snapshot

GBM = {"name": "gbm", "family": "hist_gradient_boosting"}
LOGISTIC = {"name": "logistic", "family": "logistic_regression"}
PRICES = {"none": {"positive": -100, "negative": 0}, "call": {"positive": -40, "negative": -15}}


def priced(classes: dict[Any, Any] | None = None, **actions: Any) -> dict[str, Any]:
    """A declaration with these prices of a call, or of these actions."""
    costs = {**PRICES, "call": PRICES["call"] | (classes or {}), **actions}
    return ml(policy={"costs": {name: row for name, row in costs.items() if row}})


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
        (ml(policy={"capacity": {"rows": -1}}), r"policy\.capacity\.rows is -1; expected greater than or equal to 0"),
        (
            ml(policy={"capacity": {"rows": 5, "per": "shift"}}),
            r"policy\.capacity\.per is 'shift'; expected 'hour', 'day'",
        ),
        (
            ml(policy={"explore": {"share": 0.1}}),
            "policy.explore draws actions instead of those that are decided, and nothing says when to act; expected",
        ),
        (ml(policy={"explore": {"share": 1}}), r"policy\.explore\.share is 1; expected less than 1"),
        (
            ml(policy={"explore": {"share": -0.1}}),
            r"policy\.explore\.share is -0.1; expected greater than or equal to 0",
        ),
        (
            ml(actions={}, policy={"capacity": {"rows": 1}, "explore": {"share": 0.1, "actions": ["none", "sms"]}}),
            "names the action 'sms'; there are intervene, none",
        ),
        (priced(none=None), "policy.costs prices call; expected `none`, doing nothing, and an action beside it"),
        (priced({"maybe": 1}), "policy.costs.call prices the class 'maybe'; a binary task has positive and negative"),
        (priced(call={"positive": 1}), "policy.costs.call has no price for the class 'negative'"),
        (priced({"negative": True}), "the action `call`: True is no price; expected a number"),
        (priced({"negative": {"colum": "x"}}), "is no price; expected {column: fare, times"),
        (priced({1: -8}), "the action `call`: the class 1 is no text; write '1', or positive and negative in a binary"),
        (ml(policy={"costs": {"none": -4}}), "has no prices; expected them by action and class"),
        (
            {**priced({"negative": "fare"}), "parity": {"log": "hash"}},
            "policy reads the column 'fare' as it was when the row was scored; parity.log is 'hash'",
        ),
        (
            {**ml(policy={"costs": PRICES}), "task": "regression"},
            "policy.costs prices classes, and a regression task has none; use policy.capacity",
        ),
        (ml(policy={"compare": [{"name": "half"}]}), "'half' needs one of threshold, action, policy_version"),
        (
            ml(policy={"costs": PRICES, "compare": [{"name": "half", "threshold": 0.5}]}),
            r"policy.compare \(half\), by actions.treat, names the action 'intervene'; there are none, call",
        ),
        (
            ml(policy={"compare": [{"name": "half", "action": "sms"}]}),
            r"policy.compare \(half\) names the action 'sms'",
        ),
        (
            ml(policy={"compare": [{"name": "half", "threshold": 0.5}, {"name": "half", "threshold": 0.6}]}),
            "two policies to compare share the name 'half'",
        ),
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


OPTIONS: dict[str, Any] = {
    "early_stopping": True,
    "monotonic": {"b": "increasing"},
    "quantiles": [0.5],
    "calibration": "sigmoid",
    "class_weight": "balanced",
    "members": ["one", "two"],
    "weights": [1, 1],
    "estimator": "sklearn.linear_model.Ridge",
    "encoding": "trees",
    "search": {"space": {"x": [1]}},
    "feature_selection": True,
}
BOOSTED = {"early_stopping", "monotonic", "search", "feature_selection"}
EVERY = {"search", "feature_selection"}
CLASSIFIES = {"calibration", "class_weight"}
ABLE: dict[str, tuple[set[str], tuple[str, ...]]] = {
    "hist_gradient_boosting": (BOOSTED, ("binary", "multiclass", "regression")),
    "lightgbm": (BOOSTED, ("binary", "multiclass", "regression")),
    "xgboost": (BOOSTED, ("binary", "multiclass", "regression")),
    "random_forest": (EVERY | {"monotonic"}, ("binary", "multiclass", "regression")),
    "extra_trees": (EVERY | {"monotonic"}, ("binary", "multiclass", "regression")),
    "mlp": (EVERY | {"early_stopping"}, ("binary", "multiclass", "regression")),
    "logistic_regression": (EVERY, ("binary", "multiclass")),
    "linear_regression": (EVERY, ("regression",)),
    "linear_svm": (EVERY, ("binary", "multiclass", "regression")),
    "kernel_svm": (EVERY, ("binary", "multiclass", "regression")),
    "custom": (EVERY | {"estimator", "encoding"}, ("binary", "multiclass", "regression")),
    "average": ({"members", "weights"}, ("binary", "multiclass", "regression")),
    "stack": ({"members"}, ("binary", "multiclass", "regression")),
}
QUANTILES = {"hist_gradient_boosting", "lightgbm", "xgboost", "linear_regression"}


@pytest.mark.parametrize("family", ABLE)
def test_a_family_takes_the_options_that_it_can_follow_and_no_other(family: str) -> None:
    able, tasks = ABLE[family]
    ensemble = family in ("average", "stack")
    for task in ("binary", "multiclass", "regression"):
        member = "linear_regression" if task == "regression" else "logistic_regression"
        members = [{"name": name, "family": member} for name in ("one", "two")]
        allowed = able | (set() if task == "regression" or ensemble else CLASSIFIES)
        allowed = allowed | ({"quantiles"} if task == "regression" and family in QUANTILES else set())
        needed = {"members": ["one", "two"]} if ensemble else {}
        for option, value in OPTIONS.items():
            config = ml(*members, {"name": "it", "family": family, **needed, option: value}, task=task)
            if task in tasks and option in allowed:
                check(config, "demo")
                continue
            with pytest.raises(ConfigurationError, match=option if task in tasks else f"{family} does no {task} task"):
                check(config, "demo")


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        ({"members": ["one", "one"]}, "an ensemble needs at least two `members`; allowed: one, two$"),
        ({"members": ["one"]}, "an ensemble needs at least two `members`"),
        ({}, "an ensemble needs at least two `members`"),
        ({"members": ["one", "self"]}, "members names 'self'; allowed: one, two$"),
        ({"members": ["one", "some"]}, "members names 'some'; allowed: one, two$"),
        ({"members": ["one", "two"], "weights": [1]}, "has 1 weights for 2 members"),
        ({"members": ["one", "two"], "weights": [1, 2, 3]}, "has 3 weights for 2 members"),
    ],
)
def test_members_are_two_candidates_that_are_no_ensemble_and_have_one_score(
    candidate: dict[str, Any], message: str
) -> None:
    others = [{"name": name, "family": "linear_regression"} for name in ("one", "two")]
    some = {"name": "some", "family": "linear_regression", "quantiles": [0.1]}
    config = ml(*others, some, {"name": "self", "family": "average", **candidate}, task="regression")
    with pytest.raises(ConfigurationError, match=message):
        check(config, "demo")


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"low": 1, "high": 1}, "a range needs `low` below `high`"),
        ({"low": 1}, "a range needs `low` below `high`"),
        ({"low": 0, "high": 1, "log": True}, "a logarithmic range begins above 0, not at 0"),
        ({"low": 1, "high": 2, "setps": 3}, "has the unknown key 'setps'; allowed: high, integer, log, low, steps"),
        ([], "expected a list of values"),
        (None, "expected a list of values"),
    ],
)
def test_what_is_no_space(space: Any, message: str) -> None:
    config = ml({"name": "one", "family": "logistic_regression", "search": {"space": {"C": space}}})
    with pytest.raises(ConfigurationError, match=f"candidate `one`: search.space.C.*{message}"):
        check(config, "demo")


def test_a_feature_that_was_dropped_may_be_named_and_another_may_not() -> None:
    table = snapshot(200)
    table = table.append_column("same", pa.array([1.0] * 200))
    for option, value in (("exclude", ["same"]), ("features", ["a", "same"]), ("monotonic", {"same": "increasing"})):
        candidate = {"name": "one", "family": "hist_gradient_boosting", "parameters": {"max_iter": 2}, option: value}
        (row,) = train(ml(candidate), "demo", table, progress=lambda line: None).to_pylist()
        assert row["status"] == "trained"
    for option, value, message in (
        ("exclude", ["nope"], "exclude names `nope`, which is no feature; there are: a, b, noise, n, flag, city$"),
        ("features", ["same"], "no feature is left after `features` and `exclude`"),
    ):
        with pytest.raises(ConfigurationError, match=f"candidate `one`: {message}"):
            train(ml({**LOGISTIC, "name": "one", option: value}), "demo", table, progress=lambda line: None)


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
