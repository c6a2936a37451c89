"""Bad arguments are compile-time errors that name the model, the argument, what was found and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator

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
    ({"windows": "['1 fortnight']"}, ["window_features(windows)", "'1 fortnight'", "'6 hours'"]),
    ({"windows": "['-1 day']"}, ["window_features(windows)", "'-1 day'"]),
    ({"gap": "'soon'"}, ["window_features(gap)", "'soon'"]),
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


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeaturesProject]:
    directory = tmp_path_factory.mktemp("bad_input")
    path = directory / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(ddl())
    models = {f"bad_{i}": call(changes) for i, (changes, _) in enumerate(CASES)}
    yield FeaturesProject(directory / "project", {"type": "duckdb", "path": str(path), "schema": "main"}, models)


def call(changes: dict[str, str]) -> str:
    arguments = ", ".join(f"{name}={value}" for name, value in (GOOD | changes).items())
    # Parsing must not fail, or one bad model would hide the others.
    return f"{{% if execute %}}{{{{ window_features({arguments}) }}}}{{% endif %}}{{# {GOOD['spine']} #}}"


@pytest.fixture(scope="module")
def messages(project: FeaturesProject) -> dict[str, str]:
    """Model → what dbt said about it; one `dbt run` over all."""
    ok, _ = project.run("run")
    assert not ok
    return project.failures()


@pytest.mark.parametrize("number", range(len(CASES)))
def test_names_model_argument_found_and_allowed(messages: dict[str, str], number: int) -> None:
    said = messages[f"bad_{number}"]
    for part in [f"`bad_{number}`: ", *CASES[number][1], "expected"]:
        assert part in said, said
