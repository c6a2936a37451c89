"""One use case is not written yet, or fails: the tables over all use cases are built of the others."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml

from insitu.scaffold.new import Answers, new_use_case
from insitu.warehouse import Project
from tests.dbt.use_cases.conftest import Shop
from tests.dbt.use_cases.test_clone import somebodys

OVERALL = ("ml_metrics", "ml_models", "ml_candidates", "ml_predictions", "mon_volume", "mon_performance", "alerts")
DROP = """{% macro drop_it(schema, name) %}
    {% set relation = load_relation(api.Relation.create(target.database, schema, name)) %}
    {% do run_query('drop ' ~ relation.type ~ ' ' ~ relation ~ ' cascade; commit') %}
{% endmacro %}
"""


@pytest.fixture(scope="module")
def build(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, subprocess.CompletedProcess[str]]:
    """A schema of its own with the use cases `spend`, and `idea`, which nobody has written; what its build said."""
    ci = somebodys(shop, tmp_path_factory.mktemp("two") / "ci", "two")
    settings = ci.folder / "dbt_project/dbt_project.yml"
    declared = yaml.safe_load(settings.read_text())
    declared["vars"] |= {"insitu_use_cases": ["spend"], "insitu_backtests": []}
    settings.write_text(yaml.safe_dump(declared, default_flow_style=None))
    new_use_case(Project(ci.folder / "dbt_project", ci.folder), Answers("idea", ["order_id"], "is_good"))
    (ci.folder / "dbt_project/macros/drop_it.sql").write_text(DROP)
    ci.dbt("compile", "--full-refresh")  # before anything is built, or written
    return ci, ci.run("insitu", "build", "--select", "+package:insitu", "--exclude", "order__spine+", "tier__models+")


@pytest.fixture(scope="module")
def two(build: tuple[Shop, subprocess.CompletedProcess[str]]) -> Shop:
    return build[0]


def test_the_others_are_in_the_tables_over_all(build: tuple[Shop, subprocess.CompletedProcess[str]]) -> None:
    two, outcome = build
    said = " ".join(outcome.stdout.split())
    assert outcome.returncode == 1
    assert "`idea__labels` is not written yet" in said
    assert "`ml_candidates` leaves out the use case idea: `idea__models` is not built" in said
    for table in OVERALL:
        schema = {"ml": "evaluation", "mo": "monitoring", "al": "monitoring"}[table[:2]]
        schema = "predictions" if table == "ml_predictions" else schema
        found = two.query(f"select use_case, count(*) as n from two_{schema}.{table} group by use_case")
        assert set(found.use_case) <= {"spend"}, table
        assert len(found) == 1 or table in ("mon_performance", "alerts"), table


def test_status_tells_each_for_itself(two: Shop) -> None:
    cases = {case["use_case"]: case for case in json.loads(two.run("insitu", "status", "--json").stdout)["use_cases"]}
    assert not cases["idea"]["is_built"]
    assert cases["spend"]["champion"] and cases["spend"]["predictions"] > 0 and not cases["spend"]["missing"]
    text = two.run("insitu", "status").stdout
    assert "not built yet" not in text.split("\nspend")[1].split("\n\n")[0]
    assert "not built yet: run" in text.split("\nidea")[1]
    two.dbt("compile", "--full-refresh")
    assert two.run("insitu", "check").returncode == 1  # of what is not written
    proved = two.run("insitu", "check", "--select", "spend__training_set")
    assert proved.returncode == 0, proved.stdout


def test_status_of_one_that_is_built_in_part(two: Shop) -> None:
    """The champion and its predictions are there; outcomes, metrics or alerts alone are not."""
    for part, schema in (("outcomes", "actions"), ("metrics", "evaluation")):
        relation = {"schema": f"two_{schema}", "name": f"spend__{part}"}
        two.dbt("run-operation", "drop_it", "--args", json.dumps(relation))
        found = next(
            case
            for case in json.loads(two.run("insitu", "status", "--json").stdout)["use_cases"]
            if case["use_case"] == "spend"
        )
        assert found["is_built"] and f"spend__{part}" in found["missing"]
        assert found["champion"] and found["predictions"] > 0
        assert f"spend__{part}" in two.run("insitu", "status").stdout
