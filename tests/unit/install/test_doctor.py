"""`insitu doctor`: each thing that can be wrong is found, and said with its next step."""

from __future__ import annotations

import json
import os
import shutil
from importlib import metadata
from typing import Any

import duckdb
import pytest

from insitu.install.doctor import environment
from insitu.install.package import RECORD
from tests.unit.install.conftest import PROFILE, SETTINGS, Shop


@pytest.fixture
def ready(shop: Shop) -> Shop:
    """A project after `insitu init`, and after dbt saw one use case."""
    assert shop.insitu("init", "--yes").exit_code == 0
    shop.write("dbt_project.yml", SETTINGS + "vars: {insitu_use_cases: [churn]}\n")
    shop.write("transformations/insitu/churn/churn__models.py", "from insitu.nodes import train\n")
    write_manifest(shop, ["churn"])
    return shop


def write_manifest(shop: Shop, use_cases: list[str], declared: bool = True) -> None:
    nodes: dict[str, Any] = {}

    def node(kind: str, name: str, reads: list[str], **meta: Any) -> str:
        key = f"{kind}.jaffle_shop.{name}"
        nodes[key] = {
            "unique_id": key,
            "name": name,
            "source_name": "raw",
            "resource_type": kind,
            "package_name": "jaffle_shop",
            "schema": "dev_ann",
            "alias": name,
            "original_file_path": f"transformations/{name}.sql",
            "config": {"meta": meta, "materialized": "table"},
            "depends_on": {"nodes": reads},
        }
        return key

    event = {"point_in_time": {"kind": "event", "available_at": "at"}} if declared else {}
    raw = node("source", "raw_orders", [], **event)
    staging = node("model", "stg_orders", [raw])
    dates = node("seed", "dates", [], point_in_time={"kind": "static", "reason": "x"})
    customers = node("model", "dim_customers", [node("source", "raw_crm", [])], point_in_time={"kind": "static"})
    features = node("model", "churn__features", [staging, dates, customers], point_in_time={"kind": "features"})
    for use_case in use_cases:
        node("model", f"{use_case}__training_set", [features], point_in_time={"kind": "training_set"})
        node("model", f"{use_case}__models", [], ml={"entity": "customer_id"})
    shop.write("target/manifest.json", json.dumps({"metadata": {"project_name": "jaffle_shop"}, "nodes": nodes}))


def diagnosis(shop: Shop, *options: str) -> dict[str, list[tuple[str, str]]]:
    """Findings by check: message, next step."""
    outcome = shop.insitu("doctor", "--json", *options)
    said = json.loads(outcome.stdout)
    found: dict[str, list[tuple[str, str]]] = {}
    for result in said["checks"]:
        if result["status"] == "finding":
            assert result["next_step"]
            found.setdefault(result["check"], []).append((result["message"], result["next_step"]))
    assert said["ok"] == (not found) and outcome.exit_code == (1 if found else 0)
    return found


def the_only(shop: Shop, check: str, *options: str) -> str:
    """Message and next step of the only finding, as people read it."""
    found = diagnosis(shop, *options)
    assert found.keys() == {check} and len(found[check]) == 1, found
    return " -> ".join(found[check][0])


def test_all_is_well(ready: Shop) -> None:
    assert diagnosis(ready) == {}
    outcome = ready.insitu("doctor")
    assert outcome.exit_code == 0 and outcome.output.endswith("\n0 findings\n")
    assert "insitu 0.1.0 in `packages/insitu`" in outcome.output


def test_right_after_init(shop: Shop) -> None:
    shop.insitu("init", "--yes")
    outcome = shop.insitu("doctor")
    assert outcome.exit_code == 0
    assert "--  use cases" in outcome.output and "next: dbt parse" in outcome.output


def test_no_project(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop.folder / "dbt_project.yml").unlink()
    assert "There is no `dbt_project.yml`" in str(shop.insitu("doctor").exception)


def test_before_init(shop: Shop) -> None:
    assert the_only(shop, "package") == "`packages.yml` does not list the dbt package insitu. -> insitu init"


def test_the_copy(ready: Shop) -> None:
    ready.write("packages/insitu/macros/cross_db/as_of.sql", "{# mine #}")
    assert "changed macros/cross_db/as_of.sql. -> Move what you need into macros" in the_only(ready, "package")
    record = json.loads(ready.read(f"packages/insitu/{RECORD}"))
    record["version"] = "0.0.9"
    ready.write(f"packages/insitu/{RECORD}", json.dumps(record))
    (message, step), _ = diagnosis(ready)["package"]
    assert (message, step) == ("`packages/insitu` is of insitu 0.0.9, the library is 0.1.0.", "insitu upgrade")
    (ready.folder / "packages/insitu" / RECORD).unlink()
    assert "can't be told. -> insitu upgrade --force" in the_only(ready, "package")
    shutil.rmtree(ready.folder / "packages")
    assert "package" in diagnosis(ready)


def test_the_copy_is_ignored(ready: Shop) -> None:
    ready.write(".gitignore", "packages/\n")
    assert the_only(ready, "package").startswith("Git ignores `packages/insitu`. -> Take it out of .gitignore")


