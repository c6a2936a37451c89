"""The copy of a DuckDB warehouse that analysts and BI tools open while the warehouse itself is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from insitu.errors import ConfigurationError
from insitu.quoting import identifier, literal, plain_literal, qualified
from insitu.scoring.publish import Relation
from insitu.scoring.publish.files import replacing
from insitu.warehouse.duckdb import open_file

# What every DuckDB from 1.0 on reads; the default of 2.0 is read by 2.0 alone.
STORAGE = "v1.0.0"


def publish_copy(warehouse: Path, folder: Path, relations: Sequence[Relation], statements: Sequence[str] = ()) -> Path:
    """Write the copy, which replaces the last one at one stroke.

    Its name is the warehouse's, since older versions of DuckDB keep that name inside of views. Views stay views where
    all that they read is published, and are tables otherwise.

    Args:
        warehouse: the file.
        folder: where the copy goes; not the warehouse's own.
        relations: what is copied.
        statements: what else is made in the copy.

    Raises:
        ConfigurationError: the folder is the warehouse's, somebody writes to the last copy, or the disk is full.
    """
    target = folder / warehouse.name
    if target.resolve() == warehouse.resolve():
        raise ConfigurationError(f"`{folder}` is the warehouse's own folder; publish into another one (--to).")
    wal = target.with_name(target.name + ".wal")
    if wal.exists():
        raise ConfigurationError(
            f"Somebody has opened `{target}` for writing: `{wal.name}` lies beside it, and would spoil what is "
            "published. Close it there, open it read-only, and remove that file."
        )
    with replacing(target) as new:
        with open_file(str(warehouse), read_only=True) as source:
            source.execute(f"attach {literal(str(new))} as published (read_write, storage_version '{STORAGE}')")
            for schema in dict.fromkeys(relation.schema for relation in relations):
                source.execute(f"create schema if not exists published.{identifier(schema)}")
            views = _views(source, relations)
            for relation in relations:
                if (relation.schema, relation.name) not in views:
                    _copy_table(source, relation)
            source.execute("checkpoint published")
            source.execute("detach published")
        lost = _create_views(new, warehouse.stem, views)
        if lost:
            with open_file(str(warehouse), read_only=True) as source:
                source.execute(f"attach {literal(str(new))} as published (read_write)")
                for relation in relations:
                    if (relation.schema, relation.name) in lost:
                        _copy_table(source, relation)
                source.execute("checkpoint published")
                source.execute("detach published")
        with open_file(str(warehouse), read_only=True) as source:
            comments = _comments(source, relations)
        with _opened(new, warehouse.stem) as connection:
            kinds = {view: "view" for view in views.keys() - lost}
            for (schema, name, column), comment in comments.items():
                place = qualified(schema, name) + (f".{identifier(column)}" if column else "")
                what = "column" if column else kinds.get((schema, name), "table")
                connection.execute(f"comment on {what} {place} is {plain_literal(comment)}")
            for statement in statements:
                connection.execute(statement)
    return target


def _comments(
    source: duckdb.DuckDBPyConnection, relations: Sequence[Relation]
) -> dict[tuple[str, str, str | None], str]:
    """What is said of relations (no column) and of their columns: a copy or a view that is made anew has none of it."""
    wanted = {(relation.schema, relation.name) for relation in relations}
    found = source.execute(
        """
        select schema_name, table_name, null, comment from duckdb_tables() where database_name = current_database()
        union all
        select schema_name, view_name, null, comment from duckdb_views() where database_name = current_database()
        union all
        select schema_name, table_name, column_name, comment from duckdb_columns()
        where database_name = current_database()
        """
    ).fetchall()
    return {tuple(place): comment for *place, comment in found if comment and (place[0], place[1]) in wanted}


def _copy_table(source: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    name = qualified(relation.schema, relation.name)
    source.execute(f"create table published.{name} as select * from {name}")


def _views(source: duckdb.DuckDBPyConnection, relations: Sequence[Relation]) -> dict[tuple[str, str], str]:
    """The views among them, with the statements that make them."""
    wanted = {(relation.schema, relation.name) for relation in relations}
    found = source.execute(
        "select schema_name, view_name, sql from duckdb_views() where database_name = current_database()"
    ).fetchall()
    return {(schema, name): sql for schema, name, sql in found if (schema, name) in wanted}


def _create_views(copy: Path, name: str, views: dict[tuple[str, str], str]) -> set[tuple[str, str]]:
    """Create the views over what is in the copy; return those that read something else."""
    waiting = dict(views)
    with _opened(copy, name) as connection:
        progress = True
        while waiting and progress:  # a view may read one that comes later
            progress = False
            for view, sql in list(waiting.items()):
                try:
                    connection.execute("begin")
                    connection.execute(sql)
                    connection.execute(f"select * from {qualified(*view)} limit 0").fetchall()
                    connection.execute("commit")
                except duckdb.Error:
                    connection.execute("rollback")
                    continue
                del waiting[view]
                progress = True
    return set(waiting)


@contextmanager
def _opened(copy: Path, name: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The copy under the warehouse's name, which views and macros have in them; at the end all is in the one file."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(copy))} as {identifier(name)}")
        connection.execute(f"use {identifier(name)}")
        yield connection
        connection.execute("checkpoint")
        connection.execute("use memory")
        connection.execute(f"detach {identifier(name)}")
