"""A lazy query: what `dbt.ref()`, `dbt.source()` and `session.sql()` give a Python model.

The methods are those of DuckDB's relations that a model needs, under the same names, so that one model file serves
both warehouses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from insitu.warehouse.postgres.read import prefetch, rechunk, typed_query

if TYPE_CHECKING:
    import pandas as pd

# Bounds the memory of a streaming model; DuckDB's own default is 1,000,000.
BATCH_ROWS = 100_000


class PostgresQuery:
    """A query of known columns, not yet run; each read runs it.

    Numbers of type `numeric` arrive in double precision; uuid, json, enumerations, intervals, network addresses and
    whatever else has no Arrow type arrive as text.
    """

    def __init__(self, session: Any, sql: str) -> None:
        self._session = session
        self._sql = sql
        self._described = session.reader.describe(sql)
        self._rows: Iterator[tuple[Any, ...]] | None = None

    # What it is

    @property
    def columns(self) -> list[str]:
        """The column names."""
        return [name for name, _ in self._described]

    @property
    def types(self) -> list[str]:
        """The PostgreSQL type names (`int4`, `float8`, `text`, `_text` for an array of text, …)."""
        return [type_name for _, type_name in self._described]

    dtypes = types

    @property
    def shape(self) -> tuple[int, int]:
        """Rows (counted by a query) and columns."""
        return len(self), len(self.columns)

    def __len__(self) -> int:
        return int(self.aggregate("count(*)").fetchall()[0][0])

    def sql_query(self) -> str:
        """The SQL of this relation."""
        return self._sql

    # A new relation from this one

    def filter(self, condition: str) -> PostgresQuery:
        """The rows that satisfy an SQL condition."""
        return self._over("*", f"where {condition}")

    def project(self, *expressions: str) -> PostgresQuery:
        """The given SQL expressions, each one string or several in one, separated by commas."""
        return self._over(", ".join(expressions))

    select = project

    def order(self, expressions: str) -> PostgresQuery:
        """The rows in the order of SQL expressions."""
        return self._over("*", f"order by {expressions}")

    def limit(self, rows: int, offset: int = 0) -> PostgresQuery:
        """At most `rows` rows, after the first `offset`."""
        return self._over("*", f"limit {int(rows)} offset {int(offset)}")

    def aggregate(self, expressions: str, group_expr: str = "") -> PostgresQuery:
        """Aggregates, by groups where `group_expr` names them."""
        return self._over(expressions, f"group by {group_expr}" if group_expr else "")

    def distinct(self) -> PostgresQuery:
        """The different rows."""
        return self._over("distinct *")

    def _over(self, items: str, clause: str = "") -> PostgresQuery:
        return PostgresQuery(self._session, f"select {items} from (\n{self._sql}\n) as q {clause}")

    # Its rows

    def to_arrow_reader(self, batch_size: int = BATCH_ROWS) -> pa.RecordBatchReader:
        """The rows as a stream of record batches of `batch_size` rows, read ahead in the background."""
        sql, schema = typed_query(self._sql, self._described)
        batches = self._session.guard(self._session.reader.stream(sql, schema))
        if self._session.reads_ahead:
            batches = prefetch(batches, self._session.closed)
        return pa.RecordBatchReader.from_batches(schema, rechunk(batches, batch_size))

    fetch_record_batch = fetch_arrow_reader = arrow = to_arrow_reader

    def to_arrow_table(self) -> pa.Table:
        """All rows as a pyarrow Table."""
        sql, schema = typed_query(self._sql, self._described)
        return pa.Table.from_batches(self._session.guard(self._session.reader.stream(sql, schema)), schema)

    fetch_arrow_table = to_arrow_table

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The Arrow stream protocol: `pl.from_arrow(relation)`, `pa.table(relation)`."""
        return self.to_arrow_reader().__arrow_c_stream__(requested_schema)

    def df(self) -> pd.DataFrame:
        """All rows as a pandas DataFrame; an integer or boolean column that holds NULL becomes a nullable one."""
        return to_pandas(self.to_arrow_table())

    to_df = fetchdf = df

    def pl(self) -> Any:
        """All rows as a polars DataFrame."""
        import polars

        return polars.from_arrow(self.to_arrow_table())

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All (remaining) rows as tuples."""
        rows = list(self._iterate())
        self._rows = None
        return rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None after the last one."""
        return next(self._iterate(), None)

    def fetchmany(self, size: int = 1) -> list[tuple[Any, ...]]:
        """The next `size` rows."""
        return [row for _, row in zip(range(size), self._iterate(), strict=False)]

    def _iterate(self) -> Iterator[tuple[Any, ...]]:
        if self._rows is None:
            self._rows = (row for batch in self.to_arrow_reader() for row in tuples(batch))
        return self._rows


def tuples(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    """The rows of a batch as tuples of Python values."""
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """A DataFrame with DuckDB's conventions: dates as timestamps, nullable integers and booleans where NULL occurs."""
    import pandas as pd

    nullable = {
        pa.bool_(): pd.BooleanDtype(),
        pa.int16(): pd.Int16Dtype(),
        pa.int32(): pd.Int32Dtype(),
        pa.int64(): pd.Int64Dtype(),
    }
    names = [f"c{i}" for i in range(table.num_columns)]  # names may repeat
    columns = {}
    for name, column in zip(names, table.columns, strict=True):
        if pa.types.is_date(column.type):
            column = column.cast(pa.timestamp("us"))
        mapping = nullable.get if column.null_count else None
        columns[name] = column.to_pandas(types_mapper=mapping)
    frame = pd.DataFrame(columns, copy=False)
    frame.columns = pd.Index(table.column_names)
    return frame
