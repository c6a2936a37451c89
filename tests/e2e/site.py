"""A project folder with its own warehouse, and what tests do with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from tests.dbt_package import install
from tests.e2e import process
from tests.sql_warehouses import DuckWarehouse

ROOT = Path(__file__).parents[2]
AS_OF = "2013-11-02 00:00:00"
NEXT_DAY = "2013-11-03"


@dataclass(frozen=True)
class Site:
    """The repository's dbt project, or a copy of it that a test may edit, with a warehouse file beside it."""

    project: Path  # holds dbt_project, models_py, profiles.yml
    folder: Path  # holds the warehouse and dbt's target

    @property
    def warehouse(self) -> Path:
        return self.folder / "insitu.duckdb"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "INSITU_TARGET": "duckdb",
            "INSITU_DUCKDB": self.warehouse.name,  # the same everywhere: another value makes dbt parse anew
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_LOG_LEVEL_FILE": "none",  # writing the debug log takes a good part of a short run
            "DBT_USE_COLORS": "false",
            "OMP_NUM_THREADS": "1",
        }

    @property
    def where(self) -> list[str]:
        return ["--project-dir", str(self.project / "dbt_project"), "--profiles-dir", str(self.project)]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return process.run(list(command), self.folder, self.environment)

    def dbt(
        self,
        *arguments: str,
        as_of: str = AS_OF,
        load_sources: bool = False,
        use_cases: tuple[str, ...] = ("flight_delay",),
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt, as a rule for one of the use cases: the other would double the time and show the same."""
        variables = {"insitu_as_of": as_of, "insitu_load_sources": load_sources, "insitu_use_cases": use_cases}
        variables["insitu_backtests"] = use_cases
        options = [*self.where, "--vars", json.dumps(variables)]
        if arguments[0] == "build" and "arrival_delay" not in use_cases:
            options += ["--exclude", "*arrival_delay*"]
        return self.run("dbt", *arguments, *options)

    def build(self, *arguments: str, as_of: str = AS_OF) -> subprocess.CompletedProcess[str]:
        """`dbt build` that must succeed."""
        outcome = self.dbt("build", *arguments, as_of=as_of)
        assert outcome.returncode == 0, outcome.stdout
        return outcome

    def add_other_use_case(self) -> None:
        """Build the other use case on top, and what lies over all use cases; without the data tests."""
        names = ("flight_delay", "arrival_delay")
        outcome = self.dbt("run", "--select", "*arrival_delay*+", as_of=NEXT_DAY, use_cases=names)
        assert outcome.returncode == 0, outcome.stdout

    def insitu(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("insitu", *self.where, *arguments)

    def query(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.sql(sql).df()

    def value(self, sql: str) -> object:
        return self.query(sql).iloc[0, 0]

    def execute(self, *statements: str) -> None:
        with duckdb.connect(str(self.warehouse)) as connection:
            for statement in statements:
                connection.execute(statement)

    def load(self, name: str, rows: pd.DataFrame) -> None:
        """Write a table."""
        with duckdb.connect(str(self.warehouse)) as connection:
            DuckWarehouse(connection).load(name, rows)

    def rows(self) -> dict[str, int]:
        """Number of rows of every table."""
        tables = self.query("select schema_name || '.' || table_name as name from duckdb_tables() order by 1").name
        counts = " union all ".join(f"select '{name}' as name, count(*) as n from {name}" for name in tables)
        return dict(self.query(counts).itertuples(index=False, name=None)) if len(tables) else {}

    def copy(self, folder: Path, with_project: bool = False) -> Site:
        """The same state in another folder, for a test that changes it."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("logs"))
        return Site(copy_project(self.project, folder / "project") if with_project else self.project, folder)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file of the project, which is a copy."""
        edit(self.project, path, old, new)


def copy_project(project: Path, folder: Path) -> Path:
    ignored = shutil.ignore_patterns("target", "logs", "__pycache__", "dbt_packages")
    for name in ("dbt_project", "models_py"):
        shutil.copytree(project / name, folder / name, ignore=ignored)
    shutil.copy(project / "profiles.yml", folder)
    install(folder / "dbt_project")
    return folder


def edit(project: Path, path: str, old: str, new: str) -> None:
    assert project != ROOT, "edit a copy of the project, not the project"
    text = (project / path).read_text()
    assert old in text, f"{path} does not contain {old!r}"
    (project / path).write_text(text.replace(old, new))


def assert_refused(outcome: subprocess.CompletedProcess[str], message: str, code: int) -> None:
    """The command ended with the exit code and a message (however its lines were broken), and without a traceback."""
    assert outcome.returncode == code, outcome.stdout
    assert message in re.sub(r"\s+", " ", outcome.stdout), outcome.stdout
    assert "Traceback" not in outcome.stdout, outcome.stdout
