"""The library in a dbt project that knew nothing of it, installed from the wheel: in, to a champion, and out again.

Nothing here sees this checkout: the commands run in an environment of their own, which has the wheel, and the other
packages of the environment that runs the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests import jaffle
from tests.wheel import REPOSITORY, build

AS_OF = "2024-12-02"  # a Monday: rows fall due on Mondays

SPINE = """\
-- Every customer, each Monday.
select customers.customer_id, mondays.as_of
from {{ ref('stg_customers') }} as customers
inner join generate_series(timestamp '2024-03-04', timestamp '2025-01-06', interval '7 days') as mondays (as_of)
    on customers.signed_up_at < mondays.as_of
where mondays.as_of < {{ insitu.timestamp_literal(insitu.as_of()) }} + interval '1 day'
"""
LABELS = """\
-- A customer has churned who orders nothing in four weeks.
select
    spine.customer_id,
    spine.as_of,
    cast(count(orders.order_id) = 0 as integer) as has_churned,
    spine.as_of + interval '28 days' as matured_at
from {{ ref('churn__spine') }} as spine
left join {{ ref('stg_orders') }} as orders
    on spine.customer_id = orders.customer_id
    and orders.ordered_at >= spine.as_of
    and orders.ordered_at < spine.as_of + interval '28 days'
group by spine.customer_id, spine.as_of
"""
FEATURES = """\
{{ insitu.window_features(
    spine=ref('churn__spine'),
    spine_key=['customer_id'],
    events=ref('stg_orders'),
    keys=['customer_id'],
    windows=['7 days', '28 days', '90 days'],
    measures=[
        {'name': 'orders', 'agg': 'count'},
        {'name': 'amount', 'expr': 'amount', 'agg': ['sum', 'max']},
    ],
) }}
"""
# What docs/python.md begins with, from a folder below the project's.
SCRIPT = """\
import insitu
with insitu.open("seeds") as project:
    churn = project["churn"]
    champion = churn.champion()
    scores = champion.predict(churn.training_snapshot().to_pandas())
    print(project.use_cases, champion.model_version, len(scores), len(churn.alerts()))
"""


@dataclass(frozen=True)
class Environment:
    """A virtual environment with the wheel, and a folder in which its commands are run."""

    python: Path
    folder: Path

    def run(self, *command: str, code: int | None = 0) -> str:
        """Run `dbt …`, `insitu …` or `git …` there; both streams."""
        name, *arguments = command
        programs = {
            "dbt": [str(self.python), "-c", "from dbt.cli.main import cli; cli()"],
            "insitu": [str(self.python.parent / "insitu")],
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "INSITU_", "PYTHON"))}
        environment = {**kept, "DBT_USE_COLORS": "false", "OMP_NUM_THREADS": "1"}
        outcome = subprocess.run(
            [*programs.get(name, [name]), *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert code is None or outcome.returncode == code, outcome.stdout
        return outcome.stdout

    def files(self) -> dict[str, bytes]:
        """What git would keep, or would have to be told of."""
        listed = self.run("git", "ls-files", "--cached", "--others", "--exclude-standard", "--full-name", ":/")
        root = Path(self.run("git", "rev-parse", "--show-toplevel").strip())
        return {path: (root / path).read_bytes() for path in listed.splitlines() if (root / path).is_file()}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "jaffle.duckdb"), read_only=True) as connection:
            return connection.sql(sql).fetchall()


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a fresh environment: the wheel, and the third-party packages that are installed here."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", symlinks=True)
    [site] = (folder / "venv" / "lib").glob("python*/site-packages")
    # a folder in a .pth file is searched last, and the .pth files in it are not read: an editable install is not seen
    (site / "others.pth").write_text("\n".join(p for p in sys.path if Path(p).name == "site-packages"))
    python = folder / "venv" / "bin" / "python"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, str(build(folder / "wheel"))], check=True)
    return python


@pytest.fixture(scope="module")
def shop(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The shop's project, built before anybody thought of the library."""
    shop = Environment(python, jaffle.write(tmp_path_factory.mktemp("shop")))
    shop.run("dbt", "deps")
    shop.run("git", "add", "-A")
    shop.run("git", "-c", "user.name=Ann", "-c", "user.email=a@b", "commit", "-qm", "dbt's lock file")
    shop.run("dbt", "build")
    return shop


def new_use_case(shop: Environment) -> None:
    """`insitu new`, with a test that is longer than labels take to mature, and the three files of one's own."""
    split = ("--test", "90 days", "--gap", "28 days", "--validation", "60 days")
    shop.run("insitu", "new", "churn", "--entity", "customer_id", "--label", "has_churned", *split)
    folder = shop.folder / "transformations/use_cases/churn"
    for name, text in {"spine": SPINE, "labels": LABELS, "features": FEATURES}.items():
        (folder / f"churn__{name}.sql").write_text(text)