def test_installed_packages(ready: Shop) -> None:
    ready.write("packages.yml", ready.read("packages.yml") + "  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n")
    assert the_only(ready, "dbt packages").endswith("-> dbt deps")
    ready.write("dbt_packages/dbt_utils/dbt_project.yml", "name: dbt_utils\n")
    (ready.folder / "dbt_packages/insitu").unlink()
    assert the_only(ready, "dbt packages").endswith("dbt does not find insitu. -> insitu init")
    ready.write("dbt_packages/insitu/dbt_project.yml", "name: insitu\n")
    assert "which the project lists. -> dbt deps" in the_only(ready, "dbt packages")


def test_a_lock_file_from_before(ready: Shop) -> None:
    ready.write("package-lock.yml", "packages: []\nsha1_hash: x\n")
    assert the_only(ready, "dbt packages") == "`package-lock.yml` does not list insitu. -> dbt deps"


def test_profiles(ready: Shop) -> None:
    ready.write("profiles.yml", PROFILE.replace("jaffle:", "other:"))
    assert "Could not find profile named 'jaffle'" in the_only(ready, "profile")
    ready.write("profiles.yml", PROFILE.replace("duckdb", "oracle", 1))
    assert "runs on targets of type duckdb and postgrespy" in the_only(ready, "profile")
    (ready.folder / "profiles.yml").unlink()
    assert "There is no" in the_only(ready, "profile")


def test_a_profile_of_type_postgres_is_one_word_away(ready: Shop) -> None:
    output = "{type: postgres, host: 127.0.0.1, port: 1, user: u, password: p, dbname: d, schema: s, threads: 1}"
    ready.write("profiles.yml", f"jaffle: {{target: dev, outputs: {{dev: {output}}}}}\n")
    found = diagnosis(ready)
    [(message, step)] = found["profile"]
    assert "is of type postgres, where dbt has no Python models" in message and "`type: postgrespy`" in step
    [(message, step)] = found["warehouse"]
    assert "PostgreSQL at 127.0.0.1:1/d refused the connection" in message and "dbt debug" in step


def test_the_duckdb_file(ready: Shop) -> None:
    ready.write("profiles.yml", PROFILE.replace("jaffle.duckdb", "':memory:'"))
    assert "in memory" in the_only(ready, "warehouse")
    ready.write("profiles.yml", PROFILE)
    ready.write("jaffle.duckdb", "no database")
    assert "cannot be opened" in the_only(ready, "warehouse")
    (ready.folder / "jaffle.duckdb").unlink()
    duckdb.connect(str(ready.folder / "jaffle.duckdb")).close()
    assert diagnosis(ready) == {}


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_file_that_can_not_be_written_to(ready: Shop) -> None:
    duckdb.connect(str(ready.folder / "jaffle.duckdb")).close()
    (ready.folder / "jaffle.duckdb").chmod(0o400)
    assert "can not be written to" in the_only(ready, "warehouse")


def test_use_cases_and_their_list(ready: Shop) -> None:
    ready.write("dbt_project.yml", SETTINGS + "vars: {insitu_use_cases: [churn, gone]}\n")
    assert the_only(ready, "use cases").endswith("`insitu new gone`, or take it out of the variable.")
    ready.write("dbt_project.yml", SETTINGS)
    assert "does not list `churn`" in the_only(ready, "use cases")
    ready.write("dbt_project.yml", SETTINGS + "vars: {jaffle_shop: {insitu_use_cases: [churn]}}\n")
    assert "set for the package `jaffle_shop` alone" in the_only(ready, "use cases")
    ready.write("dbt_project.yml", SETTINGS + "vars: {insitu: {insitu_use_cases: [churn]}}\n")
    assert diagnosis(ready) == {}
    ready.write("dbt_project.yml", SETTINGS + "vars: {insitu_use_cases: [churn, spend]}\n")
    ready.write("transformations/insitu/spend/spend__models.py", "x = 1\n")
    assert "has files" in the_only(ready, "use cases")


def test_tables_that_do_not_say_what_they_are(ready: Shop) -> None:
    write_manifest(ready, ["churn"], declared=False)
    said = the_only(ready, "point in time")
    assert said.startswith("The source `raw_orders` of `raw`, which `stg_orders` reads, does not say")
    assert "transformations/raw_orders.sql, then `insitu check`." in said


def test_python_and_dbt(ready: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.platform, "python_version", lambda: "3.14.0")
    monkeypatch.setattr(environment, "version", lambda name: "1.10.4" if name == "dbt-core" else metadata.version(name))
    found = diagnosis(ready)
    assert found.keys() == {"python", "dbt"}
    assert "Python is 3.14.0; insitu needs" in found["python"][0][0]
    assert found["dbt"][0][1].startswith("pip install 'dbt-core>=1.11.0,<")


def test_an_adapter_is_missing(ready: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    found = environment.find_spec
    monkeypatch.setattr(environment, "find_spec", lambda name: None if name.endswith("postgrespy") else found(name))
    assert the_only(ready, "adapters").startswith("The dbt adapter `postgrespy` is not installed.")
