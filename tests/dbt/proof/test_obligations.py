"""Obligations of declarations as dbt tests, on both warehouses: each fails on the fault planted for it, and says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.dbt.features.project import FeaturesProject
from tests.dbt.proof.conftest import Warehouse

# name: (rows, declaration, the obligation that they break)
GOOD = "select 1 as id, timestamp '2024-01-01' as ts, timestamp '2024-01-02' as ended"
NO_TIME = f"{GOOD} union all select 2, null, null"
TWICE = f"{GOOD} union all select 1, timestamp '2024-01-01', timestamp '2024-01-03'"
NO_KEY = f"{GOOD} union all select null, timestamp '2024-01-01', null"
CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "event_without_time": (NO_TIME, {"kind": "event", "available_at": "ts"}, "ts is not null"),
    "event_twice": (TWICE, {"kind": "event", "available_at": "ts", "unique": [["id", "ts"]]}, "id, ts are unique"),
    "spine_without_as_of": (NO_TIME, {"kind": "spine", "as_of": "ts", "key": ["id"]}, "ts is not null"),
    "spine_twice": (TWICE, {"kind": "spine", "as_of": "ts", "key": ["id"]}, "id, ts are unique"),
    "spine_without_key": (NO_KEY, {"kind": "spine", "as_of": "ts", "key": ["id"]}, "id is not null"),
    "features_twice": (TWICE, {"kind": "features", "as_of": "ts", "key": ["id"]}, "id, ts are unique"),
    "training_set": (NO_TIME, {"kind": "training_set", "as_of": "ts", "labels": []}, "ts is not null"),
    "labels_without_time": (NO_TIME, {"kind": "labels", "matured_at": "ts"}, "ts is not null"),
    "validity_open": (
        NO_KEY,
        {"kind": "validity", "valid_from": "ts", "valid_to": "ended", "not_null": ["ended"]},
        "ended is not null",
    ),
    "raw_twice": (TWICE, {"kind": "raw", "key": ["id"]}, "id is unique"),
    "determined_otherwise": (
        "select 1 as id, timestamp '2024-01-05' as ts, timestamp '2024-01-06' as ended",
        {
            "kind": "event",
            "available_at": "ts",
            "determined": [{"column": "ts", "by": "id", "as_in": "raw.static_changed"}],
        },
        "ts is that of raw.static_changed by id",
    ),
    "static_changed": (
        GOOD,
        {"kind": "static", "reason": "it never changes", "content": "0000000000000000"},
        "contents are unchanged (content is now ",
    ),
}


class Obligations:
    """A project whose sources are the cases' tables."""

    def __init__(self, directory: Path, profile: dict[str, Any]) -> None:
        self.project = FeaturesProject(directory, profile, {})
        (directory / "models" / "_models.yml").unlink()
        self.declare({name: declaration for name, (_, declaration, _) in CASES.items()})

    def declare(self, declarations: dict[str, dict[str, Any]]) -> None:
        tables = [
            {"name": name, "config": {"meta": {"point_in_time": d}}, "data_tests": ["insitu.point_in_time_obligations"]}
            for name, d in declarations.items()
        ]
        sources = {"version": 2, "sources": [{"name": "raw", "schema": "raw", "tables": tables}]}
        (self.project.directory / "models" / "_sources.yml").write_text(yaml.safe_dump(sources))

    def broken(self) -> dict[str, str]:
        """Relation → the SQL of its failing test."""
        self.project.run("test")
        target = self.project.directory / "target"
        results = json.loads((target / "run_results.json").read_text())["results"]
        assert {r["status"] for r in results} <= {"pass", "fail"}, [r["message"] for r in results]
        return {
            r["unique_id"].split("source_point_in_time_obligations_raw_")[1].split("_.")[0]: r["compiled_code"]
            for r in results
            if r["status"] == "fail"
        }


def ddl(rows: dict[str, str]) -> list[str]:
    return ["create schema raw", *(f"create table raw.{name} as {query}" for name, query in rows.items())]


def test_each_fault_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    profile, run = warehouse
    run(*ddl({name: rows for name, (rows, _, _) in CASES.items()}))
    broken = Obligations(tmp_path / "project", profile).broken()
    assert set(broken) == set(CASES)
    for name, (_, _, obligation) in CASES.items():
        assert obligation in broken[name], name


def test_what_keeps_its_promises_passes_until_a_static_table_changes(warehouse: Warehouse, tmp_path: Path) -> None:
    profile, run = warehouse
    run(*ddl(dict.fromkeys(CASES, GOOD)))
    project = Obligations(tmp_path / "project", profile)
    told = project.broken()
    assert set(told) == {"static_changed"}
    content = told["static_changed"].split("content is now ")[1].split(")")[0]
    project.declare(
        {
            **{n: d for n, (_, d, _) in CASES.items()},
            "static_changed": {"kind": "static", "reason": "it never changes", "content": content},
        }
    )
    assert project.broken() == {}
    run("update raw.static_changed set ended = timestamp '2025-01-01'")
    assert set(project.broken()) == {"static_changed"}
