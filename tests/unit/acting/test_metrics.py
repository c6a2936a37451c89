"""A mistake in a metric of an experiment is one clear line."""

from __future__ import annotations

from typing import Any

import pytest

from insitu.config import parse
from insitu.errors import ConfigurationError
from tests.unit.acting.test_experiments import PROFIT, crew
from tests.unit.training.example import ml


def declared(metric: dict[str, Any]) -> Any:
    (found,) = parse(ml(experiments=[crew(metrics=[PROFIT, metric])]), "demo").experiments
    return found


def test_defaults() -> None:
    found = declared({"name": "m", "kind": "ratio", "value": "a", "per": "b", "covariate": "c", "winsorise": 0.99})
    assert (found.alpha, found.correction, found.tuned_for, found.power) == (0.05, "holm", 5000, 0.8)
    metric = found.metrics[1]
    assert (metric.better, metric.role, metric.margin, metric.minimum_effect) == ("higher", "secondary", 0, None)


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ({"kind": "median"}, r"metrics\[1\]\.kind is 'median'; expected 'mean', 'proportion', 'ratio' or 'quantile'"),
        ({"kind": "ratio"}, "the metric 'm' is a ratio; it needs `per`"),
        ({"kind": "mean", "per": "b"}, "the metric 'm' is a mean; `per` belongs to a ratio"),
        ({"kind": "quantile"}, "the metric 'm' is a quantile; it needs `q`"),
        ({"kind": "quantile", "q": 1.0}, r"metrics\[1\]\.q is 1.0; expected .*less than 1"),
        ({"kind": "quantile", "q": 0.5, "covariate": "c"}, "`covariate` belongs to a mean or a proportion or a ratio"),
        (
            {"kind": "proportion", "winsorise": 0.9},
            "the metric 'm' is a proportion; `winsorise` belongs to a mean or a",
        ),
        ({"kind": "mean", "winsorise": 0.2}, r"metrics\[1\]\.winsorise is 0.2; expected .*greater than 0.5"),
        ({"kind": "mean", "margin": -1}, r"metrics\[1\]\.margin is -1; expected .*greater than or equal to 0"),
        ({"kind": "mean", "minimum_effect": 0}, r"metrics\[1\]\.minimum_effect is 0; expected .*greater than 0"),
        ({"kind": "mean", "covariat": "c"}, r"metrics\[1\]\.covariat is unknown; did you mean `covariate`\?"),
        ({"kind": "mean", "name": "profit"}, "two metrics of the experiment 'crew' are called 'profit'"),
    ],
)
def test_a_metric_says_what_it_lacks(metric: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        declared({"name": "m", "value": "a"} | metric)


def test_corrections_are_known() -> None:
    with pytest.raises(ConfigurationError, match=r"correction is 'bonferroni'; expected 'holm', 'benjamini_hochberg'"):
        parse(ml(experiments=[crew(correction="bonferroni")]), "demo")
