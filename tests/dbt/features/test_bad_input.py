"""Bad arguments are compile-time errors that name the model, the argument, what was found and what is allowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.features.conftest import ddl
from tests.dbt.features.project import FeaturesProject

GOOD = {
    "spine": "source('raw', 'spine')",
    "events": "source('raw', 'events')",
    "keys": "{'k': 'key'}",
    "measures": "[{'name': 'n', 'agg': 'count'}]",
    "spine_key": "['id']",
}

# argument changed → what the message must say
CASES = [
    ({"keys": "['kk']"}, ["window_features(keys)", "`kk`, which", "its columns: id, k, s, as_of"]),
    ({"keys": "{'k': 's'}"}, ["window_features(keys)", "`k` (integer) = `s` (character varying", "of one type"]),
    ({"keys": "[]"}, ["window_features(keys)", "no key"]),
    ({"as_of": "'at'"}, ["window_features(as_of)", "`at`, which", "id, k, s, as_of"]),
    ({"as_of": "'k'"}, ["window_features(as_of)", "`k` of type integer", "UTC timestamp"]),
    ({"available_at": "'seen_at'"}, ["window_features(available_at)", "`seen_at`", "known_at"]),
    (
        {"events": "source('raw', 'periods')", "keys": "{'k': 'key'}"},
        ["available_at", "declares none", "meta.point_in_time.available_at"],
    ),
    ({"spine_key": "['flight']"}, ["window_features(spine_key)", "`flight`"]),
    (
        {"windows": "['1 fortnight']"},
        ["window_features(windows): '1 fortnight' is not a duration", "such as `31 days`, or 'all'"],
    ),
    ({"windows": "['-1 day']"}, ["window_features(windows)", "'-1 day'"]),
    ({"windows": "['1 month']"}, ["window_features(windows)", "'1 month' is not always equally long; write seconds"]),
    ({"gap": "'soon'"}, ["window_features(gap)", "'soon'"]),
    ({"gap": "'all'"}, ["window_features(gap): 'all' is not a duration"]),
    ({"strategy": "'magic'"}, ["window_features(strategy)", "'magic'", "'timeline'"]),
    ({"measures": "[]"}, ["window_features(measures)"]),
    ({"measures": "[{'name': 'n', 'agg': 'median'}]"}, ["'n'", "the aggregate 'median'", "count, rate_per_day"]),
    ({"measures": "[{'name': 'n', 'agg': 'sum'}]"}, ["'n'", "'sum' without `expr`"]),
    (
        {"measures": "[{'name': 'n', 'agg': 'sum', 'expr': 'amount'}]"},
        ["'n'", "`amount`, which", "known_at, seq, flag"],
    ),
    ({"measures": "[{'name': 'n', 'agg': 'last', 'expr': 'x', 'order_by': 'sequence'}]"}, ["'n'", "`sequence`"]),
    ({"measures": "[{'name': 'n', 'agg': 'count', 'filter': 'flag'}]"}, ["'n'", "the key `filter`", "where"]),
    ({"measures": "[{'name': 'n', 'agg': 'count'}, {'name': 'n', 'agg': 'count'}]"}, ["two measures named 'n'"]),
    ({"measures": "[{'name': 'k', 'agg': 'count'}]"}, ["a measure named 'k'"]),
    ({"measures": "[{'name': 'bucket', 'agg': 'count'}]"}, ["a measure named 'bucket'"]),
    (
        {"spine": "'rows'", "events": "'things'", "keys": "['edge']", "available_at": "'known_at'"},
        ["window_features(keys)", "a key named 'edge'"],
    ),
    ({"measures": "[{'name': 'n', 'agg': 'rate_per_day'}]"}, ["'rate_per_day' over 'all'", "bounded"]),
    (
        {
            "measures": "[{'name': 'n', 'agg': 'decayed_sum', 'expr': 'x', 'half_life': '1 second', "
            "'windows': ['1 day']}]"
        },
        ["200 half-lives"],
    ),
    ({"measures": "[{'name': 'n', 'trend': {'windows': ['1 day']}}]"}, ["trend", "two windows"]),
]


# The same in expressions, of which only the database knows what they mean; and in the other macros.
MEASURE = "[{{'name': 'n', 'agg': {agg!r}, 'expr': {expr!r}}}]"
BOUNDED = "[{{'name': 'n', 'agg': 'decayed_sum', 'half_life': '1 day', 'windows': ['7 days'], 'expr': {expr!r}}}]"
COLUMNS = "the columns of "


def measure(agg: str | list[str], expr: str) -> dict[str, str]:
    return {"measures": MEASURE.format(agg=agg, expr=expr)}


EXPRESSIONS = [
    (
        measure("sum", "amount * 2"),
        ["window_features(measures, 'n', expr)", "`amount * 2`", "amount", COLUMNS, "known_at, seq"],
    ),
    (measure("max", "coalesce(c, 0) + amont"), ["'n', expr", "amont", COLUMNS]),
    (measure("max", "no_such_function(c)"), ["'n', expr", "`no_such_function(c)`", COLUMNS]),
    (measure("max", "c +"), ["'n', expr", "`c +`", "syntax error", COLUMNS]),
    (measure("sum", "sum(c)"), ["'n', expr", "`sum(c)`", "GROUP BY"]),
    ({"measures": "[{'name': 'n', 'agg': 'count', 'where': 'flagged and c > 0'}]"}, ["'n', where", "flagged", COLUMNS]),
    ({"measures": "[{'name': 'n', 'agg': 'count', 'where': 's'}]"}, ["'n'", "where", "`s`"]),
    ({"measures": "[{'name': 'n', 'agg': 'count', 'where': 'known_at'}]"}, ["'n'", "where", "`known_at`"]),
    (
        {"measures": "[{'name': 'n', 'agg': 'last', 'expr': 'x', 'order_by': ['-sequence']}]"},
        ["'n', order_by", "`-sequence`", COLUMNS],
    ),
    (measure("sum", "s"), ["measures, 'n'", "'sum' of `s`, which is of type", "a number"]),
    (measure(["max", "avg"], "lower(s)"), ["'avg' of `lower(s)`, which is of type", "a number"]),
    (measure("stddev", "known_at"), ["measures, 'n'", "`known_at`", "of"]),
    ({"measures": BOUNDED.format(expr="s")}, ["'decayed_sum' of `s`, which is of type"]),
    (
        {"measures": "[{'name': 'n', 'expr': 's', 'trend': {'agg': 'avg', 'windows': ['1 day', '7 days']}}]"},
        ["'avg' of `s`"],
    ),
]
TOO_MANY = str([f"{hours} hours" for hours in range(1, 64)])
EXPRESSIONS += [
    (measure("max", "x") | {"windows": TOO_MANY, "strategy": "'timeline'"}, ["63 bounded windows", "at most 62"]),
    *(
        ({"measures": f"[{{'name': '{name}', 'agg': 'count'}}]"}, [f"a measure named '{name}'", "the macro uses"])
        for name in ("own", "inside", "moment_before")
    ),
]
LOOKUP = "source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, spine_key=['id']"
OTHERS = [
    (f"latest_before({LOOKUP}, columns=['x', 'wind'])", ["latest_before(columns)", "`wind`, which", "known_at, seq"]),
    (
        f"latest_before({LOOKUP}, columns={{'w': 'wind * 2'}})",
        ["latest_before(columns)", "`wind * 2`", "wind", COLUMNS],
    ),
    (
        f"latest_before({LOOKUP}, columns=['x'], order_by='-sequence')",
        ["latest_before(order_by)", "`-sequence`", COLUMNS],
    ),
    (f"latest_before({LOOKUP}, columns={{'moment': 'x'}})", ["latest_before(columns)", "a column named 'moment'"]),
    (f"lag_features({LOOKUP}, columns={{'w': 'wind * 2'}})", ["lag_features(columns)", "`wind * 2`", COLUMNS]),
    (
        "validity_lookup(source('raw', 'spine'), source('raw', 'periods'), {'k': 'key'}, {'g': 'upper(grad)'})",
        ["validity_lookup(columns)", "`upper(grad)`", COLUMNS, "key, grade"],
    ),
    (
        "target_encoding(source('raw', 'spine'), source('raw', 'events'), {'k': 'key'}, 's', 'known_at')",
        ["target_encoding(label)", "`s` of type", "a number or a boolean"],
    ),
    (
        "fit_encodings(source('raw', 'events'), ['s'], where=\"spilt = 'train'\")",
        ["fit_encodings(where)", "spilt", COLUMNS],
    ),
]
# What looks like a mistake and is none: the check must not refuse it.
FINE = [
    measure(["sum", "max"], "case when s = 'no_such_column' then c else 0 end"),
    measure(["avg", "max", "count_distinct"], "extract(epoch from known_at) - c / 2.0 -- of a day\n"),
    measure("count_distinct", "lower(s) || ' it''s \"quoted\"'"),
    measure("sum", "cast(seq as decimal(9, 2)) * coalesce(nullif(d, 0), 1)"),
    measure("max", "(select max(valid_from) from raw.periods)"),
    measure("last", "events.x"),
    {"measures": "[{'name': 'n', 'agg': 'count', 'where': \"known_at >= current_date or s like '%a'\"}]"},
]


def call(macro: str) -> str:
    # Parsing must not fail, or one bad model would hide the others.
    return f"{{% if execute %}}{{{{ insitu.{macro} }}}}{{% endif %}}{{# {GOOD['spine']} #}}"


def window_features(changes: dict[str, str]) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in (GOOD | changes).items())
    return call(f"window_features({arguments})")


BAD = [(window_features(changes), parts) for changes, parts in CASES + EXPRESSIONS]
BAD += [(call(macro), parts) for macro, parts in OTHERS]
MODELS = {f"bad_{i}": model for i, (model, _) in enumerate(BAD)}
MODELS |= {f"fine_{i}": window_features(changes) for i, changes in enumerate(FINE)}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def messages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Model → what dbt said about it; one `dbt compile` over all."""
    directory = tmp_path_factory.mktemp("bad_input")
    if request.param == "duckdb":
        path = directory / "warehouse.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(ddl())
        profile: dict[str, Any] = {"type": "duckdb", "path": str(path), "schema": "main"}
    else:
        _, profile = request.getfixturevalue("postgres_profile")
    project = FeaturesProject(directory / "project", profile, MODELS)
    ok, _ = project.run("run")
    assert not ok
    return project.failures()


