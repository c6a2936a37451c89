"""`insitu doctor` on PostgreSQL: the type of the profile, and what the role may do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from insitu.cli import cli
from insitu.local_postgres import Database


def profile(folder: Path, database: Database, kind: str = "postgrespy") -> None:
    output = {
        "type": kind,
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
        "dbname": database.dbname,
        "schema": "dev_ann",
        "threads": 1,
    }
    (folder / "profiles.yml").write_text(yaml.safe_dump({"shop": {"target": "dev", "outputs": {"dev": output}}}))


def findings(folder: Path) -> dict[str, str]:
    arguments = ["doctor", "--json", "--project-dir", str(folder), "--profiles-dir", str(folder)]
    checks = json.loads(CliRunner().invoke(cli, arguments).stdout)["checks"]
    return {c["check"]: f"{c['message']} -> {c['next_step']}" for c in checks if c["status"] == "finding"}


def test_type_and_permissions(postgres_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    arguments = ["--project-dir", str(tmp_path), "--profiles-dir", str(tmp_path), "init", "--yes"]
    profile(tmp_path, postgres_database)
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    assert findings(tmp_path) == {}

    profile(tmp_path, postgres_database, "postgres")
    assert findings(tmp_path).keys() == {"profile"}  # it connects all the same
    assert "`type: postgrespy`" in findings(tmp_path)["profile"]

    role = f"analyst_{postgres_database.dbname}"
    with postgres_database.connect() as connection:
        connection.execute(f"create role {role} login password 'x'")
        connection.execute("create schema dev_ann")
    profile(tmp_path, replace(postgres_database, user=role, password="x"))
    assert f'grant create on database "{postgres_database.dbname}" to "{role}"' in findings(tmp_path)["warehouse"]

    node = {"name": "a", "resource_type": "model", "schema": "dev_ann", "config": {"meta": {}}}
    (tmp_path / "target").mkdir(exist_ok=True)
    (tmp_path / "target/manifest.json").write_text(json.dumps({"nodes": {"model.shop.a": node}}))
    assert f'grant create on schema "dev_ann" to "{role}"' in findings(tmp_path)["warehouse"]
    with postgres_database.connect() as connection:
        connection.execute(f"grant create, usage on schema dev_ann to {role}")
    assert findings(tmp_path) == {}
    with postgres_database.connect() as connection:
        connection.execute("drop schema dev_ann")
        connection.execute(f"drop role {role}")
