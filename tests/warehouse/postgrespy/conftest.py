"""A small dbt project per test, on a fresh PostgreSQL database."""

from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from dbt.cli.main import dbtRunner

from insitu.local_postgres import Database


@dataclass
class Project:
    """A dbt project in a directory, and the database it builds in."""

    directory: Path
    database: Database
    messages: dict[str, str] = field(default_factory=dict)  # of the last run, by node

    def write(self, **files: str) -> None:
        """Write models: `name_py="…"` is models/name.py, likewise `_sql` and `_yml`."""
        for name, text in files.items():
            stem, _, extension = name.rpartition("_")
            (self.directory / "models" / f"{stem}.{extension}").write_text(dedent(text))

    def profile(self, **changes: Any) -> None:
        """Write the profile, with some settings changed."""
        database = self.database
        target = {
            "type": "postgrespy",
            "host": database.host,
            "port": database.port,
            "user": database.user,
            "password": database.password,
            "dbname": database.dbname,
            "schema": "main",
            "threads": 2,
            **changes,
        }
        profiles = {"test": {"target": "test", "outputs": {"test": target}}}
        (self.directory / "profiles.yml").write_text(yaml.safe_dump(profiles))

    def dbt(self, *arguments: str) -> dict[str, str]:
        """Run dbt; returns the status of each node, and under "error" all messages of failures."""
        where = ["--project-dir", str(self.directory), "--profiles-dir", str(self.directory)]
        outcome = dbtRunner().invoke([*arguments, *where])
        nodes = getattr(outcome.result, "results", None) or []
        self.messages = {result.node.name: str(result.message) for result in nodes}
        statuses = {result.node.name: str(result.status) for result in nodes}
        failures = [str(result.message) for result in nodes if str(result.status) in ("error", "fail")]
        statuses["error"] = "\n".join(failures) or str(outcome.exception or "")
        return statuses

    def build(self, *arguments: str) -> None:
        """Run `dbt build`, which must succeed."""
        statuses = self.dbt("build", *arguments)
        assert statuses["error"] == "", statuses["error"]

    def failure(self, *arguments: str) -> str:
        """Run `dbt build`, which must fail; returns the messages."""
        message = self.dbt("build", *arguments)["error"]
        assert message
        return message

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a query, over a connection of its own: only what is committed."""
        with self.database.connect() as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def relations(self) -> set[str]:
        """The names of all tables and views there are, temporary ones included."""
        rows = self.query(
            "select relname from pg_class join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'v') "
            "and nspname not in ('pg_catalog', 'information_schema')"
        )
        return {name for (name,) in rows}


@pytest.fixture
def project(tmp_path: Path, postgres_database: Database) -> Project:
    (tmp_path / "models").mkdir()
    settings = {"name": "test", "profile": "test", "flags": {"send_anonymous_usage_stats": False}}
    (tmp_path / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    result = Project(tmp_path, postgres_database)
    result.profile()
    return result