@pytest.mark.parametrize("number", range(len(BAD)))
def test_names_model_argument_found_and_allowed(messages: dict[str, str], number: int) -> None:
    said = messages[f"bad_{number}"]
    for part in [f"`bad_{number}`: ", *BAD[number][1]]:
        assert part in said, said
    assert ", expected " in said or "; write " in said, said


def test_refuses_no_expression_that_the_database_understands(messages: dict[str, str]) -> None:
    assert not {name: said for name, said in messages.items() if name.startswith("fine")}


def test_expressions_over_a_view_of_files_are_checked_too(tmp_path: Path) -> None:
    """DuckDB can not write the plan of a CSV scan as JSON: that alone must refuse nothing."""
    path = tmp_path / "warehouse.duckdb"
    (tmp_path / "events.csv").write_text("key,known_at,c\n1,2024-01-01 00:00:00,2\n")
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"{ddl()}; drop table raw.events")
        connection.execute(f"create view raw.events as select * from read_csv('{tmp_path}/events.csv')")
    models = {"fine": window_features(measure("sum", "c + 1")), "bad": window_features(measure("sum", "cc + 1"))}
    project = FeaturesProject(tmp_path / "project", {"type": "duckdb", "path": str(path), "schema": "main"}, models)
    project.run("run")
    assert set(project.failures()) == {"bad"}
    assert "`bad`: window_features(measures, 'n', expr): found `cc + 1`" in project.failures()["bad"]
