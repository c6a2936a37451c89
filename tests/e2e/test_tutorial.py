"""docs/tutorial.md, from a shop's plain dbt project to the report: its own commands, on both warehouses.

The commands of `sh` blocks are run in order. A block that begins with the name of a file shows that file, or a part of
it, as it is in examples/online_retail. The file is copied from there, once it is sure that it still holds all that
`insitu init` and `insitu new` wrote.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from insitu.local_postgres import Database
from tests.e2e import process
from tests.e2e.site import ROOT

EXAMPLE = ROOT / "examples/online_retail"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"(?:--|#) (\S+\.\w+)\n")
# What the tutorial adds to the shop's project: these, and in the shop's own files the lines with these words.
ADDED = ("packages", "packages.yml", "dbt_packages", "models/features", "models/use_cases")
ADDED_LINES = re.compile(r"insitu|point_in_time|    features: |    use_cases: |^vars:|# \"Now\"")
# The line of `insitu new` that it puts another in the place of.
REPLACED = ["            - {name: gbm, family: hist_gradient_boosting}"]
SHOPS_FILES = ("dbt_project.yml", "models/staging/_sources.yml", "models/marts/_marts.yml", "seeds/_seeds.yml")


@dataclass
class Reader:
    """Someone who follows the tutorial in a copy of the shop's plain project."""

    root: Path
    environment: dict[str, str]
    folder: Path = field(init=False)
    said: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.project = self.root / EXAMPLE.relative_to(ROOT)
        ignored = shutil.ignore_patterns("target", "logs", "*.duckdb*", "dbt_packages", "packages")
        shutil.copytree(EXAMPLE, self.project, ignore=ignored)
        for name in ADDED:
            path = self.project / name
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        for name in SHOPS_FILES:
            lines = (self.project / name).read_text().splitlines(keepends=True)
            plain = "".join(line for line in lines if not ADDED_LINES.search(line))
            (self.project / name).write_text(plain.rstrip("\n") + "\n")
        self.folder = self.root

    def follow(self, text: str) -> None:
        """Do what each block says."""
        for kind, block in BLOCK.findall(text):
            if kind == "sh":
                for command in block.splitlines():
                    self.said[command] = self.run(shlex.split(command))
            elif title := TITLE.match(block):
                self.write(title[1], block[title.end() :])

    def run(self, command: list[str]) -> str:
        if command[0] == "cd":
            self.folder = self.folder / command[1]
            return ""
        if command[0] == "python":
            outcome = subprocess.run(
                [sys.executable, *command[1:]],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        else:
            outcome = process.run(command, self.folder, self.environment)
        assert outcome.returncode == 0, f"{command}\n{outcome.stdout}"
        return outcome.stdout

    def write(self, name: str, shown: str) -> None:
        """The file as the example has it; it must hold what is shown, and what was in the project by then."""
        final = (EXAMPLE / name).read_text()
        assert shown in final if name.endswith(".yml") else shown == final, f"{name} is not what the tutorial shows"
        path = self.project / name
        if path.exists() and "insitu.unfinished(" not in (written := path.read_text()):
            changes = difflib.ndiff(written.splitlines(), final.splitlines())
            lost = [change[2:] for change in changes if change.startswith("- ")]
            assert lost in ([], REPLACED), f"{name} of the example has not what was written: {lost}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(final)

    def files(self) -> dict[str, str]:
        """The project's text files, by their paths, without what dbt and Insitu generate."""
        generated = ("target", "logs", "packages", "dbt_packages", "data")
        paths = [path for path in self.project.rglob("*") if path.is_file()]
        names = {path: path.relative_to(self.project) for path in paths}
        return {
            str(name): path.read_text()
            for path, name in names.items()
            if name.parts[0] not in generated and path.suffix in (".yml", ".sql", ".py", ".csv", ".md")
        }


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Someone who has followed the tutorial to its end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "INSITU_", "RETAIL_"))}
    environment = {
        **kept,
        "RETAIL_TARGET": request.param,
        "DBT_LOG_LEVEL_FILE": "none",
        "DBT_USE_COLORS": "false",
        "OMP_NUM_THREADS": "1",
    }
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "duckdb":
        reader = Reader(folder, environment)
        reader.follow((ROOT / "docs/tutorial.md").read_text())
        yield reader
    else:
        server: Database = request.getfixturevalue("postgres_server")
        with server.fresh_database() as database:
            reader = Reader(folder, {**environment, **database.environment})
            reader.follow((ROOT / "docs/tutorial.md").read_text())
            yield reader


