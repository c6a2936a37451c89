"""The workflow files of docs/ci: their commands, as they are written, over a project with a change."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tests.dbt.use_cases.shop import AS_OF, PROFILE, ROOT, tables, write_project
from tests.sql_warehouses import DuckWarehouse

CI = ROOT / "docs/ci"
OURS = re.compile(r"^(dbt|insitu|mkdir)\b")  # the rest installs, and talks to the host
ORDER = "select * from {}.order__{} order by all"


def commands(path: Path) -> dict[str, list[str]]:
    """The commands of a workflow file that are ours, by job."""
    told: dict[str, Any] = yaml.safe_load(path.read_text())
    jobs = told["jobs"] if "jobs" in told else {name: job for name, job in told.items() if "script" in (job or {})}
    found = {}
    for name, job in jobs.items():
        lines = job["script"] if "script" in job else [step["run"] for step in job["steps"] if "run" in step]
        found[name] = [line.replace("${{ matrix.use_case }}", "order") for line in lines if OURS.match(line)]
    return found


GITHUB = {name: commands(CI / f"github/{name}.yml") for name in ("nightly", "hourly", "pull_request")}
GITLAB = commands(CI / "gitlab-ci.yml")


def test_both_hosts_run_the_same() -> None:
    assert [*GITLAB] == ["nightly", "hourly", "merge_request"]
    assert [*GITLAB.values()] == [line for job in GITHUB.values() for line in job.values()]


class Repository:
    """A project of one use case, with the targets that the workflows name."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_project(folder) / "dbt_project"
        self.path = str(folder / "shop.duckdb")
        for name in ("tier", "spend"):
            shutil.rmtree(self.folder / f"models/use_cases/{name}")
        shutil.rmtree(self.folder / "models/features")
        settings = yaml.safe_load((self.folder / "dbt_project.yml").read_text())
        settings["vars"] |= {"insitu_as_of": AS_OF, "insitu_use_cases": ["order"], "insitu_backtests": []}
        (self.folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
        target = PROFILE["insitu"]["outputs"]["duckdb"]  # type: ignore[index]
        outputs = {"production": target, "branch": {**target, "schema": "pr_7"}}
        profile = {"insitu": {"target": "production", "outputs": outputs}}
        (self.folder / "profiles.yml").write_text(yaml.safe_dump(profile))
        with duckdb.connect(self.path) as connection:
            connection.execute("create schema raw")
            DuckWarehouse(connection).load("raw.baskets", tables()["baskets"])

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        settings = {"SHOP_DUCKDB": self.path, "OMP_NUM_THREADS": "1", "DBT_USE_COLORS": "false"}
        path = f"{ROOT / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            command, shell=True, cwd=self.folder, env={**os.environ, **settings, "PATH": path},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def rows(self, schema: str, name: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.path, read_only=True) as connection:
            return connection.execute(ORDER.format(schema, name)).fetchall()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Repository, dict[str, Any]]]:
    """Nights and hours of production, then a pull request that takes other windows."""
    repository = Repository(tmp_path_factory.mktemp("ci") / "shop")
    outcomes: dict[str, Any] = {}
    for name, job in (("nightly", "build"), ("hourly", "score")):
        outcomes[name] = [repository.run(command) for command in GITHUB[name][job]]
    outcomes["before"] = {name: repository.rows("predictions", name) for name in ("predictions", "batches")}
    history = repository.folder / "models/use_cases/order/order__feat_history.sql"
    history.write_text(history.read_text().replace("'365 days'", "'120 days'"))
    outcomes["pull_request"] = [repository.run(command) for command in GITHUB["pull_request"]["diff"]]
    yield repository, outcomes


@pytest.mark.parametrize("name", ["nightly", "hourly"])
def test_production_is_built_and_scored(lived: tuple[Repository, dict[str, Any]], name: str) -> None:
    for outcome in lived[1][name]:
        assert outcome.returncode == 0, outcome.stdout[-2000:] + outcome.stderr[-2000:]


def test_a_pull_request_builds_what_it_changes_in_a_schema_of_its_own(lived: tuple[Repository, dict[str, Any]]) -> None:
    repository, outcomes = lived
    assert outcomes["pull_request"][0].returncode == 0, outcomes["pull_request"][0].stdout[-3000:]
    with duckdb.connect(repository.path, read_only=True) as connection:
        found = connection.execute("select table_name from information_schema.tables where table_schema like 'pr_7%'")
        built = {name for (name,) in found.fetchall()}
    assert {"order__features", "order__models", "order__heldout_predictions"} <= built
    assert not built & {"order__spine", "order__labels", "order__predictions", "order__batches", "promotion_overrides"}


def test_it_writes_nothing_of_production(lived: tuple[Repository, dict[str, Any]]) -> None:
    repository, outcomes = lived
    assert {name: repository.rows("predictions", name) for name in outcomes["before"]} == outcomes["before"]


def test_its_comment_says_what_changes(lived: tuple[Repository, dict[str, Any]]) -> None:
    repository, outcomes = lived
    compared = outcomes["pull_request"][1]
    comment = (repository.folder / "diff.md").read_text()
    assert "| `earlier__rows_120d` | new |" in comment and "| `earlier__rows_365d` | gone |" in comment
    assert f"{len(repository.rows('training', 'spine')):,} rows in both, 0 entered, 0 left" in comment
    assert "### Models:" in comment and "Point in time" not in comment
    assert compared.returncode == (1 if "worse by more than noise" in comment else 0), compared.stderr
