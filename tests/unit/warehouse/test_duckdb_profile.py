"""Our connections to DuckDB have what the profile gives to dbt's: other databases, and settings on each cursor."""

from __future__ import annotations

from pathlib import Path

import duckdb
import yaml

from insitu.warehouse import Project, connect


def test_other_databases_and_settings(tmp_path: Path) -> None:
    other = tmp_path / "lake.duckdb"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table orders as select 7 as id")
    duckdb.connect(str(tmp_path / "shop.duckdb")).close()
    output = {
        "type": "duckdb",
        "path": str(tmp_path / "shop.duckdb"),
        "attach": [{"path": str(other), "alias": "lake", "read_only": True}],
        "settings": {"TimeZone": "Asia/Tokyo", "memory_limit": "300MB"},
    }
    profiles = {"shop": {"target": "dev", "outputs": {"dev": output}}}
    (tmp_path / "profiles.yml").write_text(yaml.safe_dump(profiles))
    (tmp_path / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    asked = "select id, current_setting('TimeZone') as zone, current_setting('memory_limit') as memory from lake.orders"
    expected = [(7, "Asia/Tokyo", "286.1 MiB")]
    with connect(Project(tmp_path, tmp_path), read_only=False) as warehouse:
        found = [warehouse.sql(asked).fetchall(), warehouse.scratch().sql(asked).fetchall()]
        table = warehouse.query(asked).to_pylist()
    assert found == [expected, expected] and [tuple(row.values()) for row in table] == expected
