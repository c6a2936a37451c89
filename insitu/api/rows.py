"""Rows of the warehouse in the shape that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from insitu.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rows:
    """Rows as they were read; both warehouses give the same types."""

    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        return f"{len(self):,} rows: {', '.join(self.columns)}"

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.table.column_names)

    def to_arrow(self) -> pa.Table:
        """As an Arrow table, without a copy."""
        return self.table

    def to_pandas(self) -> pd.DataFrame:
        """As a pandas data frame."""
        frame: pd.DataFrame = self.table.to_pandas()
        return frame

    def to_polars(self) -> Any:
        """As a Polars data frame. Raises ConfigurationError where Polars is not installed."""
        try:
            import polars
        except ImportError as error:
            raise ConfigurationError("`to_polars` takes Polars: `pip install polars`.") from error
        return polars.from_arrow(self.table)


def as_arrow(rows: Any) -> pa.Table:
    """Rows, or a table of Arrow, pandas or Polars, as an Arrow table."""
    if isinstance(rows, Rows):
        return rows.table
    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, pa.RecordBatch):
        return pa.Table.from_batches([rows])
    if hasattr(rows, "to_arrow"):  # Polars
        return rows.to_arrow()
    return pa.Table.from_pandas(rows, preserve_index=False)
