"""A mistake in an experiment is one clear line: which one, what was found, what is expected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from insitu.config import parse
from insitu.errors import ConfigurationError
from tests.unit.training.example import ml

PROFIT = {"name": "profit", "kind": "mean", "value": "realised_profit", "role": "primary"}
LATE = {"name": "late", "kind": "proportion", "value": "label", "better": "lower", "role": "guardrail", "margin": 0.02}


def crew(**settings: Any) -> dict[str, Any]:
    return {
        "name": "crew",
        "from": "2024-03-01",
        "variants": [{"name": "usual"}, {"name": "early", "threshold": 0.3}, {"name": "never", "action": "none"}],
        "ramp": [{"after": "0 days", "shares": {"early": 0.1}}, {"after": "5 days", "shares": {"early": 0.5}}],
        "metrics": [PROFIT, LATE],
    } | settings


def ramp(*steps: tuple[str, dict[str, float]]) -> list[dict[str, Any]]:
    return [{"after": after, "shares": shares} for after, shares in steps]


def test_what_is_declared_is_read() -> None:
    (found,) = parse(ml(experiments=[crew(unit="id", until="2024-04-01 12:00:00")]), "demo").experiments
    assert (found.begins, found.ends) == (datetime(2024, 3, 1), datetime(2024, 4, 1, 12))
    assert [step.after for step in found.ramp] == [timedelta(0), timedelta(days=5)]
    assert (found.unit, found.control, found.treats, found.changes_model) == (["id"], "usual", True, False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"ramp": ramp(("0 days", {"early": 0.7, "never": 0.4}))},
            r"ramp\[0\]\.shares: the shares come to 1.1 \(0.7 \+ 0.4\), more than 1; the control has what they leave",
        ),
        ({"ramp": ramp(("0 days", {"early": -0.1}))}, "the share of 'early' is -0.1; expected a number from 0 to 1"),
        ({"ramp": ramp(("0 days", {"early": 5}))}, "the share of 'early' is 5; expected a number from 0 to 1"),
        ({"ramp": ramp(("0 days", {"late": 0.1}))}, "names 'late', which is no variant; expected early, never"),
        ({"ramp": ramp(("0 days", {"usual": 0.1}))}, "gives a share to 'usual', the control"),
        (
            {"ramp": ramp(("0 days", {"early": 0.1}), ("5 days", {"early": 0.2}), ("5 days", {"early": 0.3}))},
            "has a step after 5 days behind one after 5 days: they overlap",
        ),
        ({"ramp": ramp(("0 days", {"early": 0.1}), ("5 days", {"early": 0.05}))}, "descends: 'early' has 0.05 after 5"),
        ({"ramp": ramp(("0 days", {"early": 0.1}), ("5 days", {"never": 0.1}))}, "descends: 'early' has 0 after 5"),
        ({"ramp": ramp(("2 days", {"early": 0.1}))}, "begins after 2 days, .*; its first step is `after: 0 days`"),
        ({"ramp": ramp(("a while", {"early": 0.1}))}, r"ramp\[0\]\.after: 'a while' is not a duration"),
        ({"ramp": ramp(("1 month", {"early": 0.1}))}, r"ramp\[0\]\.after: '1 month' is not always equally long"),
        ({"ramp": []}, r"experiments\[0\]\.ramp"),
        ({"variants": [{"name": "usual"}]}, r"experiments\[0\]\.variants"),
        ({"variants": [{"name": "a"}, {"name": "a", "threshold": 0.1}]}, "two variants of the experiment 'crew' are"),
        ({"variants": [{"name": "a"}, {"name": "b", "threshold": -1}]}, r"variants\[1\]\.threshold is -1; expected"),
        ({"variants": [{"name": "a"}, {"name": "b", "treshold": 1}]}, "did you mean `threshold`?"),
        ({"metrics": [PROFIT | {"kind": "median"}]}, r"metrics\[0\]\.kind is 'median'; expected 'mean', 'proportion'"),
        ({"metrics": [LATE]}, "no metric of role primary"),
        ({"metrics": [PROFIT | {"kind": "ratio"}]}, "is a ratio; it needs `per`"),
        ({"metrics": [PROFIT | {"margin": -0.1}]}, r"metrics\[0\]\.margin is -0.1; expected"),
        ({"form": "2024-03-01"}, "form is unknown; did you mean `from`.*allowed: .*until"),
        ({"from": "tomorrow"}, r"experiments\[0\]\.from: 'tomorrow' is no UTC time like 2010-01-01"),
        ({"until": "2024-02-01"}, "ends .* before it begins"),
        ({"layer": "l"}, "has `layer` alone"),
        ({"layer": "l", "layer_share": [0.5, 0.2]}, r"layer_share .* is \[0.5, 0.2\]; expected two ascending numbers"),
        ({"shadow": True}, "is in shadow, where nobody acts"),
        (
            {"variants": [{"name": "a"}, {"name": "early", "action": "call"}]},
            "the variant 'early' of the experiment 'crew' has the action 'call'; there are none, treat, intervene",
        ),
        (
            {"variants": [{"name": "a"}, {"name": "early", "threshold": 30}]},
            "has the threshold 30; scores are from 0 to 1",
        ),
        ({"min_units": 0}, "min_units is 0; expected"),
    ],
)
def test_a_mistake_is_told(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse(ml(experiments=[crew(**settings)]), "demo")


MODELS = [{"name": "usual"}, {"name": "new", "model": "challenger"}]
OF_MODELS = {"variants": MODELS, "ramp": ramp(("0 days", {"new": 0.1}))}
HALVES = ({"layer": "l", "layer_share": [0, 0.5]}, {"layer": "l", "layer_share": [0.5, 1]})


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ({}, {"name": "crew"}, "two experiments are called 'crew'"),
        ({}, {}, "both change actions of the same rows"),
        (OF_MODELS, OF_MODELS, "both change models of the same rows"),
        (OF_MODELS, {}, None),
        ({}, OF_MODELS | {"shadow": True}, None),
        ({"until": "2024-03-09"}, {"from": "2024-03-09"}, None),
        (HALVES[0], HALVES[1], None),
        (HALVES[0], HALVES[0], r"overlap in the layer 'l' \(0 to 0.5 and 0 to 0.5\)"),
        (HALVES[0] | {"unit": ["id"]}, HALVES[1], "share the layer 'l' and have other units"),
    ],
)
def test_what_cannot_run_beside_one_another(one: dict[str, Any], other: dict[str, Any], message: str | None) -> None:
    both = ml(experiments=[crew(**one), crew(**({"name": "other"} | other))])
    if message is None:
        assert len(parse(both, "demo").experiments) == 2
    else:
        with pytest.raises(ConfigurationError, match=message):
            parse(both, "demo")
