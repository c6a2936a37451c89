"""What macros and Python both know is the same: durations, metrics, the defaults of a use case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from dbt_common.exceptions import CompilationError

from insitu import config, durations, metrics
from insitu.errors import ConfigurationError
from tests.unit.metrics.render import macros, render

CANDIDATES = [{"name": "boosting", "family": "hist_gradient_boosting"}]
SHOP: dict[str, Any] = {"task": "binary", "entity": "shop_id", "label": "is_lost", "candidates": CANDIDATES}
UNITS = [*durations.FIXED, *durations.MONTHS]
GOOD = [text for unit in UNITS for text in (f"1 {unit}", f"1 {unit}s", f"14 {unit}s", f"  2   {unit}s ")]
BAD = [
    "31D",
    "31days",
    "a week",
    "0 days",
    "-1 days",
    "1.5 days",
    "1 fortnight",
    "days",
    "",
    "1 day 2 hours",
    "1 DAY",
    "１ day",
    31,
    None,
]


def read(text: object, fixed: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = render("duckdb", "read_duration", text=text, fixed=fixed)
    return found


@pytest.mark.parametrize("text", GOOD)
def test_a_duration_is_as_long_in_both(text: str) -> None:
    duration = durations.parse(text)
    seconds = round(duration.days * 86400) if duration.is_fixed else None
    assert read(text) == {"text": str(duration), "seconds": seconds, "interval": duration.interval}


def refusal(parse: Callable[[object], object], text: object) -> str | None:
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("text", GOOD + BAD)
def test_a_duration_is_refused_by_both_in_the_same_words(text: object) -> None:
    assert read(text).get("refusal") == refusal(durations.parse, text)
    assert read(text, fixed=True).get("refusal") == refusal(durations.parse_fixed, text)


@pytest.mark.parametrize("setting", ["test", "gap", "validation"])
def test_a_declaration_is_refused_by_both_in_the_same_words(setting: str) -> None:
    with pytest.raises(ConfigurationError) as python:
        config.parse(SHOP | {"training": {setting: "2 fortnights"}}, "shop")
    with pytest.raises(CompilationError) as macro:
        render("duckdb", "duration_interval", use_case="shop", setting=f"training.{setting}", duration="2 fortnights")
    assert str(python.value) in str(macro.value)


def test_a_window_is_a_fixed_duration() -> None:
    def window(text: str, argument: str = "windows") -> Any:
        return render("duckdb", "parse_window", window=text, argument=argument)

    assert window("2 weeks") == {"label": "2w", "seconds": 1209600, "text": "14 days"}
    assert window("all")["seconds"] is None
    for text, argument in (("1 month", "windows"), ("6hours", "windows"), ("1 fortnight", "windows"), ("all", "gap")):
        said = refusal(durations.parse_fixed, text)
        with pytest.raises(CompilationError) as error:
            window(text, argument)
        assert said is not None and said in str(error.value)
        assert ("or 'all'" in str(error.value)) == (argument == "windows")


def test_directions() -> None:
    known = {*metrics.METRICS, *(name for chosen in metrics.CHOOSING.values() for name in chosen)}
    found = {name: render("duckdb", "higher_is_better", metric=name) for name in known}
    assert found == {name: metrics.of(name).higher_is_better for name in known}


@pytest.mark.parametrize("task", metrics.CHOOSING)
def test_metrics_of_a_task(task: str) -> None:
    names = {macro.name for macro in macros("duckdb")}
    options = {"task": task, "costs": {"true_positive": 1}, "extra_metrics": []}
    found = render("duckdb", "metrics_of_task", options=options)
    assert {f"metric_{name}" for name in found} <= names
    titled = {name.removeprefix("multiclass_") for name in found}
    assert titled <= set(metrics.METRICS)
    assert set(metrics.CHOOSING[task]) <= titled, "what chooses is measured"
    assert render("duckdb", "selection_metric", config={"task": task}) == metrics.usual(task)


def test_no_direction_and_no_title_without_a_macro() -> None:
    """What Python knows is computed by a macro, but for the parts of metrics that have several."""
    names = {macro.name for macro in macros("duckdb")}
    prefixes = ("metric_", "metric_multiclass_", "drift_")
    assert {name for name in metrics.METRICS if not any(f"{prefix}{name}" in names for prefix in prefixes)} == set()


DECLARATIONS: list[dict[str, Any]] = [
    {},
    {"task": "regression", "entity": ["shop_id", "customer_id"], "as_of": "at", "slices": ["country"]},
    {"task": "multiclass", "selection_metric": "accuracy"},
    {"training": {"test": "2 weeks", "retrain_every": "week"}, "parity": {"log": "hash"}},
    {"training": {"gap": None}, "selection_metric": None, "parity": {"may_differ": ["delay"]}},
    {"costs": {"true_positive": -40, "false_positive": -15, "false_negative": -100, "true_negative": 0}},
]


@pytest.mark.parametrize("declared", DECLARATIONS)
def test_the_declaration_of_a_use_case(declared: dict[str, Any]) -> None:
    declared = SHOP | declared
    found = render("duckdb", "with_defaults", declared=declared)
    expected = config.parse(declared, "shop")
    for name in ("task", "entity", "as_of", "label", "key", "slices", "costs", "monitoring"):
        assert found[name] == getattr(expected, name), name
    assert found["selection_metric"] == expected.metric
    for block in ("training", "parity"):
        assert found[block] == {name: getattr(getattr(expected, block), name) for name in found[block]}


def test_blocks_that_only_macros_read_have_their_defaults_there() -> None:
    found = render("duckdb", "with_defaults", declared=SHOP | {"promotion": {"z": 2}, "scoring": {"window": "6 hours"}})
    assert found["promotion"] == render("duckdb", "promotion_rules", config={}) | {"z": 2}
    assert found["scoring"] == config.Scoring(window="6 hours").model_dump()
    assert found["actions"] == {"treat": "intervene", "none": "none"}
    assert render("duckdb", "with_defaults", declared=found) == found


def test_the_training_moment_knows_the_periods_of_python() -> None:
    [allowed] = [field.annotation for name, field in config.Training.model_fields.items() if name == "retrain_every"]
    [macro] = [macro for macro in macros("duckdb") if macro.name == "training_as_of"]
    assert allowed is not None
    assert set(allowed.__args__) == {
        period for period in ("day", "week", "month", "quarter", "year", "hour") if f"== '{period}'" in macro.macro_sql
    }
