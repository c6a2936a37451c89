"""The profile, the connection, and what may be done there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from insitu.errors import ConfigurationError
from insitu.install.doctor.environment import ADAPTERS
from insitu.install.doctor.result import Result, finding, ok, skipped
from insitu.install.layout import Layout
from insitu.quoting import literal
from insitu.warehouse import Project, connect
from insitu.warehouse.places import PROFILES_FILE, shown


def profile(layout: Layout) -> Iterator[Result]:
    """The profile is found, and its target is of a type that has Python models."""
    project, name = layout.project, "profile"
    where = shown(project.profiles_dir / PROFILES_FILE)
    try:
        found = project.dbt_profile
    except ConfigurationError as error:
        step = f"Correct `{where}`; insitu runs on targets of type {' and '.join(ADAPTERS)}."
        yield finding(name, str(error), step)
        return
    of = f"Target `{found.target_name}` of profile `{found.profile_name}` in `{where}`"
    if found.credentials.type == "postgres":
        step = "Write `type: postgrespy` there, one word; every other setting stays. Models in SQL run as before."
        yield finding(name, f"{of} is of type postgres, where dbt has no Python models.", step)
    elif found.credentials.type not in ADAPTERS:
        message = f"{of} is of type {found.credentials.type}; insitu runs on {' and '.join(ADAPTERS)}."
        yield finding(name, message, "Use a target of such a type: --target.")
    else:
        yield ok(name, f"{of}: {found.credentials.type}")


def connection(layout: Layout) -> Iterator[Result]:
    """The warehouse answers, and schemas may be created there."""
    project, name = layout.project, "warehouse"
    try:
        kind = project.credentials.type
    except ConfigurationError:
        yield skipped(name, "There is no profile to connect with.", "Correct the profile first.")
        return
    if kind not in (*ADAPTERS, "postgres"):
        yield skipped(name, f"insitu does not connect to {kind}.", "Use a target of a supported type.")
        return
    try:
        yield from _duckdb(project) if kind == "duckdb" else _postgres(project)
    except ConfigurationError as error:
        yield finding(name, str(error), f"Mend the connection; `{project.command('dbt debug')}` shows dbt's settings.")


def _duckdb(project: Project) -> Iterator[Result]:
    name, path = "warehouse", str(project.credentials.path)
    if path == ":memory:":
        step = "Give the target a file: `path: warehouse.duckdb`."
        yield finding(name, "The DuckDB database is in memory: what is built is gone when dbt ends.", step)
        return
    file = Path(path)
    if "://" not in path and not path.startswith("md:") and not file.exists():
        above = next((folder for folder in file.absolute().parents if folder.exists()), file.absolute().parent)
        if os.access(above, os.W_OK):
            yield ok(name, f"DuckDB file `{path}`, not there yet; `{above}` can be written to")
        else:
            yield finding(name, f"`{above}` can not be written to.", f"Make it writable, or change `path` ({path}).")
        return
    if file.exists() and not os.access(file, os.W_OK):
        yield finding(name, f"The DuckDB file `{path}` can not be written to.", "Make it writable for this user.")
        return
    with connect(project, read_only=False) as warehouse:
        warehouse.query("select 1")
    yield ok(name, f"DuckDB file `{path}` opens for writing")


def _postgres(project: Project) -> Iterator[Result]:
    name, needed = "warehouse", _schemas(project)
    with connect(project) as warehouse:
        [may] = warehouse.query(
            "select current_user::text as who, current_database()::text as place, "
            "has_database_privilege(current_database(), 'create') as may_create"
        ).to_pylist()
        among = ", ".join(literal(schema) for schema in needed) or "''"
        there = warehouse.query(
            "select nspname::text as schema, has_schema_privilege(oid, 'create') as may_write "
            f"from pg_namespace where nspname in ({among})"
        ).to_pylist()
    closed = sorted(row["schema"] for row in there if not row["may_write"])
    missing = sorted(needed - {row["schema"] for row in there})
    if closed:
        step = "; ".join(f'grant create on schema "{schema}" to "{may["who"]}"' for schema in closed)
        yield finding(name, f"`{may['who']}` may not create tables in the schemas {', '.join(closed)}.", step)
    if not may["may_create"] and (missing or not needed):
        what = f"the schemas {', '.join(missing)}" if missing else "schemas"
        step = f'grant create on database "{may["place"]}" to "{may["who"]}"; or create the schemas for it.'
        yield finding(name, f"`{may['who']}` may not create {what} in the database `{may['place']}`.", step)
    elif not closed:
        yield ok(name, f"PostgreSQL database `{may['place']}` answers; `{may['who']}` may build there")


def _schemas(project: Project) -> set[str]:
    """The schemas that dbt will write to, as far as it has told."""
    try:
        return {node["schema"] for node in project.models.values() if node["config"].get("materialized") != "ephemeral"}
    except ConfigurationError:
        return set()