def test_the_library_is_the_wheels(shop: Environment) -> None:
    script = "import insitu, dbt.adapters.postgrespy as p; print(insitu.__file__, p.__file__)"
    for path in shop.run(str(shop.python), "-c", script).split():
        assert shop.python.parents[1] in Path(path).parents, path
        assert REPOSITORY not in Path(path).parents


def test_in_to_a_champion_and_out_again(shop: Environment) -> None:
    before = shop.files()

    assert "`dependencies.yml` does not list" in shop.run("insitu", "doctor", code=1)
    said = shop.run("insitu", "init", "--yes")
    assert "+  - local: packages/insitu" in said
    assert shop.run("insitu", "init") == "Nothing to do: insitu 0.1.0 is in `packages/insitu`.\n"
    changed = {path for path, text in shop.files().items() if before.get(path) != text}
    assert {path for path in changed if not path.startswith("analytics/packages/insitu/")} == {
        "analytics/dependencies.yml",
        "analytics/package-lock.yml",
    }
    shop.run("dbt", "deps")  # finds all in order, without network
    assert {path for path, text in shop.files().items() if before.get(path) != text} == changed

    # what there was goes on as before, and there is nothing of ours
    relations = relations_of(shop)
    shop.run("dbt", "build", "--full-refresh")
    assert relations_of(shop) == relations
    shop.run("insitu", "doctor")

    new_use_case(shop)
    settings = shop.folder / "dbt_project.yml"
    settings.write_text(settings.read_text() + f'  insitu_as_of: "{AS_OF} 00:00:00"\n')
    shop.run("dbt", "build")
    [case] = json.loads(shop.run("insitu", "status", "--json"))["use_cases"]
    assert case["use_case"] == "churn" and case["champion"], case
    assert case["predictions"] > 0 and case["latest_batch"].startswith(AS_OF)
    assert case["test_metrics"]["auc"] > 0.6
    assert {schema.startswith("dev_ann") for schema, _ in relations_of(shop)} == {True}
    told = shop.run(str(shop.python), "-c", SCRIPT).split()
    [(rows,)] = shop.query("select count(*) from dev_ann.churn__snapshots")
    assert told[:3] == ["['churn']", case["champion"], str(rows)]
    assert int(told[3]) == len(case["open_alerts"])
    assert len(json.loads(shop.run("insitu", "alerts", "--json"))["groups"]) <= int(told[3])
    shop.run("insitu", "report", "--output", "report.html")
    assert "churn" in (shop.folder / "report.html").read_text()
    (shop.folder / "report.html").unlink()

    shop.run("dbt", "--quiet", "compile", "--full-refresh")
    assert "0 findings" in shop.run("insitu", "doctor")
    shop.run("insitu", "check")

    assert "use case churn" in shop.run("insitu", "remove", "--yes", code=1)
    assert "changed since" in shop.run("insitu", "remove-use-case", "churn", "--yes", code=2)
    said = shop.run("insitu", "remove-use-case", "churn", "--yes", "--force")
    assert 'drop table if exists "dev_ann"."churn__models" cascade;' in said
    settings.write_text(settings.read_text().replace(f'  insitu_as_of: "{AS_OF} 00:00:00"\n', ""))
    shop.run("insitu", "remove", "--yes")
    assert shop.files() == before
    assert shop.run("git", "status", "--short") == ""
    shop.run("dbt", "build")
    shop.run("dbt", "deps")
    assert shop.run("git", "status", "--short") == ""


@pytest.mark.parametrize(
    "options", [["--empty"], ["--target", "ci", "--defer", "--favor-state", "--state", "state"]], ids=["empty", "defer"]
)
def test_builds_for_a_pull_request(shop: Environment, tmp_path: Path, options: list[str]) -> None:
    copy = Environment(shop.python, tmp_path / "shop" / "analytics")
    shutil.copytree(shop.folder.parent, tmp_path / "shop", symlinks=True)
    copy.run("insitu", "init", "--yes")
    new_use_case(copy)
    copy.run("dbt", "build", "--select", "+churn__spine", "stg_orders")
    shutil.copytree(copy.folder / "target", copy.folder / "state", ignore=shutil.ignore_patterns("compiled", "run"))
    copy.run("dbt", "build", "--select", "churn__features", *options)


def relations_of(shop: Environment) -> set[tuple[str, str]]:
    return set(shop.query("select table_schema, table_name from information_schema.tables"))
