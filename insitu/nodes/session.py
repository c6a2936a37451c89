"""What a node uses of dbt and of the warehouse session. Both DuckDB's relations and `PostgresQuery` provide it."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

import pyarrow as pa

from insitu.errors import InsituError
from insitu.quoting import identifier, literal
from insitu.warehouse.errors import explained
from insitu.warehouse.lazy_query import LazyQuery

P = ParamSpec("P")
R = TypeVar("R")


class Session(Protocol):
    """The connection that dbt gives to a Python model."""

    def sql(self, query: str) -> LazyQuery: ...

    def execute(self, query: str) -> Any: ...


def table(session: Session, query: str) -> pa.Table:
    """All rows of a query; for small results."""
    return session.sql(query).to_arrow_reader(10_000).read_all()


def own_rows(dbt: Any, session: Session, columns: str) -> list[tuple[Any, ...]]:
    """Rows that the running node's own table already has; none when it is built for the first time."""
    if not dbt.is_incremental:
        return []
    return session.sql(f"select {columns} from {dbt.this}").fetchall()


def lock_own_rows(dbt: Any, session: Session) -> Callable[[str], list[tuple[Any, ...]]]:
    """Wait until nobody else can add rows to the running node's own table until it has committed its own.

    On DuckDB nobody can: a file has one writer.

    Returns:
        What asks for rows of the table, by a query over `own`; it has none while the node is built for the first time.
    """
    lock = getattr(session, "lock_appends", None)
    if lock is not None:
        lock(dbt.this.schema, dbt.this.identifier)

    def ask(query: str) -> list[tuple[Any, ...]]:
        if not dbt.is_incremental:
            return []
        found: list[tuple[Any, ...]] = session.execute(f"with own as (select * from {dbt.this}) {query}").fetchall()
        return found

    return ask


def leave(session: Session, variable: str, text: str) -> None:
    """Set a variable of the session, where a hook of the running node finds it (the macro `session_text`)."""
    keep = getattr(session, "leave", None)
    if keep is not None:
        keep(variable, text)
    else:
        session.execute(f"set variable {identifier(variable)} = {literal(text)}")


def rows(relation: LazyQuery) -> list[dict[str, Any]]:
    """All rows as dictionaries; for small relations."""
    columns = list(relation.columns)
    return [dict(zip(columns, row, strict=True)) for row in relation.fetchall()]


def clear_errors(node: Callable[P, R]) -> Callable[P, R]:
    """Show errors of ours and of the warehouse as one message, without the traceback that dbt prints for a model.

    What the node returns is written by dbt-duckdb, by a function beside the node's `dbt`: its errors, such as a full
    disk, are the warehouse's, too.
    """
    cleared = _cleared(node)

    @wraps(node)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        result = cleared(*args, **kwargs)
        beside = getattr(type(args[0]).__init__, "__globals__", {}) if args else {}
        if "materialize" in beside:
            beside["materialize"] = _cleared(beside["materialize"])
        return result

    return wrapped


def _cleared(function: Callable[P, R]) -> Callable[P, R]:
    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        if hasattr(sys, "tracebacklimit"):
            del sys.tracebacklimit
        try:
            return function(*args, **kwargs)
        except Exception as error:
            clear = error if isinstance(error, InsituError) else explained(error)
            if clear is None:
                raise
            sys.tracebacklimit = 0
            raise clear from None

    return wrapped