def query(reader: Reader, sql: str) -> list[tuple[Any, ...]]:
    """Rows of the reader's warehouse."""
    if reader.environment["RETAIL_TARGET"] == "duckdb":
        with duckdb.connect(str(reader.project / "online_retail.duckdb"), read_only=True) as connection:
            return connection.sql(sql).fetchall()
    names = ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE")
    host, port, user, password, dbname = (reader.environment[name] for name in names)
    with Database(host, int(port), user, password, dbname).connect() as connection:
        return connection.execute(sql).fetchall()  # type: ignore[call-overload, no-any-return]


def test_the_example_is_what_the_tutorial_makes(reader: Reader) -> None:
    listed = subprocess.run(["git", "ls-files", "--", "."], cwd=EXAMPLE, capture_output=True, text=True)
    committed = [name for name in listed.stdout.splitlines() if not name.startswith("data/")]
    texts = {name: (EXAMPLE / name).read_text() for name in committed}
    made = reader.files()
    assert made == {
        name: text for name, text in texts.items() if Path(name).suffix in (".yml", ".sql", ".py", ".csv", ".md")
    }


def test_all_is_proved(reader: Reader) -> None:
    assert re.search(r"(\d+) columns of 6 models: \1 proved", reader.said["insitu check"])
    assert "0 findings" in reader.said["insitu doctor"]


def test_the_figures_are_those_of_the_text(reader: Reader) -> None:
    text = (ROOT / "docs/tutorial.md").read_text()
    [auc] = re.findall(r"AUC of (0\.\d+)", text)
    [(scored, treated)] = re.findall(r"([\d,]+) customers have a score, ([\d,]+) are", text)
    champion = query(
        reader,
        "select champion.candidate, round(cast(metrics.value as decimal(9, 6)), 3) from ml.churn__champion as champion "
        "inner join ml.churn__metrics as metrics on champion.model_version = metrics.model_version "
        "where metrics.metric = 'auc' and metrics.split = 'test' and metrics.slice_column = 'all'",
    )
    assert [(candidate, str(value)) for candidate, value in champion] == [("linear", auc)]
    decided = query(
        reader, "select count(*), count(*) filter (where action <> 'none') from ml.churn__predictions_latest"
    )
    assert [(f"{n:,}", f"{m:,}") for n, m in decided] == [(scored, treated)]


def test_nobody_is_judged_by_what_was_trained_on(reader: Reader) -> None:
    """Labels of rows that were fitted or chosen by were known before the first row of the test was due."""
    [(trained, tested)] = query(
        reader,
        "select max(case when split in ('train', 'refit', 'validation') then matured_at end), "
        "min(case when split = 'test' then as_of end) from ml.churn__training_set",
    )
    assert trained <= tested


def test_labels_are_those_of_pandas(reader: Reader) -> None:
    """Straight from the raw lines, without one of the models between."""
    lines = query(
        reader,
        "select distinct customer_id, invoice_ts from raw.transactions where customer_id is not null and quantity > 0 "
        "and price > 0 and upper(stock_code) not in (select stock_code from reference.charges)",
    )
    purchases = pd.DataFrame(lines, columns=["customer_id", "bought_at"]).sort_values("bought_at")
    given = query(reader, "select customer_id, as_of, has_left from ml.churn__labels")
    labels = pd.DataFrame(given, columns=["customer_id", "as_of", "has_left"]).sort_values("as_of")
    joined = pd.merge_asof(
        labels, purchases, left_on="as_of", right_on="bought_at", by="customer_id", direction="forward"
    )
    stayed = joined.bought_at < joined.as_of + pd.Timedelta(days=90)
    assert len(labels) > 80_000
    assert (joined.has_left == 1 - stayed.astype(int)).all()


def test_the_report_is_written(reader: Reader) -> None:
    assert "churn" in (reader.project / "churn.html").read_text()
