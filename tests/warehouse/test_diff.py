"""What differs between two relations, and between two versions on the same rows, on either warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from math import sqrt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from insitu.config import parse
from insitu.diff import models, rows
from insitu.diff.diff import Diff, markdown
from insitu.diff.rows import Column, Rows
from insitu.local_postgres import Database
from insitu.warehouse import connect
from tests.sql_warehouses import DuckWarehouse, PostgresWarehouse

DAYS = [datetime(2024, 5, day) for day in (1, 2, 3)]
KEY = ["k", "as_of"]
OLD = pd.DataFrame(
    {
        "k": [1, 2, 3, 4],
        "as_of": [DAYS[0]] * 4,
        "same": [0.5, None, 2.0, 3.0],
        "moved": [1.0, 2.0, None, 4.0],
        "word": ["a", "b", None, "d"],
        "gone": [1, 2, 3, 4],
        "kind": [1, 2, 3, 4],
    }
)
NEW = pd.DataFrame(
    {
        "k": [1, 2, 3, 5],
        "as_of": [DAYS[0]] * 4,
        "same": [0.5 + 1e-12, None, 2.0, 9.0],  # the order of a sum
        "moved": [1.0, 4.5, 7.0, 4.0],
        "word": ["a", "c", None, "d"],
        "added": [1, 2, 3, 4],
        "kind": ["1", "2", "3", "4"],
    }
)


def predicted(version: str, scores: list[float]) -> pd.DataFrame:
    """Twelve test rows of three days, four a day, and one that only this version has."""
    keys = {"k": [*range(12), 100 + len(version)], "as_of": [*(DAYS[n // 4] for n in range(12)), DAYS[0]]}
    labels = [0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1]
    told = pd.DataFrame({"model_version": version, "split": "test", **keys, "label": labels, "score": [*scores, 0.5]})
    # The tests of later snapshots are predicted, too; another split, and another version, are not meant.
    others = [told.head(3), told.assign(split="validation", score=0.9), told.assign(model_version="z", score=0.1)]
    return pd.concat([told, *others], ignore_index=True)


CHAMPION = [0.1, 0.9, 0.2, 0.8, 0.7, 0.3, 0.4, 0.6, 0.2, 0.4, 0.6, 0.3]
CANDIDATE = [0.3, 0.6, 0.7, 0.4, 0.9, 0.2, 0.8, 0.1, 0.6, 0.3, 0.7, 0.2]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    tables = {
        "old": OLD, "new": NEW, "champion": predicted("a", CHAMPION), "candidate": predicted("bb", CANDIDATE),
    }  # fmt: skip
    if request.param == "duckdb":
        import duckdb

        path = str(tmp_path_factory.mktemp("diff") / "w.duckdb")
        with duckdb.connect(path) as connection:
            for name, told in tables.items():
                DuckWarehouse(connection).load(f"main.{name}", told)
        yield SimpleNamespace(credentials=SimpleNamespace(type="duckdb", path=path), schema="main")
        return
    server: Database = request.getfixturevalue("postgres_server")
    with server.fresh_database() as database, database.connect() as connection:
        for name, told in tables.items():
            PostgresWarehouse(connection).load(f"public.{name}", told)
        login = {name: getattr(database, name) for name in ("host", "port", "user", "password")}
        credentials = SimpleNamespace(type="postgrespy", database=database.dbname, **login)
        yield SimpleNamespace(credentials=credentials, schema="public")


def test_rows_meet_by_their_key(project: Any) -> None:
    with connect(project) as warehouse:
        found = rows.rows(warehouse, f'"{project.schema}"."old"', f'"{project.schema}"."new"', KEY)
    assert found == Rows(n_both=3, n_entered=1, n_left=1)


def test_each_column_that_differs_is_told(project: Any) -> None:
    with connect(project) as warehouse:
        found = rows.columns(warehouse, f'"{project.schema}"."old"', f'"{project.schema}"."new"', KEY)
    told = {column.name: column for column in found}
    assert {name: column.change for name, column in told.items()} == {
        "added": "new", "gone": "gone", "kind": "type", "moved": "values", "word": "values",
    }  # fmt: skip
    moved = told["moved"]
    assert (moved.n_different, moved.largest_difference) == (2, 2.5)  # 2 -> 4.5, NULL -> 7
    assert (moved.before, moved.after) == ("mean 1.5, 33.3% missing", "mean 4.1667, 0.0% missing")
    assert (told["word"].n_different, told["word"].largest_difference) == (1, None)


def auc(labels: list[int], scores: list[float]) -> float:
    """By its definition: how often a row of the one class has the higher score than one of the other."""
    pairs = [
        (a, b) for a, x in zip(scores, labels, strict=True) if x for b, y in zip(scores, labels, strict=True) if not y
    ]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def test_versions_are_compared_by_the_days_of_the_rows_that_both_have(project: Any) -> None:
    config = parse(
        {
            "task": "binary",
            "entity": ["k"],
            "label": "label",
            "candidates": [{"name": "a", "family": "logistic_regression"}],
            "costs": {"true_positive": -4, "false_positive": -2, "false_negative": -10, "true_negative": 0},
        },
        "visits",
    )
    with connect(project) as warehouse:
        old, new = (f'"{project.schema}"."{name}"' for name in ("champion", "candidate"))
        found = models.compare(warehouse, config, ("a", old), ("bb", new))
    assert found is not None
    labels = list(predicted("a", CHAMPION)["label"][:12])
    days = [slice(0, 4), slice(4, 8), slice(8, 12)]
    differences = [auc(labels[d], CANDIDATE[d]) - auc(labels[d], CHAMPION[d]) for d in days]
    assert found.n_rows == 12
    assert found.champion_value == pytest.approx(auc(labels, CHAMPION))
    assert found.candidate_value == pytest.approx(auc(labels, CANDIDATE))
    assert found.mean_difference == pytest.approx(np.mean(differences))
    assert found.difference_error == pytest.approx(np.std(differences, ddof=1) / sqrt(3))
    # Treating pays from 2 / (2 + 6) = 0.25 on: it brings 6 where the label is 1, and costs 2 where it is 0.
    acted = [(b >= 0.25) - (a >= 0.25) for a, b in zip(CHAMPION, CANDIDATE, strict=True)]
    assert found.n_flips == sum(map(abs, acted))
    assert found.flips_profit == sum(flip * (6 if label else -2) for flip, label in zip(acted, labels, strict=True))


def test_what_is_worse_by_more_than_noise_is_a_problem() -> None:
    compared = models.Compared("a", "b", "auc", 100, 0.8, 0.7, -0.1, 0.02, 1.645, 3, -12.0)
    found = Diff("visits", compared=compared, verdicts={"feat": ("proved", "not proved: x")})
    assert found.problems == ["`feat` is not proved: x", "`b` is worse by more than noise than `a`"]
    assert "| predictions with another action | | 3 |" in markdown([found])
    assert not Diff("visits", features=[Column("x", "new")]).problems
    assert "Nothing is different." in markdown([Diff("visits")])


def test_a_lead_within_noise_is_none() -> None:
    for difference, told in ((0.03, "neither"), (-0.03, "neither"), (0.05, "better"), (-0.05, "worse")):
        compared = models.Compared("a", "b", "auc", 100, 0.8, 0.7, difference, 0.02, 1.645, None, None)
        assert compared.verdict.startswith(told)


def test_no_rows_in_common_is_no_comparison(project: Any) -> None:
    config = parse(
        {
            "task": "binary",
            "entity": ["k"],
            "label": "label",
            "candidates": [{"name": "a", "family": "logistic_regression"}],
        },
        "visits",
    )
    with connect(project) as warehouse:
        old = f'"{project.schema}"."champion"'
        assert models.compare(warehouse, config, ("a", old), ("nobody", old)) is None


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    from insitu.diff.states import production
    from insitu.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match=r"manifest.json.*Give --state the folder"):
        production(tmp_path, None)  # type: ignore[arg-type]
