"""The adapter: that of dbt-postgres, and Python models that fill their table inside the open transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
from dbt.adapters.base import available
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.events.logging import AdapterLogger
from dbt.adapters.postgres import PostgresAdapter
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError
from pyarrow import parquet

from insitu import quoting
from insitu.sources import answer
from insitu.warehouse.errors import explained
from insitu.warehouse.postgres.read import ReadFailed
from insitu.warehouse.postgres.session import Session
from insitu.warehouse.postgres.types import column_type, native
from insitu.warehouse.postgres.write import UnsupportedType, copy_batches, encoder

from . import python_model
from .connections import PostgresPyConnectionManager
from .dbt_relation import PostgresPyColumn, PostgresPyRelation

logger = AdapterLogger("PostgresPy")


class PostgresPyAdapter(PostgresAdapter):
    Relation = PostgresPyRelation
    Column = PostgresPyColumn
    ConnectionManager = PostgresPyConnectionManager
    connections: PostgresPyConnectionManager

    def __init__(self, config: Any, mp_context: Any) -> None:
        super().__init__(config, mp_context)
        self._responses: dict[str, AdapterResponse] = {}
        self._keys: dict[str, list[str]] = {}

    @available
    def run_python_model(self, model: dict[str, Any], relation: Any, temporary: bool) -> AdapterResponse:
        """Run a Python model and write its rows into a new table, in the transaction of this thread's connection.

        Args:
            model: the node, compiled.
            relation: the table to create.
            temporary: whether to create it as a temporary table.
        Returns: a response whose `rows_affected` is the number of rows written.
        """
        connection = self.connections.get_thread_connection()
        if not connection.transaction_open:
            self.connections.begin()
        self.connections.add_begin_query()
        name = model["name"]
        with self.connections.exception_handler(f"Python model {name}"), errors(name, connection.handle):
            session = Session(connection.handle)
            self.connections.register(connection, session)
            try:
                result = python_model.run(name, model["compiled_code"], session)
                schema, batches = python_model.to_stream(name, result)
                del result
                self._keys[model["unique_id"]] = python_model.unique_key(schema)
                for field in schema:
                    encoder(field, self._declared(model).get(field.name, ""))  # refuse before anything is written
                self.connections.add_query(self._create_table(model, relation, temporary, schema))
                with connection.handle.cursor() as cursor:
                    rows = copy_batches(cursor, relation.render(), schema, batches, self._declared(model), session.turn)
            finally:
                self.connections.register(connection, None)
                session.close()
        response = AdapterResponse(_message=f"INSERT 0 {rows}", code="INSERT", rows_affected=rows)
        self._responses[model["unique_id"]] = response
        return response

    @available
    def python_model_response(self, unique_id: str) -> AdapterResponse:
        """What the last run of a Python model wrote."""
        return self._responses[unique_id]

    @available
    def keep_unique(self, model: dict[str, Any], relation: Any) -> None:
        """A unique index on the key that a Python model's rows declare (`python_model.unique_key`), if they do."""
        key = self._keys.get(model["unique_id"])
        if not key:
            return
        columns = quoting.identifiers(*key)
        digest = hashlib.md5(f"{relation.identifier}:{columns}".encode(), usedforsecurity=False).hexdigest()
        handle = self.connections.get_thread_connection().handle
        try:
            with handle.cursor() as cursor:
                cursor.execute(
                    f"create unique index if not exists insitu_once_{digest[:16]} on {relation.render()} ({columns})"
                )
            handle.commit()
        except psycopg2.errors.UniqueViolation as error:
            handle.rollback()
            same = " and ".join(f"more.{name} = kept.{name}" for name in map(quoting.identifier, key))
            table = relation.render()
            raise DbtDatabaseError(
                f"{table} holds rows more than once by its key ({columns}): {error.diag.message_detail} Two processes "
                "wrote them at once, before there was a constraint. Delete those that are too many: "
                f"delete from {table} as more using {table} as kept where more.ctid > kept.ctid and {same}"
            ) from error

    @available
    def source_file(self, question: str, request: dict[str, Any]) -> dict[str, str]:
        """See `insitu.sources.answer`."""
        return answer(question, request)

    @available
    def load_typed_file(self, relation: Any, path: str, columns: dict[str, dict[str, Any]], keep: bool = False) -> int:
        """Replace a table by a Parquet file of these columns; beginning and committing is the caller's.

        Args:
            relation: the table.
            path: the file.
            columns: the columns by name, each with its `data_type`; the values are of these types already.
            keep: the table has these columns already; it is emptied, and the views on it stay.
        Returns: the number of rows.
        """
        types = {name: native(column["data_type"]) for name, column in columns.items()}
        with self.connections.exception_handler(f"load {path}"):
            file = parquet.ParquetFile(path)
            items = ", ".join(f"{quoting.identifier(name)} {types[name]}" for name in types)
            make = f"create table {relation.render()} ({items})"
            if keep:
                make = f"truncate {relation.render()}"
            else:
                self.connections.add_query(f"drop table if exists {relation.render()}", auto_begin=False)
            _, cursor = self.connections.add_query(make, auto_begin=False)
            return copy_batches(cursor, relation.render(), file.schema_arrow, file.iter_batches(), types)

    @available
    def refuse_repeated_keys(self, model: dict[str, Any], source: Any, keys: list[str]) -> None:
        """Raise if two rows of `source` agree in `keys` (SQL expressions): a merge could not tell which to take."""
        key = ", ".join(keys)
        _, rows = self.execute(
            f"select {key}, count(*) over () from {source.render()} group by {key} having count(*) > 1 limit 1",
            fetch=True,
        )
        for *values, number in rows.rows:
            shown = ", ".join(f"{k} = {v!r}" for k, v in zip(keys, values, strict=True))
            raise DbtDatabaseError(
                f"Python model `{model['name']}` cannot be merged: {number} values of its unique key ({key}) come more "
                f"than once among the rows it returned, for example {shown}. Return one row per key."
            )

    @classmethod
    def quote(cls, identifier: str) -> str:
        return quoting.identifier(identifier)

    @staticmethod
    def _declared(model: dict[str, Any]) -> dict[str, str]:
        """The column types given in YAML, by column name."""
        return {name: native(c["data_type"]) for name, c in model["columns"].items() if c.get("data_type")}

    def _create_table(self, model: dict[str, Any], relation: Any, temporary: bool, schema: Any) -> str:
        """The DDL: types from YAML, else from Arrow; constraints and `unlogged` unless it is a temporary table."""
        declared = self._declared(model)
        items = [f"{quoting.identifier(f.name)} {declared.get(f.name) or column_type(f.type)}" for f in schema]
        kind = "temporary " if temporary else "unlogged " if model["config"].get("unlogged") else ""
        if not temporary:
            unknown = sorted(n for n, c in model["columns"].items() if c.get("constraints") and n not in schema.names)
            if unknown:
                raise DbtRuntimeError(
                    f"Python model `{model['name']}` returned no column `{unknown[0]}`, on which YAML sets constraints "
                    f"(it has: {', '.join(schema.names)})."
                )
            rendered = {
                name: " ".join(filter(None, (self.render_column_constraint(c) for c in self._constraints(column))))
                for name, column in model["columns"].items()
            }
            items = [f"{item} {rendered.get(f.name, '')}".rstrip() for item, f in zip(items, schema, strict=True)]
            items += self.render_raw_model_constraints(model.get("constraints") or [])
        return f"create {kind}table {relation.render()} (\n  " + ",\n  ".join(items) + "\n)"

    def _constraints(self, column: dict[str, Any]) -> list[Any]:
        return [self._parse_column_constraint(c) for c in column.get("constraints") or []]


@contextmanager
def errors(name: str, handle: Any) -> Iterator[None]:
    """Every failure of a Python model as dbt reports errors, naming the model; database errors pass unchanged."""
    try:
        yield
    except (DbtRuntimeError, psycopg2.Error):
        raise
    except UnsupportedType as error:
        raise DbtRuntimeError(f"Python model `{name}`: {error}") from error
    except ReadFailed as error:
        # Reads also fail when the model's own connection is lost: this query then raises the error to report.
        with handle.cursor() as cursor:
            cursor.execute("select 1")
        raise DbtDatabaseError(f"Python model `{name}` could not read: {error}") from error
    except Exception as error:
        if not isinstance(error, OSError) or error.errno is None:  # of the server, not of a file that the model opened
            clear = explained(error, f"Python model `{name}`")
            if clear is not None:
                raise DbtDatabaseError(str(clear)) from error
        raise python_model.failure(name, error) from error
