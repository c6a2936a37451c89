"""A lock that whoever appends to a table takes first, so that what it checked is still so when it commits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from insitu.quoting import literal

Rows = Sequence[tuple[Any, ...]]


def lock_appends(run: Callable[[str], Rows], schema: str, table: str) -> None:
    """Wait until no other transaction appends to the table; held until this transaction ends.

    Every right to insert is enough for it, and readers do not notice. What is read afterwards has to be read by a
    statement of this transaction that begins afterwards: that sees what the other one committed.

    Args:
        run: runs a query in the transaction and returns its rows.
        schema, table: where rows are to be appended.
    """
    key = f"hashtextextended({literal(f'insitu:append:{schema}.{table}')}, 0)"
    if not run(f"select pg_try_advisory_xact_lock({key})")[0][0]:
        print(f"Waiting for another process that is adding rows to {schema}.{table} …", flush=True)
        run(f"select cast(pg_advisory_xact_lock({key}) as text)")
